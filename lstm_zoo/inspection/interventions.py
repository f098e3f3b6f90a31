"""Gates and states held, scaled, swapped in from another run, units switched off."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass

import torch
from torch import Tensor

from lstm_zoo.cells import Cell, State
from lstm_zoo.errors import UsageError
from lstm_zoo.inspection.record import Trace
from lstm_zoo.inspection.recorder import check_numbers
from lstm_zoo.task import did_you_mean

Numbers = int | Sequence[int]
Steps = slice | Numbers | None


@dataclass(frozen=True)
class Intervention(ABC):
    """A change of one gate or state of some units, in some steps.

    Attributes:
        name: a gate of the cell after its activation, "h", or "c" where the output gate shows its
            tanh.
        layer: number among all layers of the model.
        units: a number or several; None for all units.
        steps: a number, several, or a slice; None for all steps. They count from 0 where the model
            starts with an empty memory, and go on from call to call.
        direction: 0 forward, 1 reverse.
    """

    name: str
    _: KW_ONLY
    layer: int = 0
    units: Numbers | None = None
    steps: Steps = None
    direction: int = 0

    @abstractmethod
    def changed(self, value: Tensor, step: int, units: list[int] | None) -> Tensor:
        """The value to go on with, for those units alone.

        Args:
            value: (batch, units, ...).
            step: its number.
            units: which they are; None for all.
        """

    def acts_at(self, step: int) -> bool:
        """Whether the step is one of those chosen."""
        if self.steps is None:
            return True
        if isinstance(self.steps, slice):
            start, stop, stride = self.steps.start or 0, self.steps.stop, self.steps.step or 1
            return step >= start and (stop is None or step < stop) and (step - start) % stride == 0
        return step in _several(self.steps)

    def apply(self, value: Tensor, step: int) -> Tensor:
        """The value of all units, (batch, units, ...), after the change."""
        if self.units is None:
            return self.changed(value, step, None).to(value.dtype).expand_as(value)
        units = _several(self.units)
        index = torch.tensor(units, device=value.device)
        chosen = value.index_select(1, index)
        new = self.changed(chosen, step, units).to(value.dtype).expand_as(chosen)
        return value.index_copy(1, index, new)

    def check(self, sizes: Mapping[str, int], where: str) -> None:
        """Refuses what the layer has not.

        Args:
            sizes: features of what can be changed, by name.
            where: names the layer.

        Raises:
            UsageError: there is no such gate, unit or step, or the value is not finite.
        """
        if self.name not in sizes:
            raise UsageError(
                f"{where} has no {self.name!r} to change{did_you_mean(self.name, sizes)}"
            )
        units = None if self.units is None else _several(self.units)
        check_numbers("unit", units, sizes[self.name], where)
        steps = self.steps
        numbers = [steps.start, steps.stop] if isinstance(steps, slice) else _several(steps or 0)
        if any(number is not None and number < 0 for number in numbers) or (
            isinstance(steps, slice) and (steps.step or 1) < 1
        ):
            raise UsageError(f"steps count from 0 on, from the start of a run, got {steps!r}")


@dataclass(frozen=True, kw_only=True)
class Hold(Intervention):
    """Hold a gate or state at a value.

    Attributes:
        value: the number.
    """

    value: float

    def changed(self, value: Tensor, step: int, units: list[int] | None) -> Tensor:
        return torch.full_like(value, self.value)

    def check(self, sizes: Mapping[str, int], where: str) -> None:
        super().check(sizes, where)
        _check_finite("value", self.value)


@dataclass(frozen=True, kw_only=True)
class Scale(Intervention):
    """Multiply a gate or state by a factor.

    Attributes:
        factor: the number.
    """

    factor: float

    def changed(self, value: Tensor, step: int, units: list[int] | None) -> Tensor:
        return value * self.factor

    def check(self, sizes: Mapping[str, int], where: str) -> None:
        super().check(sizes, where)
        _check_finite("factor", self.factor)


@dataclass(frozen=True, kw_only=True)
class Swap(Intervention):
    """Put in what another run had in the same step; steps that it did not reach are left.

    Attributes:
        record: the other run's trace, of all units, with one row, or one for each row here.
    """

    record: Trace

    def changed(self, value: Tensor, step: int, units: list[int] | None) -> Tensor:
        other = self.record[self.name][self.layer][self.direction]
        if step >= other.shape[1]:
            return value
        if other.shape[0] not in (1, value.shape[0]):
            raise UsageError(
                f"the other run has {other.shape[0]} rows and this one {value.shape[0]}: swap in"
                " a run of one row"
            )
        theirs = other[:, step] if units is None else other[:, step, units]
        return theirs.to(value.device)

    def check(self, sizes: Mapping[str, int], where: str) -> None:
        super().check(sizes, where)
        layers = self.record[self.name]
        theirs = layers[self.layer] if self.layer < len(layers) else []
        if len(theirs) <= self.direction or self.record.units is not None:
            raise UsageError(f"the other run was not traced at all units of layer {self.layer}")
        if theirs[self.direction].shape[2] != sizes[self.name]:
            raise UsageError(
                f"the other run has {theirs[self.direction].shape[2]} features of {self.name!r},"
                f" and {where} {sizes[self.name]}"
            )
        if self.record.lengths is not None:
            raise UsageError("the other run has rows of unequal length: swap in a run of one row")


@dataclass(frozen=True)
class Off:
    """Switch units off: they show nothing, though they may go on remembering.

    It is the output gate held at 0, or h, in a cell without an output gate.

    Attributes:
        units, layer, steps, direction: see `Intervention`.
    """

    units: Numbers | None
    _: KW_ONLY
    layer: int = 0
    steps: Steps = None
    direction: int = 0

    def for_cell(self, cell: Cell) -> Hold:
        """The same in the cell's terms."""
        name = "output" if "output" in cell.gate_names else "h"
        return Hold(
            name,
            layer=self.layer,
            units=self.units,
            steps=self.steps,
            direction=self.direction,
            value=0.0,
        )


class Ticker:
    """The changes of one direction of one layer, step by step; see `unroll`.

    Args:
        edits: what to change.
        steps: their numbers, in the order in which they are taken.
    """

    def __init__(self, edits: Sequence[Intervention], steps: Iterator[int]) -> None:
        self.edits = edits
        self.steps = steps
        self.step = next(steps)

    def edit(self, name: str, value: Tensor) -> Tensor:
        for edit in self.edits:
            if edit.name == name and edit.acts_at(self.step):
                value = edit.apply(value, self.step)
        return value

    def between(self, new: State, before: State) -> State:
        h = self.edit("h", new[0])
        self.step = next(self.steps, self.step)
        return (h, *new[1:])


def _several(numbers: Numbers) -> list[int]:
    return [numbers] if isinstance(numbers, int) else [int(number) for number in numbers]


def _check_finite(what: str, number: float) -> None:
    if not math.isfinite(number):
        raise UsageError(f"{what} should be a finite number, got {number}")
