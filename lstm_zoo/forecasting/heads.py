"""What a forecast is: a point, quantiles, or a density; each with its loss, quantiles and mean.

A head turns raw numbers (..., size) of a linear layer into parameters (..., size), which `rescaled`
moves with the series, so that a model may forecast standardised values.

Papers:
    Koenker & Bassett 1978, "Regression Quantiles", Econometrica 46(1): the quantile loss
    Salinas et al. 2020, "DeepAR", International Journal of Forecasting 36(3): densities by an LSTM
    Bishop 1994, "Mixture Density Networks": mixtures
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

LEVELS = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
LEAST_DF = 2.1  # below two a Student-t has no variance
COMPONENTS = 3


class Head(ABC):
    """One kind of forecast.

    Attributes:
        size: numbers a value is forecast by.
        is_probabilistic: whether the quantiles differ from one another.
    """

    size: int
    is_probabilistic = True

    @abstractmethod
    def parameters(self, raw: Tensor) -> Tensor:
        """Parameters from the raw numbers of a linear layer; zeros give a forecast around zero."""

    @abstractmethod
    def rescaled(self, parameters: Tensor, location: Tensor, scale: Tensor) -> Tensor:
        """Parameters of location + scale * value.

        Args:
            parameters: (..., size).
            location, scale: (...), broadcast.
        """

    @abstractmethod
    def loss(self, parameters: Tensor, target: Tensor) -> Tensor:
        """Loss of each value (...) under its parameters (..., size)."""

    @abstractmethod
    def quantiles(self, parameters: Tensor, levels: Sequence[float]) -> Tensor:
        """(..., levels), never falling."""

    @abstractmethod
    def mean(self, parameters: Tensor) -> Tensor:
        """(...): the expected value; of a head trained on absolute errors the median."""

    @abstractmethod
    def variance(self, parameters: Tensor) -> Tensor:
        """(...)."""


class PointHead(Head):
    """One number, trained on the mean squared or the mean absolute error."""

    size = 1
    is_probabilistic = False

    def __init__(self, absolute: bool) -> None:
        self.absolute = absolute

    def parameters(self, raw: Tensor) -> Tensor:
        return raw

    def rescaled(self, parameters: Tensor, location: Tensor, scale: Tensor) -> Tensor:
        return location[..., None] + scale[..., None] * parameters

    def loss(self, parameters: Tensor, target: Tensor) -> Tensor:
        error = parameters[..., 0] - target
        return error.abs() if self.absolute else error.square()

    def quantiles(self, parameters: Tensor, levels: Sequence[float]) -> Tensor:
        """The point itself at each level: it says nothing of how sure it is."""
        return parameters.expand(*parameters.shape[:-1], len(levels))

    def mean(self, parameters: Tensor) -> Tensor:
        return parameters[..., 0]

    def variance(self, parameters: Tensor) -> Tensor:
        return torch.zeros_like(parameters[..., 0])


class QuantileHead(Head):
    """A value for each of `LEVELS`, trained on the quantile loss; others lie between."""

    size = len(LEVELS)

    def parameters(self, raw: Tensor) -> Tensor:
        """The middle one is free, the others a positive step apart, at first as in N(0, 1)."""
        middle = len(LEVELS) // 2
        normal = _normal_quantiles(LEVELS).to(raw)
        # softplus(0 + shift) is the step of the normal distribution.
        shift = torch.log(torch.expm1(normal.diff()))
        steps = F.softplus(torch.cat([raw[..., :middle], raw[..., middle + 1 :]], -1) + shift)
        centre = raw[..., middle : middle + 1]
        below = centre - steps[..., :middle].flip(-1).cumsum(-1).flip(-1)
        above = centre + steps[..., middle:].cumsum(-1)
        return torch.cat([below, centre, above], -1)

    def rescaled(self, parameters: Tensor, location: Tensor, scale: Tensor) -> Tensor:
        return location[..., None] + scale[..., None] * parameters

    def loss(self, parameters: Tensor, target: Tensor) -> Tensor:
        levels = torch.tensor(LEVELS, dtype=parameters.dtype, device=parameters.device)
        error = target[..., None] - parameters
        return torch.maximum(levels * error, (levels - 1) * error).mean(-1)

    def quantiles(self, parameters: Tensor, levels: Sequence[float]) -> Tensor:
        """Linear between two known levels in normal scores, and beyond the outermost."""
        known, wanted = _normal_quantiles(LEVELS), _normal_quantiles(levels)
        left = (torch.searchsorted(known, wanted, right=True) - 1).clamp(0, len(LEVELS) - 2)
        share = ((wanted - known[left]) / (known[left + 1] - known[left])).to(parameters)
        low, high = parameters[..., left], parameters[..., left + 1]
        return low + share * (high - low)

    def mean(self, parameters: Tensor) -> Tensor:
        return parameters[..., len(LEVELS) // 2]

    def variance(self, parameters: Tensor) -> Tensor:
        """Of 400 values that are equally likely."""
        levels = (torch.arange(400) + 0.5) / 400
        return self.quantiles(parameters, levels.tolist()).var(-1, correction=0)


class StudentTHead(Head):
    """Location, scale and degrees of freedom, trained on the log likelihood."""

    size = 3

    def parameters(self, raw: Tensor) -> Tensor:
        location, scale, df = raw.unbind(-1)
        # At zero: scale 1, five degrees of freedom.
        df = LEAST_DF + F.softplus(df + math.log(math.expm1(5 - LEAST_DF)))
        return torch.stack([location, scale.clamp(-7, 7).exp(), df], -1)

    def rescaled(self, parameters: Tensor, location: Tensor, scale: Tensor) -> Tensor:
        own_location, own_scale, df = parameters.unbind(-1)
        return torch.stack([location + scale * own_location, scale * own_scale, df], -1)

    def loss(self, parameters: Tensor, target: Tensor) -> Tensor:
        location, scale, df = parameters.unbind(-1)
        z = (target - location) / scale
        half = (df + 1) / 2
        density = torch.lgamma(half) - torch.lgamma(df / 2) - 0.5 * torch.log(math.pi * df)
        return half * torch.log1p(z * z / df) + torch.log(scale) - density

    def quantiles(self, parameters: Tensor, levels: Sequence[float]) -> Tensor:
        location, scale, df = parameters.unbind(-1)
        # Between neighbours of a grid in 1 / df the quantiles are straight to five digits.
        table = _student_t_table(tuple(levels)).to(parameters)
        place = (len(table) - 1) * LEAST_DF / df
        left = place.floor().long().clamp(0, len(table) - 2)
        standard = torch.lerp(table[left], table[left + 1], (place - left)[..., None])
        return location[..., None] + scale[..., None] * standard

    def mean(self, parameters: Tensor) -> Tensor:
        return parameters[..., 0]

    def variance(self, parameters: Tensor) -> Tensor:
        _, scale, df = parameters.unbind(-1)
        return scale.square() * df / (df - 2)


class MixtureHead(Head):
    """A mixture of normal distributions, trained on the log likelihood."""

    size = 3 * COMPONENTS

    def parameters(self, raw: Tensor) -> Tensor:
        weights, locations, scales = raw.chunk(3, -1)
        spread = torch.linspace(-1, 1, COMPONENTS, dtype=raw.dtype, device=raw.device)
        weights, locations = weights.softmax(-1), locations + spread
        return torch.cat([weights, locations, scales.clamp(-7, 7).exp()], -1)

    def rescaled(self, parameters: Tensor, location: Tensor, scale: Tensor) -> Tensor:
        weights, locations, scales = parameters.chunk(3, -1)
        location, scale = location[..., None], scale[..., None]
        # A weight times one takes the shape that the others are broadcast to.
        shape = torch.ones_like(location + scale)
        return torch.cat([weights * shape, location + scale * locations, scale * scales], -1)

    def loss(self, parameters: Tensor, target: Tensor) -> Tensor:
        weights, locations, scales = parameters.chunk(3, -1)
        z = (target[..., None] - locations) / scales
        parts = torch.log(weights) - torch.log(scales) - 0.5 * (z * z + math.log(2 * math.pi))
        return -parts.logsumexp(-1)

    def quantiles(self, parameters: Tensor, levels: Sequence[float]) -> Tensor:
        """By halving the interval that holds each one."""
        weights, locations, scales = (part[..., None, :] for part in parameters.chunk(3, -1))
        wanted = torch.tensor(levels, dtype=parameters.dtype, device=parameters.device)
        reach = 8 * scales
        low = (locations - reach).amin(-1).expand(*parameters.shape[:-1], len(levels))
        high = (locations + reach).amax(-1).expand_as(low)
        for _ in range(40):
            middle = (low + high) / 2
            z = (middle[..., None] - locations) / scales
            below = (weights * torch.special.ndtr(z)).sum(-1) < wanted
            low, high = torch.where(below, middle, low), torch.where(below, high, middle)
        return (low + high) / 2

    def mean(self, parameters: Tensor) -> Tensor:
        weights, locations, _ = parameters.chunk(3, -1)
        return (weights * locations).sum(-1)

    def variance(self, parameters: Tensor) -> Tensor:
        weights, locations, scales = parameters.chunk(3, -1)
        square = (weights * (locations.square() + scales.square())).sum(-1)
        return square - self.mean(parameters).square()


HEADS: dict[str, Head] = {
    "mse": PointHead(absolute=False),
    "mae": PointHead(absolute=True),
    "quantile": QuantileHead(),
    "student-t": StudentTHead(),
    "mixture": MixtureHead(),
}
"""All heads by the word of a recipe."""


def _normal_quantiles(levels: Sequence[float]) -> Tensor:
    return torch.special.ndtri(torch.tensor(levels, dtype=torch.float64))


@lru_cache(maxsize=16)
def _student_t_table(levels: tuple[float, ...]) -> Tensor:
    """Quantiles of the standard Student-t, (grid in 1 / df from 0 to 1 / LEAST_DF, levels)."""
    from scipy.special import ndtri, stdtrit

    inverse = np.linspace(0, 1 / LEAST_DF, 1001)[1:, None]
    wanted = np.asarray(levels)[None]
    table = np.concatenate([ndtri(wanted), stdtrit(1 / inverse, wanted)])
    return torch.from_numpy(table)
