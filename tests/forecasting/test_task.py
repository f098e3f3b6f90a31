"""From a recipe to a checkpoint that forecasts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import lstm_zoo
from lstm_zoo.errors import UsageError
from lstm_zoo.forecasting.fit import RECIPE, own_overrides
from lstm_zoo.forecasting.series import read_series
from lstm_zoo.forecasting.task import TASK
from lstm_zoo.training.recipe import read_recipe, recipe_names
from lstm_zoo.training.train import evaluate, train
from tests.forecasting.makers import preprocessing, random_model


def waves(rows: int = 400) -> pd.DataFrame:
    steps = np.arange(rows)
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "date": pd.date_range("2024-01-01", periods=rows, freq="h"),
            "wave": np.sin(2 * np.pi * steps / 24) + 0.05 * rng.normal(size=rows),
            "line": 0.02 * steps,
        }
    )


@pytest.fixture(scope="module")
def own_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint of a model trained on waves and a line."""
    folder = tmp_path_factory.mktemp("own")
    file = folder / "My waves.csv"
    waves().to_csv(file, index=False)
    overrides = own_overrides(file, read_series(file), 12)
    checkpoint, config = train(
        RECIPE,
        overrides=[*overrides, "training.epochs=4"],
        runs_dir=folder,
        device="cpu",
        quiet=True,
    )
    assert config.name == "lstm.my-waves"
    return checkpoint


def test_a_table_of_ones_own_becomes_a_forecaster_better_than_the_last_value(
    own_model: Path,
) -> None:
    _, metrics = evaluate(f"local-dir:{own_model}")
    assert metrics["mae_12"].value < 0.3 * metrics["repeat_last_mae_12"].value
    assert metrics["error"].unit == "CRPS"


def test_a_line_goes_on_and_a_sine_too_on_days_that_training_has_not_seen(own_model: Path) -> None:
    forecaster = lstm_zoo.load(f"local-dir:{own_model}")
    table = forecaster.forecast(waves().iloc[:388])
    assert len(table) == 2 * 12
    assert table["date"].iloc[0] == waves()["date"][388]
    for name, largest in (("wave", 0.25), ("line", 0.05)):
        found = table.loc[table["series"] == name, "mean"].to_numpy()
        assert np.abs(found - waves()[name].to_numpy()[388:]).max() < largest
    wave = table[table["series"] == "wave"]
    assert (wave["0.05"] < wave["0.95"]).all()


def test_a_changed_future_changes_no_forecast_of_a_trained_model(own_model: Path) -> None:
    forecaster = lstm_zoo.load(f"local-dir:{own_model}")
    changed = waves()
    changed.loc[300:, "wave"] = 9.0
    before, after = (
        forecaster.forecast(read_series(table).first(300)) for table in (waves(), changed)
    )
    pd.testing.assert_frame_equal(before, after)


def test_a_run_that_was_stopped_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    from lstm_zoo.training.loop import Interrupted

    file = tmp_path / "waves.csv"
    waves().to_csv(file, index=False)
    overrides = [*own_overrides(file, read_series(file), 12), "training.epochs=1"]
    overrides.append("model.linear_branch=trained")

    def run(folder: str, stop_at: int | None = None) -> Path:
        asked = iter(range(10**6))
        return train(
            RECIPE,
            overrides=overrides,
            runs_dir=tmp_path / folder,
            device="cpu",
            quiet=True,
            should_stop=lambda: stop_at is not None and next(asked) == stop_at,
        )[0]

    whole = run("whole")
    with pytest.raises(Interrupted):
        run("stopped", 3)
    resumed = run("stopped")
    weights = [(folder / "model.safetensors").read_bytes() for folder in (whole, resumed)]
    assert weights[0] == weights[1]


def test_a_fitted_branch_is_the_linear_model_and_stays_so(tmp_path: Path) -> None:
    file = tmp_path / "waves.csv"
    waves().to_csv(file, index=False)
    recipe, task = read_recipe(RECIPE, own_overrides(file, read_series(file), 12))
    data = task.load_data(recipe.data, None)
    model = task.build(recipe.model, data.preprocessing)
    model.reset_parameters()
    assert not model.linear.weight.requires_grad
    metrics = task.evaluate(model.eval(), data, "test")
    assert metrics["mse_12"].value == pytest.approx(metrics["linear_mse_12"].value, rel=1e-4)


@pytest.mark.parametrize(
    ("rows", "horizon", "sentence"),
    [
        (60, 40, "60 rows, too few to learn a horizon of 40: they are enough for at most 5 steps"),
        (20, 1, "enough for no step at all"),
    ],
)
def test_a_series_too_short_for_its_horizon_is_refused(rows, horizon, sentence) -> None:
    with pytest.raises(UsageError, match=sentence):
        own_overrides(Path("x.csv"), read_series(waves(rows)), horizon)


def test_the_horizon_that_is_said_to_be_enough_is_enough(tmp_path: Path) -> None:
    own_overrides(Path("x.csv"), read_series(waves(60)), 5)


@pytest.mark.parametrize("decoding", ["direct", "recursive", "parallel"])
@pytest.mark.parametrize("calendar", [False, True])
def test_a_fingerprint_tells_weights_apart(decoding: str, calendar: bool) -> None:
    model = random_model(decoding=decoding, calendar=calendar)
    before = TASK.fingerprint(model)
    assert before == TASK.fingerprint(model)
    assert 1 < len(before) <= 64
    for weight in model.parameters():
        kept = weight.detach().clone()
        with torch.no_grad():
            weight.add_(0.1)
        assert not np.allclose(TASK.fingerprint(model), before, atol=1e-5)
        with torch.no_grad():
            weight.copy_(kept)


def test_preprocessing_goes_through_json_unchanged_and_broken_ones_are_refused() -> None:
    document = TASK.dump_preprocessing(preprocessing())
    assert TASK.dump_preprocessing(TASK.parse_preprocessing(document)) == document
    for changes, sentence in [
        ({"mean": [1.0]}, "of one length"),
        ({"deviation": [1.0, 0.0]}, "above zero"),
        ({"look_back": 0}, "look_back"),
        ({"horizons": []}, "horizons"),
        ({"extra": 1}, "extra"),
    ]:
        with pytest.raises(ValueError, match=sentence):
            TASK.parse_preprocessing(document | changes)


@pytest.mark.parametrize("name", [n for n in recipe_names() if n.startswith(("seg-", "prob-"))])
def test_recipes_of_public_data_find_it(name: str, real_data: Path) -> None:
    recipe, task = read_recipe(name)
    data = task.load_data(recipe.data, real_data)
    model = task.build(recipe.model, data.preprocessing)
    assert sum(p.numel() for p in model.parameters()) < 2.2e6
    assert len(task.batches(data, recipe.batches, 0, 0)) > 5


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("model.decoding=paralel", "decoding: input should be 'direct', 'recursive' or 'parallel'"),
        ("model.segment=1", "parallel decoding needs a segment of more than one step"),
        ("model.cell=peepholes", "'peepholes'; did you mean 'peephole'.* conv$"),  # said once
        ("data.split=[0.7, 100, 200]", "three shares that sum to at most 1, or three numbers"),
        ("data.horizon=96", "did you mean 'horizons'"),
    ],
)
def test_a_recipe_that_cannot_be_is_refused(override: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        read_recipe("seg-lstm.etth1", [override])
