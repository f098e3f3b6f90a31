"""Whether a model earns its keep on a series, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_zoo.forecasting.significance import diebold_mariano

Array = NDArray[np.float64]

SIGNIFICANT = 0.05
SENTENCES = {
    "earns": "The model earns its keep on this series: over {origins} origins its {measure} is"
    " {percent} % lower than that of {baseline}, the best of the baselines (p = {p}).",
    "unclear": "Nothing shows that the model earns its keep on this series: over {origins} origins"
    " its {measure} is {percent} % {direction} than that of {baseline}, the best of the baselines,"
    " which may be chance (p = {p}).",
    "fails": "The model does not earn its keep on this series: over {origins} origins its {measure}"
    " is {percent} % higher than that of {baseline} (p = {p}), so take {baseline}.",
    "trivial": "There is nothing to forecast in this series: {baseline} made no error over"
    " {origins} origins.",
}


@dataclass(frozen=True)
class Verdict:
    """What a backtest comes to.

    Attributes:
        key: "earns", "unclear", "fails" or "trivial".
        values: for the braces of the sentence: origins, measure, percent, direction, baseline, p.
    """

    key: str
    values: Mapping[str, Any]

    def __str__(self) -> str:
        return SENTENCES[self.key].format(**self.values)


def judge(losses: Mapping[str, Array], model: str, measure: str, overlap: int) -> Verdict:
    """Compare the model with the best of its baselines.

    The best is chosen by the same figures, which favours it, never the model.

    Args:
        losses: for the model and each baseline one loss an origin, in order of time.
        model: its name among them.
        measure: what the loss is called.
        overlap: origins whose forecasts overlap in time.
    """
    means = {name: float(loss.mean()) for name, loss in losses.items()}
    baseline = min((name for name in losses if name != model), key=means.__getitem__)
    values: dict[str, Any] = {"origins": len(losses[model]), "baseline": baseline}
    if means[baseline] == 0:
        return Verdict("trivial", values)
    change = means[model] / means[baseline] - 1
    p = diebold_mariano(losses[model], losses[baseline], overlap).p
    clear = "earns" if change < 0 else "fails"
    values |= {
        "measure": measure,
        "percent": f"{abs(100 * change):.1f}",
        "direction": "lower" if change < 0 else "higher",
        "p": f"{p:.3f}" if p >= 0.001 else "under 0.001",
    }
    return Verdict(clear if p < SIGNIFICANT else "unclear", values)
