"""Prices of many stocks, pooled: split by date, with tickers that are never trained on.

No day after the one on which the first file's last year begins is trained on, in any file: the
stocks of a day move together, and one of them would tell of the others.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from lstm_zoo.errors import UsageError
from lstm_zoo.files import find_data_file, sha256_of
from lstm_zoo.forecasting.config import ForecastBatchConfig, ForecastDataConfig
from lstm_zoo.forecasting.familiarity import seen_ranges
from lstm_zoo.forecasting.preprocessing import Preprocessing
from lstm_zoo.forecasting.price_features import Array, Days, days_of
from lstm_zoo.forecasting.series import PRICE_COLUMNS, read_series
from lstm_zoo.forecasting.tables import read_table

if TYPE_CHECKING:
    import pandas as pd

TICKER = "Name"
WARM_UP = 40  # days before the first that is forecast from, in a stretch
VALIDATION_DAYS = 182
WINDOWS_LOOKED_AT = 2000


@dataclass(frozen=True)
class Asset:
    """A stock or an index.

    Attributes:
        name: ticker, or the file's name.
        dates: of each day.
        values: (time, 5): open, high, low, close and volume.
        seen: whether it may be trained on.
        test_from: the day on which its last year begins.
    """

    name: str
    dates: pd.DatetimeIndex
    values: Array
    seen: bool
    test_from: pd.Timestamp


class Stretch(NamedTuple):
    """Days in a row of several assets, each one forecast from.

    Attributes:
        features: (batch, days, features).
        events: (batch, days + horizon, EVENTS).
        targets: (batch, days, horizon, 2): the returns of each day ahead and of all up to it, over
            the volatility so far.
        counts: bool (batch, days): the days that are forecast from.
    """

    features: Tensor
    events: Tensor
    targets: Tensor
    counts: Tensor


@dataclass(frozen=True)
class PriceData:
    """The assets.

    Attributes:
        assets: all of them.
        train_until, validation_until: the first day that is not of the part.
        preprocessing: what travels with the weights.
        facts: for the card.
    """

    assets: tuple[Asset, ...]
    train_until: pd.Timestamp
    validation_until: pd.Timestamp
    preprocessing: Preprocessing
    facts: dict[str, Any]

    @property
    def held_out(self) -> frozenset[str]:
        """Names of the assets that are never trained on."""
        return frozenset(asset.name for asset in self.assets if not asset.seen)

    def prices(self, split: str) -> tuple[dict[str, tuple[pd.DatetimeIndex, Array]], pd.Timestamp]:
        """Dates and prices of each asset up to the end of a part, and the first day of the part.

        The test part is all that comes after the validation part, the train part its last year.
        """
        import pandas as pd

        if split == "test":
            return {a.name: (a.dates, a.values) for a in self.assets}, self.validation_until
        until = self.validation_until if split == "validation" else self.train_until
        first = self.train_until if split == "validation" else until - pd.DateOffset(years=1)
        ends = {asset.name: int(asset.dates.searchsorted(until)) for asset in self.assets}
        prices = {a.name: (a.dates[: ends[a.name]], a.values[: ends[a.name]]) for a in self.assets}
        return prices, first

    @cached_property
    def days(self) -> dict[str, Days]:
        """Each asset's days, as the model reads them."""
        horizon = self.preprocessing.horizon
        return {asset.name: days_of(asset.values[None], horizon) for asset in self.assets}

    def last_origin(self, asset: Asset, until: pd.Timestamp) -> int:
        """The last day, counted as in `days`, whose days ahead all lie before a date."""
        return int(asset.dates.searchsorted(until)) - 2 - self.preprocessing.horizon

    def stretch(self, picks: list[tuple[Asset, int, int, int]]) -> Stretch:
        """Stretches of equal length.

        Args:
            picks: asset, first day, day after the last, last day that may be forecast from.
        """
        horizon = self.preprocessing.horizon
        parts = []
        for asset, begin, end, last in picks:
            days = self.days[asset.name]
            ahead = np.arange(begin, end)[:, None] + np.arange(1, horizon + 1)
            # Rows beyond the last day are not counted.
            coming = days.returns[0][ahead.clip(max=days.returns.shape[1] - 1)]
            both = np.stack([coming, coming.cumsum(1)], -1)
            targets = both / days.volatility[0, begin:end, None, None]
            place = np.arange(begin, end)
            counts = (place <= last) & (place >= min(begin + WARM_UP, last))
            parts.append(
                (
                    days.features[0, begin:end],
                    days.events[0, begin : end + horizon],
                    targets.astype(np.float32),
                    counts,
                )
            )
        return Stretch(*(torch.from_numpy(np.stack(part)) for part in zip(*parts, strict=True)))


class PriceBatches:
    """One epoch of stretches, as many as cover the train part once, at random places.

    Args:
        data: the assets.
        config: how many stretches, how long.
        epoch, seed: the places are a function of both.
    """

    def __init__(self, data: PriceData, config: ForecastBatchConfig, epoch: int, seed: int) -> None:
        self.data, self.config = data, config
        lasts = [
            (asset, data.last_origin(asset, data.train_until))
            for asset in data.assets
            if asset.seen
        ]
        self.lasts = [(asset, last) for asset, last in lasts if last + 1 >= config.length]
        if not self.lasts:
            raise UsageError(f"no asset has {config.length} days of training: lower batches.length")
        days = np.array([last + 1 for _, last in self.lasts])
        generator = np.random.default_rng(zlib.crc32(repr((seed, epoch)).encode()))
        count = max(1, int(days.sum()) // config.length)
        chosen = generator.choice(len(days), count, p=days / days.sum())
        starts = generator.integers(0, days[chosen] - config.length + 1)
        self.places = list(zip(chosen.tolist(), starts.tolist(), strict=True))

    def __len__(self) -> int:
        return -(-len(self.places) // self.config.batch_size)

    def __getitem__(self, step: int) -> Stretch:
        size, length = self.config.batch_size, self.config.length
        picks = []
        for number, begin in self.places[step * size : (step + 1) * size]:
            asset, last = self.lasts[number]
            picks.append((asset, begin, begin + length, last))
        return self.data.stretch(picks)


def read_prices(config: ForecastDataConfig, data_dir: Path | None) -> PriceData:
    """Read a table of many stocks and files of one index each.

    Raises:
        FileNotFoundError: a file is missing.
        UsageError: a file is not such a table.
    """
    path = find_data_file(config.file, data_dir, config.url, config.sha256)
    assets = _stocks(path, config.held_out)
    indices = [find_data_file(name, data_dir) for name in config.indices]
    for file in indices:
        series = read_series(file)
        if series.dates is None or not series.is_prices:
            raise UsageError(f"{file.name} should have a date and open, high, low, close")
        assets.append(_asset(file.name.partition(".")[0], series.dates, series.values, True))
    validation_until = min(asset.test_from for asset in assets)
    train_until = validation_until - np.timedelta64(VALIDATION_DAYS, "D")
    facts = {
        "assets": len(assets),
        "never_trained_on": sum(not asset.seen for asset in assets),
        "days": sum(len(asset.dates) for asset in assets),
        "trained_until": f"before {train_until:%Y-%m-%d}",
        "validation_until": f"before {validation_until:%Y-%m-%d}",
        "tested_on": "all days from then on, of all files",
        "sha256": sha256_of(path),
    }
    preprocessing = Preprocessing(
        kind="prices",
        names=(),
        mean=(),
        deviation=(),
        look_back=config.look_back,
        horizons=config.horizons,
        frequency="B",
        seen=_seen(assets, train_until, config.look_back),
    )
    return PriceData(tuple(assets), train_until, validation_until, preprocessing, facts)


def _stocks(path: Path, share: float) -> list[Asset]:
    """The stocks of a table with the columns date, Name, open, high, low, close, volume."""
    import pandas as pd

    table = read_table(path)
    wanted = {"date", TICKER, *PRICE_COLUMNS}
    if not wanted <= set(table.columns):
        missing = ", ".join(sorted(wanted - set(table.columns)))
        raise UsageError(f"{path.name} lacks the columns {missing}")
    table["date"] = pd.to_datetime(table["date"], format="%Y-%m-%d")
    table = table.sort_values([TICKER, "date"])
    last = table["date"].max()
    assets = []
    for name, group in table.groupby(TICKER, sort=True):
        values = group[list(PRICE_COLUMNS)].to_numpy(np.float64)
        dates = pd.DatetimeIndex(group["date"])
        assets.append(_asset(str(name), dates, values, not is_held_out(str(name), share), last))
    return assets


def _asset(
    name: str, dates: pd.DatetimeIndex, values: Array, seen: bool, last: Any = None
) -> Asset:
    import pandas as pd

    end = dates[-1] if last is None else last
    return Asset(name, dates, values, seen, end - pd.DateOffset(years=1) + pd.Timedelta(days=1))


def is_held_out(name: str, share: float) -> bool:
    """Whether a ticker is never trained on: by its name alone, the same on every machine."""
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32 < share


def _seen(assets: list[Asset], until: Any, look_back: int) -> dict[str, tuple[float, float]]:
    """What log prices look like in the train part."""
    windows = []
    for asset in assets:
        close = asset.values[: int(asset.dates.searchsorted(until)), 3]
        if asset.seen and len(close) >= look_back:
            for begin in range(0, len(close) - look_back + 1, look_back):
                windows.append(np.log(close[begin : begin + look_back]))
    if not windows:
        raise UsageError(f"no asset has {look_back} days before {until:%Y-%m-%d}")
    return seen_ranges(np.stack(windows))
