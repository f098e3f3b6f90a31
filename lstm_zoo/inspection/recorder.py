"""Collects the gates and states of a run, as much of them as is asked for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lstm_zoo.errors import UsageError
from lstm_zoo.inspection.layers import Recurrent
from lstm_zoo.task import did_you_mean


@dataclass(frozen=True)
class Selection:
    """What is kept of a run; None is all.

    Attributes:
        layers: numbers of layers.
        units: numbers of units, of every layer.
        gates: names of gates and states.
        dtype: in which it is kept.
    """

    layers: tuple[int, ...] | None = None
    units: tuple[int, ...] | None = None
    gates: tuple[str, ...] | None = None
    dtype: torch.dtype | None = None

    def check(self, found: Sequence[Recurrent]) -> None:
        """Refuses layers and units that the model has not.

        Raises:
            UsageError: there is no such layer or unit, or none is asked for.
        """
        layers = sum(each.num_layers for each in found)
        check_numbers("layer", self.layers, layers, "the model")
        for each in found:
            check_numbers("unit", self.units, each.hidden_size, each.shown)
        if self.gates is not None and not self.gates:
            raise UsageError("gates should name one gate or state at least")
        if self.dtype is not None and not self.dtype.is_floating_point:
            raise UsageError(f"dtype should be one of floating-point numbers, got {self.dtype}")

    def names(self, known: Collection[str]) -> tuple[str, ...]:
        """The names to keep of those that there are.

        Raises:
            UsageError: a name is unknown; names the nearest.
        """
        for name in self.gates or ():
            if name not in known:
                raise UsageError(f"there is no gate or state {name!r}{did_you_mean(name, known)}")
        return tuple(name for name in known if self.gates is None or name in self.gates)


class Recorder:
    """Holds what is kept, call after call.

    Args:
        found: the recurrent modules.
        selection: what to keep.
    """

    def __init__(self, found: Sequence[Recurrent], selection: Selection) -> None:
        self.found = found
        self.selection = selection
        self.lengths: tuple[int, ...] | None = None
        self._firsts = {each.name: each.first for each in found}
        self._directions = [each.num_directions for each in found for _ in range(each.num_layers)]
        self._chunks: dict[str, list[list[list[Tensor]]]] = {}

    def wants(self, each: Recurrent, layer: int) -> bool:
        """Whether a layer of a module is asked for."""
        layers = self.selection.layers
        return layers is None or self._firsts[each.name] + layer in layers

    def keep(self, each: Recurrent, layer: int, direction: int, values: dict[str, Tensor]) -> None:
        """Add the next steps.

        Args:
            each: the module.
            layer: number among the module's.
            direction: 0 forward, 1 reverse.
            values: by name (batch, time, features), with no more than is asked for.
        """
        for name, value in values.items():
            if name in (*each.cell.state_names, "new"):  # may be what the model goes on with
                value = value.clone()
            if name not in self._chunks:
                self._chunks[name] = [[[] for _ in range(ways)] for ways in self._directions]
            self._chunks[name][self._firsts[each.name] + layer][direction].append(value)

    def select(self, values: dict[str, Tensor], hidden_size: int) -> dict[str, Tensor]:
        """As much of whole values, (batch, time, features, ...), as is asked for."""
        selection = self.selection
        kept = {name: values[name] for name in selection.names(values)}
        if selection.units is not None:
            units = torch.tensor(selection.units, device=next(iter(values.values())).device)
            kept = {
                name: value.index_select(2, units) if value.shape[2] == hidden_size else value
                for name, value in kept.items()
            }
        return {
            name: value.detach().to(selection.dtype or value.dtype) for name, value in kept.items()
        }

    def note_lengths(self, lengths: Sequence[int]) -> None:
        """Rows of this call are of unequal length."""
        if self.lengths not in (None, tuple(lengths)):
            raise UsageError("the model packs its sequences in different ways: take one by layer=")
        self.lengths = tuple(lengths)

    def values(self) -> dict[str, list[list[Tensor]]]:
        """What was kept, by name, layer and direction.

        Raises:
            UsageError: nothing was called, or the layers read sequences of different lengths.
        """
        if not self._chunks:
            raise UsageError(
                f"the model did not call {self.found[0].shown}: there is nothing to trace"
            )
        values = {
            name: [
                [torch.cat(chunks, dim=1) if len(chunks) > 1 else chunks[0] for chunks in ways]
                if ways[0]
                else []
                for ways in layers
            ]
            for name, layers in self._chunks.items()
        }
        sizes = {tensor.shape[:2] for ways in next(iter(values.values())) for tensor in ways}
        if len(sizes) > 1:
            names = ", ".join(repr(each.name) for each in self.found)
            raise UsageError(
                f"the model's layers read sequences of different sizes, {sorted(map(tuple, sizes))}"
                f"; take one by layer=, one of {names}"
            )
        return values


def check_numbers(what: str, numbers: Sequence[int] | None, count: int, where: str) -> None:
    """Refuses numbers out of range.

    Raises:
        UsageError: a number is none of 0 to count - 1, or none is given.
    """
    if numbers is None:
        return
    if not numbers:
        raise UsageError(f"{what}s should have one number at least")
    for number in numbers:
        if not 0 <= number < count:
            raise UsageError(
                f"{what} {number} is out of range: {where} has {count}, from 0 to {count - 1}"
            )
