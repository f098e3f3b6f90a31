"""Units of a record side by side: all layers and directions as columns of one matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from lstm_zoo.errors import UsageError
from lstm_zoo.task import did_you_mean

Record = Mapping[str, Sequence[Sequence[Tensor]]]
"""What `lstm_zoo.trace` and `lstm_zoo.LSTM.trace` return: name, layer, direction."""


class Unit(NamedTuple):
    """One unit of a recurrent network, all counted from 0."""

    layer: int
    direction: int
    unit: int


def unit_values(record: Record, state: str) -> tuple[list[Unit], Tensor]:
    """One gate or state of all units.

    Args:
        record: of vectors, not images.
        state: a name of the record, such as "h", "c" or "forget".

    Returns:
        The units, and their values, float32 (batch, time, units).

    Raises:
        UsageError: the record has no such name.
    """
    if state not in record:
        raise UsageError(f"the record has no {state!r}{did_you_mean(state, record)}")
    chosen = getattr(record, "units", None)
    units, columns = [], []
    for layer, directions in enumerate(record[state]):
        for direction, values in enumerate(directions):
            values = values if values.dim() == 3 else values[None]
            numbers = chosen if chosen is not None else range(values.shape[2])
            units += [Unit(layer, direction, unit) for unit in numbers]
            columns.append(values.detach().float().cpu())
    return units, torch.cat(columns, dim=2)


def counted_steps(record: Record, values: Tensor) -> Tensor:
    """Which steps are of a row, and do not only fill it up.

    Args:
        record: where `values` are from.
        values: (batch, time, units).

    Returns:
        Bool (batch, time).
    """
    batch, time = values.shape[:2]
    lengths = getattr(record, "lengths", None) or (time,) * batch
    return torch.arange(time) < torch.tensor(lengths)[:, None]
