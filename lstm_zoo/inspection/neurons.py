"""Which unit follows what: units ranked by what they track, beside what chance would give.

A unit's state is held against features of the steps, such as "inside quotes" of a text (Karpathy,
Johnson & Li 2015, "Visualizing and Understanding Recurrent Networks"), by three measures of
`association`. The best of a thousand units looks good by luck alone, so each score comes with
chance: the best that any unit reaches when the feature is turned in time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

import torch
from torch import Tensor

from lstm_zoo.errors import UsageError
from lstm_zoo.inspection.association import (
    correlations,
    held_out_fit,
    information,
    ridge_fit,
    turned,
)
from lstm_zoo.inspection.features import features_of
from lstm_zoo.inspection.units import Record, Unit, counted_steps, unit_values

FEWEST_STEPS = 20
Number = TypeVar("Number", float, Tensor)


@dataclass(frozen=True)
class UnitScore:
    """How well one unit follows one feature.

    Attributes:
        unit: layer, direction and number.
        feature: what it is held against.
        correlation: Pearson's.
        information: mutual information in bits.
        held_out: R^2 of a line on the unit, on steps that it was not fitted to.
        chance_correlation: the largest absolute correlation of any unit with the turned feature.
        chance_information: the same of the mutual information.
        chance_held_out: the same of R^2.
    """

    unit: Unit
    feature: str
    correlation: float
    information: float
    held_out: float
    chance_correlation: float
    chance_information: float
    chance_held_out: float


@dataclass(frozen=True)
class ProbeScore:
    """How well all units of a layer together say a feature.

    Attributes:
        layer: its number.
        direction: 0 forward, 1 reverse.
        feature: what was asked.
        held_out: R^2 of a linear probe, on steps that it was not fitted to.
        chance_held_out: the largest R^2 of such a probe for the turned feature.
    """

    layer: int
    direction: int
    feature: str
    held_out: float
    chance_held_out: float


def rank_units(
    record: Record,
    features: Mapping[str, Tensor] | None = None,
    *,
    state: str = "c",
    by: Literal["correlation", "information", "held_out"] = "correlation",
    best: int = 5,
    control: int = 10,
    seed: int = 0,
) -> list[UnitScore]:
    """Ranks units by what they track.

    Args:
        record: from `lstm_zoo.trace`.
        features: name -> (time,) or (batch, time), NaN where a step does not count; None for
            `features_of` the record's labels.
        state: what of a unit is looked at, such as "c", "h" or "forget".
        by: the measure to rank by.
        best: how many units are told for each feature.
        control: how often each feature is turned to see what chance gives.
        seed: of the distances by which it is turned.

    Returns:
        Scores, best first; features that never change have none.

    Raises:
        UsageError: the record is too short, has no such state or no labels, or a feature has
            another number of steps.
    """
    units, values = unit_values(record, state)
    scores: list[UnitScore] = []
    for together in _together(record, features, values, control, seed):
        seen = values.flatten(0, 1)[together.steps]
        everything = {
            "correlation": correlations(seen, together.targets),
            "information": information(seen, together.targets),
            "held_out": held_out_fit(seen, together.targets),
        }
        for index, name in enumerate(together.names):
            own = slice(index * (1 + control), (index + 1) * (1 + control))
            measured = {m: _strength(values[:, own], m) for m, values in everything.items()}
            order = measured[by][:, 0].argsort(descending=True)[:best].tolist()
            chance = [float(values[:, 1:].max()) for values in measured.values()]
            for unit in order:
                found = [float(values[unit, own.start]) for values in everything.values()]
                scores.append(UnitScore(units[unit], name, *found, *chance))
    return sorted(scores, key=lambda score: _strength(getattr(score, by), by), reverse=True)


def probe_layers(
    record: Record,
    features: Mapping[str, Tensor] | None = None,
    *,
    state: str = "h",
    control: int = 5,
    seed: int = 0,
) -> list[ProbeScore]:
    """Asks all units of each layer together, by a ridge regression.

    Args:
        record, features, control, seed: as for `rank_units`.
        state: what the probe reads.

    Returns:
        Scores of each layer and feature, best first.

    Raises:
        UsageError: as for `rank_units`.
    """
    units, values = unit_values(record, state)
    scores = []
    for together in _together(record, features, values, control, seed):
        seen = values.flatten(0, 1)[together.steps]
        for layer, direction in sorted({unit[:2] for unit in units}):
            columns = [i for i, unit in enumerate(units) if unit[:2] == (layer, direction)]
            fits = ridge_fit(seen[:, columns], together.targets).view(-1, 1 + control)
            for name, (fit, *chance) in zip(together.names, fits.tolist(), strict=True):
                scores.append(ProbeScore(layer, direction, name, fit, max(chance)))
    return sorted(scores, key=lambda score: score.held_out, reverse=True)


@dataclass(frozen=True)
class _Together:
    """Features that count at the same steps.

    Attributes:
        names: of the features.
        steps: bool (batch * time,); those that count.
        targets: for each feature what `turned` makes of it, side by side, (steps, columns).
    """

    names: list[str]
    steps: Tensor
    targets: Tensor


def _together(
    record: Record,
    features: Mapping[str, Tensor] | None,
    values: Tensor,
    control: int,
    seed: int,
) -> list[_Together]:
    if control < 1:
        raise UsageError(f"control must be 1 or more, got {control}: chance is to be seen")
    if features is None:
        labels = getattr(record, "labels", None)
        if labels is None:
            raise UsageError("the record has no labels: say by features= what each step is")
        features = features_of(labels)
    counted = counted_steps(record, values).flatten()
    found: dict[bytes, list[tuple[str, Tensor, Tensor]]] = {}
    for name, feature in features.items():
        if feature.numel() != values.shape[0] * values.shape[1]:
            raise UsageError(
                f"the feature {name!r} is {tuple(feature.shape)}, and the record has"
                f" {values.shape[0]} x {values.shape[1]} steps"
            )
        flat = feature.detach().flatten().float().cpu()
        steps = ~flat.isnan() & counted
        if int(steps.sum()) < FEWEST_STEPS:
            raise UsageError(
                f"the feature {name!r} has {int(steps.sum())} steps: it takes {FEWEST_STEPS}"
                " at least to tell a unit from chance"
            )
        if len(flat[steps].unique()) > 1:
            alike = found.setdefault(steps.numpy().tobytes(), [])
            alike.append((name, steps, turned(flat[steps], control, seed)))
    return [
        _Together([name for name, *_ in alike], alike[0][1], torch.cat([t for *_, t in alike], 1))
        for alike in found.values()
    ]


def _strength(score: Number, measure: str) -> Number:
    """A correlation counts whatever its sign."""
    return abs(score) if measure == "correlation" else score
