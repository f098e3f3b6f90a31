"""How good densities of returns are: walk-forward over many tickers, beside baselines.

Protocol: each day of the test part is an origin, as long as all days that are forecast lie in it;
the model and each baseline see the prices up to that day. Baselines with parameters get them once,
for each ticker by itself, from the prices before the test part; their variances go on with each
day. All are scored by the same quantiles, .01 to .99, of the same returns, in percent. Tickers of
a day move together, so that the Diebold-Mariano test is of the mean difference of each day.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_zoo.errors import UsageError
from lstm_zoo.forecasting import metrics
from lstm_zoo.forecasting.prices import log_returns
from lstm_zoo.forecasting.significance import christoffersen, diebold_mariano, kupiec
from lstm_zoo.forecasting.volatility import WINDOW, volatility_baselines
from lstm_zoo.task import Metric, Progress, no_progress

Array = NDArray[np.float64]

LEVELS = np.arange(1, 100) / 100
LOSS_LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
INTERVALS = (50, 80, 90)
FEWEST_PAST_DAYS = 500
"""Of a ticker: with fewer no GARCH is worth its name."""
MODEL = "model"
CLOSE = 3
"""Column of the closing price among five."""
SIGNIFICANT = 0.05
BINS = 10


class Scores:
    """All scores of one forecaster.

    Attributes:
        crps: for each ticker (origins, horizon).
        qlike: the same.
        loss: the same, mean quantile loss at `LOSS_LEVELS`.
        held: for each interval the same, bool.
        pit: for each ticker (origins,), of the first day.
    """

    def __init__(self) -> None:
        self.crps: list[Array] = []
        self.qlike: list[Array] = []
        self.loss: list[Array] = []
        self.held: dict[int, list[NDArray[np.bool_]]] = {percent: [] for percent in INTERVALS}
        self.pit: list[Array] = []

    def add(self, actual: Array, quantiles: Array, variance: Array) -> None:
        """The forecasts of one ticker.

        Args:
            actual: (origins, horizon), percent.
            quantiles: (origins, horizon, levels), percent.
            variance: (origins, horizon), percent squared.
        """
        self.crps.append(metrics.crps_from_quantiles(actual, quantiles, LEVELS))
        self.qlike.append(metrics.qlike(actual, variance))
        places = [_place(level) for level in LOSS_LEVELS]
        loss = metrics.quantile_loss(actual, quantiles[..., places], LOSS_LEVELS)
        self.loss.append(loss.mean(-1))
        for percent in INTERVALS:
            low, high = (quantiles[..., _place(0.5 + s * percent / 200)] for s in (-1, 1))
            self.held[percent].append((low <= actual) & (actual <= high))
        self.pit.append(metrics.pit(actual[:, 0], quantiles[:, 0], LEVELS))


def evaluate_prices(
    forecaster: Any,
    prices: Mapping[str, tuple[Any, Array]],
    first_day: Any,
    held_out: Collection[str] = (),
    horizon: int | None = None,
    garch: bool = True,
    progress: Progress = no_progress,
) -> dict[str, Metric]:
    """All scores of a model of returns and of its baselines on the same days.

    Args:
        forecaster: of returns: `returns` of what `load` gives for a model of prices.
        prices: for each ticker its dates (time,) and values (time, 5), which are open, high, low,
            close and volume, or (time, 1), which are closing prices; in order.
        first_day: the first date whose return is forecast; nothing before it is scored.
        held_out: tickers that training has not seen, of which a figure of their own is given.
        horizon: days ahead; None for all that the model can.
        garch: with GARCH(1, 1), most of the time; needs the package `arch`.
        progress: told of each ticker.

    Raises:
        UsageError: no ticker has enough days.
    """
    horizon = horizon or forecaster.max_horizon
    scores, days = score_prices(forecaster, prices, first_day, horizon, garch, progress)
    if not days:
        raise UsageError(
            f"no ticker has {FEWEST_PAST_DAYS} days before {first_day} and {horizon} from it on"
        )
    unseen = [place for place, ticker in enumerate(days) if ticker in held_out]
    return _metrics(scores, list(days.values()), unseen, horizon)


def score_prices(
    forecaster: Any,
    prices: Mapping[str, tuple[Any, Array]],
    first_day: Any,
    horizon: int,
    garch: bool = True,
    progress: Progress = no_progress,
) -> tuple[dict[str, Scores], dict[str, NDArray[np.datetime64]]]:
    """The scores behind `evaluate_prices`, whose arguments it takes.

    Returns:
        Scores of the model and of each baseline, and for each ticker that has enough days the
        dates of its origins: the first day that is forecast.
    """
    scores: dict[str, Scores] = {}
    days: dict[str, NDArray[np.datetime64]] = {}
    for ticker in progress(list(prices), "tickers"):
        dates, values = np.asarray(prices[ticker][0], "datetime64[D]"), prices[ticker][1]
        first = int(np.searchsorted(dates, np.datetime64(first_day, "D")))
        known = np.arange(first, len(values) - horizon + 1)
        if first < FEWEST_PAST_DAYS or not len(known):
            continue
        forecasts = _forecasts(forecaster, values, known, horizon, garch)
        for name, (actual, quantiles, variance) in forecasts.items():
            scores.setdefault(name, Scores()).add(actual, quantiles, variance)
        days[ticker] = dates[known]
    return scores, days


def _forecasts(
    forecaster: Any, values: Array, known: NDArray[np.int64], horizon: int, garch: bool
) -> dict[str, tuple[Array, Array, Array]]:
    """For each forecaster the returns, its quantiles and its variances, in percent."""
    closes = values[:, CLOSE : CLOSE + 1] if values.shape[1] > 1 else values
    returns = np.concatenate([[0.0], log_returns(closes[None])[0, :, 0]])
    actual = 100 * returns[known[:, None] + np.arange(horizon)]
    # One price more than the returns that are read.
    rows = known[:, None] + np.arange(-min(forecaster.look_back + 1, int(known[0])), 0)
    levels = LEVELS.tolist()
    found = {
        MODEL: (
            actual,
            100 * forecaster.quantiles(values[rows], horizon, levels)[:, :, 0],
            1e4 * forecaster.variance(values[rows], horizon)[:, :, 0],
        )
    }
    windows = closes[known[:, None] + np.arange(-min(WINDOW, int(known[0])), 0)]
    for name, rule in volatility_baselines(horizon, garch).items():
        rule = rule.fit(closes[: known[0]])
        quantiles = rule.quantiles(windows, horizon, levels)[:, :, 0]
        variance = rule.variance(windows, horizon)[:, :, 0]
        found[name] = (actual, 100 * quantiles, 1e4 * variance)
    return found


def _metrics(
    scores: Mapping[str, Scores], days: list[Any], unseen: list[int], horizon: int
) -> dict[str, Metric]:
    tickers, count = len(days), sum(map(len, days))
    where = f"{count:,} days of {tickers} tickers, walk-forward"
    ahead = f"mean over days 1 to {horizon} ahead"
    crps = "CRPS of daily log returns from the quantiles .01 to .99"
    found: dict[str, Metric] = {}

    def put(key: str, value: float, unit: str, protocol: str) -> None:
        found[key] = Metric(float(value), unit, f"{protocol}; {where}")

    for name, score in scores.items():
        of = "" if name == MODEL else f" of {name}"
        key = "" if name == MODEL else "_" + name.replace("-", "_")
        put(f"crps{key}", _mean(score.crps), "percent", f"{crps}{of}, {ahead}")
        first = _mean([each[:, :1] for each in score.crps])
        put(f"crps_day_1{key}", first, "percent", f"{crps}{of}, one day ahead")
        loss = f"mean quantile loss at {', '.join(f'{level:g}' for level in LOSS_LEVELS)}"
        put(f"quantile_loss{key}", _mean(score.loss), "percent", f"{loss}{of}, {ahead}")
        qlike = "log variance plus squared return over variance"
        put(f"qlike{key}", _mean(score.qlike), "QLIKE", f"{qlike}{of}, {ahead}")
        for percent in INTERVALS:
            held = 100 * _mean(score.held[percent])
            interval = f"share of returns in the {percent} % interval{of}, {ahead}"
            put(f"coverage_{percent}{key}", held, "percent", interval)
    model = scores[MODEL]
    tenths = np.histogram(np.concatenate(model.pit), BINS, (0, 1))[0] / count
    away = "largest distance of a tenth of the PIT histogram from .1, one day ahead"
    put("pit_distance", float(np.abs(tenths - 1 / BINS).max()), "share", away)
    for key, test in (("kupiec", kupiec), ("christoffersen", christoffersen)):
        missed = [~held[:, 0] for held in model.held[90]]
        rejected = np.mean([test(each, 0.1).p < SIGNIFICANT for each in missed])
        what = f"tickers whose 90 % intervals of the first day {key.title()}'s test rejects at 5 %"
        put(f"{key}_rejected", 100 * float(rejected), "percent", what)
    if unseen:
        own = [model.crps[place] for place in unseen]
        put(
            "crps_held_out", _mean(own), "percent", f"{crps}, {ahead}, {len(unseen)} unseen tickers"
        )
    for name, score in scores.items():
        if name == MODEL:
            continue
        rival = name.replace("-", "_")
        for key, depth, what in (("", horizon, ahead), ("_day_1", 1, "one day ahead")):
            daily = [_daily(each.crps, days, depth) for each in (model, score)]
            means = [_mean([crps[:, :depth] for crps in each.crps]) for each in (model, score)]
            change = 100 * (means[0] / means[1] - 1)
            put(f"change{key}_{rival}", change, "percent", f"change of CRPS from {name}, {what}")
            # An origin's forecasts overlap with those of the days within the horizon.
            why = f"Diebold-Mariano test of the days' mean CRPS against {name}, {what}"
            put(f"p{key}_{rival}", diebold_mariano(daily[0], daily[1], depth).p, "p", why)
    return found


def _mean(scores: list[Any]) -> float:
    """Over all days of all tickers."""
    return float(np.concatenate([each.mean(1) for each in scores]).mean())


def _daily(scores: list[Array], days: list[Any], depth: int) -> Array:
    """The mean over tickers and the first steps for each day, in order."""
    dates, place = np.unique(np.concatenate(days), return_inverse=True)
    values = np.concatenate([each[:, :depth].mean(1) for each in scores])
    total = np.bincount(place, values, len(dates))
    return total / np.bincount(place, minlength=len(dates))


def _place(level: float) -> int:
    """Of a level among `LEVELS`."""
    return round(100 * level) - 1
