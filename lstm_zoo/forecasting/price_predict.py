"""What a user calls for prices: densities of returns, and the prices that they lead to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from lstm_zoo.errors import UsageError
from lstm_zoo.forecasting.forecaster import QUANTILES, Array, Forecaster, row_label
from lstm_zoo.forecasting.preprocessing import Preprocessing
from lstm_zoo.forecasting.price_features import days_of
from lstm_zoo.forecasting.price_model import PriceModel
from lstm_zoo.forecasting.prices import closing_prices, split_notes
from lstm_zoo.forecasting.series import PRICE_COLUMNS, Series, read_series
from lstm_zoo.task import Reading, module_device

if TYPE_CHECKING:
    import pandas as pd


ROWS = 1024
DAY, SUM = 0, 1
"""Places of the two kinds of returns in the model's answer."""


class ReturnForecaster:
    """The returns behind a forecast of prices; called as baselines of returns are.

    Args:
        prices: the forecaster of the prices.
    """

    def __init__(self, prices: PriceForecaster) -> None:
        self.prices = prices
        self.look_back, self.max_horizon = prices.look_back, prices.max_horizon

    def quantiles(
        self,
        windows: Array,
        horizon: int,
        levels: Sequence[float],
        names: Sequence[str] = (),
        dates: pd.DatetimeIndex | None = None,
    ) -> Array:
        """Of each day's log return: (n, horizon, channels, levels); windows of prices."""
        return self.prices.return_quantiles(windows, horizon, levels, names, DAY)

    def variance(self, windows: Array, horizon: int, names: Sequence[str] = ()) -> Array:
        """Of each day's log return: (n, horizon, channels); windows of prices."""
        head = self.prices.model.head
        return self.prices.of_returns(windows, horizon, names, DAY, head.variance)


class PriceForecaster(Forecaster):
    """A forecaster of prices.

    Windows hold closing prices (n, time, channels), each channel a stock of its own, or one stock's
    open, high, low, close and volume (n, time, 5), of which the close is forecast. A price's
    quantiles are those of the return up to that day.

    Args:
        model: in eval mode.
        preprocessing: what travels with it.
    """

    is_of_returns = True
    is_probabilistic = True

    def __init__(self, model: PriceModel, preprocessing: Preprocessing) -> None:
        super().__init__(preprocessing)
        self.model = model
        self.returns = ReturnForecaster(self)

    def quantiles(
        self,
        windows: Array,
        horizon: int,
        levels: Sequence[float],
        names: Sequence[str] = (),
        dates: pd.DatetimeIndex | None = None,
    ) -> Array:
        last = _closes(np.asarray(windows, np.float64)[:, -1:], names)
        found = self.return_quantiles(windows, horizon, levels, names, SUM)
        return np.asarray(last[..., None] * np.exp(found))

    def mean(
        self,
        windows: Array,
        horizon: int,
        names: Sequence[str] = (),
        dates: pd.DatetimeIndex | None = None,
    ) -> Array:
        """The medians of the prices."""
        return self.quantiles(windows, horizon, (0.5,), names)[..., 0]

    def return_quantiles(
        self,
        windows: Array,
        horizon: int,
        levels: Sequence[float],
        names: Sequence[str] = (),
        kind: int = DAY,
    ) -> Array:
        """Of log returns, (n, horizon, channels, levels): of each day, or of all up to it."""
        return self.of_returns(
            windows, horizon, names, kind, lambda p: self.model.head.quantiles(p, levels)
        )

    @torch.inference_mode()
    def of_returns(
        self,
        windows: Array,
        horizon: int,
        names: Sequence[str],
        kind: int,
        what: Callable[[Tensor], Tensor],
    ) -> Array:
        """Something of the densities of returns: (n, horizon, channels, ...).

        Raises:
            UsageError: a price is not above zero, or there are fewer than three days.
        """
        horizon = self._horizon(horizon)
        windows = np.asarray(windows, np.float64)[:, -self.look_back - 1 :]
        if windows.ndim != 3 or windows.shape[1] < 3:
            raise UsageError(f"a forecast of prices needs three days, got {windows.shape[1]}")
        closes = _closes(windows, names)
        if not (closes > 0).all():
            raise UsageError(
                f"prices are above zero, got {closes.min():g}: a model of returns reads prices,"
                " not returns or changes"
            )
        channels = closes.shape[2]
        rows = (
            windows
            if _is_whole(windows, names)
            else closes.transpose(0, 2, 1).reshape(len(windows) * channels, -1, 1)
        )
        device = module_device(self.model)
        pieces = []
        for begin in range(0, len(rows), ROWS):
            days = days_of(rows[begin : begin + ROWS], self.model.horizon)
            features = torch.from_numpy(days.features).to(device)
            events = torch.from_numpy(days.events).to(device)
            parameters = self.model(features, events, last=1)[:, 0, :horizon, kind]
            scale = torch.from_numpy(days.volatility[:, -1:])
            zero = torch.zeros_like(scale)
            pieces.append(what(self.model.head.rescaled(parameters.cpu().double(), zero, scale)))
        found = torch.cat(pieces).unflatten(0, (len(windows), channels))
        return np.asarray(found.transpose(1, 2).numpy())

    def reading(self, series: Any) -> Reading:
        series = self._whole(series)
        closes = (
            series.values
            if _is_whole(series.values[None], series.names)
            else (series.values[:, :1])
        )
        days = days_of(closes[None, -self.look_back - 1 :], self.model.horizon)
        device = module_device(self.model)
        inputs = (torch.from_numpy(part).to(device) for part in (days.features, days.events))
        rows = range(len(series) - days.features.shape[1], len(series))
        return Reading(tuple(inputs), tuple(row_label(series, row) for row in rows))

    def forecast(
        self,
        series: Any,
        horizon: int | None = None,
        quantiles: Sequence[float] = QUANTILES,
        samples: int = 0,
        seed: int = 0,
    ) -> pd.DataFrame:
        series = self._whole(series)
        return super().forecast(series, horizon, quantiles, samples, seed)

    def notes(self, series: Series) -> list[str]:
        return [*series.notes, *split_notes(series), *self.unlike(series)]

    def forecast_names(self, series: Series) -> tuple[str, ...]:
        return ("close",) if series.names[:4] == PRICE_COLUMNS[:4] else series.names

    def _whole(self, series: Any) -> Series:
        """The series with a column of volume, if it has the day's range at all.

        Raises:
            UsageError: a price is not above zero; names the row.
        """
        series = read_series(series)
        closing_prices(series)
        if series.names == PRICE_COLUMNS[:4]:
            values = np.pad(series.values, ((0, 0), (0, 1)))
            return replace(series, values=values, names=PRICE_COLUMNS)
        return series

    def _looked_at(self, series: Series) -> Array:
        closes = _closes(series.values[None, -self.look_back :], series.names)[0]
        return np.asarray(np.log(np.maximum(closes, 1e-12)).T)


def _is_whole(windows: Array, names: Sequence[str]) -> bool:
    """Whether these are one stock's open, high, low, close and volume."""
    if names:
        return tuple(names) == PRICE_COLUMNS
    return windows.shape[2] == len(PRICE_COLUMNS)


def _closes(windows: Array, names: Sequence[str]) -> Array:
    """(n, time, channels)."""
    return windows[..., 3:4] if _is_whole(windows, names) else windows
