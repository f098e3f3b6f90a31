"""Models made elsewhere, taken in as checkpoints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from torch import Tensor

from lstm_zoo.errors import UsageError
from lstm_zoo.files import sha256_of
from lstm_zoo.task import Task
from lstm_zoo.zoo.checkpoint import save_checkpoint
from lstm_zoo.zoo.config import NAME_PATTERN, CheckpointConfig

UNKNOWN = "unknown"


def import_model(
    weights: Path,
    preprocessing: Path,
    folder: Path,
    task: Task,
    *,
    name: str,
    description: str | None = None,
    licence: str = UNKNOWN,
    language: str = "und",
    data: str = UNKNOWN,
    options: Mapping[str, str | None] | None = None,
) -> CheckpointConfig:
    """Make a checkpoint of a foreign model; what nobody told stands there as unknown.

    Args:
        weights: a safetensors file with the state dict.
        preprocessing: a file with what travels with them, such as the vocabulary.
        folder: where the checkpoint goes; must not exist.
        task: what the model is for.
        name: the checkpoint's, as `architecture.data`.
        description: one sentence for tables and cards.
        licence: of the weights, in the Hub's words.
        language: code of the model's language; `und` is undetermined.
        data: name of the data that the model was trained on.
        options: how to read the preprocessing, as the task's `from_torch` takes them.

    Returns:
        The config that was written.

    Raises:
        UsageError: a file is not what it should be, the name is none, or the folder exists.
        OSError: a file cannot be read or written.
    """
    if not re.fullmatch(NAME_PATTERN, name):
        raise UsageError(
            f"a name is architecture.data in lower case, such as 'char-lstm.mine', got {name!r}"
        )
    if folder.exists():
        raise UsageError(f"{folder} is there already: move it away, or name another folder")
    model, parsed = task.from_torch(read_state_dict(weights), preprocessing, options or {})
    facts = {
        "name": name,
        "description": description or f"A foreign model, imported from {weights.name}.",
        "licence": licence,
        "language": language,
        "metrics": {},
        "recipe": {},
        "data": {"name": data, "source": UNKNOWN, "licence": UNKNOWN},
        "training": {"imported_from": weights.name, "sha256": sha256_of(weights)},
    }
    try:
        return save_checkpoint(folder, model, parsed, task, facts)
    except ValidationError as error:
        fault = error.errors()[0]
        raise UsageError(f"{fault['loc'][0]}: {fault['msg']}") from None


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """The tensors of a foreign safetensors file, as float32.

    Raises:
        UsageError: it is no such file, or a tensor holds something else than finite numbers.
    """
    if not path.is_file():
        raise UsageError(f"there is no file {str(path)!r}")
    try:
        with safe_open(path, framework="pt") as file:
            names = file.keys()
            tensors = {name: file.get_tensor(name) for name in names}
    except SafetensorError as error:
        raise UsageError(f"{path} is not a safetensors file{_hint(path, error)}") from None
    for name, tensor in tensors.items():
        if not tensor.is_floating_point():
            raise UsageError(f"{path}: tensor {name!r} is {tensor.dtype}, weights are floats")
        tensors[name] = tensor.float()
        if not tensors[name].isfinite().all():
            raise UsageError(f"{path}: tensor {name!r} has values that are not finite in float32")
    return tensors


def _hint(path: Path, error: SafetensorError) -> str:
    with open(path, "rb") as file:
        start = file.read(2)
    # torch.save makes a zip archive of pickles, older versions a bare pickle.
    if start == b"PK" or start[:1] == b"\x80":
        return (
            " but a pickle, which can run code of its maker: where you trust it, load it yourself"
            " and write it anew with safetensors.torch.save_file"
        )
    return f": {error}"
