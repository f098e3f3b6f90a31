"""Cross entropy over a large vocabulary, of which each step scores a part.

The softmax over a whole vocabulary takes most of the time of training a word model. As in Jean et
al. 2015, 'On Using Very Large Target Vocabulary for Neural Machine Translation', section 3, a step
scores its own tokens and some of the others: the most frequent ones, and a few that are drawn. Of
these each counts for as many as it was drawn from, so that the sum below the fraction is right on
average.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

FREQUENT = 1024  # tokens that are always scored: a vocabulary begins with the most frequent


def sampled_cross_entropy(
    hidden: Tensor,
    table: Tensor,
    bias: Tensor,
    targets: Tensor,
    drawn: int,
    never: int | None = None,
) -> Tensor:
    """Sum of the nats of some targets, each among a part of the vocabulary.

    Args:
        hidden: (positions, features).
        table: vectors of all tokens, (vocab_size, features).
        bias: of all tokens, (vocab_size,).
        targets: tokens that are right, (positions,).
        drawn: how many to draw of the rarer tokens.
        never: a token that is never a target and is not to be scored.

    Returns:
        Nats, a scalar.
    """
    scored, counts_for = candidates(targets, len(table), drawn, never)
    column = torch.empty(len(table), dtype=torch.long, device=table.device)
    column[scored] = torch.arange(len(scored), device=table.device)
    shifted = bias[scored] + counts_for
    nats: Tensor = _CrossEntropy.apply(hidden, table[scored], shifted, column[targets])
    return nats


def candidates(
    targets: Tensor, vocab_size: int, drawn: int, never: int | None, frequent: int = FREQUENT
) -> tuple[Tensor, Tensor]:
    """The tokens that some targets are scored against.

    Args:
        targets: tokens that must be among them.
        vocab_size: number of tokens.
        drawn: how many to draw of the others, each once; all of them if there are no more.
        never: a token that is not to be among them.
        frequent: how many of the first are always among them.

    Returns:
        The tokens in ascending order, and the logarithm of how many each counts for.
    """
    is_scored = torch.zeros(vocab_size, dtype=torch.bool, device=targets.device)
    is_scored[:frequent] = True
    is_scored[targets] = True
    left = (~is_scored).nonzero()[:, 0]
    chosen = left[torch.randperm(len(left), device=left.device)[:drawn]]
    counts_for = torch.zeros(vocab_size, device=targets.device)
    counts_for[chosen] = math.log(len(left) / max(1, len(chosen))) if len(left) else 0.0
    is_scored[chosen] = True
    if never is not None:
        is_scored[never] = False
    scored = is_scored.nonzero()[:, 0]
    return scored, counts_for[scored]


class _CrossEntropy(torch.autograd.Function):
    """`F.cross_entropy(hidden @ table.T + bias, targets, reduction="sum")`, and nothing is kept.

    The gradient is found while the scores are there: they are neither computed again nor kept until
    all other targets have theirs.
    """

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, table: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
        scores = torch.addmm(bias, hidden, table.T)
        scores -= scores.logsumexp(1, keepdim=True)
        nats = -scores.gather(1, targets[:, None]).sum()
        wrong = scores.exp_()  # the gradient by the scores: probabilities, less 1 where right
        wrong[torch.arange(len(wrong), device=wrong.device), targets] -= 1
        ctx.save_for_backward(wrong @ table, wrong.T @ hidden, wrong.sum(0))
        return nats

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        return *(gradient * one for one in ctx.saved_tensors), None
