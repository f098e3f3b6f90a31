"""From and to ONNX's operators `LSTM` and `GRU`, as NumPy arrays: onnx itself is not needed.

The inputs of a node that are weights, with a row for each unit of each gate:

    W    (directions, gates * hidden_size, input_size)
    R    (directions, gates * hidden_size, hidden_size)
    B    (directions, 2 * gates * hidden_size), the bias of x and then that of h; may be missing
    P    (directions, 3 * hidden_size), peepholes in the order input, output, forget: LSTM only

The gates of an LSTM are in the order input, output, forget, cell, those of a GRU update (z), reset
(r), new. Two directions are forward and reverse, direction="bidirectional".

The zoo computes what ONNX does with the default activations, without clip and with input_forget=0;
a GRU, with linear_before_reset=1, and the cell "cifg", with input_forget=1, which are no defaults.

With input_forget=1 ONNX computes i and takes f = 1 - i, where the zoo's cell computes f: since
1 - sigmoid(z) = sigmoid(-z), its rows are those of i with the sign changed. ONNX does not read its
rows of f then; those that `to_onnx` writes give the same f, so that input_forget=0 is right too.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from lstm_zoo.conversion.layout import (
    ORDERS,
    all_weights,
    build_lstm,
    check_mappings,
    check_shape,
    gate_orders,
    reorder,
    to_tensor,
)
from lstm_zoo.errors import UsageError
from lstm_zoo.recurrent import LSTM
from lstm_zoo.task import did_you_mean

PEEPHOLES = ("weight_ci", "weight_co", "weight_cf")
"""The zoo's names of the parts of P, in the order of ONNX."""

Node = Mapping[str, np.ndarray]


def from_onnx(*nodes: Node, cell: str = "lstm") -> LSTM:
    """A layer of the zoo from the weights of ONNX.

    Args:
        nodes: for each layer of the stack, mostly one, the arrays by the names "W", "R", "B", "P".
        cell: "lstm"; "peephole", an LSTM with P; "cifg", an LSTM with input_forget=1; or "gru".

    Raises:
        UsageError: there is no such cell, or an array is missing, unknown or of a wrong shape.
    """
    gate_orders("ONNX", cell)
    check_mappings(nodes)
    return build_lstm(cell, [_directions(node, cell) for node in nodes], batch_first=False)


def to_onnx(lstm: LSTM) -> list[dict[str, np.ndarray]]:
    """The weights of ONNX, the way back from `from_onnx`.

    Dropout is no weight: it stays behind.

    Args:
        lstm: with the cell "lstm", "peephole", "cifg" or "gru" and no projection.

    Returns:
        For each layer the arrays by the names "W", "R", "B", "P", as many as it has.

    Raises:
        UsageError: the layer has another cell, or an option that ONNX lacks.
    """
    cell, layers = all_weights(lstm, "ONNX", ORDERS["ONNX"])
    nodes = []
    for directions in layers:
        parts = [_parts(weights, cell) for weights in directions]
        nodes.append(
            {name: torch.stack([part[name] for part in parts]).cpu().numpy() for name in parts[0]}
        )
    return nodes


def _directions(node: Node, cell: str) -> list[dict[str, Tensor]]:
    needed = ["W", "R", "P"] if cell == "peephole" else ["W", "R"]
    for name in node:
        if name not in (known := [*needed, "B"]):
            raise UsageError(
                f"the cell {cell!r} has no {name!r} in ONNX{did_you_mean(name, known)}"
            )
    for name in needed:
        if name not in node:
            raise UsageError(f"the cell {cell!r} has {name!r} in ONNX, and it is missing")
    gates = len(gate_orders("ONNX", cell)[0])
    recurrent = to_tensor("R", node["R"], ("directions", f"{gates} * hidden_size", "hidden_size"))
    directions, _, units = recurrent.shape
    if directions not in (1, 2):
        raise UsageError(f"R should have 1 or 2 directions, got {directions}")
    rows = gates * units
    check_shape("R", recurrent, (directions, rows, "hidden_size"))
    arrays = {
        "weight_hh": recurrent,
        "weight_ih": to_tensor("W", node["W"], (directions, rows, "input_size")),
    }
    if "B" in node:
        bias = to_tensor("B", node["B"], (directions, 2 * rows))
        arrays["bias_ih"], arrays["bias_hh"] = bias.chunk(2, dim=1)
    weights = [
        {name: _own_rows(array[direction], cell) for name, array in arrays.items()}
        for direction in range(directions)
    ]
    if "P" in needed:
        peepholes = to_tensor("P", node["P"], (directions, 3 * units))
        for direction, row in enumerate(peepholes):
            weights[direction] |= zip(PEEPHOLES, row.chunk(3), strict=True)
    return weights


def _parts(weights: Mapping[str, Tensor], cell: str) -> dict[str, Tensor]:
    """One direction in ONNX's layout."""
    parts = {
        "W": _onnx_rows(weights["weight_ih"], cell),
        "R": _onnx_rows(weights["weight_hh"], cell),
    }
    if "bias_ih" in weights:
        biases = [_onnx_rows(weights[name], cell) for name in ("bias_ih", "bias_hh")]
        parts["B"] = torch.cat(biases)
    if cell == "peephole":
        parts["P"] = torch.cat([weights[name] for name in PEEPHOLES])
    return parts


def _own_rows(rows: Tensor, cell: str) -> Tensor:
    """ONNX's rows of all gates in the zoo's order."""
    source, target = gate_orders("ONNX", cell)
    if cell == "cifg":
        i, o, _, g = rows.chunk(4)
        return torch.cat([-i, g, o])
    return reorder(rows, source, target)


def _onnx_rows(rows: Tensor, cell: str) -> Tensor:
    """The zoo's rows of all gates in ONNX's order."""
    target, source = gate_orders("ONNX", cell)
    if cell == "cifg":
        f, g, o = rows.chunk(3)
        return torch.cat([-f, o, f, g])
    return reorder(rows, source, target)
