"""Forecasts that a model has to beat: of the values of any series.

Each is called like `Forecaster.quantiles`, with windows that end where the forecast begins, and
looks at nothing else: windows (n, time, channels), a horizon in steps, levels between 0 and 1, to
quantiles (n, horizon, channels, levels). Their intervals are normal, from the errors that the same
rule makes within the window (Hyndman & Athanasopoulos 2021, "Forecasting: principles and practice",
section 5.5). Those of returns of prices are in `volatility`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Array = NDArray[np.float64]
Quantiles = Callable[[Array, int, ArrayLike], Array]
"""(windows, horizon, levels) -> quantiles, as `Forecaster.quantiles`."""

SEASONS = {
    # pandas' names of frequencies -> steps of the season that such data have most often
    "s": 60,
    "min": 60,
    "h": 24,
    "D": 7,
    "B": 5,
    "W": 52,
    "M": 12,
    "Q": 4,
}


def seasonal_period(frequency: str | None) -> int:
    """Steps of a season: a day of hours or minutes, a week of days, a year of the rest.

    Args:
        frequency: in the words of pandas, such as "h", "15min", "MS" or "W-SUN"; None if unknown.

    Returns:
        1 where no season is to be expected.
    """
    if frequency is None:
        return 1
    from pandas import Timedelta, tseries

    offset = tseries.frequencies.to_offset(frequency)
    unit = offset.rule_code.partition("-")[0]
    if unit == "min":
        day = int(Timedelta(days=1) / Timedelta(minutes=offset.n))
        return day if offset.n > 1 else 60
    for ending in ("MS", "ME", "QS", "QE"):
        unit = ending[0] if unit.endswith(ending) else unit
    return max(SEASONS.get(unit, 1) // offset.n, 1)


def level_baselines(period: int) -> dict[str, Quantiles]:
    """All of them by name, for a season of so many steps; 1 if there is none."""
    found: dict[str, Quantiles] = {"repeat-last": repeat_last, "drift": drift}
    if period > 1:
        found["seasonal-naive"] = partial(seasonal_naive, period=period)
    return found | {"theta": partial(theta, period=period)}


def repeat_last(windows: Array, horizon: int, levels: ArrayLike) -> Array:
    """The last value, for ever."""
    return seasonal_naive(windows, horizon, levels, period=1)


def seasonal_naive(windows: Array, horizon: int, levels: ArrayLike, period: int) -> Array:
    """The value of one season ago; the last value if the windows are no longer than a season."""
    if windows.shape[1] <= period:
        period = 1
    steps = np.arange(horizon)
    mean = windows[:, -period:][:, steps % period]
    deviation = _root_mean_square(windows[:, period:] - windows[:, :-period])
    return _normal(mean, deviation * np.sqrt(steps // period + 1)[:, None], levels)


def drift(windows: Array, horizon: int, levels: ArrayLike) -> Array:
    """The line through the first and the last value, continued."""
    time = windows.shape[1]
    steps = np.arange(1, horizon + 1)[:, None]
    slope = (windows[:, -1:] - windows[:, :1]) / max(time - 1, 1)
    deviation = _root_mean_square(np.diff(windows, axis=1) - slope)
    mean = windows[:, -1:] + steps * slope
    return _normal(mean, deviation * np.sqrt(steps * (1 + steps / max(time - 1, 1))), levels)


def theta(windows: Array, horizon: int, levels: ArrayLike, period: int = 1) -> Array:
    """The theta method of statsmodels, fitted to each window by itself.

    Assimakopoulos & Nikolopoulos 2000, "The theta model"; it won the M3 competition. Windows of
    fewer than two seasons are taken as without a season, constant ones repeat their value.
    """
    from statsmodels.tsa.forecasting.theta import ThetaModel

    count, time, channels = windows.shape
    seasonal = period > 1 and time >= 2 * period
    mean, deviation = np.empty((2, count, horizon, channels))
    half_width = special.ndtri(0.75)
    for index in np.ndindex(count, channels):
        row, channel = index
        values = windows[row, :, channel]
        if np.ptp(values) == 0 or time < 3:
            mean[row, :, channel], deviation[row, :, channel] = values[-1], 0
            continue
        with warnings.catch_warnings():  # of a search that ends at an edge
            warnings.simplefilter("ignore")
            model = ThetaModel(values, period=period if seasonal else 1, deseasonalize=seasonal)
            fitted = model.fit(disp=False)
            interval = fitted.prediction_intervals(horizon, alpha=0.5).to_numpy()
            mean[row, :, channel] = fitted.forecast(horizon)
        deviation[row, :, channel] = np.ptp(interval, axis=1) / 2 / half_width
    return _normal(mean, deviation, levels)


def _root_mean_square(errors: Array) -> Array:
    """(n, time, channels) to (n, 1, channels); zero where there are none."""
    return (
        np.sqrt((errors**2).mean(1, keepdims=True)) if errors.shape[1] else errors.sum(1)[:, None]
    )


def _normal(mean: Array, deviation: Array, levels: ArrayLike) -> Array:
    """(n, horizon, channels) to quantiles."""
    return mean[..., None] + deviation[..., None] * special.ndtri(np.asarray(levels, np.float64))
