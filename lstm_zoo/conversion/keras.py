"""From and to Keras's `LSTM` and `GRU`, as NumPy arrays: Keras itself is not needed.

`get_weights()` of a layer gives, with a column for each unit of each gate:

    kernel             (input_size, gates * hidden_size)
    recurrent_kernel   (hidden_size, gates * hidden_size)
    bias               LSTM (4 * hidden_size,); GRU (2, 3 * hidden_size), for x and for h;
                       missing with use_bias=False

The gates of an LSTM are in the order input, forget, cell, output, those of a GRU update (z), reset
(r), new, with h = z * h + (1 - z) * new as in PyTorch. `Bidirectional` gives the arrays of the
forward layer and then those of the backward one.

The zoo computes what Keras does by default: activation="tanh", recurrent_activation="sigmoid" (it
was "hard_sigmoid" before Keras 2.3) and, for a GRU, reset_after=True; `Bidirectional` with
merge_mode="concat".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from lstm_zoo.conversion.layout import (
    ORDERS,
    Shape,
    all_weights,
    build_lstm,
    check_shape,
    gate_orders,
    reorder,
    to_tensor,
)
from lstm_zoo.errors import UsageError
from lstm_zoo.recurrent import LSTM


def from_keras(*layers: Sequence[np.ndarray], cell: str = "lstm") -> LSTM:
    """A layer of the zoo, with batch_first=True, from the weights of Keras.

    Args:
        layers: for each layer of the stack, mostly one, what its `get_weights()` gives.
        cell: "lstm" or "gru".

    Raises:
        UsageError: there is no such cell, or a wrong number of arrays, or one of a wrong shape.
    """
    gate_orders("Keras", cell)
    weights = [[_weights(arrays, cell) for arrays in _directions(layer)] for layer in layers]
    return build_lstm(cell, weights, batch_first=True)


def to_keras(lstm: LSTM) -> list[list[np.ndarray]]:
    """The weights of Keras, the way back from `from_keras`.

    Dropout is no weight: it stays behind.

    Args:
        lstm: with the cell "lstm" or "gru" and no projection.

    Returns:
        For each layer what `set_weights` of Keras's layer takes.

    Raises:
        UsageError: the layer has another cell, or an option that Keras lacks.
    """
    cell, layers = all_weights(lstm, "Keras", ORDERS["Keras"])
    return [
        [array for weights in directions for array in _arrays(weights, cell)]
        for directions in layers
    ]


def _directions(arrays: Sequence[np.ndarray]) -> list[Sequence[np.ndarray]]:
    if len(arrays) in (2, 3):
        return [arrays]
    if len(arrays) in (4, 6):
        return [arrays[: len(arrays) // 2], arrays[len(arrays) // 2 :]]
    raise UsageError(
        "a layer of Keras has 2 or 3 arrays, kernel, recurrent_kernel and mostly bias, or twice as"
        f" many if Bidirectional, got {len(arrays)}"
    )


def _weights(arrays: Sequence[np.ndarray], cell: str) -> dict[str, Tensor]:
    source, target = gate_orders("Keras", cell)
    what, gates = "the recurrent_kernel", len(source)
    recurrent = to_tensor(what, arrays[1], ("hidden_size", f"{gates} * hidden_size"))
    columns = gates * recurrent.shape[0]
    check_shape(what, recurrent, ("hidden_size", columns))
    kernel = to_tensor("the kernel", arrays[0], ("input_size", columns))
    weights = {
        "weight_ih": reorder(kernel.T, source, target),
        "weight_hh": reorder(recurrent.T, source, target),
    }
    if len(arrays) == 3:
        shape: Shape = (2, columns) if cell == "gru" else (columns,)
        hint = ", as with reset_after=True," if cell == "gru" else ""
        bias = to_tensor(f"the bias{hint}", arrays[2], shape)
        for name, part in zip(("bias_ih", "bias_hh"), bias.reshape(-1, columns), strict=False):
            weights[name] = reorder(part, source, target)
    return weights


def _arrays(weights: Mapping[str, Tensor], cell: str) -> list[np.ndarray]:
    target, source = gate_orders("Keras", cell)
    own = {name: reorder(weight, source, target) for name, weight in weights.items()}
    tensors = [own["weight_ih"].T, own["weight_hh"].T]
    if "bias_ih" in own:
        pair = torch.stack([own["bias_ih"], own["bias_hh"]])
        tensors.append(pair if cell == "gru" else pair.sum(0))
    return [tensor.contiguous().cpu().numpy() for tensor in tensors]
