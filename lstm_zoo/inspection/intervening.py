"""`intervene`: what the model would say if a gate were held, scaled, or another run's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from torch import nn

from lstm_zoo.cells import AttentionLSTM, MatrixLSTM
from lstm_zoo.errors import UsageError
from lstm_zoo.inspection.interventions import Intervention, Off
from lstm_zoo.inspection.layers import Recurrent, find_recurrent
from lstm_zoo.inspection.recorder import check_numbers
from lstm_zoo.inspection.runner import Runner
from lstm_zoo.recurrent.stand_in import Forward, stand_in, standing_in


@contextmanager
def intervene(
    model: Any, changes: Sequence[Intervention | Off], *, layer: str | None = None
) -> Iterator[None]:
    """Change gates and states of a model for the time of a block.

        with zoo.intervene(model, [zoo.Hold("forget", layer=1, units=[3], value=1.0)]):
            model.generate("ROMEO:")

    Whatever calls the model inside the block, in this thread, gets the changed one; other threads
    get the model as it is, and so does everyone after the block. A layer that is changed is stepped
    through the zoo's cell with its own weights. `trace` inside the block sees the changed run. A
    generator that is begun in the block should be used up in it.

    Args:
        model: as in `trace`.
        changes: what to change; later ones see what earlier ones made. Without any, everything is
            as outside.
        layer: name of the one recurrent module whose layers are numbered, where the model has
            several.

    Raises:
        UsageError: there is no such layer, direction, unit, gate or step.
    """
    module = model if isinstance(model, nn.Module) else getattr(model, "model", None)
    if not isinstance(module, nn.Module):
        raise UsageError(
            f"intervene takes a module or a model of the zoo, got {type(model).__name__}"
        )
    found = find_recurrent(module, layer)
    edits: dict[str, list[Intervention]] = {}
    for change in changes:
        each, edit = _placed(found, change)
        edits.setdefault(each.name, []).append(edit)
    with ExitStack() as stack:
        for each in found:
            if each.name in edits:
                stack.enter_context(_edited(each, edits[each.name]))
        yield


def _placed(
    found: Sequence[Recurrent], change: Intervention | Off
) -> tuple[Recurrent, Intervention]:
    """The module that a change is about, and the change in its cell's terms."""
    count = sum(each.num_layers for each in found)
    check_numbers("layer", [change.layer], count, "the model")
    each = next(each for each in reversed(found) if each.first <= change.layer)
    where = f"layer {change.layer} of {each.shown}"
    check_numbers("direction", [change.direction], each.num_directions, where)
    if getattr(each.module, "nonlinearity", "tanh") != "tanh":
        raise UsageError(f"{where} is no tanh network: its units can be seen, not changed")
    edit = change.for_cell(each.cell) if isinstance(change, Off) else change
    edit.check(_sizes(each), where)
    return each, edit


def _sizes(each: Recurrent) -> dict[str, int]:
    """Features of what can be changed, by name."""
    cell = each.cell
    sizes = dict.fromkeys(cell.gate_names, each.hidden_size)
    if isinstance(cell, MatrixLSTM):
        sizes |= {"input": cell.heads, "forget": cell.heads}
    if cell.shows_tanh_c:
        sizes["c"] = each.hidden_size
    if not isinstance(cell, AttentionLSTM):  # its h is on a tape before it can be changed
        sizes["h"] = getattr(each.module, "proj_size", 0) or each.hidden_size
    return sizes


def _edited(each: Recurrent, edits: Sequence[Intervention]) -> AbstractContextManager[None]:
    """Stands in for a module with what is changed already, and with this."""
    outer = standing_in(each.module)
    known = outer.edits if isinstance(outer, Runner) else ()

    def make(own: Forward) -> Forward:
        return Runner(each, [*known, *edits], own)

    return stand_in(each.module, make)
