"""Calibration: of what a classifier says with 80 % certainty, 80 % should be right.

Guo, Pleiss, Sun & Weinberger 2017, "On Calibration of Modern Neural Networks". One number, the
temperature T, is fitted on the validation part (section 4.2, equation 9) and divides the logits:

    p = softmax(z / T)

It changes no verdict. What is left is measured by the expected calibration error (equation 5):

    ECE = sum over bins of (|B_m| / n) |accuracy(B_m) - confidence(B_m)|
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

BINS = 15
"""As in the paper's tables."""
TEMPERATURES = (0.05, 20.0)
"""Where a temperature is looked for; a model without a mistake would want an ever smaller one."""


@dataclass(frozen=True)
class ReliabilityBin:
    """Predictions of about the same confidence.

    Attributes:
        low, high: the bounds of the bin; a confidence is over `low` and at most `high`.
        count: how many predictions fall into it.
        confidence: their mean probability of the class that was said.
        accuracy: the share of them that is right.
    """

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """The temperature at which the logits' cross-entropy is least.

    The loss is convex in 1/T: a bisection on its slope finds the one minimum.

    Args:
        logits: (examples, classes) of the validation part.
        labels: (examples,), the right class of each.

    Returns:
        T within `TEMPERATURES`; over 1 where the model was too sure of itself.

    Raises:
        ValueError: there are no examples, or the shapes do not fit.
    """
    _check(logits, labels)
    scores = logits.detach().double()
    right = scores.gather(1, labels.long()[:, None])
    low, high = (torch.tensor(bound, dtype=torch.float64).log() for bound in TEMPERATURES)
    for _ in range(60):
        middle = (low + high) / 2
        expected = ((scores / middle.exp()).softmax(1) * scores).sum(1, keepdim=True)
        slope = (expected - right).mean()  # of the loss, by 1/T
        if slope > 0:  # less certainty, a higher temperature, is better
            low = middle
        else:
            high = middle
    return float(((low + high) / 2).exp())


def reliability(
    probabilities: Tensor, labels: Tensor, bins: int = BINS
) -> tuple[ReliabilityBin, ...]:
    """Predictions gathered by confidence, for a reliability diagram.

    Args:
        probabilities: (examples, classes).
        labels: (examples,), the right class of each.
        bins: how many of equal width, over 0 to 1.

    Returns:
        The bins that hold any prediction, from the least sure to the surest.

    Raises:
        ValueError: there are no examples, or the shapes do not fit.
    """
    _check(probabilities, labels)
    confidence, said = probabilities.detach().double().max(1)
    right = (said == labels).double()
    number = (confidence * bins).ceil().long().clamp(1, bins) - 1
    found = []
    for index in number.unique().tolist():
        inside = number == index
        found.append(
            ReliabilityBin(
                low=index / bins,
                high=(index + 1) / bins,
                count=int(inside.sum()),
                confidence=float(confidence[inside].mean()),
                accuracy=float(right[inside].mean()),
            )
        )
    return tuple(found)


def expected_calibration_error(probabilities: Tensor, labels: Tensor, bins: int = BINS) -> float:
    """By how much confidence and accuracy differ, on average over predictions; 0 is perfect.

    Args:
        probabilities: (examples, classes).
        labels: (examples,), the right class of each.
        bins: how many of equal width, over 0 to 1.

    Raises:
        ValueError: there are no examples, or the shapes do not fit.
    """
    gathered = reliability(probabilities, labels, bins)
    gap = sum(one.count * abs(one.accuracy - one.confidence) for one in gathered)
    return gap / len(labels)


def _check(scores: Tensor, labels: Tensor) -> None:
    if scores.ndim != 2 or labels.shape != scores.shape[:1] or not len(labels):
        raise ValueError(
            "calibration needs scores of (examples, classes) and a label for each of at least one"
            f" example, not {tuple(scores.shape)} and {tuple(labels.shape)}"
        )
