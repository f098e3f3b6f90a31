"""From a name to a model: what there is, where it is, and loading it."""

from __future__ import annotations

import fnmatch
import logging
from pathlib import Path
from typing import Any

import torch

from lstm_zoo.errors import CheckpointError, UsageError
from lstm_zoo.task import did_you_mean
from lstm_zoo.zoo.checkpoint import CONFIG, load_checkpoint

WEIGHTS_DIR = Path(__file__).parent.parent.parent / "weights"
LOCAL = "local-dir:"

logger = logging.getLogger("lstm_zoo")


def list_models(pattern: str = "*") -> list[str]:
    """Names of the checkpoints that are here, sorted.

    Args:
        pattern: with the wildcards `*`, `?` and `[...]`.
    """
    folders = WEIGHTS_DIR.glob(f"*/{CONFIG}") if WEIGHTS_DIR.is_dir() else ()
    return sorted(fnmatch.filter((path.parent.name for path in folders), pattern))


def find_checkpoint(name: str) -> Path:
    """The folder of a checkpoint.

    Args:
        name: a plain name such as `char-lstm.shakespeare`, or `local-dir:` and a path.

    Raises:
        UsageError: there is no such checkpoint; names the nearest, or the right spelling of a path.
    """
    if name.startswith(LOCAL):
        folder = Path(name.removeprefix(LOCAL)).expanduser()
        if not folder.is_dir():
            raise UsageError(f"there is no folder {str(folder)!r}")
        return folder
    if name in list_models():
        return WEIGHTS_DIR / name
    if "/" in name or "\\" in name:
        raise UsageError(f"{name!r} looks like a path: write '{LOCAL}{name}' to load a folder")
    raise UsageError(f"there is no model {name!r}{did_you_mean(name, list_models())}")


def load(name: str, device: str | torch.device = "cpu") -> Any:
    """Load a model that is ready to use, in eval mode.

    Args:
        name: a plain name such as `char-lstm.shakespeare`, or `local-dir:` and a path.
        device: where to put it, such as "cpu" or "cuda".

    Returns:
        The task's predictor: for text generation a `TextGenerator`.

    Raises:
        UsageError: there is no such model or device.
        CheckpointError: its files are not whole.
    """
    folder = find_checkpoint(name)
    logger.info("loading %s from %s", name, folder)
    checkpoint = load_checkpoint(folder)
    if not name.startswith(LOCAL) and checkpoint.config.name != name:
        raise CheckpointError(f"{folder} holds {checkpoint.config.name!r}, not {name!r}")
    try:
        model = checkpoint.model.to(device)
    except (RuntimeError, AssertionError) as error:
        raise UsageError(f"cannot use the device {str(device)!r} here: {error}") from None
    return checkpoint.task.predictor(model, checkpoint.preprocessing)
