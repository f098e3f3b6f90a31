"""Models of prices are measured walk-forward, beside baselines on the same days."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from lstm_zoo.errors import UsageError
from lstm_zoo.forecasting.price_evaluation import evaluate_prices, score_prices
from lstm_zoo.forecasting.price_predict import PriceForecaster
from lstm_zoo.forecasting.volatility import Garch

FIRST_DAY = "2016-01-01"
TRUE = {"omega": 4e-6, "alpha": 0.15, "beta": 0.83, "freedom": 8.0}
Panel = dict[str, tuple[Any, np.ndarray]]


@pytest.fixture(scope="module")
def panel() -> Panel:
    """Prices that follow a GARCH process with known parameters: open, high, low, close, volume."""
    rng = np.random.default_rng(0)
    days, tickers = 1000, 12
    dates = pd.bdate_range("2013-01-01", periods=days)
    variance = np.full(tickers, 2e-4)
    returns = np.empty((days, tickers))
    for day in range(days):
        unit = rng.standard_t(TRUE["freedom"], tickers) * np.sqrt(6 / 8)
        returns[day] = np.sqrt(variance) * unit
        variance = TRUE["omega"] + TRUE["alpha"] * returns[day] ** 2 + TRUE["beta"] * variance
    closes = 50 * np.exp(returns.cumsum(0))
    whole = np.stack([closes, closes, closes, closes, np.ones_like(closes)], axis=2)
    return {f"T{k}": (dates, whole[:, k]) for k in range(tickers)}


class TrueGarch(Garch):
    """The process itself, in the model's place: it reads the close of five columns."""

    look_back, max_horizon = 250, 5

    def variance(self, windows: np.ndarray, horizon: int) -> np.ndarray:
        return super().variance(windows[..., 3:4] if windows.shape[2] > 1 else windows, horizon)


def test_the_true_process_beats_what_does_not_know_it(panel: Panel) -> None:
    found = evaluate_prices(TrueGarch(**TRUE), panel, FIRST_DAY, ["T0", "T3"])
    for rival in ("random_walk", "ewma", "ewma_t", "har"):
        assert found[f"change_day_1_{rival}"].value < 0
    assert found["p_random_walk"].value < 0.05
    assert abs(found["change_day_1_garch_t"].value) < 1
    assert found["crps"].value < found["crps_random_walk"].value
    assert found["qlike"].value < found["qlike_random_walk"].value
    for percent in (50, 80, 90):
        assert found[f"coverage_{percent}"].value == pytest.approx(percent, abs=2.5)
    assert found["pit_distance"].value < 0.02
    assert found["kupiec_rejected"].value <= 25
    assert "unseen" in found["crps_held_out"].protocol
    assert all(np.isfinite(metric.value) for metric in found.values())


def test_days_before_the_first_and_tickers_without_a_past_are_not_scored(panel: Panel) -> None:
    few = {"T0": panel["T0"], "new": tuple(part[-300:] for part in panel["T1"])}
    found = evaluate_prices(TrueGarch(**TRUE), few, FIRST_DAY, garch=False)
    dates = panel["T0"][0]
    days = int((dates >= FIRST_DAY).sum()) - 4  # the last days have no five days after them
    assert f"{days} days of 1 tickers" in found["crps"].protocol
    with pytest.raises(UsageError, match="no ticker has 500 days before 2014-01-01"):
        evaluate_prices(TrueGarch(**TRUE), panel, "2014-01-01", garch=False)


def test_a_score_is_of_returns_whatever_the_price(
    price_forecaster: PriceForecaster, panel: Panel
) -> None:
    one = {"T0": panel["T0"]}
    dates, values = panel["T0"]
    other = {"T0": (dates, values * np.array([7, 7, 7, 7, 1]))}
    first = evaluate_prices(price_forecaster.returns, one, FIRST_DAY, garch=False)
    second = evaluate_prices(price_forecaster.returns, other, FIRST_DAY, garch=False)
    for key, metric in first.items():
        assert second[key].value == pytest.approx(metric.value, rel=1e-3, abs=1e-6), key


def test_what_comes_later_changes_no_score_before_it(
    price_forecaster: PriceForecaster, panel: Panel
) -> None:
    dates, values = panel["T2"]
    other = values.copy()
    other[-60:, :4] *= 1.3
    returns = price_forecaster.returns
    scores = [
        score_prices(returns, {"T2": (dates, each)}, FIRST_DAY, 5)[0] for each in (values, other)
    ]
    for name in scores[0]:
        before, after = (each[name].crps[0] for each in scores)
        until = len(before) - (60 - 4)
        np.testing.assert_array_equal(before[: until - 5], after[: until - 5])
        assert not np.array_equal(before, after)
