"""A forecast for a card: of a series that anyone can make again."""

from __future__ import annotations

import numpy as np

from lstm_zoo.forecasting.forecaster import Forecaster

SHOWN = (1, 5, 20, 96, 336, 720)
LEVELS = (0.05, 0.5, 0.95)


def sample_forecast(forecaster: Forecaster) -> str:
    """Quantiles of what follows a made series, as Markdown."""
    rows = forecaster.look_back + 1
    steps = np.arange(rows)
    if forecaster.is_of_returns:
        made = "prices with daily returns of 1 % times the sine of each day's number squared"
        values = 100 * np.exp(0.01 * np.cumsum(np.sin(steps**2)))
    else:
        made = "a sine with a period of 24 steps"
        values = np.sin(2 * np.pi * steps / 24)
    horizon = forecaster.max_horizon
    channels = max(1, len(forecaster.preprocessing.names))
    windows = np.repeat(values[None, :, None], 1 if forecaster.is_of_returns else channels, 2)
    found = forecaster.quantiles(windows, horizon, LEVELS)[0, :, 0]
    shown = [step for step in SHOWN if step <= horizon]
    lines = ["| step | 5 % | 50 % | 95 % |", "|---:|---:|---:|---:|"]
    lines += [f"| {s} | {' | '.join(f'{value:.3f}' for value in found[s - 1])} |" for s in shown]
    return f"What follows {made}:\n\n" + "\n".join(lines)
