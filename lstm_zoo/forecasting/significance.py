"""Whether a difference of scores, or a wrong share of hits, is more than chance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats


class Outcome(NamedTuple):
    """What a test found.

    Attributes:
        statistic: of the test.
        p: chance of one as large if nothing is wrong, two-sided.
    """

    statistic: float
    p: float


def diebold_mariano(loss: ArrayLike, rival: ArrayLike, horizon: int = 1) -> Outcome:
    """Whether two forecasts differ in their mean loss.

    Diebold & Mariano 1995, "Comparing Predictive Accuracy", with the correction of Harvey,
    Leybourne & Newbold 1997, "Testing the equality of prediction mean squared errors", equations 8
    and 9. The variance of the mean is heteroscedasticity- and autocorrelation-consistent with the
    weights of Newey & West 1987, so that it cannot be negative.

    Args:
        loss: of a forecast at each origin, in order of time.
        rival: of the other at the same origins.
        horizon: origins whose forecasts overlap: errors are correlated for one less.

    Returns:
        Negative if `loss` is the smaller; (0, 1) if the two never differ or there are under three.
    """
    difference = np.asarray(loss, np.float64) - np.asarray(rival, np.float64)
    count = len(difference)
    if count < 3 or np.ptp(difference) == 0 and difference[0] == 0:
        return Outcome(0.0, 1.0)
    horizon = min(horizon, count - 1)
    variance = long_run_variance(difference, horizon - 1)
    if variance <= 0:
        return Outcome(float(np.sign(difference.mean()) * np.inf), 0.0)
    statistic = difference.mean() / np.sqrt(variance / count)
    statistic *= np.sqrt((count + 1 - 2 * horizon + horizon * (horizon - 1) / count) / count)
    return Outcome(float(statistic), float(2 * special.stdtr(count - 1, -abs(statistic))))


def long_run_variance(values: ArrayLike, lags: int) -> float:
    """Variance of a series and its covariances up to `lags`, with Bartlett's weights."""
    values = np.asarray(values, np.float64)
    centred = values - values.mean()
    count = len(centred)
    total = centred @ centred
    for lag in range(1, lags + 1):
        total += 2 * (1 - lag / (lags + 1)) * (centred[lag:] @ centred[:-lag])
    return float(total / count)


def kupiec(hits: ArrayLike, rate: float) -> Outcome:
    """Whether the share of hits is the promised one.

    Kupiec 1995, "Techniques for Verifying the Accuracy of Risk Measurement Models": likelihood
    ratio of proportions, chi-squared with one degree of freedom.

    Args:
        hits: bool for each day.
        rate: the promised share, such as .1 of days outside a 90 % interval.
    """
    hits = np.asarray(hits, bool)
    count, found = len(hits), int(hits.sum())
    ratio = 2 * (_log_likelihood(found, count, found / count) - _log_likelihood(found, count, rate))
    return _chi_squared(ratio, 1)


def christoffersen(hits: ArrayLike, rate: float) -> Outcome:
    """Whether hits have the promised share and do not come in clusters.

    Christoffersen 1998, "Evaluating Interval Forecasts", section 4: Kupiec's ratio and that of
    independence against a first-order Markov chain, chi-squared with two degrees of freedom.

    Args:
        hits: bool for each day, in order of time.
        rate: the promised share.
    """
    hits = np.asarray(hits, bool)
    after_hit, after_miss = hits[1:][hits[:-1]], hits[1:][~hits[:-1]]
    chain = sum(
        _log_likelihood(int(part.sum()), len(part), part.mean())
        for part in (after_hit, after_miss)
        if len(part)
    )
    following = hits[1:]
    independent = _log_likelihood(int(following.sum()), len(following), following.mean())
    return _chi_squared(kupiec(hits, rate).statistic + 2 * (chain - independent), 2)


def _log_likelihood(found: int, count: int, rate: float) -> float:
    return float(special.xlogy(found, rate) + special.xlogy(count - found, 1 - rate))


def _chi_squared(ratio: float, freedom: int) -> Outcome:
    ratio = max(ratio, 0.0)  # rounding may leave a little less
    return Outcome(ratio, float(stats.chi2.sf(ratio, freedom)))
