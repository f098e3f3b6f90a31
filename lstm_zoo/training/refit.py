"""A forecaster trained anew on the part of a series that was known, for a backtest with refit."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lstm_zoo.errors import UsageError
from lstm_zoo.training.train import train
from lstm_zoo.zoo.checkpoint import load_checkpoint
from lstm_zoo.zoo.names import find_checkpoint

CHOICE_SHARE = 0.15
"""Of the rows: the last ones choose the weights, the others train."""


def refitter(name: str, device: str = "cpu") -> Callable[[Any], Any]:
    """What `backtest` takes as its `refit`: the recipe of a checkpoint, trained on what was known.

    Args:
        name: of a forecaster, as for `lstm_zoo.load`; its weights are not started from.
        device: where to train.

    Returns:
        A function from a `Series` to a forecaster; it raises `UsageError` if that is too short for
        the recipe's look-back and horizon.

    Raises:
        UsageError: the checkpoint has no recipe that trains on one series.
    """
    config = load_checkpoint(find_checkpoint(name)).config
    recipe = config.recipe
    if not recipe or config.task != "forecasting" or recipe["data"].get("kind") == "prices":
        raise UsageError(
            f"{name} cannot be trained anew on one series: only models of one table can, such as"
            " those of the recipe lstm.my-series"
        )

    def refit(series: Any) -> Any:
        with tempfile.TemporaryDirectory(prefix="lstm-zoo-") as folder:
            file = Path(folder) / f"{len(series)}-rows.csv"
            _write(series, file)
            changes = {
                "file": str(file),
                "url": None,
                "sha256": None,
                "date": None,
                "values": None,
                "as_it_stands": False,
                "split": _split(len(series), max(recipe["data"]["horizons"])),
            }
            document = {**recipe, "data": {**recipe["data"], **changes}}
            made, _ = train(document, runs_dir=Path(folder), device=device, quiet=True)
            fresh = load_checkpoint(made)
        return fresh.task.predictor(fresh.model.to(device), fresh.preprocessing)

    return refit


def _split(rows: int, horizon: int) -> list[int]:
    """Rows of train and validation; the test part, which nobody asks for, is as small as it can."""
    test = max(2, horizon)
    validation = max(test, int(rows * CHOICE_SHARE))
    return [max(2, rows - validation - test), validation, test]


def _write(series: Any, file: Path) -> None:
    import pandas as pd

    table = pd.DataFrame(series.values, columns=list(series.names))
    if series.dates is not None:
        table.insert(0, "date", series.dates, allow_duplicates=True)
    table.to_csv(file, index=False)
