"""The loss that a classifier is trained by, with noise that is made against it.

Miyato, Dai & Goodfellow 2017, 'Adversarial Training Methods for Semi-Supervised Text
Classification': equations (3) to (4) make adversarial noise on the embeddings of a text, (5) to (7)
virtual adversarial noise, which needs no label. The norm is that of a whole text.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from lstm_zoo.sentiment.batches import SentimentBatch
from lstm_zoo.sentiment.model import SentimentModel
from lstm_zoo.sentiment.next_words import ReadingBatch
from lstm_zoo.sentiment.tokenizer import UNKNOWN

PROBE = 1e-1  # length of the random noise from which the virtual one is found


def training_loss(
    model: SentimentModel, batch: SentimentBatch, unlabelled: ReadingBatch | None = None
) -> Tensor:
    """Mean loss of a batch: cross-entropy, and what the config's noise adds to it.

    Args:
        model: what is trained.
        batch: texts with their labels.
        unlabelled: texts for the virtual noise; None for those of the batch.
    """
    config = model.config
    embedded = _embedded(model, batch.ids)
    if config.adversarial_norm:
        loss = _adversarial_loss(model, embedded, batch)
    else:
        loss = _cross_entropy(model, model.logits(embedded, batch.lengths), batch.labels)
    if config.virtual_adversarial_norm:
        if unlabelled is None:
            loss = loss + _virtual_loss(model, embedded, batch.lengths)
        else:
            embedded = _embedded(model, unlabelled.ids)
            loss = loss + _virtual_loss(model, embedded, unlabelled.lengths)
    return loss


def _embedded(model: SentimentModel, ids: Tensor) -> Tensor:
    if model.config.word_dropout:
        dropped = torch.rand(ids.shape, device=ids.device) < model.config.word_dropout
        ids = ids.masked_fill(dropped, UNKNOWN)
    return model.embed(ids)


def _adversarial_loss(model: SentimentModel, embedded: Tensor, batch: SentimentBatch) -> Tensor:
    """Cross-entropy of the texts as they are, and with the noise of (3) and (4)."""
    read = embedded.detach().requires_grad_()
    clean = _cross_entropy(model, model.logits(read, batch.lengths), batch.labels)
    # One gradient of the clean loss is both that of training and the direction of the noise.
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    gradient, *gradients = torch.autograd.grad(clean, [read, *weights], allow_unused=True)
    noise = unit(gradient, batch.lengths) * model.config.adversarial_norm
    noisy = model.logits(embedded + noise, batch.lengths)
    loss = _with_gradient(clean, [embedded, *weights], [gradient, *gradients])
    return loss + _cross_entropy(model, noisy, batch.labels)


def _virtual_loss(model: SentimentModel, embedded: Tensor, lengths: Tensor) -> Tensor:
    """How far the noise of (5) to (7), which is found from a random start, moves the answer.

    What was pooled is not dropped: the answer would move by that alone.
    """
    with torch.no_grad():
        said = model.logits(embedded, lengths, dropped=False).float().softmax(1)
    start = unit(torch.randn_like(embedded), lengths) * PROBE
    probe = (embedded.detach() + start).requires_grad_()
    distance = _divergence(said, model.logits(probe, lengths, dropped=False))
    (gradient,) = torch.autograd.grad(distance, probe)
    noise = unit(gradient, lengths) * model.config.virtual_adversarial_norm
    return _divergence(said, model.logits(embedded + noise, lengths, dropped=False))


def _with_gradient(
    loss: Tensor, inputs: Sequence[Tensor], gradients: Sequence[Tensor | None]
) -> Tensor:
    """The value of a loss, with a gradient that was computed before; its graph can be gone."""
    pairs = zip(inputs, gradients, strict=True)
    linear = torch.stack([(x * g).sum() for x, g in pairs if g is not None]).sum()
    return loss.detach() + (linear - linear.detach())


def unit(noise: Tensor, lengths: Tensor) -> Tensor:
    """Noise without that on padding, of length 1 over each text's steps and features."""
    inside = torch.arange(noise.shape[1], device=noise.device) < lengths[:, None]
    noise = (noise * inside[..., None]).float()
    # By its largest value first: the square of a small gradient is zero in float32.
    noise = noise / noise.abs().amax((1, 2), keepdim=True).clamp_min(1e-30)
    return noise / noise.square().sum((1, 2), keepdim=True).sqrt().clamp_min(1e-30)


def _cross_entropy(model: SentimentModel, logits: Tensor, labels: Tensor) -> Tensor:
    smoothing = model.config.label_smoothing
    return F.cross_entropy(logits.float(), labels, label_smoothing=smoothing)


def _divergence(said: Tensor, logits: Tensor) -> Tensor:
    """Kullback-Leibler divergence of what the model says under noise, mean over the batch."""
    return F.kl_div(logits.float().log_softmax(1), said, reduction="batchmean")
