"""What moves the weights, and what averages them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from lstm_zoo.training.recipe import OptimizerConfig

Tensors = tuple[Tensor, ...] | list[Tensor]


def make_optimizer(model: nn.Module, config: OptimizerConfig) -> torch.optim.AdamW:
    """AdamW; no weight decay on biases and the gains of norms."""
    matrices = [p for p in model.parameters() if p.ndim > 1]
    vectors = [p for p in model.parameters() if p.ndim <= 1]
    groups = [
        {"params": matrices, "weight_decay": config.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=config.betas, fused=True)


def exponential_average(decay: float) -> Callable[[Tensors, Tensors, Tensor | int], None]:
    """An exponential average that forgets the first, random weights quickly."""

    @torch.no_grad()
    def update(average: Tensors, current: Tensors, seen: Tensor | int) -> None:
        steps = int(seen)
        torch._foreach_lerp_(average, current, 1 - min(decay, (1 + steps) / (10 + steps)))

    return update
