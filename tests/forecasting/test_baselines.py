"""Baselines are what their books say, beside the packages that have them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lstm_zoo.forecasting.baselines import level_baselines, seasonal_period
from lstm_zoo.forecasting.prices import log_returns
from lstm_zoo.forecasting.volatility import (
    Ewma,
    EwmaStudent,
    Garch,
    Har,
    RandomWalk,
    volatility_baselines,
)

LEVELS = (0.1, 0.5, 0.9)
PERIOD = 6


def window(seed: int, time: int = 60, channels: int = 2) -> np.ndarray:
    """A seasonal random walk: (1, time, channels)."""
    rng = np.random.default_rng(seed)
    season = 3 * np.sin(2 * np.pi * np.arange(time) / PERIOD)
    return 50 + season[None, :, None] + rng.normal(size=(1, time, channels)).cumsum(1)


def prices(seed: int, days: int = 600, channels: int = 1) -> np.ndarray:
    """Prices with clusters of volatility and heavy tails: (days, channels)."""
    rng = np.random.default_rng(seed)
    returns, variance = np.empty((days, channels)), np.full(channels, 1e-4)
    for day in range(days):
        returns[day] = np.sqrt(variance) * rng.standard_t(6, channels) * np.sqrt(4 / 6)
        variance = 2e-6 + 0.08 * returns[day] ** 2 + 0.9 * variance
    return 100 * np.exp(returns.cumsum(0))


def test_points_of_the_simple_rules_are_as_by_hand() -> None:
    values = np.array([1.0, 4.0, 2.0, 5.0, 3.0])[None, :, None]
    expected = {
        "repeat-last": [3, 3, 3],
        "drift": [3.5, 4, 4.5],
        "seasonal-naive": [5, 3, 5],
    }
    for name, rule in level_baselines(2).items():
        if name in expected:
            np.testing.assert_allclose(rule(values, 3, [0.5])[0, :, 0, 0], expected[name])
    assert "seasonal-naive" not in level_baselines(1)


def test_intervals_of_a_random_walk_hold_what_they_promise() -> None:
    rng = np.random.default_rng(0)
    walks = rng.normal(size=(4000, 130, 1)).cumsum(1)
    bands = level_baselines(1)["repeat-last"](walks[:, :100], 30, LEVELS)
    low, high = bands[..., 0], bands[..., 2]
    held = ((low <= walks[:, 100:]) & (walks[:, 100:] <= high)).mean((0, 2))
    np.testing.assert_allclose(held, 0.8, atol=0.03)


def test_theta_is_that_of_statsmodels() -> None:
    from statsmodels.tsa.forecasting.theta import ThetaModel

    values = window(1)
    expected = ThetaModel(values[0, :, 1], period=PERIOD, deseasonalize=True).fit().forecast(8)
    found = level_baselines(PERIOD)["theta"](values, 8, LEVELS)
    np.testing.assert_allclose(found[0, :, 1, 1], expected, rtol=1e-6)
    assert (np.diff(found, axis=-1) > 0).all()


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 99), st.floats(0.01, 100), st.floats(-100, 100))
def test_simple_rules_follow_the_unit_of_the_values(seed: int, factor: float, shift: float) -> None:
    values = window(seed)
    for name, rule in level_baselines(PERIOD).items():
        if name != "theta":
            moved = rule(factor * values + shift, 7, LEVELS)
            np.testing.assert_allclose(moved, factor * rule(values, 7, LEVELS) + shift, rtol=1e-7)


@pytest.mark.parametrize("name", list(level_baselines(PERIOD)))
def test_a_constant_is_continued_without_doubt(name: str) -> None:
    found = level_baselines(PERIOD)[name](np.full((2, 30, 1), 7.0), 5, LEVELS)
    np.testing.assert_array_equal(found, np.full((2, 5, 1, 3), 7.0))


@pytest.mark.parametrize("name", list(level_baselines(PERIOD)))
def test_many_windows_at_once_are_each_as_alone(name: str) -> None:
    rule = level_baselines(PERIOD)[name]
    several = np.concatenate([window(seed) for seed in range(4)])
    alone = np.concatenate([rule(several[k : k + 1], 9, LEVELS) for k in range(4)])
    np.testing.assert_allclose(rule(several, 9, LEVELS), alone, rtol=1e-12)


@pytest.mark.parametrize(
    ("frequency", "period"),
    [("h", 24), ("15min", 96), ("10min", 144), ("D", 7), ("B", 5), ("W-SUN", 52), ("MS", 12)]
    + [("ME", 12), ("QS-OCT", 4), ("YS-JAN", 1), ("min", 60), ("6h", 4), (None, 1)],
)
def test_the_season_follows_from_the_frequency(frequency: str | None, period: int) -> None:
    assert seasonal_period(frequency) == period


def test_variances_are_as_by_hand() -> None:
    values = prices(0, days=100)[None]
    squares = log_returns(values)[0, :, 0] ** 2
    walk = RandomWalk(days=20).variance(values, 3)[0, :, 0]
    np.testing.assert_allclose(walk, np.full(3, squares[-20:].mean()))
    variance = 0.0
    for square in squares:
        variance = 0.94 * variance + 0.06 * square
    variance /= 1 - 0.94 ** len(squares)  # as if the days before had been like the mean
    np.testing.assert_allclose(Ewma().variance(values, 2)[0, :, 0], np.full(2, variance))


def test_garch_is_that_of_arch() -> None:
    from arch import arch_model

    values = prices(1, days=1000)
    fitted = Garch().fit(values)
    returns = 100 * log_returns(values[None])[0, :, 0]
    expected = arch_model(returns, mean="Constant", vol="GARCH", dist="t").fit(disp="off")
    ahead = expected.forecast(horizon=20).variance.to_numpy()[-1] / 1e4
    np.testing.assert_allclose(fitted.variance(values[None], 20)[0, :, 0], ahead, rtol=2e-3)
    mean, freedom = expected.params["mu"] / 100, expected.params["nu"]
    scale = np.sqrt(ahead * (freedom - 2) / freedom)
    quantiles = fitted.quantiles(values[None], 20, LEVELS)[0, :, 0]
    student = stats.t.ppf(np.array(LEVELS), freedom, mean, scale[:, None])
    np.testing.assert_allclose(quantiles, student, rtol=2e-3, atol=1e-5)


def test_har_is_least_squares_on_day_week_and_month() -> None:
    values = prices(2)
    sizes = np.abs(log_returns(values[None])[0, :, 0])
    rows = [
        [1, sizes[t], sizes[t - 4 : t + 1].mean(), sizes[t - 21 : t + 1].mean()]
        for t in range(21, len(sizes))
    ]
    fitted = Har(3).fit(values)
    assert fitted.weights is not None
    for step in range(3):
        known, after = np.array(rows[: -step - 1]), sizes[22 + step :]
        expected = np.linalg.lstsq(known, after, rcond=None)[0]
        np.testing.assert_allclose(fitted.weights[step, :, 0], expected, rtol=1e-6)
    size = np.array(rows[-1]) @ fitted.weights[0, :, 0]
    variance = fitted.variance(values[None], 1)[0, 0, 0]
    np.testing.assert_allclose(variance, size**2 * fitted.factor, rtol=1e-6)


def test_the_student_finds_the_tails_that_the_days_had() -> None:
    rng = np.random.default_rng(3)
    returns = rng.standard_t(5, size=(6000, 1)) * 0.01
    fitted = EwmaStudent(decay=0.995).fit(np.exp(returns.cumsum(0)))
    assert np.asarray(fitted.freedom) == pytest.approx(5, rel=0.2)
    assert np.asarray(fitted.factor) == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize("name", list(volatility_baselines(5, garch=True)))
def test_each_volatility_forecast_holds_what_it_promises(name: str) -> None:
    past, later = prices(5, days=3500)[:2000], prices(5, days=3500)
    rule = volatility_baselines(5, garch=True)[name].fit(past)
    ends = np.arange(2000, 3490, 3)
    windows = np.stack([later[end - 250 : end] for end in ends])
    bands = rule.quantiles(windows, 5, (0.05, 0.5, 0.95))
    returns = log_returns(later[None])[0]
    after = np.stack([returns[end - 1 : end + 4] for end in ends])
    held = ((bands[..., 0] <= after) & (after <= bands[..., 2])).mean()
    assert 0.86 < held < 0.94
    assert (np.abs(bands[..., 1]) < 2e-3).all()  # no claim about the direction


@pytest.mark.parametrize("name", list(volatility_baselines(4, garch=True)))
def test_a_price_that_stands_still_has_a_small_but_finite_width(name: str) -> None:
    rule: Any = volatility_baselines(4, garch=True)[name]
    found = rule.quantiles(np.full((1, 250, 1), 20.0), 4, LEVELS)
    assert np.isfinite(found).all()
    assert np.isfinite(np.log(rule.variance(np.full((1, 250, 1), 20.0), 4))).all()
