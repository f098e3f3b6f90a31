"""What every forecaster does, whatever its weights."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_zoo.cells import CELLS
from lstm_zoo.errors import UsageError
from lstm_zoo.forecasting.heads import HEADS
from lstm_zoo.forecasting.layers import following_states
from lstm_zoo.forecasting.series import read_series
from tests.forecasting.makers import HORIZON, LOOK_BACK, random_forecaster, random_model

DECODINGS = ("direct", "recursive", "parallel")
ARCHITECTURES = [
    {"decoding": decoding, "channels": channels, "normalization": normalization}
    for decoding, channels, normalization in itertools.product(
        DECODINGS, ("independent", "joint"), ("none", "last", "instance", "scaled-last")
    )
]
every_architecture = pytest.mark.parametrize(
    "config", ARCHITECTURES, ids=lambda c: "-".join(c.values())
)
LEVELS = (0.1, 0.5, 0.9)
numbers = st.floats(-1e3, 1e3).map(lambda value: round(value, 3))


def windows(count: int = 5, time: int = LOOK_BACK, channels: int = 2) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(count, time, channels)).cumsum(1)


@every_architecture
@settings(max_examples=5, deadline=None)
@given(value=numbers)
def test_a_constant_goes_on_as_it_is(config: dict, value: float) -> None:
    forecaster = random_forecaster(linear_branch="trained", head="quantile", **config)
    found = forecaster.quantiles(np.full((1, LOOK_BACK, 2), value), HORIZON, LEVELS)
    assert np.array_equal(found, np.full((1, HORIZON, 2, 3), value))


@every_architecture
@settings(max_examples=5, deadline=None)
@given(scale=st.floats(0.01, 100), shift=numbers)
def test_a_forecast_moves_and_stretches_with_its_series(
    config: dict, scale: float, shift: float
) -> None:
    forecaster = random_forecaster(linear_branch="trained", head="student-t", **config)
    x = windows()
    expected = scale * forecaster.quantiles(x, HORIZON, LEVELS) + shift
    found = forecaster.quantiles(scale * x + shift, HORIZON, LEVELS)
    assert np.allclose(found, expected, rtol=1e-3, atol=1e-3 * scale)


@every_architecture
def test_the_last_value_matters_to_the_first_step_and_so_do_the_others(config: dict) -> None:
    forecaster = random_forecaster(**config)
    names = forecaster.preprocessing.names
    x = windows(1)
    before = forecaster.mean(x, HORIZON, names)
    for row in (-1, 0):
        changed = x.copy()
        changed[:, row] += 2
        difference = np.abs(forecaster.mean(changed, HORIZON, names) - before)
        assert difference[0, 0].min() > 1e-6


@pytest.mark.parametrize("decoding", DECODINGS)
@pytest.mark.parametrize("normalization", ["last", "scaled-last"])
@pytest.mark.parametrize("linear", ["none", "trained"])
def test_an_untrained_model_says_the_last_value(
    decoding: str, normalization: str, linear: str
) -> None:
    forecaster = random_forecaster(
        decoding=decoding, normalization=normalization, linear_branch=linear
    )
    forecaster.model.reset_parameters()
    x = windows()
    found = forecaster.mean(x, HORIZON)
    assert np.allclose(found, np.repeat(x[:, -1:], HORIZON, 1), atol=1e-5)


@every_architecture
def test_a_horizon_is_the_beginning_of_a_longer_one(config: dict) -> None:
    forecaster = random_forecaster(linear_branch="trained", **config)
    longest = forecaster.mean(windows(), HORIZON)
    for horizon in (1, 2, 3, 7):
        assert np.allclose(forecaster.mean(windows(), horizon), longest[:, :horizon], atol=1e-5)


@every_architecture
def test_many_windows_at_once_are_each_by_itself(config: dict) -> None:
    forecaster = random_forecaster(head="mixture", **config)
    together = forecaster.quantiles(windows(), HORIZON, LEVELS)
    alone = [forecaster.quantiles(x[None], HORIZON, LEVELS)[0] for x in windows()]
    assert np.allclose(together, np.stack(alone), atol=1e-5)


@pytest.mark.parametrize("decoding", DECODINGS)
def test_a_channel_knows_nothing_of_another_unless_they_are_read_together(decoding: str) -> None:
    for channels, same in (("independent", True), ("joint", False)):
        forecaster = random_forecaster(decoding=decoding, channels=channels)
        x = windows()
        changed = x.copy()
        changed[:, :10, 1] += 5
        before, after = (forecaster.mean(each, HORIZON)[..., 0] for each in (x, changed))
        assert np.allclose(before, after, atol=1e-6) == same


def test_more_of_the_past_than_is_read_changes_nothing_and_less_is_filled_up() -> None:
    forecaster = random_forecaster(decoding="parallel")
    long = windows(2, LOOK_BACK + 7)
    names = forecaster.preprocessing.names
    whole, cut = (forecaster.mean(x, HORIZON, names) for x in (long, long[:, 7:]))
    assert np.array_equal(whole, cut)
    short = windows(2, 5)
    filled = np.concatenate([short[:, :1].repeat(LOOK_BACK - 5, 1), short], 1)
    assert np.array_equal(forecaster.mean(short, 3, names), forecaster.mean(filled, 3, names))


def test_trained_channels_are_standardised_as_in_training_in_any_order() -> None:
    forecaster = random_forecaster(normalization="none", decoding="parallel")
    first, second = forecaster.preprocessing.names
    x = windows()
    both = forecaster.mean(x, HORIZON, (first, second))
    swapped = forecaster.mean(x[..., ::-1], HORIZON, (second, first))
    assert np.allclose(both, swapped[..., ::-1], atol=1e-5)
    assert not np.allclose(both, forecaster.mean(x, HORIZON), atol=1e-2)


@pytest.mark.parametrize("cell", ["nn.LSTM", *(n for n, c in CELLS.items() if c.feature_dims == 1)])
@pytest.mark.parametrize("decoding", DECODINGS)
def test_any_cell_can_be_taken(cell: str, decoding: str) -> None:
    forecaster = random_forecaster(cell=cell, decoding=decoding, num_layers=2)
    assert np.isfinite(forecaster.mean(windows(), HORIZON)).all()


def test_products_made_once_give_what_a_step_of_the_layer_gives() -> None:
    for cell in ("lstm", "nn.LSTM"):
        layer = random_model(cell=cell, decoding="parallel").layer
        state = tuple(torch.randn(1, 6, 8) for _ in range(2))
        tokens = torch.randn(2, 4, layer.input_size)
        fast = following_states(layer, state, tokens)
        none_more = torch.zeros(6, 4, layer.input_size)
        assert torch.allclose(fast, following_states(layer, state, tokens, none_more), atol=1e-6)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("decoding", DECODINGS)
def test_a_forecast_is_a_table_with_a_row_for_each_channel_and_step(
    head: str, decoding: str
) -> None:
    forecaster = random_forecaster(head=head, decoding=decoding, calendar=True)
    dates = pd.date_range("2024-03-01", periods=40, freq="h")
    values = windows(1, 40)[0]
    table = pd.DataFrame(values, columns=["a", "b"]).assign(date=dates)
    found = forecaster.forecast(table, 7, quantiles=LEVELS, samples=2)
    assert list(found.columns) == [
        *("series", "step", "date", "mean", "0.1", "0.5", "0.9", "path 1", "path 2")
    ]
    assert found["series"].tolist() == ["a"] * 7 + ["b"] * 7
    assert found["date"].iloc[0] == pd.Timestamp("2024-03-02 16:00")
    assert (found["0.1"] <= found["0.5"]).all()
    assert (found["0.5"] <= found["0.9"]).all()
    assert (found["0.1"] < found["0.9"]).all() == forecaster.is_probabilistic


def test_dates_of_the_future_matter_to_a_model_that_reads_the_calendar() -> None:
    values = windows(1, 40)[0]
    for decoding in DECODINGS:
        forecaster = random_forecaster(decoding=decoding, calendar=True)
        found = [
            forecaster.forecast(
                pd.DataFrame({"date": pd.date_range(day, periods=40, freq="h"), "x": values[:, 0]})
            )["mean"]
            for day in ("2024-03-01", "2024-08-04")
        ]
        assert not np.allclose(*found, atol=1e-4)
    with pytest.raises(UsageError, match="needs a series with dates"):
        forecaster.forecast(values)


def test_paths_have_the_forecasts_distribution() -> None:
    forecaster = random_forecaster(head="student-t", decoding="parallel")
    series = read_series(windows(1, 40)[0])
    paths = forecaster.paths(series, HORIZON, samples=4000)
    expected = forecaster.quantiles(series.values[None], HORIZON, LEVELS, series.names)[0]
    found = np.quantile(paths, LEVELS, axis=0).transpose(1, 2, 0)
    spread = expected[..., -1:] - expected[..., :1]
    assert (np.abs(found - expected) < 0.08 * spread).all()
    assert np.array_equal(paths, forecaster.paths(series, HORIZON, samples=4000))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"horizon": 13}, "forecasts 1 to 12 steps, asked for 13"),
        ({"horizon": 0}, "forecasts 1 to 12 steps, asked for 0"),
        ({"quantiles": (0.5, 1.0)}, "between 0 and 1, got 1.0"),
    ],
)
def test_what_cannot_be_forecast_is_refused(arguments: dict, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        random_forecaster().forecast(windows(1, 40)[0], **arguments)


def test_a_series_unlike_those_of_training_is_said_to_be() -> None:
    forecaster = random_forecaster()
    seen = {"roughness": (0.1, 0.3), "extremes": (1.0, 3.0), "still": (0.0, 0.0)}
    forecaster.preprocessing = forecaster.preprocessing.model_copy(update={"seen": seen})
    smooth = np.sin(np.arange(60) / 4)
    assert forecaster.unlike(smooth) == []
    noise = np.random.default_rng(0).normal(size=60)
    assert "from step to step" in forecaster.unlike(noise)[0]
    assert "has 12: what lies before" in forecaster.unlike(smooth[:12])[0]
    daily = pd.Series(smooth, pd.date_range("2024-01-01", periods=60, freq="D"))
    assert forecaster.unlike(daily) == ["The model was trained on steps of 'h', these are of 'D'."]


@every_architecture
def test_a_reading_is_what_the_model_takes_and_labels_its_steps(config: dict) -> None:
    forecaster = random_forecaster(**config)
    dates = pd.date_range("2024-03-01", periods=30, freq="h")
    table = pd.DataFrame(windows(1, 30)[0], dates, ["a", "b"])
    reading = forecaster.reading(table)
    output = forecaster.model(*reading.inputs)
    assert output.shape[:2] == (1, HORIZON)
    assert len(reading.labels) == LOOK_BACK // 3
    assert reading.labels[-1] == str(dates[-3])
