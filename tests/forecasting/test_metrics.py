"""Scores are those of their papers: by hand, and beside scipy, statsmodels and integration."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from lstm_zoo.forecasting import metrics
from lstm_zoo.forecasting.significance import (
    christoffersen,
    diebold_mariano,
    kupiec,
    long_run_variance,
)

LEVELS = np.arange(1, 1000) / 1000
STUDENT = stats.t.ppf(LEVELS, 5)
FINITE = st.floats(-50, 50, allow_nan=False)


def crps_by_integration(actual: float, distribution: stats.rv_continuous) -> float:
    """The definition: the integral of the squared difference of the two distribution functions."""
    below, _ = integrate.quad(lambda x: distribution.cdf(x) ** 2, -np.inf, actual)
    above, _ = integrate.quad(lambda x: distribution.sf(x) ** 2, actual, np.inf)
    return below + above


def test_points_are_scored_as_by_hand() -> None:
    assert metrics.rmse([1, 2, 3], [1, 2, 6]) == pytest.approx(np.sqrt(3))
    assert metrics.smape([100, 0], [50, 0]) == pytest.approx(100 * (50 / 75) / 2)
    history = np.array([[1.0], [3.0], [2.0], [6.0]])  # steps of 2, 1 and 4
    assert metrics.mase([[10.0]], [[3.0]], history) == pytest.approx(7 / (7 / 3))
    assert metrics.mase([[10.0]], [[3.0]], history, period=2) == pytest.approx(7 / 2)
    assert np.isnan(metrics.mase([[10.0]], [[3.0]], np.ones((5, 1))))


def test_mase_of_the_naive_forecast_of_a_line_is_one() -> None:
    line = np.arange(20.0)[:, None]
    assert metrics.mase(line[11:], line[10:-1], line[:11]) == pytest.approx(1)


def test_quantile_losses_are_as_by_hand() -> None:
    loss = metrics.quantile_loss([10.0], [[8.0, 13.0]], [0.1, 0.9])
    np.testing.assert_allclose(loss, [[0.1 * 2, 0.1 * 3]])
    weighted = metrics.weighted_quantile_loss([10.0], [[8.0, 13.0]], [0.1, 0.9])
    assert weighted == pytest.approx(2 * 0.25 / 10)


@pytest.mark.parametrize("actual", [-3.0, 0.2, 4.0])
def test_crps_is_the_integral_of_its_definition(actual: float) -> None:
    for distribution in (stats.norm(0.5, 2), stats.t(4, 0.5, 2)):
        found = metrics.crps_from_quantiles(actual, distribution.ppf(LEVELS), LEVELS)
        assert found == pytest.approx(crps_by_integration(actual, distribution), rel=2e-3)


@given(FINITE, FINITE, st.floats(0.1, 20))
def test_scores_are_in_the_unit_of_the_values(actual: float, mean: float, factor: float) -> None:
    quantiles = mean + 1.5 * STUDENT
    one = metrics.crps_from_quantiles(actual, quantiles, LEVELS)
    other = metrics.crps_from_quantiles(factor * actual, factor * quantiles, LEVELS)
    assert other == pytest.approx(factor * one, rel=1e-6, abs=1e-9)


def test_the_true_distribution_scores_best() -> None:
    values = stats.t.rvs(5, size=5000, random_state=0)
    scores = {
        v: metrics.crps_from_quantiles(values, stats.t.ppf(LEVELS, v)[None], LEVELS).mean()
        for v in (2, 5, 100)
    }
    assert min(scores, key=scores.__getitem__) == 5
    variance = {v: metrics.qlike(values, v).mean() for v in (0.8, 5 / 3, 3.5)}
    assert min(variance, key=variance.__getitem__) == 5 / 3


def test_qlike_is_as_by_hand_and_takes_a_return_of_zero() -> None:
    np.testing.assert_allclose(metrics.qlike([0.0, 2.0], [4.0, 4.0]), np.log(4) + np.array([0, 1]))


def test_coverage_counts_the_ends() -> None:
    assert metrics.coverage([1, 2, 3, 4], [1, 1, 1, 1], [3, 3, 3, 3]) == 0.75


def test_pit_of_the_true_distribution_is_uniform() -> None:
    values = stats.norm.rvs(size=4000, random_state=1)
    levels = np.arange(1, 100) / 100
    places = metrics.pit(values, np.tile(stats.norm.ppf(levels), (4000, 1)), levels)
    inside = (places > 0.01) & (places < 0.99)
    np.testing.assert_allclose(places[inside], stats.norm.cdf(values)[inside], atol=0.002)
    assert stats.kstest(places, "uniform").pvalue > 0.01


def test_kupiec_is_the_likelihood_ratio() -> None:
    hits = np.zeros(250, bool)
    hits[:20] = True
    observed, promised = stats.binom(250, 20 / 250), stats.binom(250, 0.05)
    expected = 2 * (observed.logpmf(20) - promised.logpmf(20))
    result = kupiec(hits, 0.05)
    assert result.statistic == pytest.approx(expected)
    assert result.p == pytest.approx(stats.chi2.sf(expected, 1))
    assert kupiec(np.arange(100) < 5, 0.05).p == pytest.approx(1)
    assert kupiec(np.zeros(100, bool), 0.05).statistic == pytest.approx(-200 * np.log(0.95))


def test_christoffersen_sees_clusters_that_kupiec_does_not() -> None:
    spread, clustered = np.arange(200) % 10 == 0, np.arange(200) < 20
    assert kupiec(clustered, 0.1).p == pytest.approx(1)
    assert christoffersen(clustered, 0.1).p < 1e-6
    rng = np.random.default_rng(0)
    rejected = [christoffersen(rng.random(500) < 0.1, 0.1).p < 0.05 for _ in range(400)]
    assert 0.02 < np.mean(rejected) < 0.09
    assert christoffersen(spread, 0.1).statistic > kupiec(spread, 0.1).statistic


def test_the_long_run_variance_is_that_of_statsmodels() -> None:
    from statsmodels.stats.sandwich_covariance import S_hac_simple

    values = np.random.default_rng(2).normal(size=80).cumsum() / 10
    expected = S_hac_simple((values - values.mean())[:, None], nlags=4).item() / 80
    assert long_run_variance(values, 4) == pytest.approx(expected)


def test_diebold_mariano_of_one_step_is_a_t_test_of_the_differences() -> None:
    rng = np.random.default_rng(3)
    loss, rival = rng.random(60), rng.random(60) + 0.1
    expected = stats.ttest_rel(loss, rival)
    result = diebold_mariano(loss, rival)
    assert result.statistic == pytest.approx(expected.statistic)
    assert result.p == pytest.approx(expected.pvalue)
    assert diebold_mariano(rival, loss).statistic == pytest.approx(-result.statistic)
    assert diebold_mariano(loss, loss) == (0.0, 1.0)


def test_diebold_mariano_is_not_fooled_by_overlapping_horizons() -> None:
    rng = np.random.default_rng(4)
    shocks = rng.normal(size=(300, 219))
    sums = np.stack([shocks[:, k : 200 + k] for k in range(20)]).mean(0)  # 20 steps overlap
    naive = np.mean([diebold_mariano(row, 0 * row).p < 0.05 for row in sums])
    honest = np.mean([diebold_mariano(row, 0 * row, horizon=20).p < 0.05 for row in sums])
    assert naive > 0.5
    assert honest < 0.2
