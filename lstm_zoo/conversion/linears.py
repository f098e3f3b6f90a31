"""From and to LSTM cells as tutorials write them: one linear layer a gate, on h and x side by side.

    f_t = sigmoid(W_f [h_{t-1}, x_t] + b_f)        "forget"
    i_t = sigmoid(W_i [h_{t-1}, x_t] + b_i)        "input"
    g_t =    tanh(W_C [h_{t-1}, x_t] + b_C)        "cell"
    o_t = sigmoid(W_o [h_{t-1}, x_t] + b_o)        "output"

Each W is (hidden_size, hidden_size + input_size) if h comes first, [h, x], and (hidden_size,
input_size + hidden_size) if x does, [x, h].
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from lstm_zoo.cells import get_cell
from lstm_zoo.conversion.layout import all_weights, build_lstm, check_mappings, check_shape
from lstm_zoo.errors import UsageError
from lstm_zoo.recurrent import LSTM
from lstm_zoo.task import did_you_mean


def from_gate_linears(
    *layers: Mapping[str, nn.Linear], order: str = "hx", batch_first: bool = False
) -> LSTM:
    """A layer of the zoo from one linear layer a gate; the weights are copied.

    Args:
        layers: for each layer of the stack, mostly one, the linear layers of the gates "input",
            "forget", "cell" and "output". A bias that is missing is zero.
        order: "hx" if h comes before x in what the linear layers read, "xh" if x does.
        batch_first: whether input and output are to be (batch, time, features).

    Raises:
        UsageError: a gate is missing or unknown, a linear layer has a wrong shape, or the order is
            neither "hx" nor "xh".
    """
    _check_order(order)
    check_mappings(layers)
    weights = [[_weights(linears, order)] for linears in layers]
    return build_lstm("lstm", weights, batch_first)


def to_gate_linears(lstm: LSTM, order: str = "hx") -> list[dict[str, nn.Linear]]:
    """One linear layer a gate, the way back from `from_gate_linears`.

    Args:
        lstm: in one direction, with the cell "lstm" and no projection.
        order: "hx" if h comes before x in what the linear layers read, "xh" if x does.

    Returns:
        For each layer the linear layers of the gates "input", "forget", "cell" and "output".

    Raises:
        UsageError: the layer has another cell or an option that such cells lack, or the order is
            neither "hx" nor "xh".
    """
    _check_order(order)
    where = "a cell of one linear layer a gate"
    _, layers = all_weights(lstm, where, ["lstm"])
    if lstm.bidirectional:
        raise UsageError(f"{where} has one direction, and the layer has two")
    return [_linears(weights, order) for (weights,) in layers]


def _check_order(order: str) -> None:
    if order not in ("hx", "xh"):
        raise UsageError(f'order should be "hx", h before x, or "xh", x before h, got {order!r}')


def _weights(linears: Mapping[str, nn.Linear], order: str) -> dict[str, Tensor]:
    gates = get_cell("lstm").gate_names
    for name in linears:
        if name not in gates:
            raise UsageError(f"an LSTM has no gate {name!r}{did_you_mean(name, gates)}")
    for gate in gates:
        if gate not in linears:
            raise UsageError(f"the linear layer of the gate {gate!r} is missing")
        if not isinstance(linears[gate], nn.Linear):
            got = type(linears[gate])
            raise UsageError(f"the gate {gate!r} should be an nn.Linear, got {got}")
    units, both = linears["input"].weight.shape
    if both <= units:
        raise UsageError(
            "the linear layer of the gate 'input' should read h and x, more features than its"
            f" {units} outputs, got {both}"
        )
    for gate in gates:
        what = f"the weight of the gate {gate!r}"
        check_shape(what, linears[gate].weight, (units, both))
    stacked = torch.cat([linears[gate].weight.detach() for gate in gates])
    if order == "hx":
        weight_hh, weight_ih = stacked.split([units, both - units], dim=1)
    else:
        weight_ih, weight_hh = stacked.split([both - units, units], dim=1)
    weights = {"weight_ih": weight_ih, "weight_hh": weight_hh}
    biases = [linears[gate].bias for gate in gates]
    if any(bias is not None for bias in biases):
        none = stacked.new_zeros(units)
        weights["bias_ih"] = torch.cat([none if bias is None else bias for bias in biases])
    return weights


def _linears(weights: Mapping[str, Tensor], order: str) -> dict[str, nn.Linear]:
    gates = get_cell("lstm").gate_names
    both = [weights["weight_hh"], weights["weight_ih"]]
    weight = torch.cat(both if order == "hx" else both[::-1], dim=1)
    bias = weights["bias_ih"] + weights["bias_hh"] if "bias_ih" in weights else None
    linears = {}
    for index, gate in enumerate(gates):
        rows = weight.chunk(len(gates))[index]
        linear = nn.Linear(
            rows.shape[1], rows.shape[0], bias is not None, device=rows.device, dtype=rows.dtype
        )
        with torch.no_grad():
            linear.weight.copy_(rows)
            if bias is not None:
                linear.bias.copy_(bias.chunk(len(gates))[index])
        linears[gate] = linear
    return linears
