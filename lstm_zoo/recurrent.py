"""Recurrent layers from cells: `LSTM`, a drop-in for `torch.nn.LSTM` written by hand.

Sequences of equal and of unequal length take the same way: as in a `PackedSequence`, the rows of
all steps lie below one another, time first, and `batch_sizes` says how many rows each step has.
"""

import math
import numbers
import warnings
from typing import overload

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from lstm_zoo.cells.lstm import LSTMEquations, State
from lstm_zoo.cells.unroll import unroll


class LSTM(nn.Module):
    """Layers of LSTM cells: a drop-in for `torch.nn.LSTM`.

    Same constructor, parameters, initial weights, calls and errors; state dicts go both ways. The
    weights are looked up by name at each call, so they may be masked or swapped in between. Under
    autocast the products run in the lower precision, c stays in that of the weights.

    Args:
        input_size: number of features of the input.
        hidden_size: number of features of c, and of h unless projected.
        num_layers: number of layers, each reading the outputs of the one below.
        bias: whether to add `bias_ih` and `bias_hh`.
        batch_first: whether input and output are (batch, time, features), else
            (time, batch, features). States are (layers * directions, batch, features) either way.
        dropout: probability to zero an output of a layer in training; the last layer's are kept.
        bidirectional: whether each layer also reads the sequence from its end.
        proj_size: number of features that h is projected to; 0 for no projection.
        device: where the parameters are created.
        dtype: type of the parameters.

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: an argument is out of range.
    """

    cell = LSTMEquations()
    weight_hh_l0: Tensor

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = dropout
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self.num_directions = 2 if bidirectional else 1
        _check_arguments(self)
        for layer in range(num_layers):
            for direction in range(self.num_directions):
                for name, shape in self._parameter_shapes(layer).items():
                    parameter = nn.Parameter(torch.empty(shape, device=device, dtype=dtype))
                    self.register_parameter(_full_name(name, layer, direction), parameter)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws each value from U(-b, b) with b = 1 / sqrt(hidden_size), as PyTorch does."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def flatten_parameters(self) -> None:
        """Does nothing: there for code written for `nn.LSTM`, which moves its weights for cuDNN."""

    def weights_of(self, layer: int, direction: int = 0) -> dict[str, Tensor]:
        """Weights of one direction (0 forward, 1 reverse) of one layer, by the cell's names."""
        names = self._parameter_shapes(layer)
        return {name: getattr(self, _full_name(name, layer, direction)) for name in names}

    @property
    def all_weights(self) -> list[list[Tensor]]:
        """Weights of each direction of each layer, in the order of `parameters()`."""
        return [
            list(self.weights_of(layer, direction).values())
            for layer in range(self.num_layers)
            for direction in range(self.num_directions)
        ]

    @overload
    def forward(self, input: Tensor, hx: State | None = None) -> tuple[Tensor, State]: ...
    @overload
    def forward(
        self, input: PackedSequence, hx: State | None = None
    ) -> tuple[PackedSequence, State]: ...

    def forward(
        self, input: Tensor | PackedSequence, hx: State | None = None
    ) -> tuple[Tensor | PackedSequence, State]:
        """Reads sequences.

        Args:
            input: (batch, time, input_size) or (time, batch, input_size), as `batch_first` says;
                (time, input_size) for a single sequence; or a `PackedSequence`.
            hx: h_0, (layers * directions, batch, proj_size or hidden_size), and c_0,
                (layers * directions, batch, hidden_size); without batch for a single sequence;
                zeros if None.

        Returns:
            The last layer's outputs, shaped like the input with the directions' features side by
            side, and (h_n, c_n), the state after each sequence's last step, shaped like `hx`.

        Raises:
            ValueError: the input has a wrong number of dimensions or a wrong dtype.
            RuntimeError: the input has a wrong size, or the state a wrong shape or dtype.
        """
        if isinstance(input, PackedSequence):
            self._check_input(input.data, dims=(2,))
            batch_sizes = input.batch_sizes.tolist()
            initial = self._initial_state(hx, input.data.device, (batch_sizes[0],))
            if input.sorted_indices is not None:
                initial = tuple(part.index_select(1, input.sorted_indices) for part in initial)
            rows, final = self._run(input.data, batch_sizes, initial)
            if input.unsorted_indices is not None:
                final = tuple(part.index_select(1, input.unsorted_indices) for part in final)
            return input._replace(data=rows), final

        self._check_input(input, dims=(2, 3))
        is_batched = input.dim() == 3
        x = input if is_batched else input.unsqueeze(1)
        if is_batched and self.batch_first:
            x = x.transpose(0, 1)
        steps, batch = x.shape[:2]
        if steps == 0:
            raise RuntimeError("input should have at least one time step, got 0")
        initial = self._initial_state(hx, x.device, (batch,) if is_batched else ())
        rows, final = self._run(x.flatten(0, 1), [batch] * steps, initial)
        output = rows.unflatten(0, (steps, batch))
        if not is_batched:
            return output.squeeze(1), tuple(part.squeeze(1) for part in final)
        return output.transpose(0, 1) if self.batch_first else output, final

    def _run(self, rows: Tensor, batch_sizes: list[int], initial: State) -> tuple[Tensor, State]:
        """All layers over rows of all steps, (rows, features), time first."""
        finals: list[State] = []
        for layer in range(self.num_layers):
            outputs = []
            for direction in range(self.num_directions):
                weights = self.weights_of(layer, direction)
                products = self.cell.input_product(rows, weights).split(batch_sizes)
                state = tuple(part[len(finals)] for part in initial)
                output, state = unroll(self.cell, products, state, weights, reverse=direction == 1)
                outputs.append(output)
                finals.append(state)
            rows = torch.cat(outputs, dim=-1) if self.bidirectional else outputs[0]
            if self.dropout and layer < self.num_layers - 1:
                rows = F.dropout(rows, self.dropout, self.training)
        return rows, tuple(torch.stack(parts) for parts in zip(*finals, strict=True))

    def _initial_state(
        self, hx: State | None, device: torch.device, batch: tuple[int, ...]
    ) -> State:
        """Zeros, or `hx` once it is checked; each part (layers * directions, batch, features)."""
        sizes = self.cell.state_sizes(self.hidden_size, self.proj_size)
        shapes = [(self.num_layers * self.num_directions, *batch, size) for size in sizes]
        dtype = self.weight_hh_l0.dtype
        if hx is None:
            hx = tuple(torch.zeros(shape, dtype=dtype, device=device) for shape in shapes)
        if not isinstance(hx, tuple | list) or len(hx) != len(shapes):
            got = f"{type(hx).__name__} of length {len(hx)}"
            raise RuntimeError(f"hx should be a tuple (h_0, c_0), got a {got}")
        for name, part, shape in zip(self.cell.state_names, hx, shapes, strict=True):
            if part.shape != shape:
                raise RuntimeError(f"{name}_0 should be of shape {shape}, got {tuple(part.shape)}")
            if part.dtype != dtype and not torch.is_autocast_enabled(device.type):
                raise RuntimeError(f"{name}_0 should be of dtype {dtype}, got {part.dtype}")
        # In autocast a state may come in lower precision: c, carried so, would lose small updates.
        state = tuple(part.to(dtype) for part in hx)
        return state if batch else tuple(part.unsqueeze(1) for part in state)

    def _check_input(self, x: Tensor, dims: tuple[int, ...]) -> None:
        dtype = self.weight_hh_l0.dtype
        if x.dim() not in dims:
            expected = " or ".join(map(str, dims))
            raise ValueError(f"input should have {expected} dimensions, got {x.dim()}")
        if x.size(-1) != self.input_size:
            raise RuntimeError(f"input should have {self.input_size} features, got {x.size(-1)}")
        if x.dtype != dtype and not torch.is_autocast_enabled(x.device.type):
            raise ValueError(
                f"input should have the weights' dtype {dtype}, got {x.dtype}: "
                f"convert the input by .to({dtype}) or the model by .to({x.dtype})"
            )

    def _parameter_shapes(self, layer: int) -> dict[str, tuple[int, ...]]:
        size = self.input_size
        if layer > 0:
            size = self.num_directions * (self.proj_size or self.hidden_size)
        return self.cell.parameter_shapes(size, self.hidden_size, self.proj_size, self.bias)

    def extra_repr(self) -> str:
        """Sizes, and what differs from the defaults."""
        defaults = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False}
        defaults |= {"dropout": 0, "bidirectional": False}
        changed = [f"{n}={getattr(self, n)}" for n, v in defaults.items() if getattr(self, n) != v]
        return ", ".join([str(self.input_size), str(self.hidden_size), *changed])


def _full_name(name: str, layer: int, direction: int) -> str:
    """A parameter's name in the layer, as PyTorch writes it: `weight_ih_l0_reverse`."""
    return f"{name}_l{layer}" + ("_reverse" if direction == 1 else "")


def _check_arguments(lstm: LSTM) -> None:
    for name, least in {"input_size": 1, "hidden_size": 1, "num_layers": 1, "proj_size": 0}.items():
        size = getattr(lstm, name)
        if not isinstance(size, int):
            raise TypeError(f"{name} should be an int, got {size!r}")
        if size < least:
            raise ValueError(f"{name} should be at least {least}, got {size}")
    if lstm.proj_size >= lstm.hidden_size:
        raise ValueError(
            f"proj_size should be less than hidden_size={lstm.hidden_size}, "
            f"or 0 for no projection, got {lstm.proj_size}"
        )
    for name in ("bias", "batch_first"):
        if not isinstance(getattr(lstm, name), bool):
            raise TypeError(f"{name} should be True or False, got {getattr(lstm, name)!r}")
    p = lstm.dropout
    if not isinstance(p, numbers.Real) or isinstance(p, bool) or not 0 <= p <= 1:
        raise ValueError(f"dropout should be a number from 0 to 1, got {p!r}")
    if p > 0 and lstm.num_layers == 1:
        warnings.warn(
            f"dropout={p} does nothing with num_layers=1: it acts between layers; "
            "take 2 layers or more, or no dropout",
            stacklevel=3,
        )
