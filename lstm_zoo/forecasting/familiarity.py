"""Whether a series is like those a model was trained on, by a few scale-free statistics."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

WORDS = {
    "roughness": "how much it moves from step to step",
    "extremes": "how far its extremes lie from the mean",
    "still": "how often it does not move",
    "drift": "how far it ends from where it began",
}
"""What each statistic tells, for sentences."""

MARGIN = 0.25


def statistics(windows: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """The statistics of windows (n, time): (n,) each, free of location and scale."""
    deviation = windows.std(1)
    scale = np.where(deviation > 0, deviation, 1.0)
    steps = np.diff(windows, axis=1)
    return {
        "roughness": steps.std(1) / scale,
        "extremes": np.abs(windows - windows.mean(1, keepdims=True)).max(1) / scale,
        "still": (steps == 0).mean(1),
        "drift": np.abs(windows[:, -1] - windows[:, 0]) / scale,
    }


def seen_ranges(windows: NDArray[np.float64]) -> dict[str, tuple[float, float]]:
    """Lowest and highest of each statistic over the windows of a train part."""
    return {
        name: (round(float(values.min()), 6), round(float(values.max()), 6))
        for name, values in statistics(windows).items()
    }


def unlike(
    window: NDArray[np.float64], seen: Mapping[str, tuple[float, float]]
) -> list[tuple[str, float, float, float]]:
    """The statistics of a window (time,) that lie outside what was seen.

    Returns:
        Name, value, and the lowest and highest that were seen, for each such statistic.
    """
    outside = []
    for name, values in statistics(window[None]).items():
        if name not in seen:
            continue
        low, high = seen[name]
        slack = MARGIN * (high - low)
        if not low - slack <= values[0] <= high + slack:
            outside.append((name, float(values[0]), low, high))
    return outside
