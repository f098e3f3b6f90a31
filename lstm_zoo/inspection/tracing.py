"""`trace`: every gate of every step of any model, unchanged."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Any, TypeVar

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from lstm_zoo.errors import UsageError
from lstm_zoo.inspection.layers import Recurrent, check_alike, find_recurrent
from lstm_zoo.inspection.record import Trace
from lstm_zoo.inspection.recorder import Recorder, Selection
from lstm_zoo.inspection.runner import Runner
from lstm_zoo.recurrent.stand_in import Forward, stand_in, standing_in

Item = TypeVar("Item")


def trace(
    model: Any,
    input: Any,
    *,
    hx: Any = None,
    layers: Sequence[int] | None = None,
    units: Sequence[int] | None = None,
    gates: Sequence[str] | None = None,
    dtype: torch.dtype | None = None,
    layer: str | None = None,
) -> Trace:
    """Run a model and keep every gate and state of its recurrent layers.

    The model is as it was, in training or in eval mode, and its outputs are those of a plain run
    without gradients, for layers of the zoo up to rounding. `nn.LSTM` runs as fast as ever: its gates are computed from what went in
    and came out. Layers are numbered in the order in which the model holds them; one that is called
    several times is traced through all calls, one after another.

    Args:
        model: a module that holds or is an `nn.LSTM`, `nn.GRU`, `nn.RNN`, one of their cells, or an
            `lstm_zoo.LSTM`; or what `lstm_zoo.load` returns.
        input: what the module's `forward` takes, several arguments in a tuple; for a model of the
            zoo what it reads, such as a text.
        hx: the state to start from, the module's second argument.
        layers: numbers of the layers to keep; all if None. This and the next three bound memory.
        units: numbers of the units to keep, of each layer.
        gates: names of the gates and states to keep.
        dtype: in which they are kept, such as `torch.float16`.
        layer: name of the one recurrent module to trace, where the model has different ones.

    Returns:
        The record: `record["forget"][layer][direction]` is (batch, time, units); without a batch
        dimension in the input the batch is 1.

    Raises:
        UsageError: there is no recurrent layer, or no such layer, unit or gate.
    """
    module, arguments, labels = reading_of(model, input)
    arguments = arguments if hx is None else (*arguments, hx)
    selection = Selection(_tuple(layers), _tuple(units), _tuple(gates), dtype)
    found = find_recurrent(module, layer)
    check_alike(found)
    selection.check(found)
    recorder = Recorder(found, selection)
    with ExitStack() as stack:
        stack.enter_context(torch.no_grad())
        for each in found:
            stack.enter_context(_recorded(each, recorder))
        outputs = module(*arguments)
    names = tuple(each.name for each in found for _ in range(each.num_layers))
    values = recorder.values()
    return Trace(
        values, found[0].cell_name, names, labels, recorder.lengths, selection.units, outputs
    )


def reading_of(model: Any, input: Any) -> tuple[nn.Module, tuple[Any, ...], tuple[str, ...] | None]:
    """The module, the arguments of its `forward`, and what the steps are, if it says so."""
    if isinstance(model, nn.Module):
        several = isinstance(input, tuple | list) and not isinstance(input, PackedSequence)
        return model, tuple(input) if several else (input,), None
    if not hasattr(model, "reading") or not isinstance(getattr(model, "model", None), nn.Module):
        raise UsageError(f"trace takes a module or a model of the zoo, got {type(model).__name__}")
    reading = model.reading(input)
    return model.model, reading.inputs, reading.labels


def _tuple(values: Sequence[Item] | None) -> tuple[Item, ...] | None:
    return None if values is None else tuple(values)


def _recorded(each: Recurrent, recorder: Recorder) -> AbstractContextManager[None]:
    """Stands in for a module, or for who edits it already, and records."""
    editor = standing_in(each.module)

    def make(own: Forward) -> Forward:
        runner = editor if isinstance(editor, Runner) else Runner(each, (), own)
        return lambda *args, **kwargs: runner.run(args, kwargs, recorder)

    return stand_in(each.module, make)
