"""What a user calls: a forecaster, for any series that is like a table of numbers over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lstm_zoo.errors import UsageError
from lstm_zoo.forecasting.calendar import calendar_features
from lstm_zoo.forecasting.familiarity import WORDS, unlike
from lstm_zoo.forecasting.model import SeriesModel
from lstm_zoo.forecasting.paths import random_walk_paths
from lstm_zoo.forecasting.preprocessing import Preprocessing
from lstm_zoo.forecasting.series import Series, read_series
from lstm_zoo.task import Reading, module_device

if TYPE_CHECKING:
    import pandas as pd

QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
ROWS = 4096  # windows times channels in one pass


class Forecaster:
    """A model with its preprocessing.

    A window is standardised by the train part where its channels have the trained names, else by
    its own mean and deviation, so that any series will do; only the last `look_back` rows of it are
    read, and a shorter one is taken to have stood still before it began.

    Args:
        model: in eval mode.
        preprocessing: what travels with it.
    """

    def __init__(self, model: SeriesModel, preprocessing: Preprocessing) -> None:
        self.model = model
        self.preprocessing = preprocessing

    @property
    def look_back(self) -> int:
        """Rows of the past that a forecast reads."""
        return self.preprocessing.look_back

    @property
    def max_horizon(self) -> int:
        """Steps that can be forecast."""
        return self.preprocessing.horizon

    @property
    def is_probabilistic(self) -> bool:
        """Whether the quantiles differ from one another."""
        return self.model.head.is_probabilistic

    def forecast(
        self,
        series: Any,
        horizon: int | None = None,
        quantiles: Sequence[float] = QUANTILES,
        samples: int = 0,
        seed: int = 0,
    ) -> pd.DataFrame:
        """Forecast the steps after the end of a series.

        Args:
            series: whatever `read_series` takes.
            horizon: steps; None for as many as the model can.
            quantiles: levels between 0 and 1.
            samples: paths to draw.
            seed: of the paths.

        Returns:
            A row for each channel and step: the columns series, step, date (where the series has
            dates), mean, one for each level, named "0.05", and one for each path, "path 1".

        Raises:
            UsageError: the series cannot be read, the horizon is out of reach, or a level is.
        """
        import pandas as pd

        series = read_series(series)
        horizon = self._horizon(horizon)
        self._check_levels(quantiles)
        window = series.values[None]
        last = None if series.dates is None else series.dates[-1:]
        table = self.quantiles(window, horizon, quantiles, series.names, last)[0]
        mean = self.mean(window, horizon, series.names, last)[0]
        paths = self.paths(series, horizon, samples, seed) if samples else None
        dates = series.future_dates(horizon)
        frames = []
        for channel, name in enumerate(self.forecast_names(series)):
            columns: dict[str, Any] = {"series": name, "step": np.arange(1, horizon + 1)}
            if dates is not None:
                columns["date"] = dates
            columns["mean"] = mean[:, channel]
            for place, level in enumerate(quantiles):
                columns[f"{level:g}"] = table[:, channel, place]
            for number in range(samples):
                columns[f"path {number + 1}"] = paths[number, :, channel]  # type: ignore[index]
            frames.append(pd.DataFrame(columns))
        return pd.concat(frames, ignore_index=True)

    def quantiles(
        self,
        windows: NDArray[np.float64],
        horizon: int,
        levels: Sequence[float],
        names: Sequence[str] = (),
        dates: pd.DatetimeIndex | None = None,
    ) -> NDArray[np.float64]:
        """Quantiles of many forecasts at once.

        Args:
            windows: (n, time, channels), the past of each forecast.
            horizon: steps.
            levels: between 0 and 1.
            names: of the channels; the trained ones are standardised as in training.
            dates: of each window's last row (n,); only models that read the calendar need them.

        Returns:
            (n, horizon, channels, levels).
        """
        pieces = self._parameters(windows, horizon, names, dates)
        return np.concatenate([self.model.head.quantiles(p, levels).numpy() for p in pieces])

    def mean(
        self,
        windows: NDArray[np.float64],
        horizon: int,
        names: Sequence[str] = (),
        dates: pd.DatetimeIndex | None = None,
    ) -> NDArray[np.float64]:
        """The expected values, or of quantile and absolute-error models the medians.

        Args: see `quantiles`.

        Returns:
            (n, horizon, channels).
        """
        pieces = self._parameters(windows, horizon, names, dates)
        return np.concatenate([self.model.head.mean(p).numpy() for p in pieces])

    def paths(
        self, series: Any, horizon: int | None = None, samples: int = 100, seed: int = 0
    ) -> NDArray[np.float64]:
        """Ways in which the series may go on, (samples, horizon, channels).

        Each step has the forecast's distribution; the steps hang together as those of a random walk
        do, so that a path does not jump about between its quantiles.
        """
        series = read_series(series)
        last = None if series.dates is None else series.dates[-1:]

        def quantiles(levels: Sequence[float]) -> NDArray[np.float64]:
            steps = self._horizon(horizon)
            return self.quantiles(series.values[None], steps, levels, series.names, last)[0]

        return random_walk_paths(quantiles, samples, seed)

    def unlike(self, series: Any) -> list[str]:
        """Sentences on how a series is unlike what the model saw in training; none if it is not."""
        series = read_series(series)
        sentences = []
        trained = self.preprocessing.frequency
        if trained and series.frequency and series.frequency != trained:
            sentences.append(
                f"The model was trained on steps of {trained!r}, the series has {series.frequency!r}."
            )
        if len(series) < self.look_back:
            sentences.append(
                f"The model reads {self.look_back} rows, the series has {len(series)}: what lies"
                " before them is taken to be its first value."
            )
        for name, window in zip(series.names, self._seen_as(series), strict=True):
            for statistic, value, low, high in unlike(window, self.preprocessing.seen):
                sentences.append(
                    f"{name}: {WORDS[statistic]} ({value:.3g}) lies outside what was seen in"
                    f" training ({low:.3g} to {high:.3g})."
                )
        return sentences

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
        labels = tuple(_label(series, row) for row in rows)
        return Reading((x,) if calendar is None else (x, calendar), labels)

    def forecast_names(self, series: Series) -> tuple[str, ...]:
        """The channels that a forecast of this series has."""
        return series.names

    def _seen_as(self, series: Series) -> NDArray[np.float64]:
        """(channels, time): the windows whose statistics are compared with those of training."""
        return series.values[-self.look_back :].T

    @torch.inference_mode()
    def _parameters(
        self,
        windows: NDArray[np.float64],
        horizon: int,
        names: Sequence[str],
        dates: pd.DatetimeIndex | None,
    ) -> list[Tensor]:
        """Parameters of the head in the series' own units, float64, in pieces that fit in memory."""
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

    def _standardised(
        self, windows: NDArray[np.float64], names: Sequence[str]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
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

    def _horizon(self, horizon: int | None) -> int:
        if horizon is None:
            return self.max_horizon
        if not 1 <= horizon <= self.max_horizon:
            raise UsageError(
                f"this model forecasts 1 to {self.max_horizon} steps, asked for {horizon}"
            )
        return horizon

    def _check_levels(self, levels: Sequence[float]) -> None:
        for level in levels:
            if not 0 < level < 1:
                raise UsageError(f"a quantile lies between 0 and 1, got {level}")


def _padded(windows: NDArray[np.float64], look_back: int) -> NDArray[np.float64]:
    """The last rows of the windows, the first one repeated before it where they are too few."""
    windows = windows[:, -look_back:]
    short = look_back - windows.shape[1]
    return np.pad(windows, ((0, 0), (short, 0), (0, 0)), mode="edge") if short else windows


def _label(series: Series, row: int) -> str:
    if row < 0:
        return f"{row}"
    return str(row) if series.dates is None else str(series.dates[row])
