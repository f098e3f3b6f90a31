"""Tables of numbers from files: csv and parquet, the column of dates, the columns of values."""

from __future__ import annotations

import codecs
import gzip
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstm_zoo.errors import UsageError
from lstm_zoo.task import did_you_mean

if TYPE_CHECKING:
    import pandas as pd

LARGEST_FILE = 64 * 2**20
SAMPLE_BYTES = 2**16
CONTROL = re.compile(r"[\0-\x08\x0e-\x1f]")  # characters that are in no csv file
NAMES_SHOWN = 10
GROUPED = re.compile(r"(?=.*[$€£¥￥,])([+-]?)[$€£¥￥]? ?(\d{1,3}(?:,\d{3})+|\d+)(\.\d*)?")
"""A number as exports of prices write it: $1,234.50."""
DATE_NAMES = re.compile(r"date|time|datetime|timestamp|day|month|year|ds|日期|时间", re.IGNORECASE)


def read_table(path: Path) -> pd.DataFrame:
    """The table in a csv (also .gz) or parquet file.

    Raises:
        UsageError: it is not such a file, or too large; says what would be right.
    """
    import pandas as pd

    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise UsageError(
            f"{path.name} has {size / 2**20:.0f} MB, at most {LARGEST_FILE // 2**20} are read: keep"
            " the columns and rows that matter"
        )
    with path.open("rb") as file:
        head = file.read(4)
    try:
        if head == b"PAR1":
            return pd.read_parquet(path)
        if head[:2] == b"PK":
            raise UsageError(f"{path.name} is a zip archive, not a csv: unpack it first")
        is_gzip = head[:2] == b"\x1f\x8b"
        with gzip.open(path) if is_gzip else path.open("rb") as file:
            start = file.read(SAMPLE_BYTES)
        encoding = _encoding(start)
        if CONTROL.search(start.decode(encoding, "replace")):
            raise UsageError(
                f"{path.name} is neither csv nor parquet: it has bytes that are no text"
            )
        options: dict[str, Any] = {
            "compression": "gzip" if is_gzip else None,
            "encoding": encoding,
            "encoding_errors": "replace",
        }
        for separator in (",", ";", "\t", "|"):
            table = pd.read_csv(
                path,
                sep=separator,
                decimal="," if separator == ";" else ".",
                low_memory=False,
                **options,
            )
            if table.shape[1] > 1:
                return table
        return pd.read_csv(path, **options)
    except UsageError:
        raise
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(f"{path.name} cannot be read as csv or parquet: {reason}") from None


def _encoding(start: bytes) -> str:
    """Python's name of the encoding of a csv file that begins so; numbers are alike in most."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    zeros = {"utf-16-le": start[1::2].count(0), "utf-16-be": start[::2].count(0)}
    likely = max(zeros, key=lambda name: zeros[name])
    if zeros[likely] > len(start) // 8:  # digits and commas have a zero byte on one side
        return likely
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)  # its end may be half a character
    except UnicodeDecodeError:
        # Common Chinese characters begin with a lower byte than the accented letters of the West.
        pairs = re.findall(rb"[\x81-\xfe][\x40-\xfe]", start)
        common = sum(0xA1 <= pair[0] <= 0xD7 for pair in pairs)
        return "gb18030" if 5 * common >= 4 * len(pairs) and pairs else "cp1252"
    return "utf-8-sig"


def date_column(
    table: pd.DataFrame, name: str | None, label: str, notes: list[str]
) -> pd.Series | None:
    """The dates of the rows: the named column, or the first that looks like dates, or the index.

    Raises:
        UsageError: there is no such column, or a date cannot be read; names the row.
    """
    import pandas as pd

    if name is not None:
        if name not in table.columns:
            raise UsageError(f"{label} has no column {name!r}{did_you_mean(name, _names(table))}")
        return _dates(table[name], label, notes)
    if isinstance(table.index, pd.DatetimeIndex):
        return pd.Series(table.index, name="\0index")
    texts = [
        column
        for column in table.columns
        if not pd.api.types.is_numeric_dtype(table[column]) or _holds_years(table[column])
    ]
    texts.sort(key=lambda column: not DATE_NAMES.search(str(column)))
    for column in texts:
        if pd.api.types.is_datetime64_any_dtype(table[column]):
            return _dates(table[column], label, notes)
        sample = table[column].dropna().astype(str).head(5)
        if sample.str.contains(r"\d").all() and not sample.str.fullmatch(GROUPED).all():
            read = pd.to_datetime(sample, errors="coerce", format="mixed")
            if read.notna().mean() >= 0.8:
                return _dates(table[column], label, notes)
    return None


def _holds_years(column: pd.Series) -> bool:
    import pandas as pd

    named = str(column.name).lower() in ("year", "年", "年份")
    return named and pd.api.types.is_integer_dtype(column) and column.between(1000, 2999).all()


def _dates(column: pd.Series, label: str, notes: list[str]) -> pd.Series:
    import pandas as pd
    from pandas.tseries.api import guess_datetime_format

    if pd.api.types.is_datetime64_any_dtype(column):
        return column.dt.tz_localize(None) if column.dt.tz is not None else column
    texts = column.astype(str).str.strip()
    readings = []
    for day_first in (False, True):
        # One format for all rows: guessed row by row, 3/4 could be two days in one column.
        form = guess_datetime_format(texts.iloc[0], dayfirst=day_first) or "mixed"
        readings.append(pd.to_datetime(texts, errors="coerce", format=form))
    read = max(readings, key=lambda r: (r.notna().sum(), r.is_monotonic_increasing))
    if read.isna().any():
        row = int(read.isna().to_numpy().argmax())
        raise UsageError(
            f"the date {texts.iloc[row]!r:.40} in row {row + 1} of {label}, column"
            f" {str(column.name)!r:.40}, is not written as {texts.iloc[0]!r:.40} in row 1 is:"
            " write all dates alike, best as 2024-12-31"
        )
    if read is readings[1] and not read.equals(readings[0]):
        notes.append("The dates were read with the day before the month.")
    if read.dt.tz is not None:
        read = read.dt.tz_localize(None)
    return read


def value_columns(
    table: pd.DataFrame,
    names: Sequence[str] | None,
    taken: str | None,
    label: str,
    notes: list[str],
) -> pd.DataFrame:
    """The columns of values as float64, missing ones as NaN.

    Args:
        table: all columns.
        names: those that are wanted; None for all that hold numbers.
        taken: column of the dates.
        label: what to call the table.
        notes: takes a sentence on what was left out.

    Raises:
        UsageError: there is no such column, or one holds text; names the row.
    """
    import pandas as pd

    if names is not None:
        for name in names:
            if name not in table.columns:
                raise UsageError(
                    f"{label} has no column {name!r}{did_you_mean(name, _names(table))}"
                )
    columns = {}
    for name in names if names is not None else [n for n in table.columns if str(n) != taken]:
        column = table[name]
        plain = pd.to_numeric(column, errors="coerce").astype("float64")
        numbers = plain
        if not pd.api.types.is_numeric_dtype(column):
            numbers = plain.where(plain.notna(), _ungrouped(column))
        broken = numbers.isna() & column.notna() & (column.astype(str).str.strip() != "")
        if broken.any():
            if names is None and broken.mean() > 0.5:
                notes.append(f"The column {str(name)!r:.40} holds text: it was left out.")
                continue
            row = int(broken.to_numpy().argmax())
            raise UsageError(
                f"the column {str(name)!r:.40} of {label} holds {str(column.iloc[row])!r:.40}"
                f" in row {row + 1}, which is no number"
            )
        if (grouped := (numbers.notna() & plain.isna()).to_numpy()).any():
            row = int(grouped.argmax())
            notes.append(
                f"The column {str(name)!r:.40} was read without currency signs and commas between"
                f" thousands: {str(column.iloc[row])!r:.40} is {numbers.iloc[row]:.10g}."
            )
        columns[name] = numbers
    if not columns:
        shown = ", ".join(f"{name:.40}" for name in _names(table)[:NAMES_SHOWN])
        raise UsageError(f"{label} has no column of numbers; its columns: {shown}")
    return pd.DataFrame(columns).reset_index(drop=True)


def _ungrouped(column: pd.Series) -> pd.Series:
    """The cells with a currency sign or commas between thousands as numbers, the others as NaN."""
    import pandas as pd

    texts = column.astype(str).str.strip()
    digits = texts.str.replace(GROUPED, r"\1\2\3", regex=True).str.replace(",", "")
    return pd.to_numeric(digits.where(texts.str.fullmatch(GROUPED)), errors="coerce")


def _names(table: pd.DataFrame) -> list[str]:
    return [str(name) for name in table.columns]
