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
from lstm_zoo.sentiment.tokenizer import UNKNOWN

PROBE = 1e-1  # length of the random noise from which the virtual one is found


def training_loss(model: SentimentModel, batch: SentimentBatch) -> Tensor:
    """Mean loss of a batch: cross-entropy, and what the config's noise adds to it."""
    config = model.config
    ids = batch.ids
    if config.word_dropout:
        dropped = torch.rand(ids.shape, device=ids.device) < config.word_dropout
        ids = ids.masked_fill(dropped, UNKNOWN)
    if not config.adversarial_norm and not config.virtual_adversarial_norm:
        return _cross_entropy(model, model(ids, batch.lengths), batch.labels)
    embedded = model.embed(ids)
    read = embedded.detach().requires_grad_()
    logits = model.logits(read, batch.lengths)
    clean = _cross_entropy(model, logits, batch.labels)
    # One gradient of the clean loss is both that of training and the direction of the noise.
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    gradient, *gradients = torch.autograd.grad(clean, [read, *weights], allow_unused=True)
    loss = _with_gradient(clean, [embedded, *weights], [gradient, *gradients])
    if config.adversarial_norm:
        noise = unit(gradient, batch.lengths) * config.adversarial_norm
        noisy = model.logits(embedded + noise, batch.lengths)
        loss = loss + _cross_entropy(model, noisy, batch.labels)
    if config.virtual_adversarial_norm:
        # (6): the noise that changes what the model says, found from a random start.
        said = logits.detach().float().softmax(1)
        start = unit(torch.randn_like(embedded), batch.lengths) * PROBE
        probe = (embedded.detach() + start).requires_grad_()
        distance = _divergence(said, model.logits(probe, batch.lengths))
        (gradient,) = torch.autograd.grad(distance, probe)
        noise = unit(gradient, batch.lengths) * config.virtual_adversarial_norm
        loss = loss + _divergence(said, model.logits(embedded + noise, batch.lengths))
    return loss


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
