"""The linear model: one matrix from the past to the future, for all channels.

Zeng et al. 2023, "Are Transformers Effective for Time Series Forecasting?", AAAI, call it NLinear;
there it is trained by gradients, here it is solved.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lstm_zoo.forecasting.data import SeriesData

MOST_WINDOWS = 100_000  # times channels: more tell nothing new
CHOICE_WINDOWS = 20_000  # of the validation part, times channels
ROWS = 4096
PENALTIES = tuple(10.0**power for power in range(5, -1, -1))


def least_squares(data: SeriesData) -> Tensor:
    """The matrix from a window to its future, both less the last value: (look_back, horizon).

    Fitted on the train part, with the penalty on the sum of squares that is best on the validation
    part.
    """
    gram, moment = _products(data, "train", MOST_WINDOWS)
    check_gram, check_moment = _products(data, "validation", CHOICE_WINDOWS)
    eye = torch.eye(len(gram), dtype=gram.dtype)

    def error(weight: Tensor) -> float:
        # The mean square of X W - Y, less that of Y, from the products alone.
        return ((weight * (check_gram @ weight)).sum() - 2 * (weight * check_moment).sum()).item()

    candidates = [torch.linalg.solve(gram + penalty * eye, moment) for penalty in PENALTIES]
    return min(candidates, key=error).float()


def linear_forecast(past: Tensor, weight: Tensor) -> Tensor:
    """The future (batch, horizon, channels) of windows (batch, look_back, channels)."""
    last = past[:, -1:]
    return last + torch.einsum("blc,lh->bhc", past - last, weight)


@torch.no_grad()
def _products(data: SeriesData, split: str, most: int) -> tuple[Tensor, Tensor]:
    """X'X and X'Y of some windows of a part whose whole futures lie in it, float64."""
    look_back, horizon = data.preprocessing.look_back, data.preprocessing.horizon
    channels = data.values.shape[1]
    origins = torch.tensor(data.origins(split, horizon))
    origins = origins[:: max(1, len(origins) * channels // most)]
    gram = torch.zeros(look_back, look_back, dtype=torch.float64)
    moment = torch.zeros(look_back, horizon, dtype=torch.float64)
    for piece in origins.split(max(1, ROWS // channels)):
        windows = data.windows(piece)
        last = windows.past[:, -1:]
        x, y = (
            (part - last).transpose(1, 2).flatten(0, 1) for part in (windows.past, windows.future)
        )
        gram += (x.T @ x).double()
        moment += (x.T @ y).double()
    return gram, moment
