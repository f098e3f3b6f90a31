"""Intervals corrected by how they did at earlier origins: split conformal prediction.

Romano, Patterson & Candes 2019, "Conformalized Quantile Regression", equations 6 to 8, over time:
at each origin only the origins whose outcome was known by then are counted, so nothing of the
future comes in. What was promised holds for exchangeable errors; in a series it holds nearly, as
long as the past is like the future.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def conformal_offsets(
    actual: Array, quantiles: Array, levels: ArrayLike, known: NDArray[np.bool_]
) -> Array:
    """What to add to each quantile.

    Args:
        actual: (origins, channels).
        quantiles: (origins, channels, levels), of the same step ahead.
        levels: symmetric about .5, in order.
        known: bool (origins,): whose outcome counts.

    Returns:
        (channels, levels): negative under the median, where intervals were too narrow; zero for an
        interval that has fewer outcomes than its promise needs.
    """
    levels = np.asarray(levels, np.float64)
    actual, quantiles = actual[known], quantiles[known]
    count, offsets = len(actual), np.zeros(quantiles.shape[1:])
    for low in range(len(levels) // 2):
        high = len(levels) - 1 - low
        promise = levels[high] - levels[low]
        # Rank of the score that keeps the promise among count + 1 that are alike.
        rank = int(np.ceil((count + 1) * promise - 1e-9))
        if rank > count:
            continue
        below, above = quantiles[..., low] - actual, actual - quantiles[..., high]
        scores = np.sort(np.maximum(below, above), axis=0)
        offsets[:, low], offsets[:, high] = -scores[rank - 1], scores[rank - 1]
    return offsets


def corrected(actual: Array, quantiles: Array, levels: ArrayLike, stride: int) -> Array:
    """The quantiles of a backtest, each corrected from what was known at its origin.

    Args:
        actual: (origins, horizon, channels), origins in order of time.
        quantiles: (origins, horizon, channels, levels).
        levels: symmetric about .5, in order.
        stride: steps from an origin to the next.

    Returns:
        Of the same shape; not falling in the levels.
    """
    origins, horizon = actual.shape[:2]
    result = quantiles.copy()
    for step in range(horizon):
        for origin in range(origins):
            # The value `step + 1` after an earlier origin is known once that many steps passed.
            known = np.arange(origins) * stride + step + 1 <= origin * stride
            if known.any():
                offsets = conformal_offsets(actual[:, step], quantiles[:, step], levels, known)
                result[origin, step] += offsets
    return np.sort(result, axis=-1)


def final_offsets(actual: Array, quantiles: Array, levels: ArrayLike) -> Array:
    """(horizon, channels, levels) to add to the quantiles of a forecast after the backtest."""
    everything = np.ones(len(actual), bool)
    return np.stack(
        [
            conformal_offsets(actual[:, step], quantiles[:, step], levels, everything)
            for step in range(actual.shape[1])
        ]
    )
