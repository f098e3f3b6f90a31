"""From and to PyTorch's recurrent modules.

PyTorch stacks the gates as the zoo does, of an LSTM in the order input, forget, cell, output, of a
GRU reset, update, new, and the parameters have the same names. What remains is to build the module
with the same options.
"""

from __future__ import annotations

from typing import Any, overload

import torch
from torch import nn

from lstm_zoo.cells import LSTMCell
from lstm_zoo.conversion.layout import name_of_cell
from lstm_zoo.errors import UsageError
from lstm_zoo.recurrent import LSTM

MODULES: dict[str, type[nn.RNNBase]] = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
"""The zoo's name of a cell -> PyTorch's module of it."""


@overload
def from_torch(module: nn.LSTMCell) -> LSTMCell: ...
@overload
def from_torch(module: nn.RNNBase) -> LSTM: ...


def from_torch(module: nn.LSTMCell | nn.RNNBase) -> LSTMCell | LSTM:
    """The zoo's twin of a module of PyTorch: the same options, and a copy of the weights.

    The dtype, the device, the training mode and what is frozen are the module's, too. The state of
    a GRU or RNN is a tuple of one part here.

    Args:
        module: `nn.LSTM`, `nn.LSTMCell`, `nn.GRU`, or `nn.RNN` with tanh.

    Raises:
        UsageError: it is none of these.
    """
    if isinstance(module, nn.LSTMCell):
        cell = LSTMCell(module.input_size, module.hidden_size, module.bias, **_place(module))
        _copy(module, cell)
        return cell
    names = [name for name, kind in MODULES.items() if isinstance(module, kind)]
    if not names:
        raise UsageError(
            f"from_torch takes nn.LSTM, nn.LSTMCell, nn.GRU or nn.RNN, got {type(module)}"
        )
    if isinstance(module, nn.RNN) and module.nonlinearity != "tanh":
        raise UsageError(
            f"the zoo's rnn has nonlinearity='tanh', and the module has {module.nonlinearity!r}"
        )
    lstm = LSTM(**_options(module), **_place(module), cell=names[0])
    _copy(module, lstm)
    return lstm


@overload
def to_torch(layer: LSTMCell) -> nn.LSTMCell: ...
@overload
def to_torch(layer: LSTM) -> nn.RNNBase: ...


def to_torch(layer: LSTMCell | LSTM) -> nn.LSTMCell | nn.RNNBase:
    """PyTorch's twin of a layer of the zoo, the way back from `from_torch`.

    Args:
        layer: `lstm_zoo.LSTMCell`, or `lstm_zoo.LSTM` with the cell "lstm", "gru" or "rnn".

    Returns:
        `nn.LSTMCell`, or `nn.LSTM`, `nn.GRU` or `nn.RNN` as the cell says.

    Raises:
        UsageError: PyTorch has no module for the cell, or lacks an option that the layer has.
            Recurrent dropout is lost without an error in eval mode, where it does nothing.
    """
    if isinstance(layer, LSTMCell):
        cell = nn.LSTMCell(layer.input_size, layer.hidden_size, layer.bias, **_place(layer))
        _copy(layer, cell)
        return cell
    if not isinstance(layer, LSTM):
        raise UsageError(f"to_torch takes a layer of lstm_zoo, got {type(layer)}")
    kind = MODULES[name_of_cell(layer, "PyTorch", MODULES)]
    if layer.recurrent_dropout and layer.training:
        raise UsageError(
            "PyTorch has no recurrent_dropout, and the layer has recurrent_dropout="
            f"{layer.recurrent_dropout}; in eval mode, where it does nothing, it can be left behind"
        )
    module = kind(**_options(layer), **_place(layer))
    _copy(layer, module)
    return module


def _options(module: nn.RNNBase | LSTM) -> dict[str, Any]:
    names = ["input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout"]
    options = {name: getattr(module, name) for name in [*names, "bidirectional"]}
    # nn.GRU and nn.RNN do not take the argument, not even as 0.
    return options | ({"proj_size": module.proj_size} if module.proj_size else {})


def _place(module: nn.Module) -> dict[str, Any]:
    parameter = next(module.parameters())
    return {"device": parameter.device, "dtype": parameter.dtype}


def _copy(source: nn.Module, target: nn.Module) -> None:
    """Weights, training mode and what is frozen."""
    for name, parameter in target.named_parameters():
        # A parametrised weight has this name as an attribute only, not in the state dict.
        weight = getattr(source, name)
        with torch.no_grad():
            parameter.copy_(weight)
        parameter.requires_grad_(weight.requires_grad)
    target.train(source.training)
