"""Batches of texts of about the same length, so that little padding is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lstm_zoo.sentiment.data import Examples, SentimentBatchConfig, SentimentData
from lstm_zoo.sentiment.next_words import ReadingBatch
from lstm_zoo.sentiment.tokenizer import PAD, UNKNOWN

POOL = 50  # training batches that are sorted by length together
TOKENS = 8_192  # of a batch without gradients, padding included
ROWS = 256  # of such a batch, at most


class SentimentBatch(NamedTuple):
    """Texts and what is right.

    Attributes:
        ids: int64 (batch, time), padded at the end.
        lengths: int64 (batch,).
        labels: int64 (batch,), or the probability of each class, float32 (batch, classes).
    """

    ids: Tensor
    lengths: Tensor
    labels: Tensor


class SemiSupervisedBatch(NamedTuple):
    """Labelled texts, and as many others for `model.virtual_adversarial_norm`."""

    labelled: SentimentBatch
    unlabelled: ReadingBatch


class TextBatches:
    """The texts of one epoch in batches, by number; a function of epoch and seed.

    All texts are drawn in a new order; `POOL` batches at a time are sorted by length, cut into
    batches, and these are shuffled again. A text that is too long is cut to its beginning or to its
    end, where the verdict often stands.

    Args:
        texts: token numbers of each.
        config: how large a batch is.
        epoch, seed: the order and the cuts are a function of both.

    Attributes:
        rows: numbers of the texts of each batch.
    """

    def __init__(
        self, texts: Sequence[np.ndarray], config: SentimentBatchConfig, epoch: int, seed: int
    ) -> None:
        self.texts, self.limit = texts, config.max_tokens
        random = np.random.default_rng([seed, epoch])
        order = random.permutation(len(texts))
        lengths = np.array([min(len(ids), self.limit) for ids in texts])
        self.from_end = random.random(len(order)) < 0.5
        size = config.batch_size
        rows: list[np.ndarray] = []
        for start in range(0, len(order), POOL * size):
            part = order[start : start + POOL * size]
            part = part[np.argsort(lengths[part], kind="stable")]
            rows += [part[i : i + size] for i in range(0, len(part), size)]
        self.rows = [rows[i] for i in random.permutation(len(rows))]

    def __len__(self) -> int:
        return len(self.rows)

    def padded(self, step: int, size: int | None = None) -> tuple[Tensor, Tensor]:
        """The texts of a batch, or `size` of them, some of them twice if need be; see `padded`."""
        rows = self.rows[step]
        return padded([self._cut(row) for row in (rows if size is None else np.resize(rows, size))])

    def _cut(self, row: int) -> np.ndarray:
        ids = self.texts[row]
        return ids[-self.limit :] if self.from_end[row] else ids[: self.limit]


class SentimentBatches(TextBatches):
    """An epoch of the train part, to learn its labels by.

    Args:
        examples: the train part.
        config, epoch, seed: see `TextBatches`.
    """

    def __init__(
        self, examples: Examples, config: SentimentBatchConfig, epoch: int, seed: int
    ) -> None:
        super().__init__(examples.ids, config, epoch, seed)
        self.labels = examples.labels

    def __getitem__(self, step: int) -> SentimentBatch:
        labels = self.labels[torch.from_numpy(self.rows[step])]
        return SentimentBatch(*self.padded(step), labels)


class ReadingBatches(TextBatches):
    """An epoch of all texts that may be trained on, to read them as a language model.

    Each is read by itself, as a classifier reads it. In one long stream there would be no padding,
    which is little, but the memory at a text's first word would be that of another text.

    Args:
        data: its train part and unlabelled texts; one without a second word is left out.
        config, epoch, seed: see `TextBatches`.
    """

    def __init__(
        self, data: SentimentData, config: SentimentBatchConfig, epoch: int, seed: int
    ) -> None:
        texts = [ids for ids in data.splits["train"].ids + data.unlabelled if len(ids) > 1]
        super().__init__(texts, config, epoch, seed)

    def __getitem__(self, step: int) -> ReadingBatch:
        return ReadingBatch(*self.padded(step))


class SemiSupervisedBatches:
    """An epoch of the train part, and beside each of its texts one of all, whose label is not read.

    Args:
        data, config, epoch, seed: see `ReadingBatches`.
    """

    def __init__(
        self, data: SentimentData, config: SentimentBatchConfig, epoch: int, seed: int
    ) -> None:
        self.labelled = SentimentBatches(data.splits["train"], config, epoch, seed)
        self.unlabelled = ReadingBatches(data, config, epoch, seed)

    def __len__(self) -> int:
        return len(self.labelled)

    def __getitem__(self, step: int) -> SemiSupervisedBatch:
        labelled = self.labelled[step]
        other = step % len(self.unlabelled)
        unlabelled = self.unlabelled.padded(other, len(labelled.lengths))
        return SemiSupervisedBatch(labelled, ReadingBatch(*unlabelled))


def padded(texts: Sequence[Sequence[int] | np.ndarray]) -> tuple[Tensor, Tensor]:
    """Texts below one another: ids, int64 (batch, time), and lengths, int64 (batch,).

    A text without tokens is one unknown token: a model has to read something.
    """
    texts = [text if len(text) else (UNKNOWN,) for text in texts]
    lengths = [len(text) for text in texts]
    ids = np.full((len(texts), max(lengths)), PAD, dtype=np.int64)
    for row, text in zip(ids, texts, strict=True):
        row[: len(text)] = text
    return torch.from_numpy(ids), torch.tensor(lengths)


def sorted_batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Numbers of texts in batches, the longest first; each of about `TOKENS` tokens.

    Args:
        lengths: of all texts, in tokens.
    """
    order = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    start = 0
    while start < len(order):
        rows = min(ROWS, max(1, TOKENS // max(lengths[order[start]], 1)))
        yield order[start : start + rows]
        start += rows
