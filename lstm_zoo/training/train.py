"""From a recipe to a checkpoint, and the figures of a checkpoint once more."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lstm_zoo.errors import UsageError
from lstm_zoo.task import Data, Metric, Progress, no_progress
from lstm_zoo.training.loop import Outcome, Trainer
from lstm_zoo.training.machine import on_main
from lstm_zoo.training.recipe import Recipe, parse_recipe, read_recipe, recipe_names
from lstm_zoo.training.runs import RunFolder
from lstm_zoo.zoo.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from lstm_zoo.zoo.config import CheckpointConfig
from lstm_zoo.zoo.names import checkpoint_for, find_checkpoint

RUNS_DIR = Path("runs")
SPLITS = ("train", "validation", "test")


def train(
    name: str | dict[str, Any],
    *,
    overrides: Sequence[str] = (),
    data_dir: Path | None = None,
    data_file: Path | None = None,
    runs_dir: Path = RUNS_DIR,
    device: str = "auto",
    restart: bool = False,
    should_stop: Callable[[], bool] = lambda: False,
    progress: Progress = no_progress,
    quiet: bool = False,
    log_with: str | None = None,
) -> tuple[Path, CheckpointConfig]:
    """Train a recipe to its end, or on from where it was interrupted.

    The best weights are chosen by the validation part; the test part is read once, after that.

    Args:
        name: a recipe's name, the path of a YAML file, or what such a file holds.
        overrides: `section.key=value`.
        data_dir: folder of raw data.
        data_file: a file to read instead of the recipe's.
        runs_dir: holds a folder for each run.
        device: "auto", "cpu", "cuda" or "mps".
        restart: forget an interrupted run.
        should_stop: asked after each step; True saves the state and raises `Interrupted`.
        progress: wraps the batches of the evaluation, and of texts that a model labels before.
        quiet: no progress bar in training.
        log_with: "tensorboard" or "trackio", to send the curve there too.

    Returns:
        The checkpoint's folder, and its config.

    Raises:
        UsageError: the recipe, an override or the device is not usable.
        FileNotFoundError: the data is missing.
        Interrupted: the run was stopped; call again to go on.
    """
    recipe, task = read_recipe(name, overrides)
    has_own_file = data_file is not None or recipe.name not in recipe_names()
    if data_file is not None:
        recipe, data_dir = _with_file(recipe, data_file)
    start = recipe.training.start_from
    source = None if start is None else checkpoint_for(task.name, start)
    load_from = getattr(task, "load_data_from", None)
    if source is not None and load_from is not None:
        data = load_from(recipe.data, data_dir, source.preprocessing)
    else:
        data = task.load_data(recipe.data, data_dir)
    folder = RunFolder(runs_dir / recipe.name)
    folder.open(restart)
    trainer = Trainer(recipe, task, data, folder, device, should_stop, quiet, log_with)
    if source is not None:
        _start_from(source, trainer)
    teach = getattr(task, "teach", None)
    if teach is not None:
        folder.load_state(recipe)  # another recipe's run is refused before the texts are labelled
        teacher = (None, None) if source is None else (source.model, source.preprocessing)
        trainer.data = teach(data, recipe.data, *teacher, trainer.accelerator, progress)
    outcome = trainer.run()

    def write() -> CheckpointConfig:
        metrics = task.evaluate(outcome.model, data, "test", progress)
        return save_checkpoint(
            folder.checkpoint,
            outcome.model,
            data.preprocessing,
            task,
            _facts(recipe, data, outcome, metrics, has_own_file),
        )

    return folder.checkpoint, on_main(trainer.accelerator, write)


def _start_from(source: Checkpoint, trainer: Trainer) -> None:
    """Give a run that has not begun the weights of a checkpoint."""
    name, task = trainer.recipe.training.start_from, trainer.task
    preprocessing = trainer.data.preprocessing
    adopt = getattr(task, "adopt", None)
    if adopt is not None:
        adopt(trainer.model, preprocessing, source.model, source.preprocessing)
        return
    if task.dump_preprocessing(preprocessing) != task.dump_preprocessing(source.preprocessing):
        raise UsageError(f"{name} was trained on data that is prepared otherwise")
    try:
        trainer.model.load_state_dict(source.model.state_dict())
    except RuntimeError:
        raise UsageError(
            f"{name} is built otherwise: take the sizes of its section model"
        ) from None


def _facts(
    recipe: Recipe, data: Data, outcome: Outcome, metrics: dict[str, Metric], has_own_file: bool
) -> dict[str, Any]:
    command = f"python -m lstm_zoo evaluate {recipe.name}"
    file = getattr(recipe.data, "file", None)
    if file and has_own_file:
        command += f" --data-file {shlex.quote(file)}"
    return {
        "name": recipe.name,
        "description": recipe.description,
        "licence": recipe.licence,
        "language": recipe.data.language,
        "metrics": {
            key: asdict(metric) | {"split": metric.split or "test", "command": command}
            for key, metric in metrics.items()
        },
        "recipe": recipe.model_dump(mode="json"),
        "data": {**recipe.data.model_dump(mode="json"), **data.facts},
        "training": outcome.facts,
        "history": outcome.history,
    }


def evaluate(
    name: str,
    *,
    split: str = "test",
    data_dir: Path | None = None,
    data_file: Path | None = None,
    device: str = "cpu",
    progress: Progress = no_progress,
) -> tuple[Checkpoint, dict[str, Metric]]:
    """Measure a checkpoint on the data of its own recipe.

    Args:
        name: as for `lstm_zoo.load`.
        split: "train", "validation" or "test".
        data_dir: folder of raw data.
        data_file: a file to read instead of the recipe's.
        device: where to compute.
        progress: wraps the batches.

    Returns:
        The checkpoint, and its metrics as measured now.

    Raises:
        UsageError: there is no such model or split.
        FileNotFoundError: the data is missing.
    """
    checkpoint = load_checkpoint(find_checkpoint(name))
    if not checkpoint.config.recipe:
        raise UsageError(
            f"{name} was made elsewhere and has no recipe: there is no data to measure by"
        )
    recipe, task = parse_recipe(checkpoint.config.recipe, f"the recipe of {name}")
    if split not in SPLITS:
        raise UsageError(f"there is no split {split!r}; known: {', '.join(SPLITS)}")
    if data_file is None:
        data = task.load_data(recipe.data, data_dir)
    else:
        recipe, data_dir = _with_file(recipe, data_file)
        data = _load_for(checkpoint, recipe, data_dir)
    checkpoint.model.to(device)
    return checkpoint, task.evaluate(checkpoint.model, data, split, progress)


def _with_file(recipe: Recipe, path: Path) -> tuple[Recipe, Path]:
    """The recipe with another file, and the folder of that: a checkpoint should name no folder."""
    keys = type(recipe.data).model_fields.keys()
    if getattr(recipe.data, "file", None) is None:
        raise UsageError(f"the data of {recipe.name} is not one file: leave --data-file out")
    changes = {"file": path.name, "url": None, "sha256": None}
    data = recipe.data.model_copy(update={k: v for k, v in changes.items() if k in keys})
    return recipe.model_copy(update={"data": data}), path.absolute().parent


def _load_for(checkpoint: Checkpoint, recipe: Recipe, data_dir: Path) -> Data:
    """Another file, as the model reads it: with its vocabulary, not the file's own."""
    task = checkpoint.task
    load = getattr(task, "load_data_as", None)
    if load is not None:
        data: Data = load(recipe.data, data_dir, checkpoint.preprocessing)
        return data
    data = task.load_data(recipe.data, data_dir)
    ours = task.dump_preprocessing(checkpoint.preprocessing)
    if task.dump_preprocessing(data.preprocessing) != ours:
        raise UsageError(
            f"{recipe.data.file} is prepared differently than the data of {recipe.name}: it cannot"
            " be measured by this model"
        )
    return data
