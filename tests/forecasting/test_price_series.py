"""Prices: what cannot be one, and what looks like a split."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lstm_zoo.errors import UsageError
from lstm_zoo.forecasting.backtest import backtest
from lstm_zoo.forecasting.price_predict import PriceForecaster
from lstm_zoo.forecasting.prices import closing_prices, split_notes
from lstm_zoo.forecasting.series import Series, read_series


def walk(days: int = 400) -> pd.DataFrame:
    steps = np.random.default_rng(0).normal(size=days) * 0.01
    dates = pd.bdate_range("2015-01-01", periods=days)
    return pd.DataFrame({"date": dates, "price": 40 * np.exp(steps.cumsum())})


def test_the_close_of_a_table_of_prices_is_its_price() -> None:
    values = np.arange(1.0, 101).reshape(20, 5)
    names = ["Open", "High", "Low", "Close", "Volume"]
    series = read_series(pd.DataFrame(values, columns=names))
    assert isinstance(series, Series)
    np.testing.assert_array_equal(closing_prices(series)[:, 0], values[:, 3])


def test_a_price_below_zero_is_named_with_its_day(price_forecaster: PriceForecaster) -> None:
    table = walk()
    table.loc[7, "price"] = -3
    with pytest.raises(UsageError, match=r"the price -3 in row 8 \(2015-01-12\) is not above zero"):
        backtest(price_forecaster, table, horizon=5, origins=20)
    with pytest.raises(UsageError, match="above zero"):
        price_forecaster.forecast(table.iloc[:40], 5)


def test_a_split_by_ten_is_pointed_out(price_forecaster: PriceForecaster) -> None:
    table = walk()
    assert split_notes(read_series(table)) == ()
    table.loc[table.index >= 200, "price"] /= 10
    result = backtest(price_forecaster, table, horizon=5, origins=20)
    (note,) = [note for note in result.notes if "split" in note]
    day = f"{table.date[200]:%Y-%m-%d}"
    assert day in note
    assert "divide the prices before it" in note
    assert np.isfinite(result.table.to_numpy(float)).all()
