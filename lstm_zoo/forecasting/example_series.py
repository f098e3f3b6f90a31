"""Series that come with the code; `examples/README.md` names their sources."""

from __future__ import annotations

from pathlib import Path

from lstm_zoo.errors import UsageError
from lstm_zoo.forecasting.series import Series, read_series
from lstm_zoo.task import did_you_mean

FOLDER = Path(__file__).parent / "examples"
PREFIX = "example:"


def example_names() -> list[str]:
    """Names of the example series."""
    return sorted(path.stem for path in FOLDER.glob("*.csv"))


def example_series(name: str) -> Series:
    """An example series by its name.

    Raises:
        UsageError: there is none of this name; names the nearest.
    """
    known = example_names()
    if name not in known:
        raise UsageError(f"there is no example series {name!r}{did_you_mean(name, known)}")
    return read_series(FOLDER / f"{name}.csv")
