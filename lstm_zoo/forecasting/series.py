"""Series: from any table to equally spaced rows of numbers; what was mended is said in words."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lstm_zoo.errors import UsageError
from lstm_zoo.forecasting.tables import date_column, read_table, value_columns

if TYPE_CHECKING:
    import pandas as pd

FEWEST_ROWS = 10
MOST_FILLED = 4  # a regular grid may have this many times the rows that are there
PRICE_COLUMNS = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True)
class Series:
    """One or more quantities over time.

    Attributes:
        values: (time, channels), float64, finite.
        dates: when each row was; None where the table has no dates.
        names: of the channels.
        frequency: pandas' word for the step, such as "h" or "B"; None where it is unknown.
        notes: what was mended in reading, a sentence each.
        is_prices: whether these are prices: the columns open, high, low, close were found.
    """

    values: NDArray[np.float64]
    dates: pd.DatetimeIndex | None = None
    names: tuple[str, ...] = ()
    frequency: str | None = None
    notes: tuple[str, ...] = ()
    is_prices: bool = False

    def __len__(self) -> int:
        return len(self.values)

    def first(self, rows: int) -> Series:
        """The series as it was known after so many rows."""
        dates = None if self.dates is None else self.dates[:rows]
        return replace(self, values=self.values[:rows], dates=dates)

    def future_dates(self, steps: int) -> pd.DatetimeIndex | None:
        """The dates of the next steps; None where the series has no dates or no frequency."""
        import pandas as pd

        if self.dates is None or self.frequency is None:
            return None
        return pd.date_range(self.dates[-1], periods=steps + 1, freq=self.frequency)[1:]


def read_series(
    source: Any, date: str | None = None, values: str | Sequence[str] | None = None
) -> Series:
    """A series from a file, a table or numbers.

    Rows are put in the order of time; of rows with the same date the last counts. Where the dates
    have a regular step, missing rows are put in. Missing values, and the values of rows put in, are
    the last ones before them: a value from after would tell the future. Rows before the first
    complete one are left out. Numbers may be written with a currency sign or commas between
    thousands, $1,234.50.

    Args:
        source: path of a csv or parquet file (also .gz), a pandas DataFrame or Series, numbers
            (time,) or (time, channels), or a `Series`, which is returned as it is.
        date: column of the dates; None to look for one.
        values: columns of the values; None for all that hold numbers. Of a table with the columns
            open, high, low and close these and volume are taken.

    Raises:
        UsageError: it cannot be read as a series; says which row or column is in the way.
    """
    import pandas as pd

    if isinstance(source, Series):
        return source
    notes: list[str] = []
    table, label = _as_table(source)
    dates = date_column(table, date, label, notes)
    names = [values] if isinstance(values, str) else list(values) if values else None
    is_prices = False
    if names is None or {name.lower() for name in names} <= set(PRICE_COLUMNS):
        found = _price_columns(table)
        if found and names is None:
            names = found
        is_prices = bool(found)
    taken = None if dates is None else str(dates.name)
    frame = value_columns(table, names, taken, label, notes)
    if is_prices:
        frame.columns = [str(name).lower() for name in frame.columns]
    _refuse_infinity(frame, label)
    frequency = None
    if dates is not None:
        frame.index = pd.DatetimeIndex(dates)
        frame, frequency = _on_a_grid(frame, notes)
    frame = _without_holes(frame, label, notes)
    if len(frame) < FEWEST_ROWS:
        raise UsageError(f"{label} has {len(frame)} rows of numbers: at least {FEWEST_ROWS} needed")
    return Series(
        values=frame.to_numpy(np.float64),
        dates=frame.index if dates is not None else None,
        names=tuple(str(name) for name in frame.columns),
        frequency=frequency,
        notes=tuple(notes),
        is_prices=is_prices,
    )


def _as_table(source: Any) -> tuple[pd.DataFrame, str]:
    """The source as a table, and what to call it in sentences."""
    import pandas as pd

    if isinstance(source, str | Path):
        return read_table(Path(source)), Path(source).name
    if isinstance(source, pd.DataFrame):
        return source.copy(), "the table"
    if isinstance(source, pd.Series):
        return source.to_frame(source.name or "value"), "the series"
    try:
        array = np.asarray(source, dtype=np.float64)
    except (TypeError, ValueError):
        raise UsageError(
            f"this is no series: {source!r:.60}; give a file, table or numbers"
        ) from None
    if array.ndim == 1:
        return pd.DataFrame({"value": array}), "the series"
    if array.ndim != 2:
        raise UsageError(f"a series is (time,) or (time, channels), got the shape {array.shape}")
    return pd.DataFrame(
        array, columns=[f"value {i + 1}" for i in range(array.shape[1])]
    ), "the series"


def _price_columns(table: pd.DataFrame) -> list[str] | None:
    """The columns of prices in the usual order, if the table has them."""
    by_name = {str(name).strip().lower(): name for name in table.columns}
    if not set(PRICE_COLUMNS[:4]) <= by_name.keys():
        return None
    return [by_name[name] for name in PRICE_COLUMNS if name in by_name]


def _on_a_grid(frame: pd.DataFrame, notes: list[str]) -> tuple[pd.DataFrame, str | None]:
    """The rows in order, once each, and with the missing ones put in where the step is regular."""
    import pandas as pd

    if not frame.index.is_monotonic_increasing:
        notes.append("The rows were not in the order of time: they were sorted.")
        frame = frame.sort_index(kind="stable")
    repeated = frame.index.duplicated(keep="last")
    if repeated.any():
        notes.append(f"{repeated.sum()} rows had the date of another: the last of each was kept.")
        frame = frame[~repeated]
    frequency = _frequency(frame.index)
    if frequency is None:
        if len(frame) > 2:
            notes.append("The time between rows is irregular: each row was taken as one step.")
        return frame, None
    if frequency == "B":
        return frame, frequency  # holidays are no missing rows
    grid = pd.date_range(frame.index[0], frame.index[-1], freq=frequency)
    if len(grid) == len(frame) or len(grid) > MOST_FILLED * len(frame):
        return frame, frequency
    if len(frame.index.difference(grid)):
        notes.append("Some dates lie off the regular step: each row was taken as one step.")
        return frame, frequency
    missing = ~grid.isin(frame.index)
    notes.append(
        f"{missing.sum()} rows were missing, the first on {grid[missing][0]}: they were filled with"
        " the last values before them."
    )
    return frame.reindex(grid), frequency


def _frequency(dates: Any) -> str | None:
    """pandas' word for the commonest step, if most steps are of it."""
    import pandas as pd

    if len(dates) < 3:
        return None
    found = _regular(dates)
    if found:
        return found
    steps = pd.Series(dates[1:] - dates[:-1])
    commonest = steps.mode()[0]
    if commonest == pd.Timedelta(days=1) and (dates.day_of_week < 5).all():
        return "B"
    if (steps == commonest).mean() > 0.8:
        days = commonest / pd.Timedelta(days=1)
        if days >= 1 and days == int(days):
            return "D" if days == 1 else f"{int(days)}D"
        return str(pd.tseries.frequencies.to_offset(commonest).freqstr)
    # Months and years differ in length: a stretch without a gap tells.
    for start in range(0, len(dates) - 12, max(1, len(dates) // 8)):
        found = _regular(dates[start : start + 12])
        if found:
            return found
    return None


def _regular(dates: Any) -> str | None:
    """pandas' word for the step if it is the same all along."""
    import pandas as pd

    with warnings.catch_warnings():
        # From pandas 4 on it is an object with the word in it.
        warnings.simplefilter("ignore", DeprecationWarning)
        found = pd.infer_freq(dates)
    return None if found is None else str(getattr(found, "freqstr", found))


def _refuse_infinity(frame: pd.DataFrame, label: str) -> None:
    infinite = np.isinf(frame.to_numpy(np.float64))
    if infinite.any():
        row, column = np.argwhere(infinite)[0]
        raise UsageError(
            f"{label} holds an infinite number in column {frame.columns[column]!r}, row {row + 1}:"
            " leave the cell empty if the value is not known"
        )


def _without_holes(frame: pd.DataFrame, label: str, notes: list[str]) -> pd.DataFrame:
    empty = frame.columns[frame.isna().all()]
    if len(empty):
        raise UsageError(f"the column {empty[0]!r} of {label} holds no number")
    holes = int(frame.isna().to_numpy().sum())
    if not holes:
        return frame
    longest = int(frame.isna().apply(_longest_run).max())
    filled = frame.ffill()
    late = int(filled.isna().any(axis=1).sum())
    if late:
        notes.append(f"The first {late} rows were left out: some of their values are missing.")
    notes.append(
        f"{holes} values were missing, at most {longest} in a row: each is the last one before it."
    )
    return filled.iloc[late:]


def _longest_run(missing: pd.Series) -> int:
    return int(missing.groupby((~missing).cumsum()).sum().max())
