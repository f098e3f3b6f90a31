"""Checkpoints as files for people without this package: ONNX, and the weights of plain modules."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import save as serialize

from lstm_zoo.errors import UsageError
from lstm_zoo.files import whole_file, write_text
from lstm_zoo.zoo.checkpoint import Checkpoint, as_json

LARGEST_DIFFERENCE = 1e-3
"""Between the outputs of ONNX Runtime and PyTorch; rounding makes about 1e-5."""


def export_onnx(checkpoint: Checkpoint, path: Path) -> float:
    """Write a checkpoint as an ONNX file, with its preprocessing in the file's metadata.

    Args:
        checkpoint: what to export.
        path: of the file, ending in `.onnx`; a file that is there is replaced.

    Returns:
        Largest difference between the outputs of ONNX Runtime and those of PyTorch.

    Raises:
        UsageError: the path does not end in `.onnx`, or ONNX Runtime computes something else.
        ModuleNotFoundError: the package `onnx` or `onnxruntime` is missing.
        OSError: the file cannot be written.
    """
    _check_suffix(path, ".onnx")
    task = checkpoint.task
    metadata = _facts(checkpoint) | {task.preprocessing_file: _preprocessing(checkpoint)}
    content, difference = task.to_onnx(checkpoint.model, metadata)
    if not difference <= LARGEST_DIFFERENCE:
        raise UsageError(
            f"{path} was not written: ONNX Runtime's outputs differ from PyTorch's by"
            f" {difference:.2g}, more than {LARGEST_DIFFERENCE:g}"
        )
    with whole_file(path) as temporary:
        temporary.write_bytes(content)
    return difference


def export_torch(checkpoint: Checkpoint, path: Path) -> Path:
    """Write a checkpoint's weights under the names of plain PyTorch modules.

    Args:
        checkpoint: what to export.
        path: of the file, ending in `.safetensors`; a file that is there is replaced.

    Returns:
        The file beside it that holds the preprocessing, such as `OUT.tokenizer.json`.

    Raises:
        UsageError: the path does not end in `.safetensors`.
        OSError: a file cannot be written.
    """
    _check_suffix(path, ".safetensors")
    beside = path.with_suffix(f".{checkpoint.task.preprocessing_file}")
    tensors = checkpoint.task.to_torch(checkpoint.model)
    with whole_file(path) as temporary:
        temporary.write_bytes(serialize(tensors, {"format": "pt"} | _facts(checkpoint)))
    write_text(beside, _preprocessing(checkpoint))
    return beside


def _check_suffix(path: Path, suffix: str) -> None:
    if path.suffix != suffix:
        raise UsageError(f"the file should end in {suffix}, got {path.name!r}")


def _facts(checkpoint: Checkpoint) -> dict[str, str]:
    config = checkpoint.config
    return {"name": config.name, "description": config.description, "licence": config.licence}


def _preprocessing(checkpoint: Checkpoint) -> str:
    return as_json(checkpoint.task.dump_preprocessing(checkpoint.preprocessing))
