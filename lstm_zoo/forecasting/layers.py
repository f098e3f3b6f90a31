"""The recurrent layer of a forecaster, and one more step of it from many inputs at once."""

from __future__ import annotations

from typing import Any

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


class ParallelDecoder(nn.Module):
    """What the layer reads for each segment of the future: its position, its channel, its dates.

    Lin et al. 2023, "SegRNN", section 4.3.

    Args:
        features: that the layer reads.
        segments: of the future.
        channels: that are told apart.
        known: features of a date; 0 for none.
    """

    def __init__(self, features: int, segments: int, channels: int, known: int) -> None:
        super().__init__()
        self.position = nn.Parameter(torch.empty(segments, features))
        self.channel = nn.Parameter(torch.empty(channels, features))
        self.known = nn.Linear(known, features, bias=False) if known else None

    def reset_parameters(self) -> None:
        """Start the embeddings from a normal distribution."""
        nn.init.normal_(self.position, std=0.5)
        nn.init.normal_(self.channel, std=0.5)
        if self.known:
            self.known.reset_parameters()

    def forward(self, count: int, channels: Tensor | None = None) -> Tensor:
        """Inputs of all segments: (count, segments, features).

        Args:
            count: channels of the window.
            channels: which of the trained ones they are; None for all in order, or, if they are not
                as many, for none in particular: the mean of all.
        """
        channel: Tensor = self.channel
        if channels is not None:
            channel = channel[channels]
        elif count != len(channel):
            channel = channel.mean(0, keepdim=True).expand(count, -1)
        return channel[:, None] + self.position

    def dates(self, calendar: Tensor | None) -> Tensor | None:
        """What the dates (rows, segments, 6) add to the inputs."""
        return self.known(calendar) if self.known and calendar is not None else None


def following_states(
    layer: LSTM | nn.LSTM,
    state: tuple[Tensor, ...],
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


def _standard_step(layer: Any, h: Tensor, c: Tensor, tokens: Tensor) -> Tensor:
    """The same with each product made once: of h for a row, of a token for all rows."""
    channels, inputs, features = tokens.shape
    size = h.shape[-1]
    bias = layer.bias_ih_l0 + layer.bias_hh_l0
    from_past = F.linear(h, layer.weight_hh_l0, bias).view(-1, channels, 1, 4 * size)
    from_token = F.linear(tokens, layer.weight_ih_l0)
    i, f, g, o = (from_past + from_token).chunk(4, -1)
    c = torch.sigmoid(f) * c.view(-1, channels, 1, size) + torch.sigmoid(i) * torch.tanh(g)
    return (torch.sigmoid(o) * torch.tanh(c)).view(-1, inputs, size)
