"""The orders in which libraries stack the gates of a matrix, and the way from one to another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from lstm_zoo.cells import get_cell
from lstm_zoo.errors import UsageError
from lstm_zoo.recurrent import LSTM
from lstm_zoo.task import did_you_mean

ORDERS: dict[str, dict[str, tuple[str, ...]]] = {
    "Keras": {
        "lstm": ("input", "forget", "cell", "output"),
        "gru": ("update", "reset", "new"),
    },
    "ONNX": {
        "lstm": ("input", "output", "forget", "cell"),
        "peephole": ("input", "output", "forget", "cell"),
        "cifg": ("input", "output", "forget", "cell"),
        "gru": ("update", "reset", "new"),
    },
}
"""Library -> the zoo's name of a cell -> its gates, by the zoo's names, in the library's order."""

Shape = tuple[int | str, ...]
"""Expected sizes; a word stands for any size."""


def reorder(blocks: Tensor, source: Sequence[str], target: Sequence[str]) -> Tensor:
    """Blocks of rows, one a gate, in another order.

    Args:
        blocks: (gates * rows of a gate, ...).
        source: the gates in the order in which they are.
        target: the same gates in the order in which they should be.
    """
    named = dict(zip(source, blocks.tensor_split(len(source)), strict=True))
    return torch.cat([named[gate] for gate in target])


def gate_orders(library: str, cell: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The gates of a cell in the library's order and in the zoo's.

    Raises:
        UsageError: the library has no such cell.
    """
    if cell not in ORDERS[library]:
        raise UsageError(f"{library} has no cell {cell!r}{did_you_mean(cell, ORDERS[library])}")
    return ORDERS[library][cell], get_cell(cell).gate_names


def to_tensor(what: str, values: np.ndarray, shape: Shape) -> Tensor:
    """A copy of an array as a tensor, of the same dtype.

    Raises:
        UsageError: it has another shape, or holds no floating-point numbers.
    """
    try:
        tensor = torch.from_numpy(np.array(values, order="C"))
    except (TypeError, ValueError):
        raise UsageError(
            f"{what} should be an array of numbers, got {type(values)}; a list of layers is"
            " unpacked with *"
        ) from None
    check_shape(what, tensor, shape)
    if not tensor.is_floating_point():
        raise UsageError(f"{what} should hold floating-point numbers, got {tensor.dtype}")
    return tensor


def check_mappings(layers: Iterable[object]) -> None:
    """Refuses a list of layers where each should be an argument of its own.

    Raises:
        UsageError: a layer is no mapping.
    """
    for layer in layers:
        if not isinstance(layer, Mapping):
            raise UsageError(
                f"a layer should be a mapping from names, got {type(layer)}; a list of layers is"
                " unpacked with *"
            )


def check_shape(what: str, tensor: Tensor, shape: Shape) -> None:
    """Refuses a tensor of another shape.

    Raises:
        UsageError: it has another shape.
    """
    sizes = tuple(tensor.shape)
    if len(sizes) != len(shape) or any(
        isinstance(expected, int) and size != expected
        for size, expected in zip(sizes, shape, strict=True)
    ):
        expected = ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")
        raise UsageError(f"{what} should be of shape ({expected}), got {sizes}")


def build_lstm(
    cell: str, layers: Sequence[Sequence[Mapping[str, Tensor]]], batch_first: bool
) -> LSTM:
    """A layer of the zoo from its weights, which are copied.

    Args:
        cell: name of the cell.
        layers: for each layer, for each direction, the parameters by the cell's names. Biases that
            are missing in some but not in all are zero.
        batch_first: see `LSTM`.

    Raises:
        UsageError: there is no layer, or one does not fit on the one below.
    """
    if not layers:
        raise UsageError("there should be the weights of at least one layer, got none")
    first = layers[0][0]
    lstm = LSTM(
        first["weight_ih"].shape[1],
        first["weight_hh"].shape[1],
        num_layers=len(layers),
        bias=any("bias_ih" in weights for directions in layers for weights in directions),
        batch_first=batch_first,
        bidirectional=len(layers[0]) == 2,
        cell=cell,
        device=first["weight_ih"].device,
        dtype=first["weight_ih"].dtype,
    )
    for index, directions in enumerate(layers):
        if len(directions) != lstm.num_directions:
            raise UsageError(
                f"layer {index} should have as many directions as layer 0,"
                f" {lstm.num_directions}, got {len(directions)}"
            )
        for direction, weights in enumerate(directions):
            for name, parameter in lstm.weights_of(index, direction).items():
                if name.startswith("bias") and name not in weights:
                    torch.nn.init.zeros_(parameter)
                    continue
                check_shape(f"{name} of layer {index}", weights[name], tuple(parameter.shape))
                with torch.no_grad():
                    parameter.copy_(weights[name])
    return lstm


def all_weights(
    lstm: LSTM, library: str, cells: Iterable[str]
) -> tuple[str, list[list[dict[str, Tensor]]]]:
    """The cell's name and, for each layer, for each direction, its parameters by name.

    Args:
        lstm: the layer.
        library: where the weights go, for the errors.
        cells: names of the cells that it has.

    Raises:
        UsageError: the library has no such cell, or lacks an option that the layer has.
    """
    cell = name_of_cell(lstm, library, cells)
    if lstm.proj_size:
        raise UsageError(
            f"{library} has no projection, and the layer has proj_size={lstm.proj_size}"
        )
    layers: list[list[dict[str, Tensor]]] = []
    for index in range(lstm.num_layers):
        both = [lstm.weights_of(index, direction) for direction in range(lstm.num_directions)]
        layers.append([{name: _exact(w.detach()) for name, w in part.items()} for part in both])
    return cell, layers


def _exact(weight: Tensor) -> Tensor:
    """NumPy has no bfloat16; float32 has all of its values."""
    return weight.float() if weight.dtype == torch.bfloat16 else weight


def name_of_cell(lstm: LSTM, library: str, cells: Iterable[str]) -> str:
    """Name of the layer's cell.

    Raises:
        UsageError: it is no layer of the zoo, or the library has no such cell, or lacks an option
            that changes what the layer computes.
    """
    if not isinstance(lstm, LSTM):
        raise UsageError(f"the weights for {library} are those of a zoo.LSTM, got {type(lstm)}")
    for option in ("trainable_state", "zoneout", "layer_norm"):
        if value := getattr(lstm, option):
            raise UsageError(f"{library} has no {option}, and the layer has {option}={value}")
    cells = list(cells)
    for name in cells:
        if lstm.cell == get_cell(name):
            return name
    raise UsageError(f"{library} has no cell {lstm.cell}; cells that it has: {', '.join(cells)}")
