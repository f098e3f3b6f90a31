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
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialize
from torch import Tensor, nn

from lstm_zoo.errors import CheckpointError, UsageError, validated
from lstm_zoo.files import named_write_errors, sha256_of
from lstm_zoo.task import Task, get_task
from lstm_zoo.zoo.card import model_card
from lstm_zoo.zoo.config import FORMAT_VERSION, CheckpointConfig, Fingerprint

WEIGHTS, CONFIG, CARD = "model.safetensors", "config.json", "README.md"
FINGERPRINT_TOLERANCE = 1e-3
LARGEST_JSON = 16 * 2**20


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
        _write_json(new / task.preprocessing_file, task.dump_preprocessing(preprocessing))
        files = (WEIGHTS, task.preprocessing_file)
        config = CheckpointConfig(
            format_version=FORMAT_VERSION,
            task=task.name,
            model=model.config.model_dump(mode="json"),  # type: ignore[union-attr, operator]
            parameters=sum(tensor.numel() for tensor in tensors.values()),
            sha256={name: sha256_of(new / name) for name in files},
            versions={"python": platform.python_version(), "torch": torch.__version__},
            fingerprint=Fingerprint(
                outputs=list(task.fingerprint(model)), tolerance=FINGERPRINT_TOLERANCE
            ),
            **facts,
        )
        _write_json(new / CONFIG, config.model_dump(mode="json"))
        sample = task.sample(task.predictor(model, preprocessing))
        (new / CARD).write_text(model_card(config, task, sample), "utf-8")
        if folder.exists():
            folder.rename(old)
        try:
            new.rename(folder)
        except OSError:
            old.rename(folder)
            raise
    return config


def read_config(folder: Path) -> CheckpointConfig:
    """The config of a checkpoint folder, without its weights.

    Raises:
        CheckpointError: the file is missing, broken, of a newer format, or has an unknown key.
    """
    path = folder / CONFIG
    document = _read_json(path)
    version = document.get("format_version") if isinstance(document, dict) else None
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise CheckpointError(
            f"{path} has format version {version}, newer than this package's {FORMAT_VERSION}:"
            " update lstm-zoo"
        )
    try:
        return validated(CheckpointConfig, document, str(path))
    except UsageError as error:
        raise CheckpointError(str(error)) from None


def load_checkpoint(folder: Path) -> Checkpoint:
    """Read a checkpoint folder.

    Strict: every file must be the one that the config names, every tensor must be there with its
    shape, none may be left over, and the fingerprint must come out.

    Raises:
        CheckpointError: something is missing or not as it should be; names the file.
    """
    config = read_config(folder)
    try:
        task = get_task(config.task)
        architecture = validated(task.model_config, config.model, "model")
    except ValueError as error:
        raise CheckpointError(f"{folder / CONFIG}: {error}") from None
    for name in (WEIGHTS, task.preprocessing_file):
        _check_file(folder / name, config.sha256.get(name))
    try:
        preprocessing = task.parse_preprocessing(_read_json(folder / task.preprocessing_file))
    except ValueError as error:
        raise CheckpointError(f"{folder / task.preprocessing_file}: {error}") from None
    with torch.device("meta"):  # shapes alone: nothing is allocated before they are checked
        shapes = {n: p.shape for n, p in task.build(architecture, preprocessing).named_parameters()}
    tensors = _read_tensors(folder / WEIGHTS, shapes)
    model = task.build(architecture, preprocessing).eval()
    # Not strict: the second name of a tied tensor is not in the file. Names were checked above.
    model.load_state_dict(tensors, strict=False)
    checkpoint = Checkpoint(config, task, model, preprocessing)
    difference = fingerprint_difference(checkpoint)
    if not difference <= config.fingerprint.tolerance:
        raise CheckpointError(
            f"{folder}: the model's outputs differ from its fingerprint by {difference:.2g}, more"
            f" than {config.fingerprint.tolerance:.2g}: get the checkpoint anew"
        )
    return checkpoint


def fingerprint_difference(checkpoint: Checkpoint) -> float:
    """Largest difference between the outputs in the config and those computed here."""
    here = checkpoint.task.fingerprint(checkpoint.model)
    there = checkpoint.config.fingerprint.outputs
    if len(here) != len(there):
        return math.inf
    return max(abs(a - b) for a, b in zip(here, there, strict=True))


def _read_tensors(path: Path, shapes: Mapping[str, torch.Size]) -> dict[str, Tensor]:
    try:
        with safe_open(path, framework="pt") as file:
            names = set(file.keys())
            for problem, wrong in (
                ("lacks", shapes.keys() - names),
                ("has the surplus", names - shapes.keys()),
            ):
                if wrong:
                    raise CheckpointError(f"{path} {problem} tensor {sorted(wrong)[0]!r}")
            for name, shape in shapes.items():
                part = file.get_slice(name)
                if part.get_dtype() != "F32" or list(part.get_shape()) != list(shape):
                    raise CheckpointError(
                        f"{path}: tensor {name!r} should be F32 {list(shape)}, is"
                        f" {part.get_dtype()} {part.get_shape()}"
                    )
            return {name: file.get_tensor(name) for name in shapes}
    except SafetensorError as error:
        raise CheckpointError(f"{path} is not a whole safetensors file: {error}") from None


def _check_file(path: Path, expected: str | None) -> None:
    if not path.is_file():
        raise CheckpointError(f"{path} is missing: get the checkpoint anew")
    if sha256_of(path) != expected:
        raise CheckpointError(
            f"{path} is not the file that {CONFIG} names (its SHA-256 differs): it was altered or"
            " cut short; get the checkpoint anew"
        )


def _read_json(path: Path) -> Any:
    try:
        if path.stat().st_size > LARGEST_JSON:
            raise CheckpointError(f"{path} is larger than {LARGEST_JSON:,} bytes: not a config")
        return json.loads(path.read_text("utf-8"), object_pairs_hook=_unique_keys)
    except FileNotFoundError:
        raise CheckpointError(f"{path} is missing: {path.parent} is not a checkpoint") from None
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} is not valid JSON: {error}") from None


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key occurs twice in one object")
    return document


def _write_json(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")
