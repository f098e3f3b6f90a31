"""A cell through time in one direction, over sequences of equal or unequal length.

Sequences are sorted by length, the longest first, as in a `PackedSequence`: the rows of a step are
the first ones of the step before, and padding is never computed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.autograd import forward_ad

from lstm_zoo.cells.cell import Cell, Edit, Gates, ScanCell, State, Weights, unedited
from lstm_zoo.cells.lstm import StandardLSTM
from lstm_zoo.cells.through_time import lstm_through_time

Between = Callable[[State, State], State]
"""Takes the new state and the one before, and returns the state to go on with."""


def unroll(
    cell: Cell,
    x: Tensor,
    batch_sizes: Sequence[int],
    initial: State,
    weights: Weights,
    *,
    reverse: bool = False,
    edit: Edit = unedited,
    between: Between | None = None,
    keep_gates: bool = False,
) -> tuple[Tensor, State, Gates]:
    """Runs a cell through time in one direction.

    Args:
        cell: the equations.
        x: the rows of all steps, time first, (rows, input_size).
        batch_sizes: number of rows of each step; it never grows with time.
        initial: state before a row's first step, each part (batch, *shape).
        weights: the cell's parameters by name.
        reverse: whether each row is read from its last valid step to its first.
        edit: called for each gate of each step, see `Cell.step`.
        between: called with the states after and before each step.
        keep_gates: whether to return the gates and states of all steps; they take memory.

    Returns:
        Outputs of all steps in the order of time, (rows of all steps, features); the state after
        each row's last step, shaped like `initial`; and, if kept, the gates by name and the state
        by the names of its parts, with rows like the outputs'.
    """
    if between is None and batch_sizes[0] == batch_sizes[-1]:
        steps = x.unflatten(0, (len(batch_sizes), -1))
        # A scan knows the last state only: to keep the others' steps, it is stepped.
        if isinstance(cell, ScanCell) and not (keep_gates and len(cell.state_names) > 1):
            return _scan(cell, steps, initial, weights, reverse, edit)
        is_standard = type(cell) is StandardLSTM  # a subclass may have another step
        is_plain = edit is unedited and not keep_gates and "weight_hr" not in weights
        if is_standard and is_plain and not is_autocast(x) and not is_taken_apart():
            steps = steps.flip(0) if reverse else steps
            hs, state = lstm_through_time(steps, initial, weights)
            return (hs.flip(0) if reverse else hs).flatten(0, 1), state, {}
    products = cell.input_product(x, weights).split(list(batch_sizes))
    rows = batch_sizes[-1 if reverse else 0]
    state = tuple(part[:rows] for part in initial)
    ended: list[State] = []
    outputs: list[Tensor] = []
    kept: list[Gates] = []
    for input_product in reversed(products) if reverse else products:
        previous_rows, rows = rows, input_product.size(0)
        if rows < previous_rows:
            ended.append(tuple(part[rows:] for part in state))
            state = tuple(part[:rows] for part in state)
        elif rows > previous_rows:
            begun = (part[previous_rows:rows] for part in initial)
            state = tuple(torch.cat(parts) for parts in zip(state, begun, strict=True))
        before = state
        state, gates = cell.step(input_product, state, weights, edit)
        if between:
            state = between(state, before)
        outputs.append(state[0])
        if keep_gates:
            kept.append(gates | dict(zip(cell.state_names, state, strict=True)))
    if reverse:
        outputs.reverse()
        kept.reverse()
    if ended:
        state = tuple(torch.cat(parts) for parts in zip(state, *reversed(ended), strict=True))
    names = kept[0] if kept else ()
    return torch.cat(outputs), state, {n: torch.cat([step[n] for step in kept]) for n in names}


def is_autocast(x: Tensor) -> bool:
    """Whether products of this tensor are computed in lower precision; on `meta` there is none."""
    kind = x.device.type
    return torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind)


def is_taken_apart() -> bool:
    """Whether each operation is looked at, which needs the plain steps.

    So do `torch.func`, `torch.export` and forward-mode differentiation.
    """
    is_forward_ad = forward_ad._current_level >= 0
    is_transformed = torch._C._are_functorch_transforms_active()
    return torch.compiler.is_exporting() or is_transformed or is_forward_ad


def is_traced() -> bool:
    """Whether operations are recorded, by `torch.compile` too: no branch may hang on a value."""
    return torch.compiler.is_compiling() or torch.jit.is_tracing() or is_taken_apart()


def _scan(
    cell: ScanCell, x: Tensor, initial: State, weights: Weights, reverse: bool, edit: Edit
) -> tuple[Tensor, State, Gates]:
    products = cell.input_product(x.flip(0) if reverse else x, weights)
    outputs, state, gates = cell.scan(products, initial, weights, edit)
    gates = gates | {cell.state_names[0]: outputs}
    if reverse:
        outputs, gates = outputs.flip(0), {name: gate.flip(0) for name, gate in gates.items()}
    return outputs.flatten(0, 1), state, {n: gate.flatten(0, 1) for n, gate in gates.items()}
