"""A recipe fitted to a series of the user's own: how far to look back, how long to train."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from lstm_zoo.errors import UsageError
from lstm_zoo.forecasting.series import Series

RECIPE = "lstm.my-series"
"""The recipe that these overrides are for."""

TRAIN_SHARE, TEST_SHARE = 0.7, 0.15
FEWEST_WINDOWS = 16
WINDOWS = 320  # of an epoch, times channels: a minute in all on one CPU core
LONGEST_LOOK_BACK = 512
LONGEST_SEGMENT = 24
BATCH = 32


def own_overrides(
    file: Path,
    series: Series,
    horizon: int,
    name: str | None = None,
    date: str | None = None,
    values: Sequence[str] | None = None,
) -> list[str]:
    """Overrides of the recipe `lstm.my-series` for a user's own file.

    Args:
        file: the csv or parquet file.
        series: what `read_series` makes of it.
        horizon: steps to forecast.
        name: of the model, such as "sales"; None for the file's.
        date: column of the dates, if it was named.
        values: columns of the values, if they were named.

    Raises:
        UsageError: the series is too short for this horizon; says how far it would go.
    """
    train = int(len(series) * TRAIN_SHARE)
    rest = int(len(series) * TEST_SHARE)
    # Half of the train part at most is looked back on, the rest makes windows.
    look_back = min(max(4 * horizon, 48), LONGEST_LOOK_BACK, (train - horizon) // 2)
    segment = max(2, min(LONGEST_SEGMENT, look_back // 8, horizon))
    look_back -= look_back % segment
    windows = train - look_back - horizon + 1
    if look_back < 2 * segment or windows < FEWEST_WINDOWS or rest < horizon:
        most = min(rest, (train - 2 * FEWEST_WINDOWS) // 2)
        far = f"at most {most} steps" if most > 0 else "no step at all"
        raise UsageError(
            f"the series has {len(series)} rows, too few to learn a horizon of {horizon}: they are"
            f" enough for {far}"
        )
    slug = re.sub(r"[^a-z0-9]+", "-", (name or file.stem).lower()).strip("-") or "series"
    stride = max(1, windows * len(series.names) // WINDOWS)
    overrides = [
        f"name=lstm.{slug}",
        f"data.name={_quoted(name or file.stem)}",
        f"data.file={_quoted(str(file.resolve()))}",
        f"data.look_back={look_back}",
        f"data.horizons=[{horizon}]",
        f"data.split=[{TRAIN_SHARE}, {1 - TRAIN_SHARE - TEST_SHARE:.2f}, {TEST_SHARE}]",
        f"batches.batch_size={max(1, BATCH // len(series.names))}",
        f"batches.stride={min(stride, windows)}",
        f"model.segment={segment}",
    ]
    if date is not None:
        overrides.append(f"data.date={_quoted(date)}")
    if values is not None:
        overrides.append(f"data.values=[{', '.join(map(_quoted, values))}]")
    return overrides


def _quoted(text: str) -> str:
    """As YAML has it, whatever is in it."""
    return "'" + text.replace("'", "''") + "'"
