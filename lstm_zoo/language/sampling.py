"""From scores to the next token: greedy, temperature and the filters people use."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

REPETITION_WINDOW = 256
"""Tokens that the repetition penalty looks back on; what is older does not count."""


class SamplingOptions(BaseModel):
    """How the next token is drawn. The filters apply in the order below, each to what is left.

    Sources: repetition penalty, Keskar et al. 2019; top-k, Fan et al. 2018; typical, Meister et al.
    2023; top-p, Holtzman et al. 2020; min-p, Nguyen et al. 2024.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    repetition_penalty: float = Field(
        1.0, gt=0, le=100, description="over 1 makes recent characters less likely; 1 is off"
    )
    temperature: float = Field(
        0.8, ge=0, le=100, description="under 1 safer, over 1 bolder; 0 always takes the likeliest"
    )
    top_k: int = Field(0, ge=0, description="keep the k likeliest; 0 is off")
    typical_p: float = Field(
        1.0, gt=0, le=1, description="keep the tokens nearest to the expected surprise; 1 is off"
    )
    top_p: float = Field(
        1.0, gt=0, le=1, description="keep the likeliest that make up this share; 1 is off"
    )
    min_p: float = Field(
        0.0, ge=0, le=1, description="drop tokens under this share of the likeliest; 0 is off"
    )


def next_token_probabilities(
    logits: Tensor, options: SamplingOptions, recent: Iterable[int] = ()
) -> Tensor:
    """The distribution from which the next token is drawn.

    Args:
        logits: (vocab_size,), any float type; -inf for what must not be drawn.
        options: the filters.
        recent: tokens written before, for the repetition penalty.

    Returns:
        Probabilities (vocab_size,), float64, on the CPU; at least one is over zero.
    """
    scores = logits.detach().cpu().double().clone()
    seen = sorted(set(recent)) if options.repetition_penalty != 1 else []
    if seen:
        old = scores[seen]
        penalty = options.repetition_penalty
        scores[seen] = torch.where(old > 0, old / penalty, old * penalty)
    if options.temperature == 0:
        return torch.zeros_like(scores).index_fill_(0, scores.argmax(), 1.0)
    # The largest score at zero, so that a tiny temperature cannot overflow.
    scores = (scores - scores.max()) / options.temperature
    if 0 < options.top_k < len(scores):
        scores = _keep(scores, scores.topk(options.top_k).indices)
    probabilities = scores.softmax(0)
    if options.typical_p < 1:
        surprise = -probabilities.log()
        expected = torch.special.entr(probabilities).sum()
        order = (surprise - expected).abs().argsort(stable=True)
        probabilities = _keep_share(probabilities, order, options.typical_p)
    if options.top_p < 1:
        order = probabilities.argsort(descending=True, stable=True)
        probabilities = _keep_share(probabilities, order, options.top_p)
    if options.min_p > 0:
        floor = options.min_p * probabilities.max()
        probabilities = torch.where(probabilities < floor, 0.0, probabilities)
    return probabilities / probabilities.sum()


def _keep(scores: Tensor, indices: Tensor) -> Tensor:
    return torch.full_like(scores, -math.inf).scatter_(0, indices, scores[indices])


def _keep_share(probabilities: Tensor, order: Tensor, share: float) -> Tensor:
    """The first tokens in `order` that reach `share` together, renormalised; the others zero."""
    before = probabilities[order].cumsum(0) - probabilities[order]
    kept = order[before < share]
    result = torch.zeros_like(probabilities).scatter_(0, kept, probabilities[kept])
    return result / result.sum()


def draw(probabilities: Tensor, generator: torch.Generator) -> int:
    """Draw a token by the inverse of the cumulative distribution.

    Args:
        probabilities: (vocab_size,), float64, on the CPU.
        generator: of the CPU; one number is taken from it.
    """
    point = torch.rand((), dtype=torch.float64, generator=generator)
    cumulative = probabilities.cumsum(0)
    token = int(torch.searchsorted(cumulative, point * cumulative[-1], right=True))
    # Rounding can put the point on the very end, behind which no token lies.
    return min(token, int(probabilities.nonzero()[-1]))
