"""A backtest: what a model would have said on many past days, beside what came and baselines.

The origins roll through the end of the series; at each of them only the rows before it are seen.
All are forecast in one batch. Intervals are corrected at each origin by the origins before it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lstm_zoo.errors import UsageError
from lstm_zoo.forecasting import metrics
from lstm_zoo.forecasting.baselines import Quantiles, level_baselines, seasonal_period
from lstm_zoo.forecasting.conformal import corrected, final_offsets
from lstm_zoo.forecasting.prices import closing_prices, log_returns
from lstm_zoo.forecasting.series import Series, read_series
from lstm_zoo.forecasting.verdict import Verdict, judge
from lstm_zoo.forecasting.volatility import WINDOW, volatility_baselines
from lstm_zoo.task import did_you_mean

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

LEVELS = np.arange(1, 20) / 20
MODEL, CORRECTED = "model", "model, corrected"
INTERVALS = (50, 80, 90)
MOST_THETA_FITS = 100
"""Each takes a tenth of a second; a backtest with more leaves theta out unless it is asked for."""
TESTED_SHARE = 1 / 4
"""Of the series, at its end, that origins are spread over."""


@dataclass(frozen=True)
class Backtest:
    """What a backtest found.

    Attributes:
        table: a row for the model, the model with corrected intervals, and each baseline; a column
            for each score: lower is better, but for coverages in percent.
        verdict: whether the model earns its keep; `str` makes it a sentence.
        series: that was forecast.
        origins: rows that were known at each origin, (origins,).
        actual: what came, (origins, horizon, channels): values, or log returns of prices.
        quantiles: of `LEVELS` for each row of the table, (origins, horizon, channels, levels).
        offsets: what corrects a forecast from the end of the series, (horizon, channels, levels).
        notes: what is to be known of it, a sentence each.
    """

    table: pd.DataFrame
    verdict: Verdict
    series: Series
    origins: Rows
    actual: Array
    quantiles: Mapping[str, Array]
    offsets: Array
    notes: tuple[str, ...]


def backtest(
    forecaster: Any,
    source: Any,
    horizon: int | None = None,
    origins: int = 50,
    stride: int | None = None,
    baselines: Sequence[str] | None = None,
    refit: Callable[[Series], Any] | None = None,
    refit_every: int = 10,
    conformal: bool = True,
) -> Backtest:
    """Forecast from many past days and compare with what came.

    Args:
        forecaster: what `load` returns for a forecasting model.
        source: whatever `read_series` takes.
        horizon: steps of each forecast; None for as many as model and series allow.
        origins: how many forecasts.
        stride: steps from an origin to the next; None to spread them over the last quarter of
            the series, at most a horizon apart.
        baselines: their names; None for all. For returns of prices the random walk, EWMA and HAR,
            and "garch-t" if it is asked for; else the last value, the season's, drift and theta.
        refit: called with the series as it was known, returns a forecaster trained on it.
        refit_every: origins for which one training serves.
        conformal: correct the intervals by those of earlier origins.

    Raises:
        UsageError: the series is too short, or a name is not known.
    """
    series = read_series(source)
    returns = bool(forecaster.is_of_returns)
    values = closing_prices(series) if returns else series.values
    horizon = _horizon(forecaster, len(series), horizon)
    known = _origins(len(series), horizon, origins, stride)
    step = int(known[1] - known[0]) if len(known) > 1 else 1
    # What is forecast, row by row; there is no return on the first day.
    outcomes = values
    if returns:
        outcomes = np.concatenate([np.zeros_like(values[:1]), log_returns(values[None])[0]])
    actual = outcomes[known[:, None] + np.arange(horizon)]
    names, notes = _chosen(baselines, returns, series, known)
    rules = _rules(names, returns, series, values[: known[0]], horizon)
    reach = max(forecaster.look_back, 4 * seasonal_period(series.frequency), WINDOW)
    windows = _windows(values, known, reach)
    quantiles: dict[str, Array] = {}
    if refit is None:
        quantiles[MODEL] = model_quantiles(forecaster, series, known, horizon)
    else:
        parts = [known[k : k + refit_every] for k in range(0, len(known), refit_every)]
        quantiles[MODEL] = np.concatenate(
            [
                model_quantiles(refit(series.first(int(part[0]))), series, part, horizon)
                for part in parts
            ]
        )
    offsets = final_offsets(actual, quantiles[MODEL], LEVELS)
    if conformal:
        quantiles[CORRECTED] = corrected(actual, quantiles[MODEL], LEVELS, step)
    quantiles |= {name: rule(windows, horizon, LEVELS) for name, rule in rules.items()}
    measure, loss = ("CRPS", _crps) if forecaster.is_probabilistic else ("MAE", _absolute_error)
    losses = {
        name: loss(actual, found).mean((1, 2))
        for name, found in quantiles.items()
        if name != CORRECTED
    }
    period = seasonal_period(series.frequency)
    return Backtest(
        table=_table(actual, quantiles, outcomes[: known[0]], None if returns else period),
        verdict=judge(losses, MODEL, measure, overlap=-(-horizon // step)),
        series=series,
        origins=known,
        actual=actual,
        quantiles=quantiles,
        offsets=offsets,
        notes=(*(series.notes if refit else forecaster.notes(series)), *notes),
    )


def model_quantiles(forecaster: Any, series: Series, known: Rows, horizon: int) -> Array:
    """The model's quantiles of `LEVELS` at each origin, in one batch.

    Args:
        forecaster: what `load` returns.
        series: what it forecasts.
        known: rows that are known at each origin.
        horizon: steps to forecast.

    Returns:
        (origins, horizon, channels, levels): of a model of prices those of log returns, of a model
        of points its point for each level.
    """
    of = forecaster.returns if forecaster.is_of_returns else forecaster
    # One row more than is read: that of the price before the first return.
    windows = _windows(series.values, known, forecaster.look_back + 1)
    dates = None if series.dates is None else series.dates[known - 1]
    return np.asarray(of.quantiles(windows, horizon, LEVELS.tolist(), series.names, dates))


def median(quantiles: Array) -> Array:
    """The middle one of `LEVELS`: (..., levels) to (...)."""
    return quantiles[..., len(LEVELS) // 2]


def _windows(values: Array, known: Rows, rows: int) -> Array:
    """The last rows before each origin, all of one length: (origins, rows, channels)."""
    rows = min(rows, int(known[0]))
    return values[known[:, None] + np.arange(-rows, 0)]


def _horizon(forecaster: Any, time: int, horizon: int | None) -> int:
    if horizon is None:
        return max(1, min(forecaster.max_horizon, time // 6))
    if not 1 <= horizon <= forecaster.max_horizon:
        raise UsageError(
            f"the horizon is from 1 to {forecaster.max_horizon} steps for this model, got {horizon}"
        )
    return horizon


def _origins(time: int, horizon: int, count: int, stride: int | None) -> Rows:
    """How many rows are known at each origin, rising; the last one's forecast ends the series."""
    if count < 1 or (stride is not None and stride < 1):
        raise UsageError(f"origins and stride are at least 1, got {count} and {stride}")
    if stride is None:
        room = int(time * TESTED_SHARE) - horizon
        stride = min(max(room // max(count - 1, 1), 1), horizon)
    first = time - horizon - (count - 1) * stride
    if first < max(2 * horizon, 3):
        needed = max(2 * horizon, 3) + horizon + (count - 1) * stride
        raise UsageError(
            f"the series has {time} rows: {count} forecasts of {horizon} steps, {stride} apart,"
            f" take {needed}; take fewer origins or a shorter horizon"
        )
    return first + stride * np.arange(count)


def _chosen(
    baselines: Sequence[str] | None, returns: bool, series: Series, known: Rows
) -> tuple[list[str], list[str]]:
    """Names of the baselines, and a note on what is left out."""
    if returns:
        offered = list(volatility_baselines(1, garch=True))
        usual = offered[:-1]
    else:
        offered = usual = list(level_baselines(seasonal_period(series.frequency)))
    for name in baselines or ():
        if name not in offered:
            raise UsageError(f"there is no baseline {name!r} here{did_you_mean(name, offered)}")
    if baselines:
        return list(baselines), []
    fits = len(known) * len(series.names)
    if "theta" in usual and fits > MOST_THETA_FITS:
        usual = [name for name in usual if name != "theta"]
        return usual, [f"Theta is left out: it would be fitted {fits} times; ask for it by name."]
    return usual, []


def _rules(
    names: list[str], returns: bool, series: Series, past: Array, horizon: int
) -> dict[str, Quantiles]:
    if returns:
        found = volatility_baselines(horizon, garch="garch-t" in names)
        return {name: found[name].fit(past).quantiles for name in names}
    rules = level_baselines(seasonal_period(series.frequency))
    return {name: rules[name] for name in names}


def _crps(actual: Array, quantiles: Array) -> Array:
    return metrics.crps_from_quantiles(actual, quantiles, LEVELS)


def _absolute_error(actual: Array, quantiles: Array) -> Array:
    return np.abs(actual - median(quantiles))


def _table(
    actual: Array, quantiles: Mapping[str, Array], past: Array, period: int | None
) -> pd.DataFrame:
    """All scores; those of points are left out for returns (no period), whose middle is zero."""
    import pandas as pd

    rows = {}
    for name, found in quantiles.items():
        middle = median(found)
        row = {}
        if period is not None:
            row["MASE"] = metrics.mase(actual, middle, past, period if len(past) > period else 1)
            row["sMAPE"] = metrics.smape(actual, middle)
            row["RMSE"] = metrics.rmse(actual, middle)
            row["MAE"] = float(_absolute_error(actual, found).mean())
        row["CRPS"] = float(_crps(actual, found).mean())
        row["WQL"] = metrics.weighted_quantile_loss(actual, found, LEVELS)
        for percent in INTERVALS:
            # The levels are five percent apart, so that the ends of each interval are among them.
            low = (100 - percent) // 10 - 1
            held = metrics.coverage(actual, found[..., low], found[..., -1 - low])
            row[f"coverage {percent}"] = 100 * held
        rows[name] = row
    return pd.DataFrame.from_dict(rows, orient="index")
