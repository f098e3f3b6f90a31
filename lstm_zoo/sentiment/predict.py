"""What a user calls: a text in, a verdict out, with what speaks against trusting it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from torch import Tensor

from lstm_zoo.errors import UsageError
from lstm_zoo.sentiment.batches import padded
from lstm_zoo.sentiment.doubts import Doubt, find_doubts
from lstm_zoo.sentiment.evaluation import raw_logits
from lstm_zoo.sentiment.model import SentimentModel
from lstm_zoo.sentiment.tokenizer import UNKNOWN, Encoding, ReviewTokenizer
from lstm_zoo.task import Progress, Reading, module_device, no_progress


@dataclass(frozen=True)
class Verdict:
    """What a model thinks that a text's writer thinks.

    Attributes:
        label: the likeliest class.
        probabilities: of every class, calibrated; of sum 1.
        warnings: why the answer may be worth little; each has a key and values, and `str` gives an
            English sentence.
        tokens_used: how many tokens were read.
        tokens_total: how many the text has.
    """

    label: str
    probabilities: dict[str, float]
    warnings: tuple[Doubt, ...]
    tokens_used: int
    tokens_total: int


class SentimentClassifier:
    """A model with its tokenizer.

    Args:
        model: in eval mode.
        tokenizer: the one it was trained with.
    """

    def __init__(self, model: SentimentModel, tokenizer: ReviewTokenizer) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.labels = tokenizer.labels
        self.temperature = model.temperature.item()

    @overload
    def classify(self, texts: str, progress: Progress = ...) -> Verdict: ...

    @overload
    def classify(
        self, texts: list[str] | tuple[str, ...], progress: Progress = ...
    ) -> list[Verdict]: ...

    def classify(
        self, texts: str | list[str] | tuple[str, ...], progress: Progress = no_progress
    ) -> Verdict | list[Verdict]:
        """Say what a text's writer thinks.

        Many texts are read together, those of like length in one batch. An empty text among them
        gets an answer too, and a warning that there is nothing in it.

        Args:
            texts: one, or many.
            progress: wraps the batches of many.

        Returns:
            A verdict, or one for each text.

        Raises:
            UsageError: one text is given, and it is empty.
        """
        if isinstance(texts, str):
            if not texts.strip():
                raise UsageError("the text is empty: write a sentence at least")
            return self._verdicts([texts], no_progress)[0]
        return self._verdicts(texts, progress)

    def _verdicts(self, texts: Sequence[str], progress: Progress) -> list[Verdict]:
        limit = self.model.config.max_tokens
        ids = self.tokenizer.encode_many(texts)
        doubts = [self._doubts(*pair) for pair in zip(texts, ids, strict=True)]
        rows = self.logits(ids, progress).softmax(1).tolist()
        return [
            Verdict(
                label=max(zip(row, self.labels, strict=True))[1],
                probabilities=dict(zip(self.labels, row, strict=True)),
                warnings=warnings,
                tokens_used=min(len(own), limit),
                tokens_total=len(own),
            )
            for row, warnings, own in zip(rows, doubts, ids, strict=True)
        ]

    def encode(self, text: str) -> Encoding:
        """The tokens that the model reads of a text, and their places in it."""
        return self.tokenizer.encode(text, self.model.config.max_tokens)

    def _doubts(self, text: str, ids: np.ndarray) -> tuple[Doubt, ...]:
        limit = self.model.config.max_tokens
        is_cut = len(ids) > limit
        return find_doubts(
            text,
            self.tokenizer.language,
            float((ids[:limit] == UNKNOWN).mean()) if len(ids) else 0.0,
            min(len(ids), limit),
            len(ids),
            self.encode(text).end if is_cut else len(text),
        )

    def logits(
        self, texts: Sequence[Sequence[int] | np.ndarray], progress: Progress = no_progress
    ) -> Tensor:
        """Calibrated scores of texts that are numbered already.

        Args:
            texts: token numbers of each.
            progress: wraps the batches.

        Returns:
            (texts, classes), float32 on the CPU, divided by the temperature.
        """
        return raw_logits(self.model, texts, progress) / self.temperature

    def probabilities(self, texts: Sequence[Sequence[int] | np.ndarray]) -> np.ndarray:
        """Calibrated probabilities of texts that are numbered already, (texts, classes)."""
        return self.logits(texts).softmax(1).numpy()

    def reading(self, text: str) -> Reading:
        """A text as the model reads it, token by token.

        Raises:
            UsageError: there is nothing to read in it.
        """
        encoding = self.encode(text)
        if not encoding.ids:
            raise UsageError("there is no word to read in this text: write a sentence at least")
        ids, lengths = padded([encoding.ids])
        device = module_device(self.model)
        labels = tuple(text[start:end] for start, end in encoding.offsets)
        return Reading((ids.to(device), lengths.to(device)), labels)
