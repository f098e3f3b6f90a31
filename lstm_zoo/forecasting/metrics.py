"""How good a forecast is: scores of points, of quantiles and of distributions.

Those that are read step by step (`quantile_loss`, `crps_from_quantiles`, `qlike`, `pit`) give a
score for each value, to be averaged by whoever compares; the others give one figure. Lower is
better, except for `coverage` and `pit`, which are right at one value and in one shape.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def rmse(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Root mean squared error, in the unit of the values."""
    return float(np.sqrt(np.mean((np.asarray(actual) - np.asarray(forecast)) ** 2)))


def smape(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Symmetric mean absolute percentage error, from 0 to 200; two zeros are no error.

    Makridakis 1993, "Accuracy measures: theoretical and practical concerns", as in the M4
    competition.
    """
    actual, forecast = np.asarray(actual, np.float64), np.asarray(forecast, np.float64)
    size = np.abs(actual) + np.abs(forecast)
    share = np.abs(actual - forecast) / np.where(size > 0, size, 1)
    return float(200 * share.mean())


def naive_error(history: ArrayLike, period: int = 1) -> Array:
    """Mean absolute error of the (seasonal) naive forecast within a history.

    Args:
        history: (time, ...), in order.
        period: steps of a season; 1 repeats the last value.

    Returns:
        (...): the scale of MASE for each series.
    """
    history = np.asarray(history, np.float64)
    return np.abs(history[period:] - history[:-period]).mean(0)


def mase(actual: ArrayLike, forecast: ArrayLike, history: ArrayLike, period: int = 1) -> float:
    """Mean absolute scaled error: 1 is the error of the (seasonal) naive forecast in the history.

    Hyndman & Koehler 2006, "Another look at measures of forecast accuracy", equation in section 4.

    Args:
        actual, forecast: (..., channels).
        history: (time, channels) of what came before every forecast.
        period: steps of a season.

    Returns:
        The mean over channels; nan if the history of a channel never changes.
    """
    errors = np.abs(np.asarray(actual, np.float64) - np.asarray(forecast, np.float64))
    scale = naive_error(history, period)
    errors = errors.reshape(-1, errors.shape[-1]).mean(0)
    return float(np.mean(np.divide(errors, scale, np.full_like(errors, np.nan), where=scale > 0)))


def quantile_loss(actual: ArrayLike, quantiles: ArrayLike, levels: ArrayLike) -> Array:
    """The pinball loss of each quantile.

    Koenker & Bassett 1978, "Regression Quantiles".

    Args:
        actual: (...).
        quantiles: (..., levels).
        levels: between 0 and 1, in order.

    Returns:
        (..., levels).
    """
    levels = np.asarray(levels, np.float64)
    error = np.asarray(actual, np.float64)[..., None] - np.asarray(quantiles, np.float64)
    return np.maximum(levels * error, (levels - 1) * error)


def weighted_quantile_loss(actual: ArrayLike, quantiles: ArrayLike, levels: ArrayLike) -> float:
    """Twice the quantile loss, summed, over the sum of the absolute values; mean over levels.

    Salinas et al. 2020, "DeepAR", section 4; nan if all values are zero.
    """
    loss = quantile_loss(actual, quantiles, levels)
    size = float(np.abs(actual).sum())
    return 2 * float(loss.sum()) / loss.shape[-1] / size if size else float("nan")


def crps_from_quantiles(actual: ArrayLike, quantiles: ArrayLike, levels: ArrayLike) -> Array:
    """Continuous ranked probability score: twice the integral of the quantile loss over levels.

    Gneiting & Ranjan 2011, "Comparing density forecasts using threshold- and quantile-weighted
    scoring rules", equation 15. The integral is the trapezoid rule with a loss of 0 at the levels
    0 and 1, so few levels give too small a score: figures compare for the same levels only.

    Args:
        actual: (...).
        quantiles: (..., levels).
        levels: between 0 and 1, in order.

    Returns:
        (...), in the unit of the values.
    """
    loss = quantile_loss(actual, quantiles, levels)
    edges = np.concatenate([[0.0], np.asarray(levels, np.float64), [1.0]])
    return loss @ (edges[2:] - edges[:-2])


def coverage(actual: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> float:
    """Share of values that lie in their interval, its ends included."""
    actual = np.asarray(actual)
    return float(((lower <= actual) & (actual <= upper)).mean())


def qlike(actual: ArrayLike, variance: ArrayLike) -> Array:
    """Loss of a variance forecast, robust to the noise of a squared return as its proxy.

    Patton 2011, "Volatility forecast comparison using imperfect volatility proxies", equation 6:
    log(h) + r^2 / h, which is finite for a return of zero.

    Args:
        actual: (...) returns, their mean taken as zero.
        variance: (...) forecast of the squared return.
    """
    variance = np.asarray(variance, np.float64)
    return np.log(variance) + np.asarray(actual, np.float64) ** 2 / variance


def pit(actual: ArrayLike, quantiles: ArrayLike, levels: ArrayLike) -> Array:
    """Probability integral transform: where in its forecast distribution each value fell.

    Dawid 1984, "The prequential approach". Uniform if the forecasts are calibrated. Between
    quantiles the distribution is taken as straight; beyond the outermost it is half of that level.

    Args:
        actual: (...).
        quantiles: (..., levels), not falling.
        levels: between 0 and 1, in order.

    Returns:
        (...), between 0 and 1.
    """
    actual, levels = np.asarray(actual, np.float64), np.asarray(levels, np.float64)
    quantiles = np.asarray(quantiles, np.float64)
    above = (quantiles <= actual[..., None]).sum(-1)
    last = len(levels) - 1
    lower = np.take_along_axis(quantiles, np.clip(above - 1, 0, last)[..., None], -1)[..., 0]
    upper = np.take_along_axis(quantiles, np.clip(above, 0, last)[..., None], -1)[..., 0]
    width = upper - lower
    share = np.divide(actual - lower, width, np.full_like(actual, 0.5), where=width > 0)
    edges = np.concatenate([[0.0], levels, [1.0]])
    inside = (above > 0) & (above <= last)
    return edges[above] + np.where(inside, share, 0.5) * (edges[above + 1] - edges[above])
