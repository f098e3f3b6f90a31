"""A backtest sees the past alone, says the same in one batch as in a loop, and gives a verdict."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_zoo.errors import UsageError
from lstm_zoo.forecasting.backtest import CORRECTED, LEVELS, MODEL, backtest, median
from lstm_zoo.forecasting.forecaster import Forecaster
from lstm_zoo.forecasting.metrics import crps_from_quantiles
from lstm_zoo.forecasting.series import Series
from lstm_zoo.forecasting.verdict import SENTENCES, judge

SCORES = {"MASE", "sMAPE", "RMSE", "MAE", "CRPS", "WQL"}


def monthly(values: np.ndarray) -> pd.DataFrame:
    dates = pd.date_range("1990-01-01", periods=len(values), freq="MS")
    return pd.DataFrame({"date": dates, "sales": values})


class Oracle:
    """A forecaster that is right by construction: the season and the trend, plus a known noise."""

    def __init__(self, like: Forecaster, series: np.ndarray, spread: float) -> None:
        self.series, self.spread = series, spread
        self.preprocessing, self.look_back = like.preprocessing, 24
        self.max_horizon, self.is_probabilistic, self.is_of_returns = 8, True, False

    def quantiles(self, windows: np.ndarray, horizon: int, levels: Any, *_: Any) -> np.ndarray:
        from scipy.stats import norm

        ends = [int(np.flatnonzero(self.series == window[-1, 0])[0]) for window in windows]
        time = np.array(ends)[:, None] + np.arange(1, horizon + 1)
        mean = 50 + 0.05 * time + 8 * np.sin(2 * np.pi * time / 12)
        return mean[:, :, None, None] + self.spread * norm.ppf(levels)

    def notes(self, series: Series) -> list[str]:
        return list(series.notes)


def test_the_table_has_every_score_of_the_model_and_its_baselines(
    forecaster: Forecaster, seasonal: np.ndarray
) -> None:
    result = backtest(forecaster, monthly(seasonal), horizon=6, origins=12)
    assert set(result.table.columns) == SCORES | {f"coverage {p}" for p in (50, 80, 90)}
    rows = [MODEL, CORRECTED, "repeat-last", "drift", "seasonal-naive", "theta"]
    assert list(result.table.index) == rows
    assert np.isfinite(result.table.to_numpy()).all()
    assert result.origins[-1] + 6 == 300
    np.testing.assert_array_equal(result.actual[-1, :, 0], seasonal[-6:])
    for row in rows:
        crps = crps_from_quantiles(result.actual, result.quantiles[row], LEVELS).mean()
        assert result.table.loc[row, "CRPS"] == pytest.approx(crps)
        held = result.quantiles[row][..., [0, -1]]
        inside = (held[..., 0] <= result.actual) & (result.actual <= held[..., 1])
        assert result.table.loc[row, "coverage 90"] == pytest.approx(100 * inside.mean())


def test_one_batch_is_a_loop_of_single_forecasts(
    forecaster: Forecaster, seasonal: np.ndarray
) -> None:
    result = backtest(forecaster, seasonal, 8, origins=40, stride=1, baselines=["drift"])
    for origin, known in enumerate(result.origins):
        alone = forecaster.forecast(seasonal[:known], 8, quantiles=LEVELS.tolist())
        expected = alone[[f"{level:g}" for level in LEVELS]].to_numpy()
        np.testing.assert_allclose(result.quantiles[MODEL][origin, :, 0], expected, atol=1e-5)


@settings(deadline=None, max_examples=8)
@given(st.integers(200, 299), st.floats(-100, 100))
def test_the_future_changes_no_forecast_before_it(
    forecaster: Forecaster, seasonal: np.ndarray, changed: int, by: float
) -> None:
    other = seasonal.copy()
    other[changed:] += by
    names = ("repeat-last", "drift")
    options: dict[str, Any] = {"horizon": 5, "origins": 25, "stride": 4, "baselines": names}
    before, after = (backtest(forecaster, values, **options) for values in (seasonal, other))
    same = before.origins <= changed
    for name in before.quantiles:
        np.testing.assert_array_equal(before.quantiles[name][same], after.quantiles[name][same])


@settings(deadline=None, max_examples=8)
@given(st.floats(0.01, 1000), st.floats(-1000, 1000))
def test_scores_follow_the_unit_of_the_series(
    forecaster: Forecaster, seasonal: np.ndarray, factor: float, shift: float
) -> None:
    options: dict[str, Any] = {"horizon": 5, "origins": 15, "baselines": ("repeat-last", "drift")}
    one = backtest(forecaster, seasonal, **options).table
    other = backtest(forecaster, factor * seasonal + shift, **options).table
    np.testing.assert_allclose(other["CRPS"], factor * one["CRPS"], rtol=1e-3)
    np.testing.assert_allclose(other["MASE"], one["MASE"], rtol=1e-3)
    np.testing.assert_allclose(other["coverage 80"], one["coverage 80"], atol=2)


def test_a_model_that_knows_the_series_earns_its_keep(
    forecaster: Forecaster, seasonal: np.ndarray
) -> None:
    result = backtest(Oracle(forecaster, seasonal, 1.0), monthly(seasonal), horizon=8, origins=60)
    assert result.verdict.key == "earns"
    assert str(result.verdict).startswith(
        "The model earns its keep on this series: over 60 origins"
    )
    assert result.table["CRPS"].idxmin() in (MODEL, CORRECTED)
    assert result.table.loc[MODEL, "coverage 90"] == pytest.approx(90, abs=5)


def test_a_model_that_is_too_sure_is_corrected(
    forecaster: Forecaster, seasonal: np.ndarray
) -> None:
    too_sure = Oracle(forecaster, seasonal, 0.2)
    table = backtest(too_sure, seasonal, horizon=4, origins=150, stride=1).table
    assert table.loc[MODEL, "coverage 80"] < 40
    assert table.loc[CORRECTED, "coverage 80"] > 65
    assert table.loc[CORRECTED, "CRPS"] < table.loc[MODEL, "CRPS"]


def test_a_model_of_points_gets_intervals_from_the_backtest(
    point_forecaster: Forecaster, seasonal: np.ndarray
) -> None:
    result = backtest(point_forecaster, seasonal, 4, 80, stride=1, baselines=["drift"])
    assert result.verdict.values["measure"] == "MAE"
    assert result.table.loc[MODEL, "coverage 90"] == 0
    assert 80 < result.table.loc[CORRECTED, "coverage 90"] <= 100
    assert (np.diff(result.offsets, axis=-1) >= 0).all()
    np.testing.assert_array_equal(
        median(result.quantiles[CORRECTED]), median(result.quantiles[MODEL])
    )


def test_prices_are_judged_by_their_returns(price_forecaster: Any) -> None:
    from lstm_zoo.forecasting.example_series import example_series

    series = example_series("sp500")
    result = backtest(price_forecaster, series, horizon=5, origins=30)
    assert {"MASE", "RMSE"}.isdisjoint(result.table.columns)  # the middle of a return says nothing
    assert list(result.table.index[2:]) == ["random-walk", "ewma", "ewma-t", "har"]
    close = series.values[:, 3]
    expected = np.log(close[-5:] / close[-6:-1])
    np.testing.assert_allclose(result.actual[-1, :, 0], expected)
    assert result.table.loc[MODEL, "coverage 90"] > 60
    assert (np.abs(median(result.quantiles["ewma"])) < 1e-12).all()


def test_refit_sees_what_was_known_and_serves_the_origins_after_it(
    forecaster: Forecaster, seasonal: np.ndarray
) -> None:
    seen: list[int] = []

    def refit(known: Series) -> Forecaster:
        seen.append(len(known))
        return forecaster

    options: dict[str, Any] = {"horizon": 4, "origins": 10, "stride": 2, "baselines": ["drift"]}
    result = backtest(forecaster, seasonal, refit=refit, refit_every=4, **options)
    assert seen == [int(result.origins[k]) for k in (0, 4, 8)]
    plain = backtest(forecaster, seasonal, **options)
    np.testing.assert_allclose(result.quantiles[MODEL], plain.quantiles[MODEL], atol=1e-6)


def test_several_channels_are_each_as_alone(forecaster: Forecaster, seasonal: np.ndarray) -> None:
    two = np.stack([seasonal, seasonal[::-1]], axis=1)
    both = backtest(forecaster, two, horizon=4, origins=10)
    for channel in range(2):
        alone = backtest(forecaster, two[:, channel], horizon=4, origins=10)
        for name in both.quantiles:
            np.testing.assert_allclose(
                both.quantiles[name][:, :, channel], alone.quantiles[name][:, :, 0], atol=1e-5
            )


def test_the_verdict_is_of_the_mean_loss_and_its_significance() -> None:
    rng = np.random.default_rng(0)
    noise = rng.random((2, 60))
    losses = {MODEL: noise[0], "drift": noise[1] + 1, "repeat-last": noise[1] + 0.5}
    better = judge(losses, MODEL, "CRPS", 1)
    assert (better.key, better.values["baseline"]) == ("earns", "repeat-last")
    worse = judge(losses | {"repeat-last": noise[1] - 0.4}, MODEL, "CRPS", 1)
    assert worse.key == "fails"
    assert str(worse).endswith("so take repeat-last.")
    even = judge(losses | {"repeat-last": noise[0][::-1]}, MODEL, "CRPS", 1)
    assert even.key == "unclear"
    assert set(SENTENCES) == {"earns", "unclear", "fails", "trivial"}


def test_a_constant_series_is_nothing_to_forecast(forecaster: Forecaster) -> None:
    result = backtest(forecaster, np.full(100, 3.0), horizon=4, origins=10)
    assert str(result.verdict) == (
        "There is nothing to forecast in this series: repeat-last made no error over 10 origins."
    )


@pytest.mark.parametrize(
    ("options", "rows", "message"),
    [
        ({"horizon": 9}, 300, "the horizon is from 1 to 8 steps for this model, got 9"),
        ({"horizon": 8, "origins": 50, "stride": 1}, 60, "50 forecasts of 8 steps, 1 apart"),
        ({"origins": 0}, 300, "at least 1"),
        ({"baselines": ["drfit"]}, 300, "did you mean 'drift'"),
        ({"baselines": ["garch-t"]}, 300, "there is no baseline 'garch-t' here"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    forecaster: Forecaster,
    seasonal: np.ndarray,
    options: dict[str, Any],
    rows: int,
    message: str,
) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        backtest(forecaster, seasonal[:rows], **options)
    assert "\n" not in str(caught.value)


def test_theta_is_left_out_of_a_large_backtest_and_the_notes_say_so(
    forecaster: Forecaster, seasonal: np.ndarray
) -> None:
    result = backtest(forecaster, seasonal, horizon=2, origins=101, stride=1)
    assert "theta" not in result.table.index
    assert any("Theta is left out" in note for note in result.notes)
