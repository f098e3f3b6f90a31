"""Corrected intervals hold what they promise, and know nothing of the future."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_zoo.forecasting.conformal import conformal_offsets, corrected, final_offsets

LEVELS = np.array([0.05, 0.25, 0.5, 0.75, 0.95])


def too_narrow(seed: int, origins: int, horizon: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Normal values, and quantiles of half their width."""
    from scipy import stats

    actual = np.random.default_rng(seed).normal(size=(origins, horizon, 1))
    return actual, np.tile(stats.norm.ppf(LEVELS) / 2, (origins, horizon, 1, 1))


def test_narrow_intervals_are_widened_to_their_promise() -> None:
    actual, quantiles = too_narrow(0, 1500)
    better = corrected(actual, quantiles, LEVELS, stride=1)[200:]
    late = actual[200:]
    for low, promise in ((0, 0.9), (1, 0.5)):
        before = (
            (quantiles[200:, ..., low] < late) & (late < quantiles[200:, ..., -1 - low])
        ).mean()
        after = ((better[..., low] < late) & (late < better[..., -1 - low])).mean()
        assert before < promise - 0.15
        assert abs(after - promise) < 0.025


def test_the_offset_is_the_score_of_the_promised_rank() -> None:
    actual = np.arange(1.0, 20.0)[:, None]  # 19 outcomes beyond intervals of no width
    offsets = conformal_offsets(actual, np.zeros((19, 1, 5)), LEVELS, np.ones(19, bool))
    np.testing.assert_allclose(offsets[0], [-18, -10, 0, 10, 18])  # ranks .9 * 20 and .5 * 20


def test_too_few_outcomes_change_nothing() -> None:
    actual, quantiles = too_narrow(1, 8)
    offsets = final_offsets(actual, quantiles, LEVELS)
    assert (offsets[..., [0, 4]] == 0).all()  # 90 % needs 9 outcomes
    assert (offsets[..., 1] < 0).any()


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 999), st.integers(0, 29), st.integers(1, 4))
def test_an_outcome_changes_no_interval_that_was_given_before_it(
    seed: int, changed: int, stride: int
) -> None:
    actual, quantiles = too_narrow(seed, 30)
    other = actual.copy()
    step = seed % 3
    other[changed, step] += 100
    before = corrected(actual, quantiles, LEVELS, stride)
    after = corrected(other, quantiles, LEVELS, stride)
    # The value comes `step + 1` after its origin: an origin at that time or later may know it.
    first = changed + -(-(step + 1) // stride)
    np.testing.assert_array_equal(before[:first], after[:first])
    assert (before.shape, quantiles.shape) == (after.shape, after.shape)
