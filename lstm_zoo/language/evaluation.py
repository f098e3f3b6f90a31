"""How well a language model predicts a text, in nats a token, by two protocols."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from lstm_zoo.language.model import LanguageModel
from lstm_zoo.task import Metric, Progress, module_device, no_progress

WINDOW = 256
WINDOWS = (
    f"mean over all positions of consecutive windows of {WINDOW} characters, each from an empty"
    " memory (nanoGPT's protocol); the last, shorter window counts too"
)
CARRIED = "mean over all positions of one pass over the text, the memory carried from end to end"


@torch.inference_mode()
def windows_nats(
    model: LanguageModel, tokens: Tensor, progress: Progress = no_progress, batch_size: int = 64
) -> float:
    """Nats a token in windows of `WINDOW` tokens, nothing before the window.

    Args:
        model: in eval mode.
        tokens: int64 (length,); the first one is given, all others are predicted.
        progress: wraps the batches.
        batch_size: windows at a time.
    """
    inputs, targets = tokens[:-1], tokens[1:]
    whole = len(inputs) // WINDOW * WINDOW
    batches = list(
        zip(
            inputs[:whole].view(-1, WINDOW).split(batch_size),
            targets[:whole].view(-1, WINDOW).split(batch_size),
            strict=True,
        )
    )
    if whole < len(inputs):
        batches.append((inputs[None, whole:], targets[None, whole:]))
    total = 0.0
    for window, target in progress(batches, "windows"):
        total += _nats(model(window.to(module_device(model)))[0], target)
    return total / len(targets)


@torch.inference_mode()
def carried_nats(
    model: LanguageModel, tokens: Tensor, progress: Progress = no_progress, chunk: int = 1024
) -> float:
    """Nats a token in one pass over the text with the state carried; as `windows_nats` otherwise.

    Args:
        model: in eval mode.
        tokens: int64 (length,).
        progress: wraps the chunks.
        chunk: tokens at a time; it does not change the result.
    """
    total, state = 0.0, model.initial_state(1)
    chunks = zip(tokens[:-1].split(chunk), tokens[1:].split(chunk), strict=True)
    for window, target in progress(list(chunks), "carried memory"):
        logits, state = model(window[None].to(module_device(model)), state)
        total += _nats(logits, target[None])
    return total / (len(tokens) - 1)


def _nats(logits: Tensor, targets: Tensor) -> float:
    losses = F.cross_entropy(
        logits.flatten(0, 1).float(), targets.flatten().to(logits.device), reduction="none"
    )
    return losses.sum(dtype=torch.float64).item()


def text_metrics(
    model: LanguageModel, tokens: Tensor, progress: Progress = no_progress
) -> dict[str, Metric]:
    """Both protocols, in nats and bits a character."""
    windows = windows_nats(model, tokens, progress)
    carried = carried_nats(model, tokens, progress)
    return {
        "nats": Metric(windows, "nats per character", WINDOWS),
        "nats_carried": Metric(carried, "nats per character", CARRIED),
        "bits": Metric(windows / math.log(2), "bits per character", WINDOWS),
    }
