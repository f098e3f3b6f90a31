"""Prices of many stocks, pooled: split by date, with tickers that are never trained on.

No day after the one on which the first file's last year begins is trained on, in any file: the
stocks of a day move together, and one of them would tell of the others.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from lstm_zoo.errors import UsageError
from lstm_zoo.forecasting.config import ForecastBatchConfig
from lstm_zoo.forecasting.preprocessing import Preprocessing
from lstm_zoo.forecasting.price_features import Array, Days, days_of

if TYPE_CHECKING:
    import pandas as pd

WARM_UP = 40  # days before the first that is forecast from, in a stretch


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
