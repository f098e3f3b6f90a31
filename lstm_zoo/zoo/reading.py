"""Strict reading of a checkpoint's files: which file, what JSON, which tensors.

Whatever the bytes are, the outcome is what they say or a `CheckpointError`; no memory is taken on
a file's word alone.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from lstm_zoo.errors import CheckpointError
from lstm_zoo.files import sha256_of

LARGEST_JSON = 2**20
DEEPEST_JSON = 32
LONGEST_KEY = 256


def checkpoint_file(folder: Path, name: str) -> Path:
    """The file itself, behind the links that the Hub's cache is made of.

    Args:
        folder: the checkpoint's.
        name: of the file in it.

    Raises:
        CheckpointError: it is missing or no file, or a link leads out of the checkpoint.
    """
    path = folder / name
    try:
        file = Path(os.path.realpath(path, strict=True))
        home = Path(os.path.realpath(folder, strict=True))
        is_file = file.is_file()
    except (FileNotFoundError, NotADirectoryError):
        raise CheckpointError(f"{path} is missing: {folder} is not a whole checkpoint") from None
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}") from None
    if not any(file.is_relative_to(place) for place in _homes(home)):
        raise CheckpointError(
            f"{path} is a link that leads out of the checkpoint: put the file itself in its place"
        )
    if not is_file:
        raise CheckpointError(f"{path} should be a file")
    return file


def _homes(home: Path) -> list[Path]:
    """Where a checkpoint's files may lie: its folder, and the stores of a Hub cache that it is in.

    The cache holds `models--owner--name/snapshots/REVISION`, whose files are links to `blobs`
    beside `snapshots`, and those may be links to the store that all repositories share.
    """
    repository = home.parent.parent
    if home.parent.name == "snapshots" and repository.name.startswith("models--"):
        return [home, repository / "blobs", repository.parent / "blobs"]
    return [home]


def read_json(folder: Path, name: str, sha256: str | None = None) -> Any:
    """The JSON document of a checkpoint's file.

    Args:
        folder: the checkpoint's.
        name: of the file in it.
        sha256: what its content must be.

    Raises:
        CheckpointError: it is missing, too large, altered, or not strict JSON; names the file.
    """
    path = folder / name
    try:
        with open(checkpoint_file(folder, name), "rb") as file:
            content = file.read(LARGEST_JSON + 1)
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}") from None
    if len(content) > LARGEST_JSON:
        raise CheckpointError(f"{path} is larger than {LARGEST_JSON:,} bytes, too large to be read")
    if sha256 is not None:
        _check_sum(path, hashlib.sha256(content).hexdigest(), sha256)
    return parse_json(content, str(path))


def parse_json(content: bytes, where: str) -> Any:
    """A JSON document of which every reader makes the same.

    Refused are repeated keys, numbers that are not finite, halves of surrogate pairs, and nesting
    or keys beyond all use.

    Args:
        content: UTF-8.
        where: names it in errors.

    Raises:
        CheckpointError: it is not such a document.
    """
    try:
        document = json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_checked_object,
            parse_constant=_refuse_constant,
        )
        _check_depth(document, DEEPEST_JSON)
        # What cannot be written again: 1e999, which is read as infinite, and half a character.
        json.dumps(document, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{where} is not valid JSON: {error}") from None
    return document


def read_tensors(
    folder: Path, name: str, shapes: Mapping[str, torch.Size], sha256: str
) -> dict[str, Tensor]:
    """The tensors of a safetensors file: exactly these, float32 and finite.

    Args:
        folder: the checkpoint's.
        name: of the file in it.
        shapes: what the file must hold.
        sha256: what its content must be.

    Raises:
        CheckpointError: the file is missing, altered, or holds something else; names it.
    """
    path, file = folder / name, checkpoint_file(folder, name)
    needed = sum(4 * shape.numel() for shape in shapes.values())
    try:
        size = file.stat().st_size
        if size > needed + LARGEST_JSON:
            raise CheckpointError(
                f"{path} has {size:,} bytes, but the model of the config has {needed:,}"
            )
        _check_sum(path, sha256_of(file), sha256)
        _check_header(path, file, shapes)
        with safe_open(file, framework="pt") as opened:
            # Copied out of the file's mapping: what happens to the file then is no matter.
            tensors = {key: opened.get_tensor(key).clone() for key in shapes}
    except SafetensorError as error:
        raise CheckpointError(f"{path} is not a whole safetensors file: {error}") from None
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}") from None
    for key, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise CheckpointError(f"{path}: tensor {key!r} has values that are not finite")
    return tensors


def _check_header(path: Path, file: Path, shapes: Mapping[str, torch.Size]) -> None:
    """The header lists these tensors; that the data is of their size, safetensors checks itself."""
    with open(file, "rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if length > LARGEST_JSON:
            raise CheckpointError(
                f"{path} is not a whole safetensors file: its header claims {length:,} bytes"
            )
        header = parse_json(stream.read(length), f"the header of {path}")
    if not isinstance(header, dict):
        raise CheckpointError(f"the header of {path} should be a JSON object")
    names = header.keys() - {"__metadata__"}
    for problem, wrong in (
        ("lacks", shapes.keys() - names),
        ("has the surplus", names - shapes.keys()),
    ):
        if wrong:
            raise CheckpointError(f"{path} {problem} tensor {min(wrong)!r}")
    for name, shape in shapes.items():
        entry = header[name] if isinstance(header[name], dict) else {}
        if entry.get("dtype") != "F32" or entry.get("shape") != list(shape):
            found = f"{entry.get('dtype')} {entry.get('shape')}"
            raise CheckpointError(
                f"{path}: tensor {name!r} should be F32 {list(shape)}, is {found[:80]}"
            )


def _check_sum(path: Path, actual: str, expected: str) -> None:
    if actual != expected:
        raise CheckpointError(
            f"{path} is not the file that config.json names (its SHA-256 differs): it was altered"
            " or cut short; get the checkpoint anew"
        )


def _checked_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key occurs twice in one object")
    if any(len(key) > LONGEST_KEY for key in document):
        raise ValueError(f"a key is longer than {LONGEST_KEY} characters")
    return document


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number in JSON")


def _check_depth(value: Any, levels: int) -> None:
    if not isinstance(value, dict | list):
        return
    if levels == 0:
        raise ValueError(f"it is nested more than {DEEPEST_JSON} levels deep")
    for child in value.values() if isinstance(value, dict) else value:
        _check_depth(child, levels - 1)
