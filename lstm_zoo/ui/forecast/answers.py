"""From a visitor's question to a forecast, its chart and its table, and to a backtest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_zoo.errors import UsageError
from lstm_zoo.forecasting.backtest import CORRECTED, TESTED_SHARE, Backtest, backtest
from lstm_zoo.forecasting.backtest import LEVELS as TESTED_LEVELS
from lstm_zoo.forecasting.baselines import level_baselines, seasonal_period
from lstm_zoo.forecasting.fit import TEST_SHARE
from lstm_zoo.forecasting.forecaster import QUANTILES
from lstm_zoo.forecasting.prices import closing_prices, log_returns
from lstm_zoo.forecasting.series import Series
from lstm_zoo.forecasting.step_table import step_table
from lstm_zoo.forecasting.volatility import EwmaStudent
from lstm_zoo.ui.forecast.charts import LEVELS, fan_chart, legend, returns_chart
from lstm_zoo.ui.words import Sentence, sentence

Array = NDArray[np.float64]

TRADING_DAYS = 252
ORIGINS = 40


@dataclass(frozen=True)
class Answer:
    """A forecast as the page shows it.

    Attributes:
        table: a row for each step: step, date, quantiles, and what came if that is known.
        chart, legend: the fan.
        returns, returns_legend: of prices the view of returns, else None and "".
        spread: of prices a sentence on the volatility.
        notes: what was mended in the series and how it is unlike the model's, in English.
    """

    table: Any
    chart: Any
    legend: str
    returns: Any
    returns_legend: str
    spread: Sentence | None
    notes: tuple[str, ...]


def answer(
    model: Any, series: Series, horizon: int, hide: bool, tested: Backtest | None = None
) -> Answer:
    """Forecast a series from its end, or from before its last steps.

    Args:
        model: a forecaster.
        series: what to forecast; of several channels the first is shown.
        horizon: steps.
        hide: forecast the last steps as if they were not known.
        tested: a backtest whose last origin is this one: its corrected intervals are shown.

    Raises:
        UsageError: the series is too short, or the horizon too long.
    """
    known = len(series) - horizon if hide else len(series)
    if known < 3:
        raise UsageError(
            f"the series has {len(series)} rows: a horizon of {horizon} leaves too few before it"
        )
    past = series.first(known)
    values = closing_prices(series) if model.is_of_returns else series.values
    quantiles = _quantiles(model, past, horizon)
    if tested and not model.is_of_returns:
        quantiles = _corrected(tested)
    shown = {level: quantiles[level][:, 0] for level in LEVELS}
    actual = values[known:, 0] if hide else None
    period = 1 if model.is_of_returns else seasonal_period(series.frequency)
    name = "seasonal-naive" if period > 1 else "repeat-last"
    baseline = level_baselines(period)[name](values[None, :known], horizon, [0.5])[0, :, 0, 0]
    keys = ["legend_history", "legend_median", "legend_50", "legend_90", "legend_baseline"]
    chart = fan_chart(series, values[:, 0], known, shown, baseline, actual)
    returns, spread = (None, None)
    if model.is_of_returns:
        returns, spread = _returns_view(model, series, values, known, horizon, hide)
    return Answer(
        table=_table(model, past, horizon, quantiles, values[known:] if hide else None),
        chart=chart,
        legend=legend(keys + ["legend_actual"] * hide),
        returns=returns,
        returns_legend=legend(keys[:1] + keys[2:] + ["legend_actual"] * hide) if spread else "",
        spread=spread,
        notes=tuple(model.notes(series)),
    )


def run_backtest(model: Any, series: Series, horizon: int, own: bool = False) -> Backtest:
    """A backtest with as many origins as the series has room for, up to `ORIGINS`.

    Args:
        model: a forecaster.
        series: what to forecast.
        horizon: steps.
        own: whether the model was trained on the rest of this series: only its test part counts.
    """
    room = int(len(series) * (TEST_SHARE if own else TESTED_SHARE)) - horizon + 1
    origins = max(2, min(ORIGINS, room))
    stride = max(1, min((room - 1) // (origins - 1), horizon))
    return backtest(model, series, horizon, origins, stride)


def _quantiles(model: Any, series: Series, horizon: int) -> dict[float, Array]:
    """(horizon, channels) for each of `QUANTILES`."""
    dates = None if series.dates is None else series.dates[-1:]
    found = model.quantiles(series.values[None], horizon, QUANTILES, series.names, dates)[0]
    return {level: found[..., place] for place, level in enumerate(QUANTILES)}


def _corrected(tested: Backtest) -> dict[float, Array]:
    """The same from the last origin of a backtest, with what its earlier origins taught."""
    last = tested.quantiles[CORRECTED][-1]
    return {level: last[..., int(np.abs(TESTED_LEVELS - level).argmin())] for level in QUANTILES}


def _table(
    model: Any, past: Series, horizon: int, quantiles: dict[float, Array], actual: Array | None
) -> Any:
    columns = {f"{level:g}": values for level, values in quantiles.items()}
    if actual is not None:
        columns["actual"] = actual
    return step_table(model.forecast_names(past), past.future_dates(horizon), columns)


def _returns_view(
    model: Any, series: Series, prices: Array, known: int, horizon: int, hide: bool
) -> tuple[Any, Sentence]:
    """The chart of returns, and how large they are expected to be."""
    returns = np.concatenate([np.zeros_like(prices[:1]), log_returns(prices[None])[0]])
    window = series.values[None, :known]
    names = series.names
    found = model.returns.quantiles(window, horizon, LEVELS, names)[0, :, 0]
    ewma = EwmaStudent().fit(prices[:known])
    baseline = ewma.quantiles(prices[None, :known], horizon, LEVELS)[0, :, 0]
    chart = returns_chart(
        series,
        returns[:, 0],
        known,
        dict(zip(LEVELS, found.T, strict=True)),
        dict(zip(LEVELS, baseline.T, strict=True)),
        returns[known:, 0] if hide else None,
    )
    own = _daily(model.returns.variance(window, horizon, names)[0, :, 0])
    simple = _daily(ewma.variance(prices[None, :known], horizon)[0, :, 0])
    yearly = own * np.sqrt(TRADING_DAYS)
    spread = sentence(
        "spread",
        daily=f"{own:.2f}",
        yearly=f"{yearly:.0f}",
        horizon=horizon,
        simple=f"{simple:.2f}",
    )
    return chart, spread


def _daily(variance: Array) -> float:
    """Of each day to one standard deviation of a day, in percent."""
    return float(100 * np.sqrt(variance.mean()))
