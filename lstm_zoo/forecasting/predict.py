"""What a user calls: a forecaster of any series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from lstm_zoo.errors import UsageError
from lstm_zoo.forecasting.calendar import calendar_features
from lstm_zoo.forecasting.forecaster import Array, Forecaster, row_label
from lstm_zoo.forecasting.model import SeriesModel
from lstm_zoo.forecasting.preprocessing import Preprocessing
from lstm_zoo.forecasting.series import Series, read_series
from lstm_zoo.task import Reading, module_device

if TYPE_CHECKING:
    import pandas as pd

ROWS = 4096  # windows times channels in one pass


class SeriesForecaster(Forecaster):
    """A forecaster of series.

    A window is standardised by the train part where its channels have the trained names, else by
    its own mean and deviation, so that any series will do; only the last `look_back` rows of it are
    read, and a shorter one is taken to have stood still before it began.

    Args:
        model: in eval mode.
        preprocessing: what travels with it.
    """

    def __init__(self, model: SeriesModel, preprocessing: Preprocessing) -> None:
        super().__init__(preprocessing)
        self.model = model
        self.is_probabilistic = model.head.is_probabilistic

    def quantiles(
        self,
        windows: Array,
        horizon: int,
        levels: Sequence[float],
        names: Sequence[str] = (),
        dates: pd.DatetimeIndex | None = None,
    ) -> Array:
        pieces = self._parameters(windows, horizon, names, dates)
        return np.concatenate([self.model.head.quantiles(p, levels).numpy() for p in pieces])

    def mean(
        self,
        windows: Array,
        horizon: int,
        names: Sequence[str] = (),
        dates: pd.DatetimeIndex | None = None,
    ) -> Array:
        pieces = self._parameters(windows, horizon, names, dates)
        return np.concatenate([self.model.head.mean(p).numpy() for p in pieces])

    def reading(self, series: Any) -> Reading:
        """The end of a series' first channel, or of all if the model reads them together.

        Each step is labelled by its date or the number of its row.
        """
        series = read_series(series)
        model = self.model
        values = series.values if model.joint else series.values[:, :1]
        names = series.names if model.joint else series.names[:1]
        window, _, _ = self._standardised(_padded(values[None], self.look_back), names)
        x = torch.from_numpy(window).to(module_device(model), torch.float32)
        dates = None if series.dates is None else series.dates[-1:]
        calendar = self._calendar(dates)
        # An incomplete segment at the window's beginning is not read.
        first = len(series) - self.look_back // model.segment * model.segment
        rows = range(first, len(series), model.segment)
        labels = tuple(row_label(series, row) for row in rows)
        return Reading((x,) if calendar is None else (x, calendar), labels)

    def forecast_names(self, series: Series) -> tuple[str, ...]:
        return series.names

    def _looked_at(self, series: Series) -> Array:
        return series.values[-self.look_back :].T

    @torch.inference_mode()
    def _parameters(
        self,
        windows: Array,
        horizon: int,
        names: Sequence[str],
        dates: pd.DatetimeIndex | None,
    ) -> list[Tensor]:
        """Parameters of the head in the series' own units, float64, in pieces that memory holds."""
        horizon = self._horizon(horizon)
        windows = np.asarray(windows, np.float64)
        if windows.ndim != 3 or not windows.size:
            raise UsageError(f"windows are (n, time, channels), got the shape {windows.shape}")
        if self.model.joint and windows.shape[2] != self.model.width:
            raise UsageError(
                f"the model reads {self.model.width} channels together, got {windows.shape[2]}"
            )
        pieces = []
        rows = max(1, ROWS // windows.shape[2])
        for begin in range(0, len(windows), rows):
            piece = _padded(windows[begin : begin + rows], self.look_back)
            x, location, scale = self._standardised(piece, names)
            tensor = torch.from_numpy(x).to(module_device(self.model), torch.float32)
            calendar = self._calendar(None if dates is None else dates[begin : begin + rows])
            parameters = self.model(
                tensor, calendar, self._channel_numbers(names), horizon=horizon
            ).double()
            pieces.append(
                self.model.head.rescaled(
                    parameters.cpu(), torch.from_numpy(location), torch.from_numpy(scale)
                )
            )
        return pieces

    def _standardised(self, windows: Array, names: Sequence[str]) -> tuple[Array, Array, Array]:
        """The windows as the model reads them, and what was taken off: (n, 1, channels) each."""
        numbers = self._channel_numbers(names)
        if numbers is not None:
            mean = np.array(self.preprocessing.mean)[numbers.numpy()]
            deviation = np.array(self.preprocessing.deviation)[numbers.numpy()]
            shape = (len(windows), 1, windows.shape[2])
            location, scale = np.broadcast_to(mean, shape), np.broadcast_to(deviation, shape)
        else:
            location = windows.mean(1, keepdims=True)
            scale = windows.std(1, keepdims=True)
        # A series that stands still stays where it is: nothing is divided by, all is times zero.
        still = np.abs(windows - windows[:, :1]).max(1, keepdims=True) == 0
        if numbers is None:
            scale = np.where(still, 0.0, scale)
            location = np.where(still, windows[:, -1:], location)
        x = (windows - location) / np.where(scale > 0, scale, 1.0)
        return x, location.copy(), scale.copy()

    def _channel_numbers(self, names: Sequence[str]) -> Tensor | None:
        """Places of the channels among the trained ones; None if one is not of them."""
        known = self.preprocessing.names
        if not names or not set(names) <= set(known) or len(set(known)) < len(known):
            return None
        if self.model.joint and tuple(names) != known:
            raise UsageError(f"the model reads its channels in the order {', '.join(known)}")
        return torch.tensor([known.index(name) for name in names])

    def _calendar(self, dates: pd.DatetimeIndex | None) -> Tensor | None:
        """Features of the dates around each window's last, (n, look_back + horizon, 6)."""
        if not self.model.config.calendar:
            return None
        frequency = self.preprocessing.frequency
        if dates is None or frequency is None:
            raise UsageError("this model reads the calendar: it needs a series with dates")
        import pandas as pd

        around = [
            calendar_features(
                pd.date_range(end=date, periods=self.look_back, freq=frequency).append(
                    pd.date_range(date, periods=self.max_horizon + 1, freq=frequency)[1:]
                )
            )
            for date in dates
        ]
        return torch.from_numpy(np.stack(around)).to(module_device(self.model))


def _padded(windows: Array, look_back: int) -> Array:
    """The last rows of the windows, the first one repeated before it where they are too few."""
    windows = windows[:, -look_back:]
    short = look_back - windows.shape[1]
    return np.pad(windows, ((0, 0), (short, 0), (0, 0)), mode="edge") if short else windows
