"""The calibrated log-odds of a class: what explanations are about.

Of the logits z and the temperature T, for class k:

    F = z_k / T - log sum over the others of exp(z_j / T)

so that the probability is sigmoid(F).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from lstm_zoo.errors import UsageError
from lstm_zoo.sentiment.batches import padded
from lstm_zoo.sentiment.predict import SentimentClassifier
from lstm_zoo.task import did_you_mean, module_device


def log_odds(classifier: SentimentClassifier, texts: list[list[int]], label: str) -> Tensor:
    """Calibrated log-odds of a class for texts of token numbers, (texts,); float64 on the CPU."""
    return _log_odds(classifier.logits(texts).double(), class_number(classifier, label))


def embedded(
    classifier: SentimentClassifier, ids: Sequence[int], label: str
) -> tuple[Tensor, partial[Tensor]]:
    """A text as the model embeds it, (1, time, features), and F as a function of such."""
    model = classifier.model
    numbers, lengths = padded([ids])
    device = module_device(model)
    with torch.no_grad():
        embeddings = model.embed(numbers.to(device))
    number = class_number(classifier, label)
    return embeddings, partial(_score, classifier, lengths.to(device), number)


def class_number(classifier: SentimentClassifier, label: str) -> int:
    """The number of a class.

    Raises:
        UsageError: there is none of this name.
    """
    if label not in classifier.labels:
        raise UsageError(f"there is no class {label!r}{did_you_mean(label, classifier.labels)}")
    return classifier.labels.index(label)


def _score(
    classifier: SentimentClassifier, lengths: Tensor, number: int, embeddings: Tensor
) -> Tensor:
    logits = classifier.model.logits(embeddings, lengths.expand(len(embeddings)))
    return _log_odds(logits / classifier.temperature, number)


def _log_odds(logits: Tensor, number: int) -> Tensor:
    others = torch.cat([logits[:, :number], logits[:, number + 1 :]], 1)
    return logits[:, number] - others.logsumexp(1)
