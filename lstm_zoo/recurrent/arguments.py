"""What a recurrent layer can be asked for."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from lstm_zoo.cells import CELLS
from lstm_zoo.cells.unroll import is_autocast


def check_arguments(lstm: Any) -> None:
    """Checks the attributes of a layer that is being built.

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: an argument is out of range, or one that the cell cannot have.
    """
    for name, least in {"input_size": 1, "hidden_size": 1, "num_layers": 1, "proj_size": 0}.items():
        size = getattr(lstm, name)
        if not isinstance(size, int):
            raise TypeError(f"{name} should be an int, got {size!r}")
        if size < least:
            raise ValueError(f"{name} should be at least {least}, got {size}")
    if problem := lstm.cell.size_problem(lstm.hidden_size):
        raise ValueError(problem)
    if lstm.proj_size and not lstm.cell.has_projection:
        able = ", ".join(name for name, cell in CELLS.items() if cell.has_projection)
        raise ValueError(
            f"{lstm.cell} has no projection: proj_size should be 0, got {lstm.proj_size}; "
            f"cells with one: {able}"
        )
    if lstm.proj_size >= lstm.hidden_size:
        raise ValueError(
            f"proj_size should be less than hidden_size={lstm.hidden_size}, "
            f"or 0 for no projection, got {lstm.proj_size}"
        )
    for name in ("bias", "batch_first", "bidirectional", "trainable_state", "layer_norm"):
        if not isinstance(getattr(lstm, name), bool):
            raise TypeError(f"{name} should be True or False, got {getattr(lstm, name)!r}")
    for name in ("dropout", "recurrent_dropout", "zoneout"):
        p = getattr(lstm, name)
        if not isinstance(p, int | float) or isinstance(p, bool) or not 0 <= p <= 1:
            raise ValueError(f"{name} should be a number from 0 to 1, got {p!r}")
    if lstm.dropout > 0 and lstm.num_layers == 1:
        warnings.warn(
            f"dropout={lstm.dropout} does nothing with num_layers=1: it acts between layers; "
            "take 2 layers or more, or no dropout",
            stacklevel=3,
        )


def check_input(
    x: Any, dims: tuple[int, ...], input_size: int, weight: Tensor, feature_dims: int
) -> None:
    """Checks the tensor that a layer is to read.

    Raises:
        TypeError: it is no tensor.
        ValueError: it has a wrong number of dimensions or a wrong dtype.
        RuntimeError: it has a wrong number of features, or is on another device than the weights.
    """
    dtype, device = weight.dtype, weight.device
    if not isinstance(x, Tensor):
        raise TypeError(f"input should be a tensor or a PackedSequence, got a {type(x).__name__}")
    if x.dim() not in dims:
        expected = " or ".join(map(str, dims))
        raise ValueError(f"input should have {expected} dimensions, got {x.dim()}")
    if x.size(-feature_dims) != input_size:
        got = x.size(-feature_dims)
        raise RuntimeError(f"input should have {input_size} features, got {got}")
    if x.device != device:
        raise RuntimeError(
            f"input should be on the weights' device {device}, got {x.device}: "
            f"move the input by .to({str(device)!r}) or the model by .to({str(x.device)!r})"
        )
    if x.dtype != dtype and not is_autocast(x):
        or_the_model = f" or the model by .to({x.dtype})" if x.is_floating_point() else ""
        raise ValueError(
            f"input should have the weights' dtype {dtype}, got {x.dtype}: "
            f"convert the input by .to({dtype}){or_the_model}"
        )


def check_state(hx: Any, shapes: Mapping[str, tuple[int, ...]], weight: Tensor) -> None:
    """Checks the state that a layer is to start from.

    Raises:
        RuntimeError: it has not one part for each of `shapes`, of that shape, and of the weights'
            dtype and device.
    """
    dtype, device = weight.dtype, weight.device
    if not isinstance(hx, tuple | list) or len(hx) != len(shapes):
        names = ", ".join(f"{name}_0" for name in shapes) + ("," if len(shapes) == 1 else "")
        length = f" of length {len(hx)}" if hasattr(hx, "__len__") else ""
        raise RuntimeError(f"hx should be a tuple ({names}), got a {type(hx).__name__}{length}")
    for part, (name, shape) in zip(hx, shapes.items(), strict=True):
        if not isinstance(part, Tensor):
            raise RuntimeError(f"{name}_0 should be a tensor, got a {type(part).__name__}")
        if part.shape != shape:
            raise RuntimeError(f"{name}_0 should be of shape {shape}, got {tuple(part.shape)}")
        if part.device != device:
            raise RuntimeError(
                f"{name}_0 should be on the weights' device {device}, got {part.device}"
            )
        if part.dtype != dtype and not is_autocast(part):
            raise RuntimeError(f"{name}_0 should be of dtype {dtype}, got {part.dtype}")
