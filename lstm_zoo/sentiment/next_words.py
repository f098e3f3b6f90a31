"""Reading as a language model: the classifier's layers learn from texts that nobody labelled.

Dai & Le 2015, 'Semi-supervised Sequence Learning', start a classifier (their LM-LSTM) from the
weights of a language model of the same texts. Each direction of the layer predicts the token that
it would read next: the forward one the following token, the backward one the preceding. Scores come
from the embedding, used a second time (Press & Wolf 2017, 'Using the Output Embedding to Improve
Language Models'):

    score of token v after output h = e_v . (W h + b) + b_v

A few texts at a time are scored against their own tokens and some of the others, see
`sampled_softmax`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lstm_zoo.sampled_softmax import sampled_cross_entropy
from lstm_zoo.sentiment.tokenizer import PAD

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
        # The padding stands beside texts, never in one.
        return sampled_cross_entropy(
            torch.cat(projected), table, self.bias, torch.cat(targets), DRAWN, never=PAD
        )


def reading_loss(model: Any, batch: ReadingBatch) -> Tensor:
    """The loss of a `SentimentModel` as a language model.

    Without dropout: a model reads each text but a few times, and there are many.
    """
    table = model.table()
    outputs = model.outputs(table[batch.ids], batch.lengths)
    loss: Tensor = model.next_words.loss(table, outputs, batch)
    return loss
