"""A table of series, read, split in time and standardised; windows are cut as they are needed.

The protocol of long-horizon forecasting: the scale is that of the train part alone; a window of the
validation or the test part reads what lies before that part; every window counts, the last batch
too.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lstm_zoo.errors import UsageError
from lstm_zoo.files import find_data_file, sha256_of
from lstm_zoo.forecasting.calendar import calendar_features
from lstm_zoo.forecasting.config import ForecastBatchConfig, ForecastDataConfig
from lstm_zoo.forecasting.familiarity import seen_ranges
from lstm_zoo.forecasting.preprocessing import Preprocessing
from lstm_zoo.forecasting.series import Series, read_series
from lstm_zoo.forecasting.tables import date_column, read_table, value_columns

SPLITS = ("train", "validation", "test")
WINDOWS_LOOKED_AT = 500  # for what was seen in training


class Windows(NamedTuple):
    """Windows of the past and what followed.

    Attributes:
        past: (batch, look_back, channels), standardised.
        future: (batch, horizon, channels), standardised.
        calendar: (batch, look_back + horizon, 6); None where the dates are not real.
    """

    past: Tensor
    future: Tensor
    calendar: Tensor | None


@dataclass(frozen=True)
class SeriesData:
    """A table, standardised.

    Attributes:
        values: (time, channels), float32.
        calendar: (time, 6), or None.
        borders: first row of each part, and the row after it.
        preprocessing: what travels with the weights.
        facts: for the card.
    """

    values: Tensor
    calendar: Tensor | None
    borders: dict[str, tuple[int, int]]
    preprocessing: Preprocessing
    facts: dict[str, Any]

    def origins(self, split: str, horizon: int) -> range:
        """First rows of the forecasts of a part whose horizon lies within it."""
        begin, end = self.borders[split]
        return range(max(begin, self.preprocessing.look_back), end - horizon + 1)

    def windows(self, origins: Tensor) -> Windows:
        """The windows whose futures begin at these rows; rows after the table's end are zero."""
        look_back, horizon = self.preprocessing.look_back, self.preprocessing.horizon
        rows = origins[:, None] + torch.arange(-look_back, horizon)
        beyond = rows >= len(self.values)
        rows = rows.clamp_max(len(self.values) - 1)
        values = self.values[rows]
        if beyond.any():
            values = values.masked_fill(beyond[..., None], 0.0)
        calendar = None if self.calendar is None else self.calendar[rows]
        return Windows(values[:, :look_back], values[:, look_back:], calendar)


class SeriesBatches:
    """One epoch of windows of the train part, in an order that is a function of seed and epoch.

    Args:
        data: the table.
        config: how many windows and which.
        epoch, seed: of the order.
    """

    def __init__(
        self, data: SeriesData, config: ForecastBatchConfig, epoch: int, seed: int
    ) -> None:
        self.data, self.size = data, config.batch_size
        # PyTorch takes the lower 32 bits of a seed alone.
        generator = torch.Generator().manual_seed(zlib.crc32(repr((seed, epoch)).encode()))
        origins = data.origins("train", data.preprocessing.horizon)
        # As many windows in each epoch, from whichever offset.
        count = max(1, len(origins) // config.stride)
        offsets = min(config.stride, len(origins) - (count - 1) * config.stride)
        offset = int(torch.randint(offsets, (), generator=generator))
        chosen = torch.tensor(origins)[offset :: config.stride][:count]
        self.order = chosen[torch.randperm(len(chosen), generator=generator)]

    def __len__(self) -> int:
        return -(-len(self.order) // self.size)

    def __getitem__(self, step: int) -> Windows:
        return self.data.windows(self.order[step * self.size : (step + 1) * self.size])


def read_data(config: ForecastDataConfig, data_dir: Path | None) -> SeriesData:
    """Read, split and standardise a table.

    Raises:
        FileNotFoundError: the file is missing.
        UsageError: it is no table of numbers, or too short for the look-back and the horizons.
    """
    path = find_data_file(config.file, data_dir, config.url, config.sha256)
    series = _as_it_stands(path, config) if config.as_it_stands else _mended(path, config)
    borders = _borders(config, len(series), path.name)
    train = series.values[slice(*borders["train"])]
    mean, deviation = train.mean(0), train.std(0)
    deviation[deviation == 0] = 1.0
    values = (series.values - mean) / deviation
    calendar = None
    if config.real_dates and series.dates is not None:
        calendar = torch.from_numpy(calendar_features(series.dates))
    preprocessing = Preprocessing(
        kind="series",
        names=series.names,
        mean=tuple(mean.tolist()),
        deviation=tuple(deviation.tolist()),
        look_back=config.look_back,
        horizons=config.horizons,
        frequency=series.frequency if config.real_dates else None,
        seen=seen_ranges(_some_windows(values[slice(*borders["train"])], config.look_back)),
    )
    facts = {
        "rows": len(series),
        "channels": len(series.names),
        "parts": {split: f"rows {begin + 1} to {end}" for split, (begin, end) in borders.items()},
        "sha256": sha256_of(path),
    }
    if series.notes:
        facts["mended"] = list(series.notes)
    return SeriesData(torch.from_numpy(values).float(), calendar, borders, preprocessing, facts)


def _mended(path: Path, config: ForecastDataConfig) -> Series:
    return read_series(path, config.date, config.values)


def _as_it_stands(path: Path, config: ForecastDataConfig) -> Series:
    """All rows as they are in the file; a missing value is an error."""
    import pandas as pd

    table, notes = read_table(path), []  # type: tuple[pd.DataFrame, list[str]]
    dates = date_column(table, config.date, path.name, notes)
    names = None if config.values is None else list(config.values)
    frame = value_columns(
        table, names, None if dates is None else str(dates.name), path.name, notes
    )
    values = frame.to_numpy(np.float64)
    if not np.isfinite(values).all():
        raise UsageError(
            f"{path.name} has missing values: leave out data.as_it_stands to fill them"
        )
    index = None if dates is None else pd.DatetimeIndex(dates)
    step = None if index is None else pd.Series(index).diff().mode()[0]
    frequency = None if step is None else pd.tseries.frequencies.to_offset(step).freqstr
    return Series(values, index, tuple(map(str, frame.columns)), frequency, tuple(notes))


def _borders(config: ForecastDataConfig, rows: int, label: str) -> dict[str, tuple[int, int]]:
    sizes = [int(part) for part in config.split]
    if sum(config.split) <= 1 + 1e-9:
        train, test = int(rows * config.split[0]), int(rows * config.split[2])
        sizes = [train, rows - train - test, test]
    if sum(sizes) > rows:
        raise UsageError(f"{label} has {rows} rows, the split asks for {sum(sizes)}")
    ends = np.cumsum(sizes).tolist()
    borders = dict(zip(SPLITS, zip([0, *ends[:2]], ends, strict=True), strict=True))
    for split, (begin, end) in borders.items():
        # The longest horizon counts in training; elsewhere the shortest must fit.
        horizon = max(config.horizons) if split == "train" else min(config.horizons)
        if end - max(begin, config.look_back) < horizon:
            raise UsageError(
                f"{label} has {rows} rows: the {split} part, rows {begin + 1} to {end}, is too"
                f" short for a look-back of {config.look_back} and a horizon of {horizon}"
            )
    return borders


def _some_windows(values: NDArray[np.float64], look_back: int) -> NDArray[np.float64]:
    """Windows of all channels, spread over the rows: (windows, look_back)."""
    starts = np.linspace(0, len(values) - look_back, WINDOWS_LOOKED_AT).astype(int)
    rows = np.unique(starts)[:, None] + np.arange(look_back)
    return values[rows].transpose(0, 2, 1).reshape(-1, look_back)
