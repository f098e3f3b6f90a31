"""A model of prices: at the close of each day, densities of the returns of the days to come.

Each return is forecast in units of its volatility so far, and the untrained model is the baseline
to beat: that volatility for every day ahead, and the square root of time for their sum.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lstm_zoo.errors import UsageError
from lstm_zoo.forecasting.config import ForecastModelConfig
from lstm_zoo.forecasting.heads import HEADS
from lstm_zoo.forecasting.layers import recurrent_layer, start
from lstm_zoo.forecasting.preprocessing import Preprocessing
from lstm_zoo.forecasting.price_features import EVENTS, FEATURES

EVENT_HIDDEN = 16
KINDS = 2  # the return of the day itself, and of all days up to it together
FIXED_DAYS = 40


class PriceModel(nn.Module):
    """An LSTM over days.

    Args:
        config: the architecture.
        preprocessing: says how many days ahead.

    Raises:
        UsageError: the recipe asks for what a price model does not have.
    """

    def __init__(self, config: ForecastModelConfig, preprocessing: Preprocessing) -> None:
        super().__init__()
        fields = ForecastModelConfig.model_fields
        for name in ("segment", "embedding_size", "decoding", "linear_branch", "calendar"):
            if getattr(config, name) != fields[name].default:
                raise UsageError(f"a price model reads day by day: leave out model.{name}")
        self.config = config
        self.horizon = preprocessing.horizon
        self.head = HEADS[config.head]
        if not self.head.is_probabilistic:
            raise UsageError(
                f"a price model gives densities: model.head should be quantile, student-t or"
                f" mixture, got {config.head!r}"
            )
        self.layer = recurrent_layer(config, FEATURES)
        self.dropout = nn.Dropout(config.dropout)
        self.output = nn.Linear(config.hidden_size, self.horizon * KINDS * self.head.size)
        self.event = nn.Linear(EVENTS, EVENT_HIDDEN)
        self.event_output = nn.Linear(EVENT_HIDDEN, KINDS * self.head.size, bias=False)

    def reset_parameters(self) -> None:
        """Start the weights; the forecast starts as the volatility so far."""
        start(self.layer, self.config)
        self.event.reset_parameters()
        for weight in (self.output.weight, self.output.bias, self.event_output.weight):
            nn.init.zeros_(weight)

    def forward(self, features: Tensor, events: Tensor, last: int | None = None) -> Tensor:
        """Densities of the returns of the days ahead, in units of the volatility so far.

        Args:
            features: (batch, days, FEATURES), see `price_features`.
            events: (batch, days + horizon, EVENTS): of each day, and of those ahead.
            last: forecast from the last days alone; None for all.

        Returns:
            Parameters of the head (batch, days, horizon, 2, size): of each day's own return, and of
            the return of all days up to it.
        """
        hidden = self.layer(features)[0]
        days = features.shape[1]
        last = days if last is None else min(last, days)
        hidden = self.dropout(hidden[:, -last:])
        raw = self.output(hidden).unflatten(-1, (self.horizon, KINDS, self.head.size))
        # (batch, days, EVENTS, horizon): the days ahead of each day.
        coming = events[:, 1:].unfold(1, self.horizon, 1)[:, -last:].transpose(2, 3)
        extra = self.event_output(torch.tanh(self.event(coming)))
        raw = raw + extra.unflatten(-1, (KINDS, self.head.size))
        zero = torch.zeros((), device=raw.device)
        return self.head.rescaled(self.head.parameters(raw), zero, self._spread(raw))

    def _spread(self, like: Tensor) -> Tensor:
        """Deviation of each forecast where volatility stays: (horizon, 2)."""
        steps = torch.arange(1, self.horizon + 1, device=like.device, dtype=like.dtype)
        return torch.stack([torch.ones_like(steps), steps.sqrt()], 1)

    @torch.inference_mode()
    def fixed_outputs(self, count: int) -> list[float]:
        """Numbers of the forecast for fixed days, for a checkpoint's fingerprint."""
        device = self.output.weight.device
        days = torch.arange(FIXED_DAYS * FEATURES, dtype=torch.float32, device=device)
        features = torch.sin(days * 0.7).view(1, FIXED_DAYS, FEATURES)
        more = torch.arange((FIXED_DAYS + self.horizon) * EVENTS, device=device)
        events = torch.cos(more.float()).abs().view(1, -1, EVENTS)
        return self(features, events, last=1).flatten()[:count].cpu().double().tolist()
