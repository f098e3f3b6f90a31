"""Recurrent layers from cells: `LSTM`, a drop-in for `torch.nn.LSTM` that takes any cell.

Sequences of equal and of unequal length take the same way: as in a `PackedSequence`, the rows of
all steps lie below one another, time first, and `batch_sizes` says how many rows each step has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from lstm_zoo.cells import Between, Cell, Edit, Gates, State, get_cell, unedited, unroll
from lstm_zoo.recurrent.arguments import check_arguments, check_input, check_state
from lstm_zoo.regularization import candidate_dropout, zoneout_between

Record = dict[str, list[list[Tensor | PackedSequence]]]
"""Gates and states by name, then layer, then direction, each (batch, time, features)."""

Edits = Callable[[int, int], tuple[Edit, Between | None]]
"""Takes a layer and a direction; returns what changes their gates in each step, and their states
after it, see `unroll`."""


class LSTM(nn.Module):
    """Layers of LSTM cells: a drop-in for `torch.nn.LSTM`, for any cell of the zoo.

    Same constructor, parameters, initial weights, calls and errors; state dicts go both ways. The
    weights are looked up by name at each call, so they may be masked or swapped in between. Under
    autocast the products run in the lower precision, c stays in that of the weights.

    Args:
        input_size: number of features of the input; channels if the cell reads images.
        hidden_size: number of units: features of c, and of h unless projected.
        num_layers: number of layers, each reading the outputs of the one below.
        bias: whether to add `bias_ih` and `bias_hh`.
        batch_first: whether input and output are (batch, time, features), else
            (time, batch, features). States are (layers * directions, batch, features) either way.
        dropout: probability to zero an output of a layer in training; the last layer's are kept.
        bidirectional: whether each layer also reads the sequence from its end.
        proj_size: number of features that h is projected to; 0 for no projection.
        device: where the parameters are created.
        dtype: type of the parameters.
        cell: a name of `lstm_zoo.cells.CELLS`, or a cell with options of its own, such as
            `Clockwork(periods=(1, 2, 4))`. The state has as many parts as the cell says, always in
            a tuple.
        trainable_state: whether h and c before the first step are learned, where none are given;
            what else a cell keeps, such as a clock, starts at zero.
        recurrent_dropout: probability to zero a unit's candidate in a step, in training: "without
            memory loss", Semeniuta, Severyn & Barth 2016, (8).
        zoneout: probability of a unit to keep its h and c of the step before, in training; in eval
            mode their mean is taken (Krueger et al. 2017).
        layer_norm: whether to normalise each layer's output over its features (Ba, Kiros & Hinton
            2016).

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: an argument is out of range, or one that the cell cannot have.
    """

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
        *,
        cell: str | Cell = "lstm",
        trainable_state: bool = False,
        recurrent_dropout: float = 0.0,
        zoneout: float = 0.0,
        layer_norm: bool = False,
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
        self.cell = get_cell(cell)
        self.trainable_state = trainable_state
        self.recurrent_dropout = recurrent_dropout
        self.zoneout = zoneout
        self.layer_norm = layer_norm
        check_arguments(self)
        for layer in range(num_layers):
            for direction in range(self.num_directions):
                for name, shape in self._parameter_shapes(layer).items():
                    parameter = nn.Parameter(torch.empty(shape, device=device, dtype=dtype))
                    self.register_parameter(_full_name(name, layer, direction), parameter)
        self._weight_name = next(iter(self._parameters))
        if layer_norm:
            features = self.num_directions * (proj_size or hidden_size)
            self.norms = nn.ModuleList(
                nn.LayerNorm(features, device=device, dtype=dtype) for _ in range(num_layers)
            )
        if trainable_state:
            shapes = self.cell.state_shapes(hidden_size, proj_size)
            self.initial_state = nn.ParameterDict(
                {
                    name: torch.empty(
                        num_layers * self.num_directions, *shape, device=device, dtype=dtype
                    )
                    for name, shape in zip(self.cell.state_names, shapes, strict=True)
                    if name in self.cell.learned
                }
            )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Starts the weights as the cell says: for most as PyTorch, from U(-b, b)."""
        for layer in range(self.num_layers):
            for direction in range(self.num_directions):
                self.cell.reset_parameters(self.weights_of(layer, direction), self.hidden_size)
        if self.layer_norm:
            for norm in self.norms:
                norm.reset_parameters()  # type: ignore[operator]
        if self.trainable_state:
            for part in self.initial_state.values():
                nn.init.zeros_(part)

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
            hx: the state before the first step: for an LSTM h_0, (layers * directions, batch,
                proj_size or hidden_size), and c_0, (layers * directions, batch, hidden_size);
                without batch for a single sequence. If None, zeros or what was learned.

        Returns:
            The last layer's outputs, shaped like the input with the directions' features side by
            side, and (h_n, c_n), the state after each sequence's last step, shaped like `hx`.

        Raises:
            TypeError: the input is no tensor.
            ValueError: the input has a wrong number of dimensions or a wrong dtype.
            RuntimeError: the input has a wrong size, or the state a wrong shape or dtype, or one
                of them is on another device than the weights.
        """
        output, state, _ = self.read(input, hx, keep_gates=False)
        return output, state

    def trace(
        self, input: Tensor | PackedSequence, hx: State | None = None
    ) -> tuple[Tensor | PackedSequence, State, Record]:
        """Reads sequences as `forward` does, and keeps the gates and states of all steps.

        Args:
            input: see `forward`.
            hx: see `forward`.

        Returns:
            The outputs and the state of `forward`, and the record: for each gate of the cell, after
            its activation, and each part of the state `record[name][layer][direction]`, (batch,
            time, features); without batch for a single sequence; packed like a packed input.
        """
        return self.read(input, hx, keep_gates=True)

    def read(
        self,
        input: Tensor | PackedSequence,
        hx: State | None = None,
        *,
        keep_gates: bool,
        edits: Edits | None = None,
    ) -> tuple[Tensor | PackedSequence, State, Record]:
        """Reads sequences as `forward` does, and changes gates and states on the way.

        Args:
            input: see `forward`.
            hx: see `forward`.
            keep_gates: whether there is a record, as in `trace`; else it is empty.
            edits: what to change, after dropout and zoneout.

        Returns:
            As `trace` does.
        """
        dims = self.cell.feature_dims
        if isinstance(input, PackedSequence):
            check_input(input.data, (1 + dims,), self.input_size, self._weight, dims)
            batch_sizes = input.batch_sizes.tolist()
            initial = self._initial_state(hx, input.data, (batch_sizes[0],))
            if input.sorted_indices is not None:
                initial = tuple(part.index_select(1, input.sorted_indices) for part in initial)
            rows, final, kept = self._run(input.data, batch_sizes, initial, keep_gates, edits)
            if input.unsorted_indices is not None:
                final = tuple(part.index_select(1, input.unsorted_indices) for part in final)
            record = self._record(kept, lambda gate: input._replace(data=gate))
            return input._replace(data=rows), final, record

        check_input(input, (1 + dims, 2 + dims), self.input_size, self._weight, dims)
        is_batched = input.dim() == 2 + dims
        x = input if is_batched else input.unsqueeze(1)
        if is_batched and self.batch_first:
            x = x.transpose(0, 1)
        steps, batch = x.shape[:2]
        if steps == 0:
            raise RuntimeError("input should have at least one time step, got 0")
        rows = x.flatten(0, 1)
        initial = self._initial_state(hx, rows, (batch,) if is_batched else ())
        rows, final, kept = self._run(rows, [batch] * steps, initial, keep_gates, edits)
        output = rows.unflatten(0, (steps, batch))
        if not is_batched:
            record = self._record(kept, lambda gate: gate)
            return output.squeeze(1), tuple(part.squeeze(1) for part in final), record
        record = self._record(kept, lambda gate: gate.unflatten(0, (steps, batch)).transpose(0, 1))
        return output.transpose(0, 1) if self.batch_first else output, final, record

    def _initial_state(self, hx: State | None, rows: Tensor, batch: tuple[int, ...]) -> State:
        """What was given, once it is checked, or learned, or zeros; always with a batch."""
        features = self.cell.state_shapes(self.hidden_size, self.proj_size, tuple(rows.shape[2:]))
        shapes = [(self.num_layers * self.num_directions, *batch, *shape) for shape in features]
        if hx is not None:
            check_state(hx, dict(zip(self.cell.state_names, shapes, strict=True)), self._weight)
        else:
            hx = tuple(rows.new_zeros(shape, dtype=self._dtype) for shape in shapes)
            if self.trainable_state:
                hx = tuple(
                    _repeated(self.initial_state[name], zeros.shape, len(batch))
                    if name in self.initial_state
                    else zeros
                    for name, zeros in zip(self.cell.state_names, hx, strict=True)
                )
        # In autocast a state may come in lower precision: c, carried so, would lose small updates.
        state = tuple(part.to(self._dtype) for part in hx)
        return state if batch else tuple(part.unsqueeze(1) for part in state)

    def _run(
        self,
        rows: Tensor,
        batch_sizes: list[int],
        initial: State,
        keep_gates: bool,
        edits: Edits | None,
    ) -> tuple[Tensor, State, list[Gates]]:
        """All layers over rows of all steps, (rows, features), time first."""
        edit: Edit = unedited
        between: Between | None = None
        if self.recurrent_dropout and self.training:
            edit = candidate_dropout(self.cell.candidate, self.recurrent_dropout)
        if self.zoneout:
            held = [name in self.cell.zoned for name in self.cell.state_names]
            between = zoneout_between(held, self.zoneout, self.training)
        finals: list[State] = []
        kept: list[Gates] = []
        for layer in range(self.num_layers):
            outputs = []
            for direction in range(self.num_directions):
                weights = self.weights_of(layer, direction)
                last_edit, last_between = edits(layer, direction) if edits else (unedited, None)
                output, state, gates = unroll(
                    self.cell,
                    rows,
                    batch_sizes,
                    tuple(part[len(finals)] for part in initial),
                    weights,
                    reverse=direction == 1,
                    edit=_edit_in_turn(edit, last_edit),
                    between=_between_in_turn(between, last_between),
                    keep_gates=keep_gates,
                )
                outputs.append(output)
                finals.append(state)
                kept.append(gates)
            rows = torch.cat(outputs, dim=1) if self.bidirectional else outputs[0]
            if self.layer_norm:
                rows = self._normalized(layer, rows)
            if self.dropout and layer < self.num_layers - 1:
                rows = F.dropout(rows, self.dropout, self.training)
        return rows, tuple(torch.stack(parts) for parts in zip(*finals, strict=True)), kept

    def _normalized(self, layer: int, rows: Tensor) -> Tensor:
        norm = self.norms.get_submodule(str(layer))
        return norm(rows.movedim(1, -1)).movedim(-1, 1)

    def _record(
        self, kept: list[Gates], shaped: Callable[[Tensor], Tensor | PackedSequence]
    ) -> Record:
        directions = self.num_directions
        return {
            name: [
                [shaped(gates[name]) for gates in kept[start : start + directions]]
                for start in range(0, len(kept), directions)
            ]
            for name in kept[0]
        }

    @property
    def _weight(self) -> Tensor:
        weight: Tensor = getattr(self, self._weight_name)
        return weight

    @property
    def _dtype(self) -> torch.dtype:
        return self._weight.dtype

    def _parameter_shapes(self, layer: int) -> dict[str, tuple[int, ...]]:
        size = self.input_size
        if layer > 0:
            size = self.num_directions * (self.proj_size or self.hidden_size)
        return self.cell.parameter_shapes(size, self.hidden_size, self.proj_size, self.bias)

    def extra_repr(self) -> str:
        """Sizes, and what differs from the defaults."""
        defaults: dict[str, Any] = {"proj_size": 0, "num_layers": 1, "bias": True}
        defaults |= {"batch_first": False}
        defaults |= {"dropout": 0, "bidirectional": False, "cell": get_cell("lstm")}
        defaults |= {"trainable_state": False, "recurrent_dropout": 0, "zoneout": 0}
        defaults |= {"layer_norm": False}
        changed = [f"{n}={getattr(self, n)}" for n, v in defaults.items() if getattr(self, n) != v]
        return ", ".join([str(self.input_size), str(self.hidden_size), *changed])


def _edit_in_turn(first: Edit, second: Edit) -> Edit:
    if first is unedited or second is unedited:
        return first if second is unedited else second
    return lambda name, value: second(name, first(name, value))


def _between_in_turn(first: Between | None, second: Between | None) -> Between | None:
    if first is None or second is None:
        return first or second
    return lambda new, before: second(first(new, before), before)


def _full_name(name: str, layer: int, direction: int) -> str:
    """A parameter's name in the layer, as PyTorch writes it: `weight_ih_l0_reverse`."""
    return f"{name}_l{layer}" + ("_reverse" if direction == 1 else "")


def _repeated(part: Tensor, shape: tuple[int, ...], batch_dims: int) -> Tensor:
    """A learned state, (layers * directions, features), for each row and place of an image."""
    layers, *features = part.shape
    space = len(shape) - 1 - batch_dims - len(features)
    return part.view(layers, *[1] * batch_dims, *features, *[1] * space).expand(shape)
