"""A recipe fitted to a series of the user's own: how far to look back, how long to train."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lstm_zoo.errors import UsageError
from lstm_zoo.files import slug
from lstm_zoo.forecasting.preprocessing import Preprocessing
from lstm_zoo.forecasting.series import Series

RECIPE = "lstm.my-series"
"""The recipe that these overrides are for."""

TRAIN_SHARE, TEST_SHARE = 0.7, 0.15
FEWEST_WINDOWS = 16
WINDOWS = 320  # of an epoch, times channels: a minute in all on one CPU core
LONGEST_LOOK_BACK = 512
LONGEST_SEGMENT = 24
LONGEST_DEFAULT = 24
BATCH = 32


def own_overrides(
    file: Path,
    series: Series,
    horizon: int | None = None,
    name: str | None = None,
    date: str | None = None,
    values: Sequence[str] | None = None,
) -> list[str]:
    """Overrides of the recipe `lstm.my-series` for a user's own file.

    Args:
        file: the csv or parquet file.
        series: what `read_series` makes of it.
        horizon: steps to forecast; None for a twentieth of the rows, at most 24.
        name: of the model, such as "sales"; None for the file's.
        date: column of the dates, if it was named.
        values: columns of the values, if they were named.

    Raises:
        UsageError: the series is too short for this horizon; says how far it would go.
    """
    train = int(len(series) * TRAIN_SHARE)
    rest = int(len(series) * TEST_SHARE)
    if horizon is None:
        horizon = max(1, min(len(series) // 20, LONGEST_DEFAULT))
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
    stride = max(1, windows * len(series.names) // WINDOWS)
    overrides = [
        f"name=lstm.{slug(name or file.stem, 'series')}",
        f"data.name={quoted(name or file.stem)}",
        f"data.file={quoted(str(file.resolve()))}",
        f"data.look_back={look_back}",
        f"data.horizons=[{horizon}]",
        f"data.split=[{TRAIN_SHARE}, {1 - TRAIN_SHARE - TEST_SHARE:.2f}, {TEST_SHARE}]",
        f"batches.batch_size={max(1, BATCH // len(series.names))}",
        f"batches.stride={min(stride, windows)}",
        f"model.segment={segment}",
    ]
    if date is not None:
        overrides.append(f"data.date={quoted(date)}")
    if values is not None:
        overrides.append(f"data.values=[{', '.join(map(quoted, values))}]")
    return overrides


def tuning_overrides(
    name: str, model: Mapping[str, Any], trained: Preprocessing, series: Series
) -> list[str]:
    """Overrides besides `own_overrides`, to start from a trained model: its sizes and lengths.

    Args:
        name: of the model to start from.
        model: its section `model`.
        trained: what travels with it.
        series: what `read_series` makes of the file.

    Raises:
        UsageError: it is a model of prices, it reads what the series has not, or the series
            is too short for it.
    """
    if trained.kind == "prices":
        raise UsageError(
            f"{name} learns from the prices of many stocks together and cannot be trained on one"
            " file: it forecasts any stock as it is"
        )
    if model.get("channels") == "joint" and len(series.names) != len(trained.names):
        raise UsageError(
            f"{name} reads {len(trained.names)} columns together, the series has"
            f" {len(series.names)}: take as many, or train a new model"
        )
    if model.get("calendar") and series.dates is None:
        raise UsageError(f"{name} reads the calendar, the series has no dates: train a new model")
    train = int(len(series) * TRAIN_SHARE)
    windows = train - trained.look_back - trained.horizon + 1
    rest = int(len(series) * TEST_SHARE)
    if windows < FEWEST_WINDOWS or rest < min(trained.horizons):
        least = max(
            (trained.look_back + trained.horizon + FEWEST_WINDOWS) / TRAIN_SHARE,
            min(trained.horizons) / TEST_SHARE,
        )
        raise UsageError(
            f"the series has {len(series)} rows: to start from {name}, which reads"
            f" {trained.look_back} and forecasts {trained.horizon}, it needs {int(least) + 1}"
        )
    stride = max(1, windows * len(series.names) // WINDOWS)
    return [
        f"model={json.dumps(dict(model))}",
        f"data.look_back={trained.look_back}",
        f"data.horizons={list(trained.horizons)}",
        f"batches.stride={min(stride, windows)}",
        "optimizer.learning_rate=5.0e-4",
    ]


def quoted(text: str) -> str:
    """As YAML has it, whatever is in it."""
    return "'" + text.replace("'", "''") + "'"
