"""What moves the weights, and what averages them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from lstm_zoo.training.recipe import LoopConfig, OptimizerConfig

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


def make_average(model: nn.Module, config: LoopConfig) -> AveragedModel | None:
    """A copy of the model that averages its weights as the recipe says, if it does."""
    if config.average_decay:
        return AveragedModel(model, multi_avg_fn=_exponential(config.average_decay))
    return AveragedModel(model) if config.average_trigger is not None else None


def is_triggered(metrics: Sequence[float], patience: int) -> bool:
    """Whether averaging begins: the last metric is worse than the best, the newest left out.

    The non-monotonic trigger of Merity, Keskar & Socher 2018, Algorithm 1.

    Args:
        metrics: of all epochs so far; lower is better.
        patience: how many of those before the last to leave out, the paper's n.
    """
    earlier = metrics[: -1 - patience]
    return bool(earlier) and metrics[-1] > min(earlier)


def _exponential(decay: float) -> Callable[[Tensors, Tensors, Tensor | int], None]:
    """An exponential average that forgets the first, random weights quickly."""

    @torch.no_grad()
    def update(average: Tensors, current: Tensors, seen: Tensor | int) -> None:
        steps = int(seen)
        torch._foreach_lerp_(average, current, 1 - min(decay, (1 + steps) / (10 + steps)))

    return update
