"""The shipped forecasters say what they said when they were trained, to the digits of float32."""

from __future__ import annotations

import json

import pytest

import lstm_zoo as zoo
from tests.forecasting.golden import CASES, FILE, forecast, weights_of


@pytest.mark.parametrize("case", CASES)
def test_a_shipped_model_forecasts_an_example_as_it_did(case: str) -> None:
    if CASES[case][0] not in zoo.list_models():
        pytest.skip(f"{CASES[case][0]} is not in weights/")
    golden = json.loads(FILE.read_text("utf-8"))[case]
    assert weights_of(case) == golden["weights"], (
        "the weights are others: python -m tests.forecasting.golden"
    )
    found = forecast(case)
    assert found.keys() == golden["columns"].keys()
    for column, values in golden["columns"].items():
        assert found[column] == pytest.approx(values, rel=1e-5), column
