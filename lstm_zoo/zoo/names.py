"""From a name to a model: what there is, where it is, and loading it."""

from __future__ import annotations

import fnmatch
import logging
import re
import sys
from pathlib import Path
from typing import Any

import torch

from lstm_zoo.errors import CheckpointError, UsageError
from lstm_zoo.task import did_you_mean, task_names
from lstm_zoo.zoo.checkpoint import CONFIG, Checkpoint, load_checkpoint, read_config
from lstm_zoo.zoo.config import NAME_PATTERN, CheckpointConfig
from lstm_zoo.zoo.hub import (
    HUB,
    cached_folder,
    cached_models,
    download,
    newest,
    parse_hub_name,
)

WEIGHTS_DIR = Path(__file__).parent.parent.parent / "weights"
RUNS_DIR = Path("runs")
"""Where `train` leaves what was trained here, below the folder that Python was started in."""
LOCAL = "local-dir:"


class _StandardError(logging.Handler):
    """Shows notes in a notebook or a terminal, where no program has set up logging of its own."""

    def emit(self, record: logging.LogRecord) -> None:
        if not logging.getLogger().handlers:
            print(f"note: {record.getMessage()}", file=sys.stderr)


logger = logging.getLogger("lstm_zoo")
logger.setLevel(logging.INFO)
logger.addHandler(_StandardError())


def list_models(
    pattern: str = "*",
    *,
    task: str | None = None,
    language: str | None = None,
    data: str | None = None,
    max_parameters: int | None = None,
    cached: bool = False,
) -> list[str]:
    """Names of the checkpoints that ship with the code, sorted.

    Args:
        pattern: a name, with the wildcards `*`, `?` and `[...]`.
        task: only those for this task, such as "language".
        language: only those of this language, such as "en".
        data: only those trained on this data: its short name or its full one, wildcards allowed,
            such as "shakespeare" or "Tiny *".
        max_parameters: only those with at most so many parameters.
        cached: also those that were trained here, in `runs/`, and those that were downloaded
            before and are in the Hub's local cache.

    Raises:
        UsageError: there is no such task; names the nearest.
        CheckpointError: a checkpoint's config cannot be read, and a filter needs it.
    """
    if task is not None and task not in task_names():
        raise UsageError(f"unknown task {task!r}{did_you_mean(task, task_names())}")
    folders = WEIGHTS_DIR.glob(f"*/{CONFIG}") if WEIGHTS_DIR.is_dir() else ()
    names = {path.parent.name for path in folders}
    if cached:
        names |= {*cached_models(), *(path.parents[1].name for path in _trained())}
    found = sorted(fnmatch.filter(names, pattern))
    if (task, language, data, max_parameters) == (None,) * 4:
        return found

    def fits(config: CheckpointConfig) -> bool:
        trained_on = (config.data["name"].lower(), config.name.partition(".")[2])
        return (
            task in (None, config.task)
            and language in (None, config.language)
            and (data is None or bool(fnmatch.filter(trained_on, data.lower())))
            and (max_parameters is None or config.parameters <= max_parameters)
        )

    return [name for name in found if fits(read_config(find_checkpoint(name)))]


def _trained() -> list[Path]:
    return list(RUNS_DIR.glob(f"*/checkpoint/{CONFIG}"))


def find_checkpoint(name: str) -> Path:
    """The folder of a checkpoint; it is downloaded if it is nowhere here.

    Args:
        name: as in `load`.

    Raises:
        UsageError: there is no such checkpoint; names the nearest, or the right spelling of a path.
        CheckpointError: it arrives damaged from the Hub.
    """
    return _find(name)[0]


def checkpoint_for(task: str, name: str) -> Checkpoint:
    """The checkpoint of this name, to start from.

    Args:
        task: what it has to be for.
        name: as in `load`.

    Raises:
        UsageError: there is no such checkpoint, or it is for another task.
        CheckpointError: its files are not whole.
    """
    checkpoint = load_checkpoint(find_checkpoint(name))
    if checkpoint.task.name != task:
        raise UsageError(f"{name} is for the task {checkpoint.task.name}, not {task}")
    return checkpoint


def load(name: str, device: str | torch.device = "cpu") -> Any:
    """Load a model that is ready to use, in eval mode.

    A plain name is looked for in `weights/`, then in `runs/`, where `train` leaves its checkpoints,
    then in the Hub's local cache, then on the Hub, where it means a model of the owner `lstm-zoo`
    or whom the environment variable LSTM_ZOO_HUB_OWNER names. A note on standard error says which
    it was (the logger `lstm_zoo`, level INFO).

    Args:
        name: a plain name such as `char-lstm.shakespeare`, `local-dir:` and a path, or `hf-hub:`
            and owner/name or owner/name@revision.
        device: where to put it, such as "cpu" or "cuda".

    Returns:
        The task's predictor: for text generation a `TextGenerator`.

    Raises:
        UsageError: there is no such model or device.
        CheckpointError: its files are not whole.
    """
    folder, source = _find(name)
    if source:
        logger.info("%s is taken from %s", name, source)
    try:
        checkpoint = load_checkpoint(folder)
    except CheckpointError as error:
        if folder.parent == WEIGHTS_DIR or folder.name == "checkpoint" or name.startswith(LOCAL):
            raise
        repair = f"`python -m lstm_zoo pull {name}` repairs the copy in the Hub's local cache"
        raise CheckpointError(f"{error}; {repair}") from None
    if not name.startswith((LOCAL, HUB)) and checkpoint.config.name != name:
        raise CheckpointError(f"{folder} holds {checkpoint.config.name!r}, not {name!r}")
    try:
        model = checkpoint.model.to(device)
    except (RuntimeError, AssertionError) as error:
        raise UsageError(f"cannot use the device {str(device)!r} here: {error}") from None
    return checkpoint.task.predictor(model, checkpoint.preprocessing)


def _find(name: str) -> tuple[Path, str]:
    """A checkpoint's folder, and in words where it is, "" if the name itself says that."""
    if name.startswith(LOCAL):
        folder = Path(name.removeprefix(LOCAL)).expanduser()
        if not folder.is_dir():
            raise UsageError(f"there is no folder {str(folder)!r}")
        return folder, ""
    if name.startswith(HUB):
        return newest(*parse_hub_name(name))
    if name in list_models():
        return WEIGHTS_DIR / name, "weights/, which ships with the code"
    if any(path.parents[1].name == name for path in _trained()):
        return RUNS_DIR / name / "checkpoint", f"{RUNS_DIR}/, where it was trained"
    if "/" in name or "\\" in name:
        raise UsageError(
            f"{name!r} looks like a path: write '{LOCAL}{name}' to load a folder, or"
            f" '{HUB}{name}' if it is owner/name on the Hub"
        )
    near = did_you_mean(name, list_models())
    if not re.fullmatch(NAME_PATTERN, name):
        raise UsageError(f"there is no model {name!r}{near}")
    repo_id, _ = parse_hub_name(name)
    if cached := cached_folder(repo_id):
        return cached, f"the Hub's local cache ({repo_id} at {cached.name[:7]})"
    try:
        folder = download(repo_id)
    except UsageError as error:
        raise UsageError(f"there is no model {name!r}{near} ({error})") from None
    return folder, f"the Hub ({repo_id} at {folder.name[:7]})"
