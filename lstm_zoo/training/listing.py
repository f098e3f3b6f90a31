"""The runs of a folder, told from their files alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from lstm_zoo.errors import UsageError
from lstm_zoo.training.runs import RunFolder


@dataclass(frozen=True)
class RunSummary:
    """One run.

    Attributes:
        name: the recipe's.
        finished: whether its checkpoint is written.
        epochs: done so far.
        total_epochs: of the recipe, at most.
        metric: the name of the validation metric; "" before the first epoch ends.
        best: the lowest so far; None before the first epoch ends.
        seconds: of training, without that since the last epoch.
        bytes: on the disk.
    """

    name: str
    finished: bool
    epochs: int
    total_epochs: int
    metric: str
    best: float | None
    seconds: float
    bytes: int


def list_runs(runs_dir: Path) -> list[RunSummary]:
    """All runs in a folder, by name.

    Raises:
        UsageError: a run's file cannot be read; names it.
    """
    return [_summary(RunFolder(path.parent)) for path in sorted(runs_dir.glob("*/recipe.yaml"))]


def _summary(folder: RunFolder) -> RunSummary:
    recipe = folder.path / "recipe.yaml"
    try:
        document = yaml.safe_load(recipe.read_text("utf-8"))
        name, total = str(document["name"]), int(document["training"]["epochs"])
        history = folder.read_history()
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{folder.path} is not a run's folder: {error!r}") from None
    key = next((key for entry in history for key in entry if key.startswith("validation_")), "")
    return RunSummary(
        name=name,
        finished=folder.is_finished(),
        epochs=len(history),
        total_epochs=total,
        metric=key.removeprefix("validation_"),
        best=min((entry[key] for entry in history if key in entry), default=None),
        seconds=history[-1]["seconds"] if history else 0.0,
        bytes=sum(path.stat().st_size for path in folder.path.rglob("*") if path.is_file()),
    )
