"""Models that forecast many steps of a series: a ladder of LSTMs, from the plain one upwards.

Papers:
    Hochreiter & Schmidhuber 1997, "Long Short-Term Memory"
    Lin et al. 2023, "SegRNN: Segment Recurrent Neural Network for Long-Term Time Series
    Forecasting": segments as steps, the last value taken off, all segments of the future decoded
    side by side from the embeddings of their positions and channels. There with a GRU.
    Kim et al. 2022, "Reversible Instance Normalization", ICLR: mean and deviation of the window
    taken off and put back
    Zeng et al. 2023, "Are Transformers Effective for Time Series Forecasting?", AAAI: the linear
    branch, one matrix from the past to the future
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lstm_zoo.errors import UsageError
from lstm_zoo.forecasting.calendar import CALENDAR_FEATURES
from lstm_zoo.forecasting.config import ForecastModelConfig
from lstm_zoo.forecasting.heads import HEADS
from lstm_zoo.forecasting.layers import (
    ParallelDecoder,
    following_states,
    recurrent_layer,
    start,
)
from lstm_zoo.forecasting.preprocessing import Preprocessing

SMALLEST_DEVIATION = 1e-4


class SeriesModel(nn.Module):
    """An LSTM that reads a window of the past and forecasts the steps after it.

    Args:
        config: the architecture.
        preprocessing: says how many channels, how long the window and how far the reach.
    """

    def __init__(self, config: ForecastModelConfig, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.config = config
        self.look_back, self.horizon = preprocessing.look_back, preprocessing.horizon
        self.horizons = preprocessing.horizons
        self.head = HEADS[config.head]
        self.joint = config.channels == "joint"
        self.channels = channels = len(preprocessing.names)
        # Values in a row of the LSTM: all channels together, or one.
        self.width = channels if self.joint else 1
        self.segment = config.segment
        segments = -(-self.horizon // self.segment)  # of the future
        known = CALENDAR_FEATURES if config.calendar else 0
        hidden = config.hidden_size
        read = self.segment * self.width + known
        self.embedding = nn.Linear(read, config.embedding_size) if config.embedding_size else None
        self.layer = recurrent_layer(config, config.embedding_size or read)
        self.dropout = nn.Dropout(config.dropout)
        written = self.segment * self.width * self.head.size
        if config.decoding == "direct":
            written = self.horizon * self.width * self.head.size
        self.output = nn.Linear(hidden, written)
        self.decoder = None
        if config.decoding == "parallel":
            parts = 1 if self.joint else channels
            self.decoder = ParallelDecoder(self.layer.input_size, segments, parts, known)
        self.linear = None
        if config.linear_branch != "none":
            self.linear = nn.Linear(self.look_back, self.horizon, bias=False)
            self.linear.requires_grad_(config.linear_branch == "trained")
            self._linear_fit = preprocessing._linear_fit

    def reset_parameters(self) -> None:
        """Start the weights; the forecast starts as the last value, or as the window's mean."""
        start(self.layer, self.config)
        if self.embedding:
            self.embedding.reset_parameters()
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)
        if self.decoder:
            self.decoder.reset_parameters()
        if self.linear:
            nn.init.zeros_(self.linear.weight)
            if self.config.linear_branch == "fitted" and self._linear_fit:
                with torch.no_grad():
                    self.linear.weight.copy_(self._linear_fit().T)
            # What fits holds the data, which is not to be copied with the model.
            self._linear_fit = None

    def forward(
        self,
        window: Tensor,
        calendar: Tensor | None = None,
        channels: Tensor | None = None,
        horizon: int | None = None,
    ) -> Tensor:
        """Forecast the steps after a window.

        Args:
            window: (batch, look_back, channels), standardised.
            calendar: (batch, look_back + horizon, 6): the dates of the window and of what follows;
                needed if the model was built with them.
            channels: (channels,), which of the trained channels these are; None for all in order,
                or, if there are not as many, for none in particular.
            horizon: steps to forecast; None for all.

        Returns:
            Parameters of the head, (batch, horizon, channels, size).
        """
        horizon = horizon or self.horizon
        batch, _, count = window.shape
        location, scale = self._level(window)
        x = (window - location) / scale
        # Rows of the LSTM: (batch * count, time, 1), or (batch, time, count) if joint.
        rows = x if self.joint else x.transpose(1, 2).reshape(batch * count, -1, 1)
        if not self.config.calendar:
            calendar = None
        elif calendar is None:
            raise UsageError("this model reads the calendar: give the dates")
        elif not self.joint:
            calendar = calendar.repeat_interleave(count, 0)
        state = self.layer(self._tokens(rows, calendar))[1]
        if self.decoder:
            tokens = self.decoder(1) if self.joint else self.decoder(count, channels)
            segments = -(-horizon // self.segment)
            coming = None
            if calendar is not None:
                coming = calendar[:, self.look_back :: self.segment][:, :segments]
            extra = self.decoder.dates(coming)
            hidden = following_states(self.layer, state, tokens[:, :segments], extra)
            raw = self.output(self.dropout(hidden))
        elif self.config.decoding == "direct":
            raw = self.output(self.dropout(_hidden(state)))
        else:
            raw = self._recursive(state, calendar, horizon)
        raw = raw.reshape(len(rows), -1, self.width, self.head.size)[:, :horizon]
        if not self.joint:
            raw = raw.reshape(batch, count, horizon, self.head.size).transpose(1, 2)
        parameters = self.head.parameters(raw)
        if self.linear:
            last = window[:, -1:]
            weight = self.linear.weight[:horizon]
            location = last + torch.einsum("blc,hl->bhc", window - last, weight)
        return self.head.rescaled(parameters, location, scale)

    @torch.inference_mode()
    def fixed_outputs(self, count: int) -> list[float]:
        """Numbers of the forecast for a fixed window, for a checkpoint's fingerprint."""
        device = self.output.weight.device
        channels = self.channels
        steps = torch.arange(self.look_back * channels, dtype=torch.float32, device=device)
        window = torch.sin(steps * 0.37).view(1, self.look_back, channels)
        calendar = None
        if self.config.calendar:
            numbers = torch.arange((self.look_back + self.horizon) * CALENDAR_FEATURES)
            calendar = torch.cos(numbers.to(window)).view(1, -1, CALENDAR_FEATURES)
        forecast = self(window, calendar).flatten()
        chosen = torch.linspace(0, len(forecast) - 1, min(count, len(forecast))).long()
        return forecast[chosen.to(device)].cpu().double().tolist()

    def loss(self, parameters: Tensor, future: Tensor) -> Tensor:
        """The mean over the horizons of the mean over their steps, of the head's loss.

        Args:
            parameters: what `forward` returns.
            future: (batch, horizon, channels).
        """
        by_step = self.head.loss(parameters, future).mean((0, 2))
        return torch.stack([by_step[:horizon].mean() for horizon in self.horizons]).mean()

    def _level(self, window: Tensor) -> tuple[Tensor, Tensor]:
        """What is taken off the window and put back on the forecast: (batch, 1, channels) each."""
        if self.config.normalization == "none":
            return torch.zeros_like(window[:, :1]), torch.ones_like(window[:, :1])
        if self.config.normalization == "last":
            return window[:, -1:], torch.ones_like(window[:, :1])
        mean = window.mean(1, keepdim=True)
        deviation = (window - mean).square().mean(1, keepdim=True).sqrt()
        location = mean if self.config.normalization == "instance" else window[:, -1:]
        return location, deviation.clamp_min(SMALLEST_DEVIATION)

    def _tokens(self, rows: Tensor, calendar: Tensor | None) -> Tensor:
        """Steps of the LSTM from steps of the series: (rows, segments, features)."""
        count = rows.shape[1] // self.segment
        tokens = rows[:, rows.shape[1] - count * self.segment :].reshape(len(rows), count, -1)
        if calendar is not None:
            past = calendar[:, : rows.shape[1]]
            tokens = torch.cat([tokens, self._first_dates(past, count)], -1)
        return torch.relu(self.embedding(tokens)) if self.embedding else tokens

    def _first_dates(self, calendar: Tensor, count: int) -> Tensor:
        """The date that each of the last segments begins with."""
        return calendar[:, calendar.shape[1] - count * self.segment :: self.segment]

    def _recursive(
        self, state: tuple[Tensor, ...], calendar: Tensor | None, horizon: int
    ) -> Tensor:
        """One segment after the other, each read as if it had happened."""
        pieces = []
        for number in range(-(-horizon // self.segment)):
            piece = self.output(self.dropout(_hidden(state)))
            pieces.append(piece)
            parts = piece.reshape(len(piece), self.segment, self.width, self.head.size)
            rows = self.head.mean(self.head.parameters(parts))
            dates = None
            if calendar is not None:
                begin = self.look_back + number * self.segment
                dates = calendar[:, begin : begin + 1].expand(-1, self.segment, -1)
            state = self.layer(self._tokens(rows, dates), state)[1]
        return torch.stack(pieces, 1)


def _hidden(state: tuple[Tensor, ...]) -> Tensor:
    """h of the last layer: (rows, hidden)."""
    return state[0][-1]
