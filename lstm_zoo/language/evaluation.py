"""How well a language model predicts a text, in nats a token, by two protocols."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from lstm_zoo.language.data import TextData
from lstm_zoo.language.model import LanguageModel
from lstm_zoo.language.tokenizer import CharacterTokenizer
from lstm_zoo.language.words import WordTokenizer
from lstm_zoo.task import Metric, Progress, module_device, no_progress

WINDOW = 256
WINDOWS = (
    f"mean over all positions of consecutive windows of {WINDOW} characters, each from an empty"
    " memory (nanoGPT's protocol); the last, shorter window counts too"
)
WORDS = "unknown words and line ends count as words (Merity et al. 2018)"
CARRIED = "mean over all positions of one pass over the text, the memory carried from end to end"


@torch.inference_mode()
def windows_nats(
    model: LanguageModel, tokens: Tensor, progress: Progress = no_progress, batch_size: int = 64
) -> float:
    """Nats a token in windows of `WINDOW` tokens, nothing before the window.

    Args:
        model: in eval mode.
        tokens: integers (length,); the first one is given, all others are predicted.
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
        total += _nats(model(window.long().to(module_device(model)))[0], target)
    return total / len(targets)


@torch.inference_mode()
def carried_nats(
    model: LanguageModel, tokens: Tensor, progress: Progress = no_progress, chunk: int = 1024
) -> float:
    """Nats a token in one pass over the text with the state carried; as `windows_nats` otherwise.

    Args:
        model: in eval mode.
        tokens: integers (length,).
        progress: wraps the chunks.
        chunk: tokens at a time; it does not change the result.
    """
    total, state = 0.0, model.initial_state(1)
    chunks = zip(tokens[:-1].split(chunk), tokens[1:].split(chunk), strict=True)
    for window, target in progress(list(chunks), "carried memory"):
        logits, state = model(window[None].long().to(module_device(model)), state)
        total += _nats(logits, target[None])
    return total / (len(tokens) - 1)


def _nats(logits: Tensor, targets: Tensor) -> float:
    losses = F.cross_entropy(
        logits.flatten(0, 1).float(), targets.flatten().long().to(logits.device), reduction="none"
    )
    return losses.sum(dtype=torch.float64).item()


def validation_nats(model: LanguageModel, data: TextData) -> float:
    """Nats a token on the validation part, by the protocol of the test figure."""
    tokens = data.splits["validation"]
    if isinstance(data.preprocessing, CharacterTokenizer):
        return windows_nats(model, tokens)
    return carried_nats(model, tokens)


def text_metrics(
    model: LanguageModel, data: TextData, split: str, progress: Progress = no_progress
) -> dict[str, Metric]:
    """What the literature reports of models of such tokens, the most usual figure first."""
    tokens, tokenizer = data.splits[split], data.preprocessing
    carried = carried_nats(model, tokens, progress)
    if isinstance(tokenizer, CharacterTokenizer):
        windows = windows_nats(model, tokens, progress)
        return {
            "nats": Metric(windows, "nats per character", WINDOWS),
            "nats_carried": Metric(carried, "nats per character", CARRIED),
            "bits": Metric(windows / math.log(2), "bits per character", WINDOWS),
        }
    if isinstance(tokenizer, WordTokenizer) and tokenizer.kind == "word":
        return {
            "perplexity": Metric(math.exp(carried), "perplexity per word", f"{CARRIED}; {WORDS}"),
            "nats": Metric(carried, "nats per word", f"{CARRIED}; {WORDS}"),
        }
    bits = carried * (len(tokens) - 1) / math.log(2) / data.facts["characters"][split]
    return {
        "bits": Metric(bits, "bits per character", f"{CARRIED}, over the characters of the text"),
        "nats": Metric(carried, "nats per token", CARRIED),
    }
