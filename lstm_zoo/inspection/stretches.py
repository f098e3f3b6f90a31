"""Units that are on in a stretch of a sequence and off around it, and where else they are on.

After Strobelt et al. 2018, "LSTMVis: A Tool for Visual Analysis of Hidden State Dynamics in
Recurrent Neural Networks".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lstm_zoo.errors import UsageError
from lstm_zoo.inspection.units import Record, Unit, counted_steps, unit_values


@dataclass(frozen=True)
class SelectedUnit:
    """A unit that tells a stretch from what is around it.

    Attributes:
        unit: layer, direction and number.
        inside: its mean in the stretch.
        around: its mean in the steps around.
        contrast: their difference, in standard deviations of the unit over the whole sequence.
        threshold: halfway between; the unit is on where it is on the stretch's side of it.
    """

    unit: Unit
    inside: float
    around: float
    contrast: float
    threshold: float


@dataclass(frozen=True)
class Stretch:
    """Steps in which units are on.

    Attributes:
        row: number in the batch.
        start, stop: the steps; `stop` is the first one after them.
        share: of the units that are on, the mean over the steps.
        text: the labels of the steps, if the record has them.
    """

    row: int
    start: int
    stop: int
    share: float
    text: str


def select(
    record: Record,
    start: int,
    stop: int,
    *,
    state: str = "h",
    row: int = 0,
    margin: int | None = None,
    best: int = 10,
) -> list[SelectedUnit]:
    """The units that are on in a stretch and off around it, or the other way round.

    Args:
        record: from `lstm_zoo.trace`.
        start: first step of the stretch.
        stop: the first step after it.
        state: what of a unit is looked at.
        row: number of the sequence in the batch.
        margin: how many steps on either side count as around; None for twice the stretch, 20 at
            least.
        best: how many units to tell.

    Returns:
        Units, the greatest contrast first.

    Raises:
        UsageError: the stretch is empty, outside the sequence or all of it.
    """
    units, values = unit_values(record, state)
    _check_row(row, values)
    sequence = values[row][counted_steps(record, values)[row]]
    length = len(sequence)
    if not 0 <= start < stop <= length or stop - start == length:
        raise UsageError(
            f"a stretch should be a part of the {length} steps, from a step to a later one, got"
            f" {start} to {stop}"
        )
    margin = max(20, 2 * (stop - start)) if margin is None else margin
    if margin < 1:
        raise UsageError(f"margin must be 1 or more, got {margin}")
    around = torch.cat([sequence[max(0, start - margin) : start], sequence[stop : stop + margin]])
    inside_mean, around_mean = sequence[start:stop].mean(0), around.mean(0)
    deviation = sequence.std(0, correction=0)
    contrast = (inside_mean - around_mean) / deviation.clamp_min(1e-6)
    threshold = (inside_mean + around_mean) / 2
    order = contrast.abs().argsort(descending=True)[:best].tolist()
    return [
        SelectedUnit(
            units[unit],
            *(float(v[unit]) for v in (inside_mean, around_mean, contrast, threshold)),
        )
        for unit in order
    ]


def where(
    record: Record,
    units: Sequence[SelectedUnit],
    *,
    state: str = "h",
    share: float = 0.75,
    shortest: int = 1,
    best: int = 20,
) -> list[Stretch]:
    """Stretches of a record, such as one of a corpus, in which the same units are on.

    Args:
        record: of the same model.
        units: from `select`.
        state: the one they were selected by.
        share: of the units must be on at every step of a stretch, more than 0 and at most 1.
        shortest: length in steps of the shortest stretch.
        best: how many stretches to tell.

    Returns:
        Stretches, the greatest share first, longer ones first among equals.

    Raises:
        UsageError: there are no units, one that the record does not have, or a share that is none.
    """
    if not units:
        raise UsageError("there are no units to look for: select some first")
    if not 0 < share <= 1:
        raise UsageError(f"share should be more than 0 and at most 1, got {share}")
    known, values = unit_values(record, state)
    if strange := [selected.unit for selected in units if selected.unit not in known]:
        raise UsageError(f"the record has no unit {tuple(strange[0])}, only {len(known)} others")
    columns = [known.index(selected.unit) for selected in units]
    threshold = torch.tensor([selected.threshold for selected in units])
    sign = torch.tensor([1.0 if selected.contrast > 0 else -1.0 for selected in units])
    shares = (((values[:, :, columns] - threshold) * sign) > 0).float().mean(2)
    shares = shares * counted_steps(record, values)
    labels = getattr(record, "labels", None)
    found = []
    for row, on in enumerate(shares):
        for start, stop in _runs(on >= share):
            if stop - start >= shortest:
                text = "".join(labels[start:stop]) if labels is not None else ""
                found.append(Stretch(row, start, stop, float(on[start:stop].mean()), text))
    return sorted(found, key=lambda s: (s.share, s.stop - s.start), reverse=True)[:best]


def _runs(flags: Tensor) -> list[tuple[int, int]]:
    """Start and stop of each run of true flags."""
    edges = torch.diff(
        flags.int(),
        prepend=torch.zeros(1, dtype=torch.int32),
        append=torch.zeros(1, dtype=torch.int32),
    )
    starts = (edges == 1).nonzero()[:, 0].tolist()
    stops = (edges == -1).nonzero()[:, 0].tolist()
    return list(zip(starts, stops, strict=True))


def _check_row(row: int, values: Tensor) -> None:
    if not 0 <= row < len(values):
        raise UsageError(f"there is no row {row}: the record has {len(values)}")
