"""Gates of PyTorch's layers while they run as fast as ever."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from lstm_zoo.cells import State
from lstm_zoo.inspection.gates import gates_of_steps
from lstm_zoo.inspection.layers import Recurrent, value_names
from lstm_zoo.inspection.operators import Call, run_by_layers
from lstm_zoo.inspection.recorder import Recorder


def record_layers(
    each: Recurrent, call: Call, order: Tensor | None, recorder: Recorder
) -> tuple[Tensor, ...]:
    """Run an operator, and record the gates, computed from what each layer read and said.

    Args:
        each: the module that calls it.
        call: the operator and its arguments.
        order: where each row of a packed input stands in the sorted batch; None as they are.
        recorder: takes the gates.

    Returns:
        The operator's own answer.
    """
    selection = recorder.selection
    wanted = selection.names(value_names(each.cell))
    units = None
    if selection.units is not None:
        units = torch.tensor(selection.units, device=call.data.device)

    def see(index: int, layer: Call, output: Tensor) -> None:
        if not recorder.wants(each, index):
            return
        x, h, state, lengths = _by_time(layer, output, order)
        valid = None
        if lengths is not None:
            recorder.note_lengths(lengths.tolist())
            if lengths.min() < len(x):
                steps = torch.arange(len(x), device=x.device)[:, None, None]
                valid = steps < lengths.to(x.device)[:, None]
        for direction, own in enumerate(h.chunk(layer.num_directions, dim=2)):
            flip = (lambda part: part.flip(0)) if direction else (lambda part: part)
            values = gates_of_steps(
                layer.cell,
                flip(x),
                flip(own),
                tuple(part[direction] for part in state),
                layer.weights_of(0, direction),
                wanted,
                units=units,
                valid=None if valid is None else flip(valid),
                dtype=selection.dtype,
            )
            kept = {name: flip(values[name]).transpose(0, 1) for name in wanted}
            recorder.keep(each, index, direction, kept)

    return run_by_layers(call, see)


def _by_time(
    layer: Call, output: Tensor, order: Tensor | None
) -> tuple[Tensor, Tensor, State, Tensor | None]:
    """What a layer read and said, (time, batch, features), its state and the rows' lengths."""
    if layer.batch_sizes is None:
        x, h = (layer.data, output)
        if layer.batch_first:
            x, h = x.transpose(0, 1), h.transpose(0, 1)
        return x, h, layer.state, None
    packed = (PackedSequence(part, layer.batch_sizes, None, order) for part in (layer.data, output))
    (x, lengths), (h, _) = (pad_packed_sequence(part) for part in packed)
    state = layer.state
    if order is not None:
        state = tuple(part.index_select(1, order) for part in state)
    return x, h, state, lengths
