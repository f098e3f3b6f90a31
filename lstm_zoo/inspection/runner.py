"""Answers the calls of one recurrent module, to see its gates or to change them on the way.

A module of PyTorch whose gates are only seen runs as it is. One whose gates are changed is stepped
through the zoo's cell with the module's own weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from lstm_zoo.cells import Between, Edit, LSTMCell, State, unedited
from lstm_zoo.inspection.fused import record_layers
from lstm_zoo.inspection.interventions import Intervention, Ticker
from lstm_zoo.inspection.layers import Recurrent
from lstm_zoo.inspection.operators import NAMES, STEPS, Call, Catch
from lstm_zoo.inspection.recorder import Recorder
from lstm_zoo.recurrent import LSTM
from lstm_zoo.recurrent.lstm import Edits, Record
from lstm_zoo.recurrent.stand_in import Forward

PIECE = 512
"""Steps of a layer of the zoo that are read at once while they are recorded."""


class Runner:
    """Stands in for a module's forward.

    Args:
        each: the module.
        edits: what to change in its layers.
        own: the module's own forward.
    """

    def __init__(self, each: Recurrent, edits: Sequence[Intervention], own: Forward) -> None:
        self.each = each
        self.edits = tuple(edits)
        self.own = own
        self._next_step = 0
        self._last: State | None = None
        self._twin = _twin(each) if self.edits and isinstance(each.module, nn.RNNBase) else None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.run(args, kwargs, None)

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any], recorder: Recorder | None) -> Any:
        """Answer a call of the module, and record it if there is a recorder."""
        module = self.each.module
        if isinstance(module, LSTM):
            return self._read(module, *_input_and_state(args, kwargs), None, recorder)
        if isinstance(module, LSTMCell):
            self.own(*args, **kwargs)  # refuses bad arguments
            input, hx = _input_and_state(args, kwargs)
            if hx is None:
                hx = (input.new_zeros(*input.shape[:-1], module.hidden_size),) * 2
            return self._step(input, tuple(hx), dict(module.named_parameters()), recorder)
        input, _ = _input_and_state(args, kwargs)
        order = input.unsorted_indices if isinstance(input, PackedSequence) else None

        def answer(operator: Any, found: tuple[Any, ...]) -> Any:
            if operator.__name__ in STEPS:
                return self._operator_step(operator, found, recorder)
            call = Call.parse(operator, found)
            if self.edits:
                return self._edited(call, order, recorder)
            assert recorder is not None
            return record_layers(self.each, call, order, recorder)

        with Catch(answer):
            return self.own(*args, **kwargs)

    def _edited(self, call: Call, order: Tensor | None, recorder: Recorder | None) -> Any:
        """The operator's answer, by the zoo's layers of the same weights."""
        twin = self._twin
        assert twin is not None
        for layer in range(call.num_layers):
            for direction in range(call.num_directions):
                suffix = f"_l{layer}" + ("_reverse" if direction else "")
                weights = call.weights_of(layer, direction)
                vars(twin).update({name + suffix: weight for name, weight in weights.items()})
        twin.batch_first, twin.dropout = call.batch_first, call.dropout
        twin.train(call.training)
        data: Any = call.data
        if call.batch_sizes is not None:
            data = PackedSequence(call.data, call.batch_sizes)
        output, state = self._read(twin, data, call.state, order, recorder)
        return (output.data if call.batch_sizes is not None else output, *state)

    def _read(
        self,
        layer: LSTM,
        input: Any,
        hx: State | None,
        order: Tensor | None,
        recorder: Recorder | None,
    ) -> tuple[Any, State]:
        """Read by a layer of the zoo, in pieces where that changes nothing."""
        step, state = self._first_step(hx), hx
        outputs: list[Any] = []
        time, pieces = _pieces(layer, input, recorder is not None)
        for piece in pieces:
            steps = len(piece.batch_sizes) if time is None else piece.shape[time]
            output, state, record = layer.read(
                piece,
                state,
                keep_gates=recorder is not None,
                edits=self._edits_from(step, steps) if self.edits else None,
            )
            if recorder is not None:
                is_batched = time is None or piece.dim() == 2 + layer.cell.feature_dims
                self._keep(record, is_batched, order, recorder)
            outputs.append(output)
            step += steps
        assert state is not None
        self._next_step, self._last = step, state
        return (torch.cat(outputs, dim=time) if time is not None else outputs[0]), state

    def _keep(
        self, record: Record, is_batched: bool, order: Tensor | None, recorder: Recorder
    ) -> None:
        """What a layer of the zoo recorded, in the form of all records."""
        each = self.each
        for layer in range(each.num_layers):
            if not recorder.wants(each, layer):
                continue
            for direction in range(each.num_directions):
                values = {}
                for name, layers in record.items():
                    value = layers[layer][direction]
                    if isinstance(value, PackedSequence):
                        value, lengths = pad_packed_sequence(value, batch_first=True)
                        if order is not None:
                            value, lengths = value[order], lengths[order.cpu()]
                        recorder.note_lengths(lengths.tolist())
                    values[name] = value if is_batched else value[None]
                if each.cell.shows_tanh_c:
                    values["tanh_c"] = values["c"].tanh()
                recorder.keep(each, layer, direction, recorder.select(values, each.hidden_size))

    def _operator_step(
        self, operator: Any, args: tuple[Any, ...], recorder: Recorder | None
    ) -> Any:
        """The answer of an operator that runs a cell for one step."""
        input, hx, *tensors = args
        weights = {n: w for n, w in zip(NAMES, tensors, strict=False) if w is not None}
        state = hx if isinstance(hx, tuple | list) else (hx,)
        if self.edits:
            state = self._step(input, tuple(state), weights, recorder)
            return state if len(state) > 1 else state[0]
        said = operator(*args)
        assert recorder is not None
        new = said if isinstance(said, tuple) else (said,)
        names, gates = self.each.cell.state_names, {"new": new[0]}
        if self.each.cell_name != "rnn":
            product = self.each.cell.input_product(input, weights)
            _, gates = self.each.cell.step(product, tuple(state), weights)
        self._keep_step(gates | dict(zip(names, new, strict=True)), recorder)
        return said

    def _step(
        self, input: Tensor, state: State, weights: dict[str, Tensor], recorder: Recorder | None
    ) -> State:
        """One step of the cell, (batch, features) or (features,)."""
        is_batched, cell = input.dim() == 2, self.each.cell
        step = self._first_step(state)
        edit, between = self._edits_from(step, 1)(0, 0)
        x = input if is_batched else input[None]
        before = state if is_batched else tuple(part[None] for part in state)
        new, gates = cell.step(cell.input_product(x, weights), before, weights, edit)
        new = between(new, before) if between else new
        if recorder is not None:
            self._keep_step(gates | dict(zip(cell.state_names, new, strict=True)), recorder)
        state = new if is_batched else tuple(part[0] for part in new)
        self._next_step, self._last = step + 1, state
        return state

    def _keep_step(self, values: dict[str, Tensor], recorder: Recorder) -> None:
        each = self.each
        if each.cell.shows_tanh_c:
            values["tanh_c"] = values["c"].tanh()
        if recorder.wants(each, 0):
            rows = {name: value.reshape(-1, value.shape[-1]) for name, value in values.items()}
            by_time = {name: value[:, None] for name, value in rows.items()}
            recorder.keep(each, 0, 0, recorder.select(by_time, each.hidden_size))

    def _first_step(self, hx: State | None) -> int:
        """Where the step numbers of this call start: on from the last one, or at 0."""
        if hx is None or not self.edits:
            return 0
        goes_on = self._last is not None and all(
            part.shape == known.shape and torch.equal(part, known)
            for part, known in zip(hx, self._last, strict=False)
        )
        is_empty = not any(part.any() for part in hx)
        return 0 if is_empty and not goes_on else self._next_step

    def _edits_from(self, first: int, steps: int) -> Edits:
        """What to change in steps that are numbered from `first` on."""

        def edits(layer: int, direction: int) -> tuple[Edit, Between | None]:
            number = self.each.first + layer
            here = [e for e in self.edits if (e.layer, e.direction) == (number, direction)]
            if not here:
                return unedited, None
            numbers = range(first, first + steps)
            ticker = Ticker(here, iter(reversed(numbers) if direction else numbers))
            return ticker.edit, ticker.between

        return edits


def _pieces(
    layer: LSTM, input: Tensor | PackedSequence, recorded: bool
) -> tuple[int | None, Sequence[Any]]:
    """The dimension of time, None if packed, and the input in pieces that a record can bear."""
    if isinstance(input, PackedSequence):
        return None, [input]
    is_batched = input.dim() == 2 + layer.cell.feature_dims
    time = 1 if is_batched and layer.batch_first else 0
    draws = layer.training and (layer.dropout or layer.recurrent_dropout or layer.zoneout)
    if layer.bidirectional or draws or not recorded or input.dim() <= time:
        return time, [input]
    return time, input.split(PIECE, dim=time)


def _twin(each: Recurrent) -> LSTM:
    """A layer of the zoo like PyTorch's, without weights."""
    module: Any = each.module
    twin = LSTM(
        module.input_size,
        module.hidden_size,
        module.num_layers,
        module.bias,
        bidirectional=module.bidirectional,
        proj_size=module.proj_size,
        device="meta",
        cell=each.cell,
    )
    for name in list(twin._parameters):
        del twin._parameters[name]  # each call brings its own
    return twin


def _input_and_state(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
    names = dict(zip(("input", "hx"), args, strict=False)) | kwargs
    return names.get("input"), names.get("hx")
