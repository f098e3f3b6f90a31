"""Forecasters with random weights, of any architecture, for the tests."""

from __future__ import annotations

from typing import Any

import torch

from lstm_zoo.forecasting.config import ForecastModelConfig
from lstm_zoo.forecasting.model import SeriesModel
from lstm_zoo.forecasting.predict import SeriesForecaster
from lstm_zoo.forecasting.preprocessing import Preprocessing

LOOK_BACK, HORIZON = 24, 12


def preprocessing(count: int = 2, **changes: Any) -> Preprocessing:
    document = {
        "kind": "series",
        "names": [f"channel {number}" for number in range(count)],
        "mean": [10.0] * count,
        "deviation": [3.0] * count,
        "look_back": LOOK_BACK,
        "horizons": [4, HORIZON],
        "frequency": "h",
        "seen": {},
    }
    return Preprocessing.model_validate(document | changes)


def random_model(count: int = 2, **config: Any) -> SeriesModel:
    """Weights that leave no part of the model without effect."""
    config = {"hidden_size": 8, "segment": 3, **config}
    model = SeriesModel(ForecastModelConfig(**config), preprocessing(count))
    torch.manual_seed(0)
    model.reset_parameters()
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.3 * torch.randn_like(weight))
    return model.eval()


def random_forecaster(count: int = 2, **config: Any) -> SeriesForecaster:
    return SeriesForecaster(random_model(count, **config), preprocessing(count))
