"""One step of an LSTM as a module: a drop-in for `torch.nn.LSTMCell`."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lstm_zoo.cells.lstm import StandardLSTM
from lstm_zoo.cells.unroll import is_autocast


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

    cell = StandardLSTM()
    weight_hh: Tensor
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
        for name, shape in self.cell.parameter_shapes(input_size, hidden_size).items():
            absent = name.startswith("bias") and not bias
            values = None if absent else torch.empty(shape, device=device, dtype=dtype)
            self.register_parameter(name, None if values is None else nn.Parameter(values))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws each value from U(-b, b) with b = 1 / sqrt(hidden_size), as PyTorch does."""
        self.cell.reset_parameters(dict(self.named_parameters()), self.hidden_size)

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
            TypeError: input, h or c is no tensor.
            ValueError: input, h or c has neither one nor two dimensions.
            RuntimeError: input, h or c has a wrong size, or another dtype or device than the
                weights, or hx is not h and c.
        """
        if hx is not None and not (isinstance(hx, tuple | list) and len(hx) == 2):
            length = f" of length {len(hx)}" if hasattr(hx, "__len__") else ""
            raise RuntimeError(f"hx should be a tuple (h, c), got a {type(hx).__name__}{length}")
        named = {"input": input} if hx is None else {"input": input, "h": hx[0], "c": hx[1]}
        weight = self.weight_hh
        for name, value in named.items():
            if not isinstance(value, Tensor):
                raise TypeError(f"{name} should be a tensor, got a {type(value).__name__}")
            if value.dim() not in (1, 2):
                raise ValueError(f"{name} should have 1 or 2 dimensions, got {value.dim()}")
            size = self.input_size if name == "input" else self.hidden_size
            if value.shape != (*input.shape[:-1], size):
                expected = (*input.shape[:-1], size)
                raise RuntimeError(f"{name} should have shape {expected}, got {tuple(value.shape)}")
            is_same_dtype = value.dtype == weight.dtype or is_autocast(value)
            if value.device != weight.device or not is_same_dtype:
                raise RuntimeError(
                    f"{name} should be of {weight.dtype} on {weight.device}, as the weights are, "
                    f"got {value.dtype} on {value.device}"
                )
        weights = {
            name: values
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            if (values := getattr(self, name)) is not None
        }
        if hx is None:
            zeros = torch.zeros(
                *input.shape[:-1], self.hidden_size, dtype=weight.dtype, device=weight.device
            )
            hx = (zeros, zeros)
        product = self.cell.input_product(input, weights)
        (h, c), _ = self.cell.step(product, hx, weights)
        return h, c

    def extra_repr(self) -> str:
        """Sizes, and what differs from the defaults."""
        bias = "" if self.bias is True else f", bias={self.bias}"
        return f"{self.input_size}, {self.hidden_size}{bias}"
