"""Weights that a visitor brings: a safetensors file of a recurrent layer of PyTorch.

What it is, is read from the shapes; whatever the bytes are, the outcome is a module or one
sentence. Nothing is unpickled and nothing is written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor, nn

from lstm_zoo.errors import UsageError
from lstm_zoo.task import did_you_mean

LARGEST_FILE = 2**29
"""Bytes of the largest file that is read: a page has many visitors."""

KINDS: dict[int, Any] = {4: nn.LSTM, 3: nn.GRU, 1: nn.RNN}
"""Gates -> module."""

PARAMETER = re.compile(
    r"(?P<prefix>|.*\.)(?P<name>[a-z_]+)_l(?P<layer>0|[1-9]\d{0,2})(?P<way>_reverse)?", re.ASCII
)


@dataclass(frozen=True)
class Upload:
    """A recurrent layer read from weights alone.

    Attributes:
        module: `nn.LSTM`, `nn.GRU` or, with tanh, `nn.RNN`; in eval mode, float32, and with
            `batch_first`, as the file does not say.
        prefix: of the parameters' names in the file, such as "encoder.".
        ignored: names of the file's other tensors.
    """

    module: nn.RNNBase
    prefix: str
    ignored: tuple[str, ...]


def read_state_dict(file: str | Path | bytes, prefix: str | None = None) -> Upload:
    """Read a recurrent layer from a safetensors file.

    Args:
        file: its path, or its bytes.
        prefix: of the parameters' names, where the file holds several layers' state dicts.

    Returns:
        The layer.

    Raises:
        UsageError: the file is no such file, lacks a tensor, or holds what is not finite; one
            sentence that says what.
    """
    tensors = _tensors(file)
    groups: dict[str, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        if found := PARAMETER.fullmatch(name):
            start = found["prefix"]
            groups.setdefault(start, {})[name.removeprefix(start)] = tensor
    groups = {start: own for start, own in groups.items() if any("weight_" in n for n in own)}
    if not groups:
        held = ", ".join(sorted(tensors)[:3]) or "no tensor"
        raise UsageError(
            "the file holds no weights of an LSTM, a GRU or an RNN of PyTorch, which are named like"
            f" 'weight_ih_l0': it holds {held:.200}"
        )
    if prefix is None and len(groups) > 1:
        names = ", ".join(repr(start) for start in sorted(groups)[:8])
        raise UsageError(
            f"the file holds several recurrent layers: take one by prefix=, of {names}"
        )
    prefix = next(iter(groups)) if prefix is None else prefix
    if prefix not in groups:
        raise UsageError(f"the file has no prefix {prefix!r}{did_you_mean(prefix, groups)}")
    weights = groups[prefix]
    ignored = tuple(sorted(tensors.keys() - {prefix + name for name in weights}))
    return Upload(_module(weights), prefix, ignored)


def _tensors(file: str | Path | bytes) -> dict[str, Tensor]:
    content = file if isinstance(file, bytes) else _content(Path(file))
    size = len(content)
    if size > LARGEST_FILE:
        raise UsageError(f"the file is larger than {LARGEST_FILE:,} bytes, too large to be read")
    if content[:2] == b"PK" or content[:1] == b"\x80":
        raise UsageError(
            "the file is a pickle, as torch.save writes it, which can run code of its maker: write"
            " the state dict with safetensors.torch.save_file"
        )
    claimed = int.from_bytes(content[:8], "little")
    if size < 8 or claimed > size - 8:
        of = f": its header claims {claimed:,} bytes of {size:,}" if size >= 8 else ""
        raise UsageError(f"the file is not a whole safetensors file{of}")
    try:
        tensors = safetensors.torch.load(content)
    except (SafetensorError, KeyError, ValueError, TypeError, RuntimeError, OverflowError) as error:
        raise UsageError(f"the file is not a whole safetensors file: {str(error):.200}") from None
    return tensors


def _content(path: Path) -> bytes:
    try:
        with open(path, "rb") as stream:
            return stream.read(LARGEST_FILE + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


def _module(weights: Mapping[str, Tensor]) -> nn.RNNBase:
    """The module that these parameters are of."""
    for name, tensor in weights.items():
        if not tensor.is_floating_point():
            raise UsageError(f"tensor {name!r} is {tensor.dtype}: weights are floats")
        if 0 in tensor.shape:
            raise UsageError(f"tensor {name!r} is empty: its shape is {tuple(tensor.shape)}")
    first = {name: _matrix(weights, name) for name in ("weight_ih_l0", "weight_hh_l0")}
    projected = "weight_hr_l0" in weights
    hidden = (_matrix(weights, "weight_hr_l0") if projected else first["weight_hh_l0"]).shape[1]
    rows = len(first["weight_hh_l0"])
    kind = KINDS.get(rows // hidden) if rows % hidden == 0 else None
    if kind is None or (projected and kind is not nn.LSTM):
        raise UsageError(
            f"tensor 'weight_hh_l0' has {rows} rows for {hidden} units: an LSTM has 4 times as many"
            " rows as units, a GRU 3 times, an RNN as many; an LSTM with a projection needs"
            " 'weight_hr_l0', too"
        )
    found = [PARAMETER.fullmatch(name) for name in weights]
    module = kind(
        first["weight_ih_l0"].shape[1],
        hidden,
        1 + max(int(match["layer"]) for match in found if match),
        bias=any(name.startswith("bias_") for name in weights),
        batch_first=True,
        bidirectional=any(name.endswith("_reverse") for name in weights),
        device="meta",
        **({"proj_size": weights["weight_hr_l0"].shape[0]} if projected else {}),
    )
    _check(weights, module.state_dict())
    module.load_state_dict({name: weights[name].float() for name in weights}, assign=True)
    return module.requires_grad_(False).eval()


def _matrix(weights: Mapping[str, Tensor], name: str) -> Tensor:
    if name not in weights:
        raise UsageError(f"the file lacks tensor {name!r}")
    if weights[name].dim() != 2:
        raise UsageError(f"tensor {name!r} should be a matrix, is {_shape(weights[name])}")
    return weights[name]


def _check(weights: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    """Refuses tensors that are missing, surplus, of another shape or not finite."""
    for name, like in expected.items():
        if name not in weights:
            raise UsageError(f"the file lacks tensor {name!r}")
        if weights[name].shape != like.shape:
            raise UsageError(
                f"tensor {name!r} should be of shape {_shape(like)}, is {_shape(weights[name])}"
            )
        if not weights[name].float().isfinite().all():
            raise UsageError(f"tensor {name!r} has values that are not finite in float32")
    if surplus := weights.keys() - expected.keys():
        raise UsageError(f"the file has tensor {min(surplus)!r}, which such a layer has not")


def _shape(tensor: Tensor) -> tuple[int, ...]:
    return tuple(tensor.shape)
