"""Speed of forecasting: many series at once, and a backtest in one batch beside a loop.

    python benchmarks/backtest.py [NAME]

Prints a line for each figure: of the checkpoint NAME, or without one of an untrained model of the
size of the recipes, whose speed is the same.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import lstm_zoo as zoo
from lstm_zoo.forecasting.backtest import LEVELS, backtest
from lstm_zoo.forecasting.config import ForecastModelConfig
from lstm_zoo.forecasting.model import SeriesModel
from lstm_zoo.forecasting.predict import SeriesForecaster
from lstm_zoo.forecasting.preprocessing import Preprocessing

SERIES, POINTS, HORIZON, ORIGINS = 500, 1000, 20, 250
REPEATS = 3


def main() -> None:
    model = zoo.load(sys.argv[1]) if len(sys.argv) > 1 else untrained()
    rng = np.random.default_rng(0)
    walks = 100 * np.exp(0.01 * rng.normal(size=(SERIES, POINTS, 1)).cumsum(1))
    levels = LEVELS.tolist()
    seconds = best_of(lambda: model.quantiles(walks, HORIZON, levels))
    print(f"{SERIES} series of {POINTS} points, horizon {HORIZON}: {seconds:.2f} s")
    series = walks[0]
    of = model.returns if model.is_of_returns else model
    baselines = ["ewma"] if model.is_of_returns else ["repeat-last"]
    options: dict[str, Any] = {"stride": 1, "baselines": baselines, "conformal": False}
    result = backtest(model, series, HORIZON, ORIGINS, **options)

    def loop() -> np.ndarray:
        return np.concatenate(
            [of.quantiles(series[None, :known], HORIZON, levels) for known in result.origins]
        )

    batch = best_of(lambda: backtest(model, series, HORIZON, ORIGINS, **options))
    single = best_of(loop)
    difference = np.abs(loop() - result.quantiles["model"]).max() / np.abs(series).max()
    print(f"{ORIGINS} origins: one batch {batch:.3f} s, its scores included; loop {single:.2f} s")
    print(f"{single / batch:.1f} times as fast, largest relative difference {difference:.1e}")


def untrained() -> SeriesForecaster:
    """A model of the size of the recipes, with random weights."""
    preprocessing = Preprocessing(
        kind="series",
        names=("value",),
        mean=(0.0,),
        deviation=(1.0,),
        look_back=240,
        horizons=(HORIZON,),
        frequency=None,
        seen={},
    )
    config = ForecastModelConfig(hidden_size=64, segment=10, embedding_size=64, head="quantile")
    torch.manual_seed(0)
    model = SeriesModel(config, preprocessing)
    model.reset_parameters()
    torch.nn.init.normal_(model.output.weight, std=0.1)
    return SeriesForecaster(model.eval(), preprocessing)


def best_of(call: Callable[[], Any]) -> float:
    """Seconds of the fastest of some calls."""
    times = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return min(times)


if __name__ == "__main__":
    main()
