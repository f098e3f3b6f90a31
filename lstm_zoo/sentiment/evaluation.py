"""How often a classifier is right, and whether it is as sure as it should be."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lstm_zoo.sentiment.batches import padded, sorted_batches
from lstm_zoo.sentiment.calibration import (
    expected_calibration_error,
    fit_temperature,
    reliability,
)
from lstm_zoo.sentiment.data import TEST_IS_VALIDATION, SentimentData
from lstm_zoo.sentiment.model import SentimentModel
from lstm_zoo.task import Metric, Progress, module_device, no_progress

RELIABILITY_BINS = 10
"""Of confidence, from 0 to 1: wide enough for what a small test part has in each."""


@torch.inference_mode()
def raw_logits(
    model: SentimentModel,
    texts: Sequence[Sequence[int] | np.ndarray],
    progress: Progress = no_progress,
) -> Tensor:
    """What a model says of many texts, in batches sorted by length.

    Args:
        model: in eval mode.
        texts: token numbers of each; what is beyond the model's limit is not read.
        progress: wraps the batches.

    Returns:
        (texts, classes), float32 on the CPU, in the texts' order, not divided by the temperature.
    """
    limit, device = model.config.max_tokens, module_device(model)
    found = torch.empty(len(texts), model.output.out_features)
    batches = list(sorted_batches([min(len(text), limit) for text in texts]))
    for rows in progress(batches, "batches of texts"):
        ids, lengths = padded([texts[row][:limit] for row in rows])
        found[rows] = model(ids.to(device), lengths.to(device)).float().cpu()
    return found


def calibrate(model: SentimentModel, data: SentimentData) -> float:
    """Fit the model's temperature on the validation part.

    Where that holds no mistake, as a small one may, it cannot tell how sure the model may be: the
    temperature, which would be the lowest there is, stays 1.

    Returns:
        Nats a text on that part, by the calibrated probabilities.
    """
    examples = data.splits["validation"]
    logits = raw_logits(model, data.numbered("validation", model.tokenizer))
    has_mistakes = bool((logits.argmax(1) != examples.labels).any())
    temperature = fit_temperature(logits, examples.labels) if has_mistakes else 1.0
    with torch.no_grad():
        model.temperature.fill_(temperature)
    return F.cross_entropy(logits.double() / temperature, examples.labels).item()


def sentiment_metrics(
    model: SentimentModel, data: SentimentData, split: str, progress: Progress = no_progress
) -> dict[str, Metric]:
    """Accuracy, nats and calibration; accuracy of each domain where there are several."""
    examples = data.splits[split]
    labels = examples.labels
    ids = data.numbered(split, model.tokenizer)
    logits = raw_logits(model, ids, progress).double()
    calibrated = logits / model.temperature.item()
    right = logits.argmax(1) == labels
    chose = split == "test" and data.test == TEST_IS_VALIDATION
    metric = partial(Metric, split="validation" if chose else None)
    part = data.test if split == "test" else f"the {split} part"
    protocol = f"{len(labels):,} texts, {part}"
    bins = "15 bins of confidence"
    share = "share of right answers"
    metrics = {
        "accuracy": metric(right.double().mean().item(), share, protocol),
        "nats": metric(
            F.cross_entropy(calibrated, labels).item(), "nats per text", f"{protocol}, calibrated"
        ),
        "calibration_error": metric(
            expected_calibration_error(calibrated.softmax(1), labels),
            "expected calibration error",
            f"{protocol}, {bins}, after temperature scaling fitted on the validation part",
        ),
        "calibration_error_before": metric(
            expected_calibration_error(logits.softmax(1), labels),
            "expected calibration error",
            f"{protocol}, {bins}, without temperature scaling",
        ),
    }
    domains = list(dict.fromkeys(examples.domains))
    for domain in domains if len(domains) > 1 else ():
        inside = torch.tensor([one == domain for one in examples.domains])
        metrics[f"accuracy_{domain}"] = metric(
            right[inside].double().mean().item(),
            share,
            f"the {int(inside.sum()):,} of them about {domain}",
        )
    # The reliability diagram, in figures.
    for one in reliability(calibrated.softmax(1), labels, RELIABILITY_BINS):
        metrics[f"right_at_{round(100 * one.low):02d}"] = metric(
            one.accuracy,
            share,
            f"the {one.count:,} of them answered with a confidence of {one.low:.1f} to"
            f" {one.high:.1f}, {one.confidence:.3f} on average",
        )
    return metrics
