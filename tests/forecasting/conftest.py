"""Forecasters for tests: untrained where the values of the weights do not matter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from lstm_zoo.forecasting.config import ForecastModelConfig
from lstm_zoo.forecasting.example_series import FOLDER
from lstm_zoo.forecasting.forecaster import Forecaster
from lstm_zoo.forecasting.model import SeriesModel
from lstm_zoo.forecasting.predict import SeriesForecaster
from lstm_zoo.forecasting.preprocessing import Preprocessing
from lstm_zoo.forecasting.price_model import PriceModel
from lstm_zoo.forecasting.price_predict import PriceForecaster
from tests.tiny import train_tiny, write_recipe


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


RECIPE = {
    "name": "tiny.co2",
    "task": "forecasting",
    "description": "Forecasts the carbon dioxide in the air.",
    "data": {
        "name": "CO2",
        "licence": "public domain",
        "source": "statsmodels",
        "file": "co2.csv",
        "look_back": 36,
        "horizons": [12],
    },
    "batches": {"batch_size": 64},
    "model": {"hidden_size": 12, "head": "quantile"},
    "optimizer": {"learning_rate": 1e-2},
    "schedule": {"kind": "constant", "warmup_steps": 0},
    "training": {"epochs": 2, "save_every": 0},
}


@pytest.fixture(scope="session")
def tiny_forecaster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a checkpoint that was trained on an example series."""
    recipe = write_recipe(tmp_path_factory.mktemp("recipes"), RECIPE)
    return train_tiny(recipe, FOLDER, tmp_path_factory.mktemp("runs"))


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
