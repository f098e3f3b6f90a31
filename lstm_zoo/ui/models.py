"""The models behind the page: loaded at first use, shared by all visitors."""

from __future__ import annotations

import threading
from typing import Any

import torch

from lstm_zoo.errors import CheckpointError, UsageError
from lstm_zoo.task import did_you_mean
from lstm_zoo.ui.words import Sentence, sentence
from lstm_zoo.zoo import list_models, load
from lstm_zoo.zoo.checkpoint import read_config
from lstm_zoo.zoo.config import CheckpointConfig
from lstm_zoo.zoo.names import find_checkpoint

_lock = threading.Lock()
_loaded: dict[str, Any] = {}


def find_models(task: str | None = None) -> tuple[dict[str, CheckpointConfig], list[str]]:
    """The checkpoints that are here: those that ship with the code and those in the Hub's cache.

    Args:
        task: only those for this task.

    Returns:
        Configs by name, and a message for each checkpoint that cannot be read.
    """
    configs, errors = {}, []
    for name in list_models(cached=True):
        try:
            config = read_config(find_checkpoint(name))
        except (CheckpointError, UsageError) as error:
            errors.append(str(error))
        else:
            if task in (None, config.task):
                configs[name] = config
    return configs, errors


def get_model(name: str, task: str) -> Any:
    """The model of this name, on the best device; loaded once, however many ask.

    Only names of checkpoints that are here: a visitor must not make the server read other paths.

    Raises:
        UsageError: there is no such model for the task.
        CheckpointError: its files are not whole.
    """
    with _lock:
        if name not in _loaded:
            known = list(find_models(task)[0])
            if name not in known:
                raise UsageError(f"there is no model {name!r}{did_you_mean(str(name), known)}")
            _loaded[name] = load(name, best_device())
        return _loaded[name]


def best_device() -> str:
    """Where models run: "cuda", "mps" or "cpu"."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def describe_device() -> Sentence:
    """The device in words."""
    device = best_device()
    if device == "cuda":
        return sentence("cuda", name=torch.cuda.get_device_name())
    threads = torch.get_num_threads()
    return sentence(device, threads=threads, s="s" * (threads != 1))
