"""Checkpoints: a folder of safetensors and JSON, written whole and read strictly."""

from __future__ import annotations

import json
import math
import platform
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ValidationError
from safetensors.torch import save as serialize
from torch import nn

from lstm_zoo.errors import CheckpointError, UsageError, validated
from lstm_zoo.files import named_write_errors, sha256_of
from lstm_zoo.task import Task, get_task
from lstm_zoo.zoo.card import model_card
from lstm_zoo.zoo.config import FORMAT_VERSION, CheckpointConfig, Fingerprint, upgraded
from lstm_zoo.zoo.reading import read_json, read_tensors

WEIGHTS, CONFIG, CARD = "model.safetensors", "config.json", "README.md"
FINGERPRINT_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint in memory.

    Attributes:
        config: its config.json.
        task: what it is for.
        model: the weights, float32, in eval mode, on the CPU.
        preprocessing: what travels with them, such as the vocabulary.
    """

    config: CheckpointConfig
    task: Task
    model: nn.Module
    preprocessing: Any


def save_checkpoint(
    folder: Path, model: nn.Module, preprocessing: Any, task: Task, facts: Mapping[str, Any]
) -> CheckpointConfig:
    """Write a checkpoint folder, whole or not at all.

    Args:
        folder: its place; a checkpoint that is there is replaced.
        model: the weights, on the CPU, in eval mode, with its architecture as `config`.
        preprocessing: what must travel with them.
        task: whose model it is.
        facts: the fields of `CheckpointConfig` that cannot be told from the model.

    Returns:
        The config that was written.

    Raises:
        OSError: it cannot be written; the old checkpoint is untouched.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (
        named_write_errors(folder),
        tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as scratch,
    ):
        new, old = Path(scratch) / "new", Path(scratch) / "old"
        new.mkdir()
        # Parameters, unlike the state dict, name a tied tensor once.
        tensors = {name: p.detach().contiguous() for name, p in model.named_parameters()}
        # As bytes: on a full disk safetensors' own writer raises no OSError.
        (new / WEIGHTS).write_bytes(serialize(tensors, metadata={"format": "pt"}))
        document = as_json(task.dump_preprocessing(preprocessing))
        (new / task.preprocessing_file).write_text(document, "utf-8")
        files = (WEIGHTS, task.preprocessing_file)
        config = CheckpointConfig(
            format_version=FORMAT_VERSION,
            task=task.name,
            model=model.config.model_dump(mode="json"),  # type: ignore[union-attr, operator]
            parameters=sum(tensor.numel() for tensor in tensors.values()),
            sha256={name: sha256_of(new / name) for name in files},
            versions={"python": platform.python_version(), "torch": str(torch.__version__)},
            sample=task.sample(task.predictor(model, preprocessing)),
            fingerprint=Fingerprint(
                outputs=list(task.fingerprint(model)), tolerance=FINGERPRINT_TOLERANCE
            ),
            **{"speed": None, "history": [], **facts},
        )
        (new / CONFIG).write_text(as_json(config.model_dump(mode="json")), "utf-8")
        (new / CARD).write_text(model_card(config, task), "utf-8")
        if folder.exists():
            folder.rename(old)
        try:
            new.rename(folder)
        except OSError:
            old.rename(folder)
            raise
    return config


def as_json(document: Any) -> str:
    """A document as the text of a checkpoint's file."""
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def read_config(folder: Path) -> CheckpointConfig:
    """The config of a checkpoint folder, without its weights; older formats as the newest.

    Raises:
        CheckpointError: the file is missing, broken, of a newer format, or has an unknown key.
    """
    document = read_json(folder, CONFIG)
    try:
        return validated(CheckpointConfig, upgraded(document), str(folder / CONFIG))
    except UsageError as error:
        raise CheckpointError(str(error)) from None
    except ValueError as error:
        raise CheckpointError(f"{folder / CONFIG}: {error}") from None


def load_checkpoint(folder: Path) -> Checkpoint:
    """Read a checkpoint folder, and check that its model computes what it did when it was written.

    Raises:
        CheckpointError: something is missing or not as it should be; names the file.
    """
    checkpoint = read_checkpoint(folder)
    difference = fingerprint_difference(checkpoint)
    tolerance = checkpoint.config.fingerprint.tolerance
    if not difference <= tolerance:
        raise CheckpointError(
            f"{folder}: the model's outputs differ from its fingerprint by {difference:.2g}, more"
            f" than {tolerance:.2g}: get the checkpoint anew"
        )
    return checkpoint


def read_checkpoint(folder: Path) -> Checkpoint:
    """Read a checkpoint folder, its fingerprint unchecked.

    Strict: every file must be the one that the config names, and every tensor must be there with
    its shape and none left over. Until that is known nothing is allocated for the weights.

    Raises:
        CheckpointError: something is missing or not as it should be; names the file.
    """
    config = read_config(folder)
    try:
        task = get_task(config.task)
        architecture = _architecture(task.model_config, config.model)
    except ValueError as error:
        raise CheckpointError(f"{folder / CONFIG}: {error}") from None
    if config.sha256.keys() != {WEIGHTS, task.preprocessing_file}:
        raise CheckpointError(
            f"{folder / CONFIG}: sha256 should name {WEIGHTS} and {task.preprocessing_file}"
        )
    document = read_json(folder, task.preprocessing_file, config.sha256[task.preprocessing_file])
    try:
        preprocessing = task.parse_preprocessing(document)
    except ValueError as error:
        raise CheckpointError(f"{folder / task.preprocessing_file}: {error}") from None
    with torch.device("meta"):  # shapes alone
        model = task.build(architecture, preprocessing).eval()
    own_names = {id(p): name for name, p in model.named_parameters()}
    shapes = {name: parameter.shape for name, parameter in model.named_parameters()}
    tensors = read_tensors(folder, WEIGHTS, shapes, config.sha256[WEIGHTS])
    if config.parameters != sum(tensor.numel() for tensor in tensors.values()):
        raise CheckpointError(
            f"{folder / CONFIG}: parameters should be the number of values in {WEIGHTS}, got"
            f" {str(config.parameters)[:20]}"
        )
    parameters = {name: nn.Parameter(tensor) for name, tensor in tensors.items()}
    # A tied tensor has several names, of which one stands in the file.
    named = model.named_parameters(remove_duplicate=False)
    model.load_state_dict({name: parameters[own_names[id(p)]] for name, p in named}, assign=True)
    return Checkpoint(config, task, model, preprocessing)


def fingerprint_difference(checkpoint: Checkpoint) -> float:
    """Largest difference between the outputs in the config and those computed here.

    Infinite if they are not as many, or not numbers.
    """
    here = checkpoint.task.fingerprint(checkpoint.model)
    there = checkpoint.config.fingerprint.outputs
    if len(here) != len(there):
        return math.inf
    differences = [abs(a - b) for a, b in zip(here, there, strict=True)]
    # The largest of numbers with a NaN among them depends on their order.
    return max(differences) if all(map(math.isfinite, differences)) else math.inf


def _architecture(model_config: type[BaseModel], document: Any) -> Any:
    architecture = validated(model_config, document, "model")
    try:
        model_config.model_validate(document, strict=True)  # "4" is no number, true is not 1
    except ValidationError as error:
        fault = error.errors()[0]
        raise UsageError(f"model: {fault['loc'][0]}: {fault['msg'].lower()}") from None
    return architecture
