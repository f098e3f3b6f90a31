"""Reading as a language model: the classifier's layers learn from texts that nobody labelled.

Dai & Le 2015, 'Semi-supervised Sequence Learning', start a classifier (their LM-LSTM) from the
weights of a language model of the same texts. Each direction of the layer predicts the token that
it would read next: the forward one the following token, the backward one the preceding. Scores come
from the embedding, used a second time (Press & Wolf 2017, 'Using the Output Embedding to Improve
Language Models'):

    score of token v after output h = e_v . (W h + b) + b_v

The softmax over a whole vocabulary would take most of the time. As in Jean et al. 2015, 'On Using
Very Large Target Vocabulary for Neural Machine Translation', section 3, a few texts at a time are
scored against their own tokens and some of the others: the most frequent ones, and a few that are
drawn. Of these each counts for as many as it was drawn from, so that the sum below the fraction is
right on average.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from lstm_zoo.sentiment.tokenizer import PAD

FREQUENT = 1024  # tokens that are always scored: a vocabulary begins with the most frequent
DRAWN = 512  # tokens that are drawn of the rarer ones
TOGETHER = 1024  # tokens of the texts that are scored together, padding included


class ReadingBatch(NamedTuple):
    """Texts to read.

    Attributes:
        ids: int64 (batch, time), padded at the end.
        lengths: int64 (batch,), each at least 2.
    """

    ids: Tensor
    lengths: Tensor


class NextWords(nn.Module):
    """What a language model has beside embedding and layers.

    Args:
        units: of a direction of the last layer.
        features: of the embedding.
        vocab_size: number of tokens.
        directions: 1 or 2.
    """

    def __init__(self, units: int, features: int, vocab_size: int, directions: int) -> None:
        super().__init__()
        self.projections = nn.ModuleList(nn.Linear(units, features) for _ in range(directions))
        self.bias = nn.Parameter(torch.empty(vocab_size))

    def reset_parameters(self) -> None:
        """Start with scores that are nearly alike."""
        nn.init.zeros_(self.bias)
        for projection in self.projections:
            assert isinstance(projection, nn.Linear)
            nn.init.xavier_uniform_(projection.weight, gain=0.1)
            nn.init.zeros_(projection.bias)

    def loss(self, table: Tensor, outputs: Tensor, batch: ReadingBatch) -> Tensor:
        """Mean nats of the tokens that each direction would read next.

        Args:
            table: embeddings of all tokens, (vocab_size, features).
            outputs: of the last layer, (batch, time, directions * units), forward first.
            batch: what was read.
        """
        rows = max(1, TOGETHER // outputs.shape[1])
        parts = zip(
            outputs.split(rows), batch.ids.split(rows), batch.lengths.split(rows), strict=True
        )
        nats = torch.stack([self._nats(table, *part) for part in parts]).sum()
        return nats / (len(self.projections) * (batch.lengths - 1).sum())

    def _nats(self, table: Tensor, outputs: Tensor, ids: Tensor, lengths: Tensor) -> Tensor:
        """The sum over a few texts."""
        # A step and the next one, both inside the text.
        pairs = torch.arange(1, ids.shape[1], device=ids.device) < lengths[:, None]
        forward, *backward = outputs.chunk(len(self.projections), 2)
        hidden, targets = [forward[:, :-1][pairs]], [ids[:, 1:][pairs]]
        for one in backward:
            hidden.append(one[:, 1:][pairs])
            targets.append(ids[:, :-1][pairs])
        projected = [w(h) for w, h in zip(self.projections, hidden, strict=True)]
        right = torch.cat(targets)
        scored, counts_for = candidates(right, len(table))
        column = torch.empty(len(table), dtype=torch.long, device=table.device)
        column[scored] = torch.arange(len(scored), device=table.device)
        bias = self.bias[scored] + counts_for
        nats: Tensor = _CrossEntropy.apply(torch.cat(projected), table[scored], bias, column[right])
        return nats


def reading_loss(model: Any, batch: ReadingBatch) -> Tensor:
    """The loss of a `SentimentModel` as a language model.

    Without dropout: a model reads each text but a few times, and there are many.
    """
    table = model.table()
    outputs = model.outputs(table[batch.ids], batch.lengths)
    loss: Tensor = model.next_words.loss(table, outputs, batch)
    return loss


def candidates(
    targets: Tensor, vocab_size: int, frequent: int = FREQUENT, drawn: int = DRAWN
) -> tuple[Tensor, Tensor]:
    """The tokens that some texts are scored against.

    Args:
        targets: tokens that must be among them.
        vocab_size: number of tokens.
        frequent: how many of the first are always among them.
        drawn: how many to draw of the others, each once; all of them if there are no more.

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
    is_scored[PAD] = False  # stands beside texts, never in one
    scored = is_scored.nonzero()[:, 0]
    return scored, counts_for[scored]


class _CrossEntropy(torch.autograd.Function):
    """`F.cross_entropy(hidden @ table.T + bias, targets, reduction="sum")`, and nothing is kept.

    The gradient is found while the scores are there: they are neither computed again nor kept until
    all other texts have theirs.
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
