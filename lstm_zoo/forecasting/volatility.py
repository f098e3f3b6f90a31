"""Forecasts that a model of prices has to beat: distributions of daily log returns.

All are called with windows of prices (n, time, channels) that end where the forecast begins and
look at nothing else. What has parameters gets them by `fit` from an earlier past, once. They say
nothing of the direction: the mean is zero, but for GARCH, where it is fitted.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from lstm_zoo.forecasting.prices import log_returns

Array = NDArray[np.float64]

WINDOW = 250
"""Days of a window that are enough for each of them."""
SMALLEST = 1e-12
"""A variance where prices have not moved: a twentieth of the smallest tick would be more."""


class VolatilityBaseline(ABC):
    """A variance for each day ahead, and the shape of the distribution that is scaled with it.

    Attributes:
        freedom: degrees of freedom of a Student-t; infinite for a normal distribution.
        mean: of the daily log return, (channels,) or one for all.
    """

    freedom: Array | float = np.inf
    mean: Array | float = 0.0

    @abstractmethod
    def variance(self, windows: Array, horizon: int) -> Array:
        """Of the log return of each day ahead: (n, horizon, channels)."""

    def fit(self, prices: ArrayLike) -> Self:
        """Itself with parameters from prices (time, channels) that all come before its windows."""
        return self

    def quantiles(self, windows: Array, horizon: int, levels: ArrayLike) -> Array:
        """Of the log return of each day ahead: (n, horizon, channels, levels)."""
        levels = np.asarray(levels, np.float64)
        deviation = np.sqrt(self.variance(windows, horizon))[..., None]
        freedom = np.asarray(self.freedom)[..., None]
        # A Student-t has the variance freedom / (freedom - 2).
        with np.errstate(invalid="ignore"):
            unit = np.where(
                np.isfinite(freedom),
                special.stdtrit(freedom, levels) * np.sqrt((freedom - 2) / freedom),
                special.ndtri(levels),
            )
        return np.asarray(self.mean)[..., None] + deviation * unit


@dataclass
class RandomWalk(VolatilityBaseline):
    """Normal, with the mean square of the last days (Bachelier 1900, "Theory of Speculation").

    Attributes:
        days: how many.
    """

    days: int = 60

    def variance(self, windows: Array, horizon: int) -> Array:
        squares = log_returns(windows)[:, -self.days :] ** 2
        return _ahead(squares.mean(1), horizon)


@dataclass
class Ewma(VolatilityBaseline):
    """Normal, with an exponentially weighted variance; J.P. Morgan 1996, "RiskMetrics".

    Attributes:
        decay: weight of yesterday's variance in today's.
    """

    decay: float = 0.94

    def variance(self, windows: Array, horizon: int) -> Array:
        squares = log_returns(windows) ** 2
        weights = self.decay ** np.arange(squares.shape[1])[::-1]
        return _ahead(np.einsum("ntc,t->nc", squares, weights / weights.sum()), horizon)


@dataclass
class EwmaStudent(Ewma):
    """The same variance with a Student-t, whose shape and width are those of past days.

    Attributes:
        freedom: degrees of freedom, (channels,).
        factor: what the variance is multiplied by, (channels,).
    """

    freedom: Array | float = 5.0
    factor: Array | float = 1.0

    def variance(self, windows: Array, horizon: int) -> Array:
        return super().variance(windows, horizon) * self.factor

    def fit(self, prices: ArrayLike) -> Self:
        returns = log_returns(np.asarray(prices)[None])[0]
        path = _ewma_path(returns**2, self.decay)
        start = min(WINDOW // 10, len(returns) // 2)
        freedom, factor = _fit_students(returns[start:] / np.sqrt(path[start:]))
        return type(self)(decay=self.decay, freedom=freedom, factor=factor)


@dataclass
class Har(VolatilityBaseline):
    """Absolute returns of the last day, week and month, by least squares, and a Student-t.

    Corsi 2009, "A Simple Approximate Long-Memory Model of Realized Volatility", equation 9, with
    absolute daily returns for the realized volatility, and a regression for each day ahead.

    Attributes:
        weights: (horizon, 4, channels): of one, the day, the week and the month.
        factor: what squares of the forecast are multiplied by to be a variance, (channels,).
    """

    horizon: int
    weights: Array | None = None
    freedom: Array | float = 5.0
    factor: Array | float = np.pi / 2

    def variance(self, windows: Array, horizon: int) -> Array:
        sizes = np.abs(log_returns(windows))
        found = np.stack([_har_inputs(sizes[:, -22:])[:, -1]], axis=1)  # (n, 1, 4, channels)
        weights = self._weights(sizes.shape[-1])[:horizon]
        size = (found * weights).sum(2)
        # Least squares may go below zero after quiet days: not under a tenth of the month's.
        size = np.maximum(size, 0.1 * found[:, :, 3])
        return np.maximum(size**2 * self.factor, SMALLEST)

    def fit(self, prices: ArrayLike) -> Self:
        sizes = np.abs(log_returns(np.asarray(prices)[None]))
        inputs, channels = _har_inputs(sizes)[0], sizes.shape[-1]
        weights = np.empty((self.horizon, 4, channels))
        for step in range(self.horizon):
            for channel in range(channels):
                known = inputs[: len(inputs) - step - 1, :, channel]
                after = sizes[0, -len(known) :, channel]
                weights[step, :, channel] = np.linalg.lstsq(known, after, rcond=None)[0]
        first = type(self)(self.horizon, weights, factor=1.0)
        size = np.maximum((inputs[:-1] * weights[0]).sum(1), 0.1 * inputs[:-1, 3])
        returns = log_returns(np.asarray(prices)[None])[0][-len(size) :]
        freedom, factor = _fit_students(returns / np.maximum(size, SMALLEST**0.5))
        first.freedom, first.factor = freedom, factor
        return first

    def _weights(self, channels: int) -> Array:
        if self.weights is not None:
            return self.weights
        return np.tile(np.array([0, 0, 0, 1.0])[:, None], (self.horizon, 1, channels))


@dataclass
class Garch(VolatilityBaseline):
    """GARCH(1, 1) with a Student-t, fitted by the package `arch`, which only `fit` needs.

    Bollerslev 1987, "A Conditionally Heteroskedastic Time Series Model for Speculative Prices and
    Rates of Return". For more than a day ahead its variance is exact and the shape that of one day.

    Attributes:
        omega, alpha, beta: of the variance's equation, (channels,).
    """

    omega: Array | float = 0.0
    alpha: Array | float = 0.06
    beta: Array | float = 0.94
    freedom: Array | float = 5.0
    mean: Array | float = 0.0

    def variance(self, windows: Array, horizon: int) -> Array:
        squares = (log_returns(windows) - self.mean) ** 2
        variance = np.maximum(squares.mean(1), SMALLEST)
        for day in range(squares.shape[1]):
            variance = self.omega + self.alpha * squares[:, day] + self.beta * variance
        ahead = [variance]
        for _ in range(horizon - 1):
            ahead.append(self.omega + (self.alpha + self.beta) * ahead[-1])
        return np.maximum(np.stack(ahead, axis=1), SMALLEST)

    def fit(self, prices: ArrayLike) -> Self:
        from arch import arch_model

        found = []
        for returns in log_returns(np.asarray(prices)[None])[0].T:
            # In percent, as the search is made for; a search that stops early is still the best.
            model = arch_model(100 * returns, mean="Constant", vol="GARCH", dist="t", rescale=False)
            found.append(model.fit(disp="off", show_warning=False).params.to_numpy())
        mean, omega, alpha, beta, freedom = np.array(found).T
        return type(self)(omega / 1e4, alpha, beta, np.maximum(freedom, 2.1), mean / 100)


def volatility_baselines(horizon: int, garch: bool = False) -> dict[str, VolatilityBaseline]:
    """All of them by name, not fitted.

    Args:
        horizon: the farthest day that will be asked for.
        garch: with GARCH, which needs the package `arch` and most of the time.
    """
    found: dict[str, VolatilityBaseline] = {
        "random-walk": RandomWalk(),
        "ewma": Ewma(),
        "ewma-t": EwmaStudent(),
        "har": Har(horizon),
    }
    return found | {"garch-t": Garch()} if garch else found


def _ahead(variance: Array, horizon: int) -> Array:
    """The same for each day ahead: (n, channels) to (n, horizon, channels)."""
    return np.repeat(np.maximum(variance, SMALLEST)[:, None], horizon, axis=1)


def _ewma_path(squares: Array, decay: float) -> Array:
    """The variance that was known before each day: (time, channels)."""
    path = np.empty_like(squares)
    path[0] = squares[: WINDOW // 10].mean(0)
    for day in range(1, len(squares)):
        path[day] = decay * path[day - 1] + (1 - decay) * squares[day - 1]
    return np.maximum(path, SMALLEST)


def _har_inputs(sizes: Array) -> Array:
    """One and the means of the last day, 5 and 22 days, at each day from the 22nd.

    (n, time, channels) to (n, time - 21, 4, channels); fewer than 22 days are one month.
    """
    month = min(22, sizes.shape[1])
    total = np.concatenate([np.zeros_like(sizes[:, :1]), sizes.cumsum(1)], axis=1)
    last = np.arange(month, sizes.shape[1] + 1)
    means = [(total[:, last] - total[:, last - days]) / days for days in (1, min(5, month), month)]
    return np.stack([np.ones_like(means[0]), *means], axis=2)


def _fit_students(values: Array) -> tuple[Array, Array]:
    """Degrees of freedom and variance of each column (time, channels), by maximum likelihood."""
    found = np.array([_fit_student(column[np.isfinite(column)]) for column in values.T])
    return found[:, 0], found[:, 1]


def _fit_student(values: Array) -> tuple[float, float]:
    squares = values**2
    start = max(float(squares.mean()), SMALLEST) if len(values) else 1.0
    if len(values) < 30 or not squares.any():
        return 5.0, start  # too few to tell the tails

    def negative_log_likelihood(parameters: Array) -> float:
        freedom, variance = 2.1 + np.exp(parameters[0]), np.exp(parameters[1])
        constant = special.gammaln((freedom + 1) / 2) - special.gammaln(freedom / 2)
        tail = np.log1p(squares / (variance * (freedom - 2))).mean()
        width = np.log(variance * (freedom - 2)) / 2
        return float((freedom + 1) / 2 * tail + width - constant)

    bounds = [(-3.0, 5.0), (np.log(start) - 5, np.log(start) + 5)]
    search = optimize.minimize(
        negative_log_likelihood, [1.0, np.log(start)], bounds=bounds, method="L-BFGS-B"
    )
    return float(2.1 + np.exp(search.x[0])), float(np.exp(search.x[1]))
