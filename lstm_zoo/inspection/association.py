"""How much the value of a unit says about something else: three measures, and what chance gives.

Columns of `values` are units, columns of `targets` what they may follow, rows are steps. Chance is
the same measure for targets that are turned in time, the end put before the start: a turned target
changes as slowly as the real one, so slow units that follow nothing do not look as if they did.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import one_hot

BINS = 8
TRAINED_SHARE = 0.7
CHUNK = 128


def turned(target: Tensor, times: int, seed: int) -> Tensor:
    """A target, and beside it the same turned by random distances.

    Args:
        target: (time,).
        times: how often it is turned; each distance is a tenth of the time at least.
        seed: of the distances.

    Returns:
        (time, 1 + times); the target itself comes first.
    """
    length = len(target)
    generator = torch.Generator().manual_seed(seed)
    margin = length // 10
    distances = torch.randint(margin, length - margin, (times,), generator=generator).tolist()
    return torch.stack([target, *(target.roll(distance) for distance in distances)], dim=1)


def correlations(values: Tensor, targets: Tensor) -> Tensor:
    """Pearson correlation of each unit with each target, (units, targets); 0 for constants."""
    return _standardized(values).T @ _standardized(targets) / len(values)


def information(values: Tensor, targets: Tensor) -> Tensor:
    """Mutual information in bits of each unit with each target, (units, targets).

    Both are cut into eight bins of about equal counts; a target of few values keeps them. On few
    steps the estimate is too high, which its value for turned targets shows.
    """
    classes = [_binned(target) for target in targets.T]
    indicator = torch.cat([one_hot(target).float() for target in classes], dim=1)
    widths = [int(target.max()) + 1 for target in classes]
    codes = torch.stack([_binned(unit) for unit in values.T], dim=1)
    parts = []
    for chunk in codes.split(CHUNK, dim=1):
        members = (chunk[:, :, None] == torch.arange(BINS)).flatten(1).float()
        counts = (members.T @ indicator).double() / len(values)
        joints = counts.view(chunk.shape[1], BINS, -1).split(widths, dim=2)
        parts.append(torch.stack([_bits(joint) for joint in joints], dim=1))
    return torch.cat(parts)


def _bits(joint: Tensor) -> Tensor:
    """Mutual information of joint distributions, (..., bins, bins)."""
    independent = joint.sum(-1, keepdim=True) * joint.sum(-2, keepdim=True)
    return (joint * torch.where(joint > 0, joint / independent, 1.0).log2()).sum((-2, -1))


def held_out_fit(values: Tensor, targets: Tensor) -> Tensor:
    """How well a line on one unit foretells each target on steps that it was not fitted to.

    Fitted on the first 70 % of the steps, measured on the rest.

    Returns:
        R^2, (units, targets): 1 is perfect, 0 no better than the mean of the rest, and below is
        worse.
    """
    cut = int(len(values) * TRAINED_SHARE)
    x, y = values[:cut].double(), targets[:cut].double()
    x_mean, y_mean = x.mean(0), y.mean(0)
    variance = (x - x_mean).square().mean(0)
    covariance = (x - x_mean).T @ (y - y_mean) / cut
    slope = covariance / variance.clamp_min(1e-12)[:, None]
    # The error of a line on the rest, from moments: y - a - s x for all pairs would not fit memory.
    x, y = values[cut:].double() - x_mean, targets[cut:].double() - y_mean
    error = (
        y.square().mean(0)
        - 2 * slope * (x.T @ y / len(x))
        + slope.square() * x.square().mean(0)[:, None]
    )
    return 1 - error / y.var(0, correction=0).clamp_min(1e-12)


def ridge_fit(values: Tensor, targets: Tensor, penalty: float = 0.1) -> Tensor:
    """How well a linear probe on all units foretells each target on held-out steps.

    Args:
        values: (time, units).
        targets: (time, targets).
        penalty: on squared weights, for units of deviation 1, beside the mean squared error.

    Returns:
        R^2 of each target on the last 30 % of the steps, (targets,).
    """
    cut = int(len(values) * TRAINED_SHARE)
    center, scale = values[:cut].double().mean(0), values[:cut].double().std(0, correction=0)
    x = (values.double() - center) / scale.clamp_min(1e-6)
    mean = targets[:cut].double().mean(0)
    gram = x[:cut].T @ x[:cut] / cut + penalty * torch.eye(x.shape[1], dtype=torch.float64)
    weights = torch.linalg.solve(gram, x[:cut].T @ (targets[:cut].double() - mean) / cut)
    rest = targets[cut:].double()
    error = (rest - mean - x[cut:] @ weights).square().mean(0)
    return 1 - error / rest.var(0, correction=0).clamp_min(1e-12)


def _standardized(columns: Tensor) -> Tensor:
    columns = columns.double()
    centered = columns - columns.mean(0)
    deviation = centered.square().mean(0).sqrt()
    return torch.where(deviation > 1e-9, centered / deviation.clamp_min(1e-9), 0.0)


def _binned(column: Tensor) -> Tensor:
    """Number of the bin of each value, int64; equal values share a bin."""
    ordered = column.sort().values
    distinct = ordered.unique_consecutive()
    quantiles = [len(column) * part // BINS for part in range(1, BINS)]
    edges = distinct[1:] if len(distinct) <= BINS else ordered[quantiles]
    return torch.searchsorted(edges, column.contiguous(), right=True)
