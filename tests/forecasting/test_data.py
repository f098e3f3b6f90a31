"""Tables, split and cut into windows; what is measured on them; nothing looks ahead."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from lstm_zoo.errors import UsageError
from lstm_zoo.forecasting.config import ForecastBatchConfig, ForecastDataConfig
from lstm_zoo.forecasting.data import SeriesBatches, SeriesData, read_data
from lstm_zoo.forecasting.evaluation import (
    horizon_errors,
    linear_errors,
    model_errors,
    repeat_last_errors,
)
from tests.forecasting.makers import random_model

ROWS = 200


def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    steps = np.arange(ROWS)
    return pd.DataFrame(
        {
            "date": pd.date_range("2024-01-01", periods=ROWS, freq="h"),
            "wave": np.sin(2 * np.pi * steps / 12) + 0.1 * rng.normal(size=ROWS),
            "walk": rng.normal(size=ROWS).cumsum(),
        }
    )


def config(**changes: object) -> ForecastDataConfig:
    document = {"name": "x", "licence": "none", "source": "made", "file": "x.csv"}
    document |= {"look_back": 24, "horizons": [4, 12], "split": [0.6, 0.2, 0.2]}
    return ForecastDataConfig.model_validate(document | changes)


def data_of(frame: pd.DataFrame, folder: Path, **changes: object) -> SeriesData:
    frame.to_csv(folder / "x.csv", index=False)
    return read_data(config(**changes), folder)


@pytest.fixture
def data(tmp_path: Path) -> SeriesData:
    return data_of(table(), tmp_path)


def test_the_scale_is_that_of_the_train_part_alone(data: SeriesData, tmp_path: Path) -> None:
    train = data.values[:120]
    assert torch.allclose(train.mean(0), torch.zeros(2), atol=1e-6)
    assert torch.allclose(train.std(0, correction=0), torch.ones(2), atol=1e-6)
    changed = table()
    changed.loc[120:, ["wave", "walk"]] *= 100
    after = data_of(changed, tmp_path)
    assert after.preprocessing == data.preprocessing
    assert torch.equal(after.values[:120], train)


@pytest.mark.parametrize(
    ("split", "borders"),
    [
        ([0.6, 0.2, 0.2], [(0, 120), (120, 160), (160, 200)]),
        ([0.7, 0.1, 0.2], [(0, 140), (140, 160), (160, 200)]),
        ([100, 40, 30], [(0, 100), (100, 140), (140, 170)]),
    ],
)
def test_parts_follow_one_another_in_time(split, borders, tmp_path: Path) -> None:
    assert list(data_of(table(), tmp_path, split=split).borders.values()) == borders


def test_a_window_is_what_lies_before_its_future(data: SeriesData) -> None:
    windows = data.windows(torch.tensor([30, 190]))
    assert torch.equal(windows.past[0], data.values[6:30])
    assert torch.equal(windows.future[0], data.values[30:42])
    assert torch.equal(windows.future[1, :10], data.values[190:200])
    assert not windows.future[1, 10:].any()


def test_an_epoch_has_every_window_of_the_train_part_once_the_last_batch_too(
    data: SeriesData,
) -> None:
    batches = SeriesBatches(data, ForecastBatchConfig(batch_size=16), 0, 0)
    firsts = torch.cat([batches[step].future[:, 0] for step in range(len(batches))])
    assert len(firsts) == 120 - 24 - 12 + 1
    expected = data.values[24 : 120 - 12 + 1]
    assert torch.equal(firsts.sort(0).values, expected.sort(0).values)


def test_batches_are_a_function_of_seed_epoch_and_step(data: SeriesData) -> None:
    def first(epoch: int, seed: int) -> torch.Tensor:
        return SeriesBatches(data, ForecastBatchConfig(stride=3), epoch, seed)[0].past

    assert torch.equal(first(1, 0), first(1, 0))
    assert not torch.equal(first(1, 0), first(2, 0))
    assert not torch.equal(first(1, 0), first(1, 1))


def test_epochs_with_a_stride_have_as_many_batches_and_together_every_window(
    data: SeriesData,
) -> None:
    epochs = [SeriesBatches(data, ForecastBatchConfig(stride=3), e, 0) for e in range(40)]
    assert len({len(epoch.order) for epoch in epochs}) == 1
    assert len(torch.cat([epoch.order for epoch in epochs]).unique()) == 85 - 85 % 3


def test_errors_are_those_of_every_window_by_the_plain_definition(data: SeriesData) -> None:
    model = random_model(decoding="parallel")
    found = horizon_errors(model_errors(model), data, "test")
    for horizon in (4, 12):
        errors = []
        for origin in range(160, 200 - horizon + 1):
            past = data.values[None, origin - 24 : origin]
            forecast = model.head.mean(model(past))[0, :horizon]
            errors.append(forecast - data.values[origin : origin + horizon])
        error = torch.stack(errors).detach().double()
        assert found["mse"][horizon] == pytest.approx(error.square().mean().item(), rel=1e-5)
        assert found["mae"][horizon] == pytest.approx(error.abs().mean().item(), rel=1e-5)


def test_a_changed_future_changes_no_score_before_it(data: SeriesData, tmp_path: Path) -> None:
    model = random_model(decoding="parallel", head="student-t")
    changed = table()
    changed.loc[160:, ["wave", "walk"]] = 99.0
    later = data_of(changed, tmp_path)
    for errors in (model_errors(model), repeat_last_errors):
        before, after = (horizon_errors(errors, each, "validation") for each in (data, later))
        assert before == after
    before, after = (horizon_errors(linear_errors(d), d, "validation") for d in (data, later))
    assert before == after


def test_the_linear_model_finds_a_wave_and_the_last_value_does_not(data: SeriesData) -> None:
    wave = SeriesData(
        data.values[:, :1].contiguous(), None, data.borders, data.preprocessing, data.facts
    )
    linear = horizon_errors(linear_errors(wave), wave, "test")["mse"][12]
    assert linear < 0.1 < horizon_errors(repeat_last_errors, wave, "test")["mse"][12]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"look_back": 150}, "train part, rows 1 to 120, is too short for a look-back of 150"),
        ({"horizons": [4, 110]}, "too short for a look-back of 24 and a horizon of 110"),
        ({"split": [300, 50, 50]}, "has 200 rows, the split asks for 400"),
    ],
)
def test_a_table_that_is_too_short_is_refused(changes, sentence, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=sentence):
        data_of(table(), tmp_path, **changes)


def test_rows_as_they_stand_are_neither_sorted_nor_filled(tmp_path: Path) -> None:
    shuffled = table().sample(frac=1, random_state=0)
    data = data_of(shuffled, tmp_path, as_it_stands=True)
    mean, deviation = (
        np.array(part) for part in (data.preprocessing.mean, data.preprocessing.deviation)
    )
    assert np.allclose(
        data.values.numpy() * deviation + mean, shuffled[["wave", "walk"]], atol=1e-5
    )
    shuffled.iloc[3, 1] = np.nan
    with pytest.raises(UsageError, match="missing values: leave out data.as_it_stands"):
        data_of(shuffled, tmp_path, as_it_stands=True)


def test_etth1_is_read_by_the_published_protocol(real_data: Path) -> None:
    document = {"name": "x", "licence": "none", "source": "x", "file": "ett/ETTh1.csv"}
    document |= {"look_back": 96, "horizons": [96], "split": [8640, 2880, 2880]}
    etth1 = read_data(
        ForecastDataConfig.model_validate(document | {"as_it_stands": True}), real_data
    )
    assert len(etth1.origins("test", 96)) == 2785
    # Zeng et al. 2023, table 2: the last value repeated.
    assert horizon_errors(repeat_last_errors, etth1, "test")["mse"][96] == pytest.approx(
        1.295, abs=1e-3
    )
