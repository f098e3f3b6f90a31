"""Forecasters for tests: untrained where the values of the weights do not matter."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lstm_zoo.forecasting.config import ForecastModelConfig
from lstm_zoo.forecasting.forecaster import Forecaster
from lstm_zoo.forecasting.model import SeriesModel
from lstm_zoo.forecasting.predict import SeriesForecaster
from lstm_zoo.forecasting.preprocessing import Preprocessing
from lstm_zoo.forecasting.price_model import PriceModel
from lstm_zoo.forecasting.price_predict import PriceForecaster


def untrained(head: str = "quantile", look_back: int = 24, horizon: int = 8) -> Forecaster:
    """A forecaster of any series with random weights."""
    preprocessing = Preprocessing(
        kind="series",
        names=("value",),
        mean=(0.0,),
        deviation=(1.0,),
        look_back=look_back,
        horizons=(horizon,),
        frequency=None,
        seen={},
    )
    config = ForecastModelConfig(hidden_size=8, head=head, normalization="scaled-last")  # type: ignore[arg-type]
    torch.manual_seed(0)
    model = SeriesModel(config, preprocessing)
    model.reset_parameters()
    torch.nn.init.normal_(model.output.weight, std=0.3)
    return SeriesForecaster(model.eval(), preprocessing)


@pytest.fixture(scope="session")
def forecaster() -> Forecaster:
    return untrained()


@pytest.fixture(scope="session")
def point_forecaster() -> Forecaster:
    return untrained("mae")


@pytest.fixture(scope="session")
def price_forecaster() -> PriceForecaster:
    """A model of prices as it is before training."""
    preprocessing = Preprocessing(
        kind="prices",
        names=(),
        mean=(),
        deviation=(),
        look_back=100,
        horizons=(5,),
        frequency="B",
        seen={},
    )
    torch.manual_seed(0)
    model = PriceModel(ForecastModelConfig(hidden_size=8, head="student-t"), preprocessing)
    model.reset_parameters()
    return PriceForecaster(model.eval(), preprocessing)


@pytest.fixture(scope="session")
def seasonal() -> np.ndarray:
    """A series of 300 steps with a season of 12 and a little noise: (time,)."""
    time = np.arange(300)
    noise = np.random.default_rng(0).normal(size=300)
    return 50 + 0.05 * time + 8 * np.sin(2 * np.pi * time / 12) + noise
