"""The recurrent layer of a forecaster, and one more step of it from many inputs at once."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lstm_zoo.cells.lstm import StandardLSTM
from lstm_zoo.forecasting.config import ForecastModelConfig
from lstm_zoo.initialization import initialize
from lstm_zoo.recurrent import LSTM


def recurrent_layer(config: ForecastModelConfig, input_size: int) -> LSTM | nn.LSTM:
    """PyTorch's LSTM for the cell "nn.LSTM", else the zoo's layer; batch first."""
    size, layers = config.hidden_size, config.num_layers
    if config.cell == "nn.LSTM":
        return nn.LSTM(input_size, size, num_layers=layers, batch_first=True)
    return LSTM(input_size, size, num_layers=layers, batch_first=True, cell=config.cell)


def start(layer: LSTM | nn.LSTM, config: ForecastModelConfig) -> None:
    """Start the layer's weights."""
    layer.reset_parameters()
    initialize(layer, forget_bias=config.forget_bias)


def following_states(
    layer: LSTM | nn.LSTM,
    state: tuple[Tensor, ...] | Tensor,
    tokens: Tensor,
    extra: Tensor | None = None,
) -> Tensor:
    """The layer's output after one more step, for each of several inputs side by side.

    Args:
        layer: batch first.
        state: after the past, each part (layers, batch * channels, features).
        tokens: (channels, inputs, features), the same for each row of the batch.
        extra: (batch * channels, inputs, features), added to the tokens; None for nothing.

    Returns:
        (batch * channels, inputs, hidden).
    """
    channels, inputs, _ = tokens.shape
    h = state[0]
    rows = h.shape[1]
    if extra is None and layer.num_layers == 1 and _is_standard(layer):
        return _standard_step(layer, h[0], state[1][0], tokens)
    x = tokens.repeat(rows // channels, 1, 1)
    if extra is not None:
        x = x + extra
    x = x.reshape(rows * inputs, 1, -1)
    repeated = tuple(part.repeat_interleave(inputs, 1) for part in state)
    return layer(x, repeated)[0].reshape(rows, inputs, -1)


def _is_standard(layer: LSTM | nn.LSTM) -> bool:
    return isinstance(layer, nn.LSTM) or isinstance(layer.cell, StandardLSTM)


def _standard_step(layer: LSTM | nn.LSTM, h: Tensor, c: Tensor, tokens: Tensor) -> Tensor:
    """The same with each product made once: of h for a row, of a token for all rows."""
    channels, inputs, features = tokens.shape
    size = h.shape[-1]
    bias = layer.bias_ih_l0 + layer.bias_hh_l0
    from_past = F.linear(h, layer.weight_hh_l0, bias).view(-1, channels, 1, 4 * size)
    from_token = F.linear(tokens, layer.weight_ih_l0)
    i, f, g, o = (from_past + from_token).chunk(4, -1)
    c = torch.sigmoid(f) * c.view(-1, channels, 1, size) + torch.sigmoid(i) * torch.tanh(g)
    return (torch.sigmoid(o) * torch.tanh(c)).view(-1, inputs, size)
