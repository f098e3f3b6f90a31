"""Paths from quantiles: many ways in which a series may go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

GRID = np.concatenate([[0.0005, 0.002, 0.005], np.linspace(0.01, 0.99, 99), [0.995, 0.998, 0.9995]])

Quantiles = Callable[[Sequence[float]], NDArray[np.float64]]
"""From levels to quantiles, (horizon, channels, levels)."""


def random_walk_paths(quantiles: Quantiles, samples: int, seed: int) -> NDArray[np.float64]:
    """Paths whose steps hang together as those of a random walk: corr(s, t) = sqrt(s / t), s < t.

    A Gaussian copula; each step has the forecast's own distribution.

    Returns:
        (samples, horizon, channels).
    """
    table = quantiles(GRID.tolist())
    horizon, channels, _ = table.shape
    normal = np.random.default_rng(seed).standard_normal((samples, horizon, channels))
    steps = np.arange(1, horizon + 1)[None, :, None]
    return _at(table, normal.cumsum(1) / np.sqrt(steps))


def _at(table: NDArray[np.float64], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The quantiles of each step at normal scores (samples, horizon, channels)."""
    from scipy.special import ndtri

    grid = ndtri(GRID)
    drawn = np.empty_like(scores)
    for step in range(table.shape[0]):
        for channel in range(table.shape[1]):
            drawn[:, step, channel] = np.interp(
                scores[:, step, channel], grid, table[step, channel]
            )
    return drawn
