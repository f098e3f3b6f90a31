"""Prices of many stocks from one table, and of indices from files of their own."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_zoo.errors import UsageError
from lstm_zoo.files import find_data_file, sha256_of
from lstm_zoo.forecasting.config import ForecastDataConfig
from lstm_zoo.forecasting.familiarity import seen_ranges
from lstm_zoo.forecasting.preprocessing import Preprocessing
from lstm_zoo.forecasting.price_data import Asset, PriceData
from lstm_zoo.forecasting.price_features import Array
from lstm_zoo.forecasting.series import PRICE_COLUMNS, read_series
from lstm_zoo.forecasting.tables import read_table

if TYPE_CHECKING:
    import pandas as pd

TICKER = "Name"
VALIDATION_DAYS = 182


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
