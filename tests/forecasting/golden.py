"""Golden forecasts: what the shipped forecasters say of series that ship with the code.

    python -m tests.forecasting.golden

writes them anew; that is right after a checkpoint was trained again, and after nothing else.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import lstm_zoo as zoo
from lstm_zoo.files import sha256_of
from lstm_zoo.forecasting.example_series import example_series
from lstm_zoo.zoo.names import find_checkpoint

FILE = Path(__file__).with_suffix(".json")
STEPS = (1, 2, 5, 10, 20)
LEVELS = (0.05, 0.5, 0.95)


def named(name: str) -> pd.DataFrame:
    """The temperatures of El Niño by the hour, under the name of a channel that was trained."""
    values = example_series("elnino").values[:, 0]
    return pd.DataFrame({name: values}, pd.date_range("2020-01-01", periods=len(values), freq="h"))


CASES = {
    # Prices as whole days and as closes alone; a series standardised by itself and by training.
    "sp500, whole days": ("prob-lstm.sp500", lambda: example_series("sp500")),
    "sp500, closes": ("prob-lstm.sp500", lambda: example_series("sp500").values[:, 3]),
    "co2": ("seg-lstm.etth1", lambda: example_series("co2")),
    "elnino, as OT": ("seg-lstm.etth1", lambda: named("OT")),
}


def forecast(case: str) -> dict[str, Any]:
    """What a case comes to: a list for each column, one number for each of `STEPS`."""
    model, series = CASES[case]
    table = zoo.load(model).forecast(series(), max(STEPS), LEVELS).set_index("step").loc[[*STEPS]]
    return {name: table[name].tolist() for name in ("mean", *map(str, LEVELS))}


def weights_of(case: str) -> str:
    """The checksum of a case's weights."""
    return sha256_of(find_checkpoint(CASES[case][0]) / "model.safetensors")


def main() -> None:
    document = {
        case: {
            "weights": weights_of(case),
            "columns": {k: np.round(v, 6).tolist() for k, v in forecast(case).items()},
        }
        for case in CASES
    }
    FILE.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    print(f"written: {FILE}")


if __name__ == "__main__":
    main()
