"""What a model of prices reads of each day: returns and ranges over the volatility so far.

All of it is known when the day closes, and none of it changes when all prices are multiplied.

Papers:
    J. P. Morgan & Reuters 1996, "RiskMetrics": the exponentially weighted variance
    Parkinson 1980, "The Extreme Value Method for Estimating the Variance of the Rate of Return",
    Journal of Business 53(1): the variance from the day's range
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

DECAY = 0.94
FAST, SLOW = 0.8, 0.98
SMALLEST_VOLATILITY = 1e-6
LARGEST = 8.0  # of a feature: days beyond this are as rare as crashes
FEATURES = 10
VOLUME = 8  # the feature that is the day's volume
EVENT_LAGS = (63, 126, 189, 252)
"""Trading days from one quarterly report to the next, and to those before."""
EVENT_WIDTH = 5
EVENTS = 2 * len(EVENT_LAGS)


class Days(NamedTuple):
    """Days of prices as a model reads them; the first price is of the day before the first.

    Attributes:
        features: (n, days, FEATURES), float32.
        events: (n, days + ahead, EVENTS), float32: for each lag the largest move around the day as
            many trading days before, over the volatility then, and then the largest volume; 0 where
            that is not known.
        returns: (n, days), daily log returns.
        volatility: (n, days), the standard deviation of daily returns as known at the close.
    """

    features: NDArray[np.float32]
    events: NDArray[np.float32]
    returns: Array
    volatility: Array


def days_of(prices: Array, ahead: int) -> Days:
    """The days of windows of prices.

    Args:
        prices: (n, time, 1) closes, or (n, time, 5) open, high, low, close and volume, 0 or NaN
            where there is none.
        ahead: days after the last for which events of the past are looked up, at most 60.
    """
    whole = prices.shape[2] == 5
    close = prices[..., 3] if whole else prices[..., 0]
    returns = np.diff(np.log(close), axis=1)
    variance = ewma(returns**2, DECAY)
    volatility = np.maximum(np.sqrt(variance), SMALLEST_VOLATILITY)
    # Of the day before: what the day's move is measured by.
    before = np.concatenate([volatility[:, :1], volatility[:, :-1]], 1)
    moves = returns / before
    columns = [moves, np.abs(moves), _log_ratio(ewma(returns**2, FAST), variance)]
    columns += [_log_ratio(ewma(returns**2, SLOW), variance)]
    if whole:
        columns += _range_features(prices, before, variance)
    columns += [np.zeros_like(returns)] * (FEATURES - len(columns))
    features = np.stack(columns, -1).clip(-LARGEST, LARGEST)
    sizes = np.stack([np.abs(moves), features[..., VOLUME]], -1)
    return Days(features.astype(np.float32), _events(sizes, ahead), returns, volatility)


def ewma(values: Array, decay: float) -> Array:
    """Exponentially weighted mean of all values so far, along the second axis: (n, days).

    The weights sum to one from the first day on, so that nothing has to be taken for the past.
    """
    from scipy.signal import lfilter

    total = lfilter([1 - decay], [1, -decay], values, axis=1)
    weight = 1 - decay ** np.arange(1, values.shape[1] + 1)
    return np.asarray(total / weight)


def _range_features(prices: Array, before: Array, variance: Array) -> list[Array]:
    """The day's range, its share over night and its volume; 0 where a day has none."""
    opened, high, low, close, volume = (prices[:, 1:, place] for place in range(5))
    known = (low > 0) & (high >= low) & (opened > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        width = np.where(known, np.log(high / low), 0.0)
        night = np.where(known, np.log(opened / prices[:, :-1, 3]), 0.0) / before
        log_volume = np.where(volume > 0, np.log(volume), np.nan)
    parkinson = np.nan_to_num(width**2 / (4 * np.log(2)))
    traded = np.isfinite(log_volume)
    filled = np.where(traded, log_volume, 0.0)
    usual = ewma(filled, DECAY) / np.maximum(ewma(traded.astype(float), DECAY), 1e-9)
    return [
        np.where(known, _log_ratio(parkinson, before**2), 0.0),
        np.where(known, _log_ratio(ewma(parkinson, FAST), variance), 0.0),
        np.where(known, _log_ratio(ewma(parkinson, DECAY), variance), 0.0),
        np.nan_to_num(night),
        np.where(traded, filled - usual, 0.0),
        known.astype(float),
    ]


def _log_ratio(variance: Array, other: Array) -> Array:
    """Of two volatilities, given as variances."""
    floor = SMALLEST_VOLATILITY**2
    return 0.5 * np.log((variance + floor) / (other + floor))


def _events(sizes: Array, ahead: int) -> NDArray[np.float32]:
    """From (n, days, 2), the sizes of moves and volumes."""
    rows, days, kinds = sizes.shape
    half = EVENT_WIDTH // 2
    events = np.zeros((rows, days + ahead, kinds, len(EVENT_LAGS)), np.float32)
    # around[:, d] is the largest of the days d - half to d + half.
    padded = np.pad(sizes, ((0, 0), (half, half), (0, 0)))
    around = np.lib.stride_tricks.sliding_window_view(padded, EVENT_WIDTH, axis=1).max(-1)
    for place, lag in enumerate(EVENT_LAGS):
        # That around day d - lag is complete at d - lag + half, before any forecast of d.
        length = min(days, days + ahead - lag)
        if length > 0:
            events[:, lag : lag + length, :, place] = around[:, :length]
    return events.clip(0, LARGEST).reshape(rows, days + ahead, EVENTS)
