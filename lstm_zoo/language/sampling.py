"""From scores to the next token: greedy, temperature and the filters people use."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

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
    logits: Tensor, options: SamplingOptions, recent: Sequence[Iterable[int]] = ()
) -> Tensor:
    """The distributions from which the next tokens are drawn, one a row.

    Args:
        logits: (rows, vocab_size), any float type; -inf for what must not be drawn.
        options: the filters.
        recent: for each row the tokens written before, for the repetition penalty.

    Returns:
        Probabilities (rows, vocab_size), float64, on the CPU; at least one a row is over zero.
    """
    scores = logits.detach().cpu().double()
    if options.repetition_penalty != 1:
        seen = torch.zeros_like(scores, dtype=torch.bool)
        for row, tokens in enumerate(recent):
            seen[row, list(set(tokens))] = True
        penalty = options.repetition_penalty
        penalized = torch.where(scores > 0, scores / penalty, scores * penalty)
        scores = torch.where(seen, penalized, scores)
    if options.temperature == 0:
        return torch.zeros_like(scores).scatter_(1, scores.argmax(1, keepdim=True), 1.0)
    # The largest score at zero, so that a tiny temperature cannot overflow.
    scores = (scores - scores.amax(1, keepdim=True)) / options.temperature
    if 0 < options.top_k < scores.shape[1]:
        best = scores.topk(options.top_k)
        scores = torch.full_like(scores, -math.inf).scatter_(1, best.indices, best.values)
    probabilities = scores.softmax(1)
    if options.typical_p < 1:
        surprise = -probabilities.log()
        expected = torch.special.entr(probabilities).sum(1, keepdim=True)
        order = (surprise - expected).abs().argsort(dim=1, stable=True)
        probabilities = _keep_share(probabilities, order, options.typical_p)
    if options.top_p < 1:
        order = probabilities.argsort(dim=1, descending=True, stable=True)
        probabilities = _keep_share(probabilities, order, options.top_p)
    if options.min_p > 0:
        floor = options.min_p * probabilities.amax(1, keepdim=True)
        probabilities = torch.where(probabilities < floor, 0.0, probabilities)
    return probabilities / probabilities.sum(1, keepdim=True)


def _keep_share(probabilities: Tensor, order: Tensor, share: float) -> Tensor:
    """The first tokens in `order` that reach `share` together, renormalised; the others zero."""
    ordered = probabilities.gather(1, order)
    before = ordered.cumsum(1) - ordered
    kept = torch.where(before < share, ordered, 0.0)
    result = torch.zeros_like(probabilities).scatter_(1, order, kept)
    return result / result.sum(1, keepdim=True)


def draw(probabilities: Tensor, generators: Sequence[torch.Generator]) -> Tensor:
    """Draw a token a row by the inverse of the cumulative distribution.

    Args:
        probabilities: (rows, vocab_size), float64, on the CPU.
        generators: one a row, of the CPU; one number is taken from each.

    Returns:
        Tokens (rows,), int64.
    """
    points = torch.stack([torch.rand(1, dtype=torch.float64, generator=g) for g in generators])
    cumulative = probabilities.cumsum(1)
    tokens = torch.searchsorted(cumulative, points * cumulative[:, -1:], right=True)[:, 0]
    # Rounding can put the point on the very end, behind which no token lies.
    behind = (probabilities.flip(1) > 0).int().argmax(1)
    return torch.minimum(tokens, probabilities.shape[1] - 1 - behind)
