"""The long short-term memory, one time step of it.

Papers:
    Hochreiter & Schmidhuber 1997, "Long Short-Term Memory", Neural Computation 9(8): (1), (3)-(6)
    Gers, Schmidhuber & Cummins 2000, "Learning to Forget", Neural Computation 12(10): (2), f in (5)
    Sak, Senior & Beaufays 2014, "Long Short-Term Memory Recurrent Neural Network Architectures for
    Large Scale Acoustic Modeling", Interspeech: (7)

Equations:
    i_t = sigmoid(W_i x_t + U_i h_{t-1} + b_i)    (1)  input gate
    f_t = sigmoid(W_f x_t + U_f h_{t-1} + b_f)    (2)  forget gate
    g_t =    tanh(W_g x_t + U_g h_{t-1} + b_g)    (3)  cell gate, the candidate
    o_t = sigmoid(W_o x_t + U_o h_{t-1} + b_o)    (4)  output gate
    c_t = f_t * c_{t-1} + i_t * g_t               (5)  cell state
    h_t = o_t * tanh(c_t)                         (6)  hidden state
    h_t = W_r (o_t * tanh(c_t))                   (7)  with a projection, instead of (6)

The four W lie below one another in `weight_ih`, the four U in `weight_hh`, in the order i, f, g, o.
As in PyTorch, b is the sum of two vectors, `bias_ih` and `bias_hh`.
"""

import math
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

State = tuple[Tensor, ...]


class LSTMEquations:
    """The equations, without weights of their own: they take them by name from whoever holds them.

    This is all that a layer needs to know about a cell: which parameters it has, how large its
    state is, what of its work can be done for all steps at once, and one step.
    """

    num_gates = 4
    gate_names = ("input", "forget", "cell", "output")
    state_names = ("h", "c")

    def parameter_shapes(
        self, input_size: int, hidden_size: int, proj_size: int = 0, bias: bool = True
    ) -> dict[str, tuple[int, ...]]:
        """Name and shape of each parameter, in the order in which PyTorch creates them.

        Args:
            input_size: number of features of x.
            hidden_size: number of features of c.
            proj_size: number of features of h, (7); 0 for no projection, (6).
            bias: whether there is a b in (1)-(4).

        Returns:
            Shapes by name: `weight_ih`, `weight_hh`, then the biases, then `weight_hr`.
        """
        rows = self.num_gates * hidden_size
        shapes: dict[str, tuple[int, ...]] = {
            "weight_ih": (rows, input_size),
            "weight_hh": (rows, proj_size or hidden_size),
        }
        if bias:
            shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
        if proj_size:
            shapes["weight_hr"] = (proj_size, hidden_size)
        return shapes

    def state_sizes(self, hidden_size: int, proj_size: int = 0) -> tuple[int, ...]:
        """Number of features of each part of the state, in the order of `state_names`."""
        return (proj_size or hidden_size, hidden_size)

    def input_product(self, x: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
        """What (1)-(4) take from x alone: W x + b. Steps do not depend on each other here.

        Args:
            x: inputs of any number of steps, (..., input_size).
            weights: parameters by name.

        Returns:
            (..., 4 * hidden_size).
        """
        b = weights["bias_ih"] + weights["bias_hh"] if "bias_ih" in weights else None
        return F.linear(x, weights["weight_ih"], b)

    def step(
        self, input_product: Tensor, state: State, weights: Mapping[str, Tensor]
    ) -> tuple[State, dict[str, Tensor]]:
        """One time step, (1)-(7).

        Args:
            input_product: this step's part of `input_product`, (batch, 4 * hidden_size).
            state: h, (batch, proj_size or hidden_size), and c, (batch, hidden_size).
            weights: parameters by name.

        Returns:
            The new state, and the gates by name, each (batch, hidden_size), after their activation.
        """
        h, c = state
        # F.linear on the parameter itself, not on its transpose: autocast then casts it only once.
        i, f, g, o = (input_product + F.linear(h, weights["weight_hh"])).chunk(4, dim=-1)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()  # (1)-(4)
        c = f * c + i * g  # (5)
        h = o * c.tanh()  # (6)
        if "weight_hr" in weights:
            h = F.linear(h, weights["weight_hr"])  # (7)
        return (h, c), {"input": i, "forget": f, "cell": g, "output": o}


class LSTMCell(nn.Module):
    """One step of an LSTM as a module: a drop-in for `torch.nn.LSTMCell`.

    Same constructor, parameters, initial weights and calls; state dicts go both ways.

    Args:
        input_size: number of features of the input.
        hidden_size: number of features of h and c.
        bias: whether to add `bias_ih` and `bias_hh`.
        device: where the parameters are created.
        dtype: type of the parameters.
    """

    equations = LSTMEquations()
    bias_ih: Tensor | None
    bias_hh: Tensor | None

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        for name, shape in self.equations.parameter_shapes(input_size, hidden_size).items():
            absent = name.startswith("bias") and not bias
            values = None if absent else torch.empty(shape, device=device, dtype=dtype)
            self.register_parameter(name, None if values is None else nn.Parameter(values))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws each value from U(-b, b) with b = 1 / sqrt(hidden_size), as PyTorch does."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Advances the state by one step.

        Args:
            input: (batch, input_size) or (input_size,).
            hx: h and c, each (batch, hidden_size) or (hidden_size,); zeros if None.

        Returns:
            The new h and c, shaped like the old.

        Raises:
            ValueError: input, h or c has neither one nor two dimensions.
            RuntimeError: input, h or c has a wrong size.
        """
        named = {"input": input} if hx is None else {"input": input, "h": hx[0], "c": hx[1]}
        for name, value in named.items():
            if value.dim() not in (1, 2):
                raise ValueError(f"{name} should have 1 or 2 dimensions, got {value.dim()}")
            size = self.input_size if name == "input" else self.hidden_size
            if value.shape != (*input.shape[:-1], size):
                expected = (*input.shape[:-1], size)
                raise RuntimeError(f"{name} should have shape {expected}, got {tuple(value.shape)}")
        weights = {
            name: weight
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            if (weight := getattr(self, name)) is not None
        }
        if hx is None:
            zeros = torch.zeros(
                *input.shape[:-1],
                self.hidden_size,
                dtype=weights["weight_hh"].dtype,
                device=input.device,
            )
            hx = (zeros, zeros)
        product = self.equations.input_product(input, weights)
        (h, c), _ = self.equations.step(product, hx, weights)
        return h, c

    def extra_repr(self) -> str:
        """Sizes, and what differs from the defaults."""
        bias = "" if self.bias is True else f", bias={self.bias}"
        return f"{self.input_size}, {self.hidden_size}{bias}"
