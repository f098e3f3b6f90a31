"""Which series a visitor means: an example, or columns of an uploaded file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lstm_zoo.forecasting.example_series import example_series
from lstm_zoo.forecasting.series import Series, read_series
from lstm_zoo.forecasting.tables import read_table
from lstm_zoo.ui.words import sentence
from lstm_zoo.ui.writing import Mistake

EXAMPLES = {
    # name -> the steps that are asked for at first; the first example is chosen from the start
    "sp500": 20,
    "co2": 24,
    "elnino": 12,
}
OF_PRICES = "sp500"
PRICE_NAMES = re.compile(r"(adj\.? ?)?close|prices?|收盘价?|价格", re.IGNORECASE)
Source = dict[str, Any]
"""{"example": name} or {"file": path}; empty if none is chosen."""


def columns_of(path: str) -> tuple[list[str], int]:
    """Names of the columns of an uploaded table, and how many rows it has.

    Raises:
        UsageError: it is not one; says what would be right.
    """
    table = read_table(Path(path))
    return [str(name) for name in table.columns], len(table)


def may_be_prices(columns: Sequence[str]) -> bool:
    """Whether a table looks like prices, by the names of its columns."""
    return any(PRICE_NAMES.fullmatch(name.strip()) for name in columns)


def series_of(source: Source, date: str | None, values: list[str] | None) -> Series:
    """The series that a visitor has chosen.

    Args:
        source: see `Source`.
        date: column of the dates; None to look for it.
        values: columns of the values; None or none for all.

    Raises:
        UsageError: none is chosen, or it cannot be read.
    """
    if "example" in source:
        return example_series(source["example"])
    if "file" in source:
        return read_series(Path(source["file"]), date or None, values or None)
    raise Mistake(sentence("choose_series"))
