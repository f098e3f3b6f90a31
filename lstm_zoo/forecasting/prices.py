"""Prices: which column they are, what cannot be one, and their log returns."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_zoo.errors import UsageError
from lstm_zoo.forecasting.series import Series

Array = NDArray[np.float64]

SPLIT = 0.6
"""A log return that halves the price nearly: of a split rather than of a day."""


def closing_prices(series: Series) -> Array:
    """The column "close" of a table of prices, else all columns: (time, channels).

    Raises:
        UsageError: a price is not above zero; names the row.
    """
    prices = series.values
    if series.is_prices and "close" in series.names:
        column = series.names.index("close")
        prices = prices[:, column : column + 1]
    bad = np.argwhere(prices <= 0)
    if len(bad):
        row, column = bad[0]
        raise UsageError(
            f"the price {prices[row, column]:g} in row {row + 1}{_when(series, row)} is not above"
            " zero: a model of returns reads prices, not returns or changes"
        )
    return prices


def split_notes(series: Series) -> tuple[str, ...]:
    """A sentence if a price jumps as in a split that was not adjusted for."""
    jumps = log_returns(closing_prices(series)[None])[0]
    row, column = np.unravel_index(np.abs(jumps).argmax(), jumps.shape)
    jump = jumps[row, column]
    if abs(jump) < SPLIT:
        return ()
    return (
        f"The price changes by a factor of {np.exp(abs(jump)):.3g} in one step"
        f"{_when(series, int(row) + 1)}: if that is a split, {'multiply' if jump > 0 else 'divide'}"
        " the prices before it by this.",
    )


def log_returns(prices: ArrayLike) -> Array:
    """(n, time, channels) prices to (n, time - 1, channels) log returns."""
    return np.diff(np.log(np.asarray(prices, np.float64)), axis=1)


def _when(series: Series, row: int) -> str:
    return "" if series.dates is None else f" ({series.dates[row]:%Y-%m-%d})"
