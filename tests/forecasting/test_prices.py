"""Prices: what is read of them, what is never trained on, and their densities."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_zoo.errors import UsageError
from lstm_zoo.forecasting.config import (
    ForecastBatchConfig,
    ForecastDataConfig,
    ForecastModelConfig,
)
from lstm_zoo.forecasting.price_data import PriceBatches, PriceData
from lstm_zoo.forecasting.price_features import DECAY, VOLUME, days_of, ewma
from lstm_zoo.forecasting.price_files import is_held_out, read_prices
from lstm_zoo.forecasting.price_model import PriceModel
from lstm_zoo.forecasting.price_predict import PriceForecaster
from lstm_zoo.forecasting.price_validation import price_error
from lstm_zoo.forecasting.series import PRICE_COLUMNS
from tests.forecasting.makers import preprocessing

LEVELS = (0.1, 0.5, 0.9)
HORIZON = 5
PANEL = {"kind": "prices", "name": "x", "licence": "none", "source": "made", "file": "all.csv"}


def stock(days: int = 80, seed: int = 0) -> np.ndarray:
    """(days, 5): open, high, low, close and volume."""
    rng = np.random.default_rng(seed)
    close = 50 * np.exp(0.01 * rng.standard_t(5, days).cumsum())
    opened = close * np.exp(0.003 * rng.normal(size=days))
    width = np.exp(0.005 * rng.random(days))
    low, high = np.minimum(opened, close) / width, np.maximum(opened, close) * width
    return np.stack([opened, high, low, close, rng.integers(1e5, 1e6, days)], 1)


def forecaster(head: str = "student-t", look_back: int = 60) -> PriceForecaster:
    """With random weights."""
    travels = preprocessing(
        0, kind="prices", look_back=look_back, horizons=[1, HORIZON], frequency="B"
    )
    model = PriceModel(ForecastModelConfig(hidden_size=6, head=head), travels)
    torch.manual_seed(0)
    model.reset_parameters()
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
    return PriceForecaster(model.eval(), travels)


def panel(
    folder: Path, names: tuple[str, ...] = ("A", "B", "C", "D"), days: int = 800
) -> PriceData:
    dates = pd.date_range("2015-01-01", periods=days, freq="B")
    stocks = []
    for number, name in enumerate(names):
        table = pd.DataFrame(stock(days, number), columns=list(PRICE_COLUMNS))
        stocks.append(table.assign(date=dates.strftime("%Y-%m-%d"), Name=name))
    pd.concat(stocks).to_csv(folder / "all.csv", index=False)
    config = PANEL | {"look_back": 60, "horizons": [1, HORIZON], "held_out": 0.5}
    return read_prices(ForecastDataConfig.model_validate(config), folder)


@settings(max_examples=10, deadline=None)
@given(factor=st.floats(1e-3, 1e3))
def test_a_price_in_another_currency_has_the_same_returns(factor: float) -> None:
    found = forecaster()
    prices = stock()[None, :, :4] * factor
    prices = np.concatenate([prices, stock()[None, :, 4:]], 2)
    expected = found.quantiles(stock()[None], HORIZON, LEVELS) * factor
    assert np.allclose(found.quantiles(prices, HORIZON, LEVELS), expected, rtol=1e-4)


def test_no_day_changes_what_is_read_of_the_days_before() -> None:
    prices = stock()
    changed = prices.copy()
    changed[60:] *= 1.7
    before, after = (days_of(each[None], HORIZON) for each in (prices, changed))
    assert np.array_equal(before.features[:, :59], after.features[:, :59])
    assert np.array_equal(before.volatility[:, :59], after.volatility[:, :59])


def test_events_are_known_before_the_days_that_they_are_looked_up_for() -> None:
    prices = stock(200)
    changed = prices.copy()
    changed[150:] *= 1.7
    before, after = (days_of(each[None], 20) for each in (prices, changed))
    # Day 148 is the last before the change; 20 days ahead of it the events are the same.
    assert np.array_equal(before.events[:, : 148 + 20], after.events[:, : 148 + 20])
    assert before.events[:, 63:].any()
    # The largest move of the days around the one 63 days before.
    sizes = np.abs(before.features[0, :, 0])
    assert before.events[0, 163, 0] == pytest.approx(sizes[98:103].max(), rel=1e-5)
    volumes = before.features[0, :, VOLUME]
    assert before.events[0, 163, 4] == pytest.approx(max(0, volumes[98:103].max()), rel=1e-5)


def test_volatility_is_the_weighted_mean_of_all_squares_so_far() -> None:
    values = np.random.default_rng(0).random((1, 50))
    weights = DECAY ** np.arange(50)[::-1]
    assert ewma(values, DECAY)[0, -1] == pytest.approx((weights * values[0]).sum() / weights.sum())


def test_a_window_of_the_look_back_says_what_the_whole_past_says() -> None:
    prices = stock(900)
    whole, window = (days_of(each[None], HORIZON) for each in (prices, prices[-321:]))
    assert np.allclose(whole.features[0, -1], window.features[0, -1], atol=0.02)
    assert np.allclose(whole.events[0, -HORIZON:], window.events[0, -HORIZON:], atol=0.02)


def test_an_untrained_model_says_the_volatility_so_far_at_any_distance() -> None:
    found = forecaster()
    found.model.reset_parameters()
    days = days_of(stock()[None], HORIZON)
    spread = np.diff(found.return_quantiles(stock()[None], HORIZON, (0.25, 0.75)), axis=-1)
    assert np.allclose(spread, spread[:, :1])
    narrow, wide = (
        np.diff(found.quantiles(stock()[None], 4, (0.4, 0.6)))[0, h, 0, 0] for h in (0, 3)
    )
    assert wide / narrow == pytest.approx(2, rel=1e-2)
    assert 1 < spread[0, 0, 0, 0] / days.volatility[0, -1] < 2


@pytest.mark.parametrize("head", ["student-t", "quantile", "mixture"])
def test_many_windows_at_once_are_each_by_itself(head: str) -> None:
    found = forecaster(head)
    windows = np.stack([stock(seed=seed) for seed in range(4)])
    together = found.quantiles(windows, HORIZON, LEVELS)
    assert together.shape == (4, HORIZON, 1, 3)
    alone = np.concatenate([found.quantiles(w[None], HORIZON, LEVELS) for w in windows])
    assert np.allclose(together, alone, rtol=1e-6)
    closes = windows[..., 3].T[None]
    columns = found.quantiles(closes, HORIZON, LEVELS, ("a", "b", "c", "d"))
    one = found.quantiles(closes[..., 2:3], HORIZON, LEVELS)
    assert np.allclose(columns[:, :, 2:3], one, rtol=1e-6)


def test_a_longer_horizon_begins_with_the_shorter_one() -> None:
    found = forecaster()
    longest = found.quantiles(stock()[None], HORIZON, LEVELS)
    assert np.allclose(found.quantiles(stock()[None], 2, LEVELS), longest[:, :2])


def test_the_last_price_matters_and_the_days_range_too() -> None:
    found = forecaster()
    for column in (3, 1):
        changed = stock()[None]
        changed[:, -1, column] *= 1.05
        before, after = (
            found.return_quantiles(each, HORIZON, LEVELS) for each in (stock()[None], changed)
        )
        assert not np.allclose(before, after, rtol=1e-4)


def test_variance_is_that_of_the_density() -> None:
    found = forecaster()
    levels = ((np.arange(4000) + 0.5) / 4000).tolist()
    drawn = found.returns.quantiles(stock()[None], HORIZON, levels)
    assert np.allclose(found.returns.variance(stock()[None], HORIZON), drawn.var(-1), rtol=0.05)


@pytest.mark.parametrize("columns", [PRICE_COLUMNS, PRICE_COLUMNS[:4], ("close",)])
def test_a_table_of_prices_becomes_a_table_of_quantiles(columns: tuple[str, ...]) -> None:
    table = pd.DataFrame(stock(), columns=list(PRICE_COLUMNS))[list(columns)]
    table["date"] = pd.date_range("2024-01-01", periods=80, freq="B")
    found = forecaster().forecast(table, quantiles=LEVELS, samples=3)
    assert found["series"].unique().tolist() == ["close"]
    assert found["date"].iloc[0] == pd.Timestamp("2024-04-22")
    assert (found["0.1"] < found["0.9"]).all()
    assert np.isfinite(found["path 3"]).all()


@pytest.mark.parametrize("ask", [PriceForecaster.forecast, PriceForecaster.reading])
def test_prices_below_zero_are_refused(ask: Callable[..., object]) -> None:
    with pytest.raises(UsageError, match="the price -3 in row 81 is not above zero"):
        ask(forecaster(), np.append(stock()[:, 3], -3.0))


def test_a_price_that_never_moves_stays() -> None:
    found = forecaster().quantiles(np.full((1, 80, 1), 7.0), HORIZON, LEVELS)
    assert np.allclose(found, 7, rtol=1e-3)


def test_a_reading_has_a_label_for_each_day() -> None:
    found = forecaster()
    table = pd.DataFrame(stock(), columns=list(PRICE_COLUMNS))
    table.index = pd.date_range("2024-01-01", periods=80, freq="B")
    reading = found.reading(table)
    assert len(reading.labels) == reading.inputs[0].shape[1] == 60
    assert reading.labels[-1] == str(table.index[-1])
    assert found.model(*reading.inputs).shape[:2] == (1, 60)


def test_nothing_of_the_last_year_nor_of_a_held_out_ticker_is_trained_on(tmp_path: Path) -> None:
    data = panel(tmp_path)
    assert data.held_out == {n for n in "ABCD" if is_held_out(n, 0.5)} != set()
    end = data.assets[0].dates[-1]
    assert data.validation_until == end - pd.DateOffset(years=1) + pd.Timedelta(days=1)
    batches = PriceBatches(data, ForecastBatchConfig(length=100, batch_size=8), 0, 0)
    last = max(begin + 100 + HORIZON for _, begin in batches.places)
    for asset, origin in batches.lasts:
        assert asset.name not in data.held_out
        # Row 0 of the days is the second price.
        assert asset.dates[origin + 1 + HORIZON] < data.train_until
        assert asset.dates[origin + 2 + HORIZON] >= data.train_until
    assert last <= batches.lasts[0][1] + 1 + HORIZON


def test_targets_are_the_returns_of_the_days_ahead_over_the_volatility_so_far(tmp_path) -> None:
    data = panel(tmp_path)
    asset = data.assets[0]
    stretch = data.stretch([(asset, 100, 110, 105)])
    close = np.log(asset.values[:, 3])
    volatility = days_of(asset.values[None], HORIZON).volatility[0, 103]
    # Day 103 is the return to price 104.
    day, total = stretch.targets[0, 3, 2].tolist()
    assert day == pytest.approx((close[107] - close[106]) / volatility, rel=1e-5)
    assert total == pytest.approx((close[107] - close[104]) / volatility, rel=1e-5)
    assert stretch.counts[0].tolist() == [False] * 5 + [True] + [False] * 4


def test_the_validation_error_sees_no_test_day(tmp_path: Path) -> None:
    data = panel(tmp_path)
    model = forecaster().model
    before = price_error(model, data)
    assert before > 0
    for asset in data.assets:
        asset.values[int(asset.dates.searchsorted(data.validation_until)) :] *= 3
    del data.__dict__["days"]
    assert price_error(model, data) == before


def test_a_price_model_has_no_segments_and_no_points(tmp_path: Path) -> None:
    travels = forecaster().preprocessing
    with pytest.raises(UsageError, match=r"leave out model\.segment"):
        PriceModel(ForecastModelConfig(segment=5, head="student-t"), travels)
    with pytest.raises(UsageError, match="should be quantile, student-t or mixture, got 'mae'"):
        PriceModel(ForecastModelConfig(), travels)
