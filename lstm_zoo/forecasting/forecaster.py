"""What a user calls: a forecaster, and its table of quantiles."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lstm_zoo.errors import UsageError
from lstm_zoo.forecasting.familiarity import WORDS, unlike
from lstm_zoo.forecasting.paths import random_walk_paths
from lstm_zoo.forecasting.preprocessing import Preprocessing
from lstm_zoo.forecasting.series import Series, read_series
from lstm_zoo.forecasting.step_table import step_table
from lstm_zoo.task import Reading

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)


class Forecaster(ABC):
    """A model with its preprocessing.

    Attributes:
        is_of_returns: whether it is a model of prices, that forecasts their returns.
        is_probabilistic: whether the quantiles differ from one another.

    Args:
        preprocessing: what travels with the model.
    """

    is_of_returns = False
    is_probabilistic: bool

    def __init__(self, preprocessing: Preprocessing) -> None:
        self.preprocessing = preprocessing

    @property
    def look_back(self) -> int:
        """Rows of the past that a forecast reads."""
        return self.preprocessing.look_back

    @property
    def max_horizon(self) -> int:
        """Steps that can be forecast."""
        return self.preprocessing.horizon

    @abstractmethod
    def quantiles(
        self,
        windows: Array,
        horizon: int,
        levels: Sequence[float],
        names: Sequence[str] = (),
        dates: pd.DatetimeIndex | None = None,
    ) -> Array:
        """Quantiles of many forecasts at once.

        Args:
            windows: (n, time, channels), the past of each forecast.
            horizon: steps.
            levels: between 0 and 1.
            names: of the channels.
            dates: of each window's last row (n,); only models that read the calendar need them.

        Returns:
            (n, horizon, channels of `forecast_names`, levels).
        """

    @abstractmethod
    def mean(
        self,
        windows: Array,
        horizon: int,
        names: Sequence[str] = (),
        dates: pd.DatetimeIndex | None = None,
    ) -> Array:
        """The expected values; the medians if the model was trained on absolute or quantile losses.

        Args: see `quantiles`.

        Returns:
            (n, horizon, channels of `forecast_names`).
        """

    @abstractmethod
    def reading(self, series: Any) -> Reading:
        """The end of a series as the model reads it; each step is labelled by its date or row."""

    @abstractmethod
    def forecast_names(self, series: Series) -> tuple[str, ...]:
        """The channels that a forecast of this series has."""

    @abstractmethod
    def _looked_at(self, series: Series) -> Array:
        """(channels, time): windows whose statistics are compared with those of training."""

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
        series = read_series(series)
        horizon = self._horizon(horizon)
        self._check_levels(quantiles)
        window = series.values[None]
        last = None if series.dates is None else series.dates[-1:]
        table = self.quantiles(window, horizon, quantiles, series.names, last)[0]
        columns = {"mean": self.mean(window, horizon, series.names, last)[0]}
        for place, level in enumerate(quantiles):
            columns[f"{level:g}"] = table[..., place]
        for number, path in enumerate(self.paths(series, horizon, samples, seed), 1):
            columns[f"path {number}"] = path
        return step_table(self.forecast_names(series), series.future_dates(horizon), columns)

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
                f"The model was trained on steps of {trained!r}, these are of {series.frequency!r}."
            )
        if len(series) < self.look_back:
            sentences.append(
                f"The model reads {self.look_back} rows, the series has {len(series)}: what lies"
                " before them is taken to be its first value."
            )
        for name, window in zip(self.forecast_names(series), self._looked_at(series), strict=True):
            for statistic, value, low, high in unlike(window, self.preprocessing.seen):
                sentences.append(
                    f"{name}: {WORDS[statistic]} ({value:.3g}) lies outside what was seen in"
                    f" training ({low:.3g} to {high:.3g})."
                )
        return sentences

    def notes(self, series: Series) -> list[str]:
        """Sentences on what was mended in reading a series, and on how it is unlike the model's."""
        return [*series.notes, *self.unlike(series)]

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


def row_label(series: Series, row: int) -> str:
    """The date of a row, or its number; rows before the series are below zero."""
    return str(row) if series.dates is None or row < 0 else str(series.dates[row])
