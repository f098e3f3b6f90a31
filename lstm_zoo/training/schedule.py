"""How the learning rate moves: by step along a curve, or by epoch when nothing gets better."""

from __future__ import annotations

import math
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, ReduceLROnPlateau

from lstm_zoo.training.recipe import ScheduleConfig

START = 1 / 25
"""Rate of one-cycle's first step, as a share of the peak; that of PyTorch's OneCycleLR."""


class Schedule:
    """Sets the optimiser's rate after each step and each epoch.

    Args:
        optimizer: its rate at the start is the peak rate.
        config: the shape.
        total_steps: steps of the whole run, where the cosine ends.
    """

    def __init__(self, optimizer: Optimizer, config: ScheduleConfig, total_steps: int) -> None:
        self.config = config
        self.total_steps = total_steps
        self._by_step = LambdaLR(optimizer, self._share)
        self._by_epoch = None
        if config.kind == "plateau":
            self._by_epoch = ReduceLROnPlateau(
                optimizer, factor=config.factor, patience=config.patience, threshold=0.0
            )

    def _share(self, step: int) -> float:
        """The rate for this step as a share of the peak."""
        config = self.config
        one_cycle = config.kind == "one-cycle"
        rise = config.rise * self.total_steps if one_cycle else config.warmup_steps
        if step < rise:
            return _cosine(START, 1, step / rise) if one_cycle else (step + 1) / (rise + 1)
        if config.kind in ("constant", "plateau"):
            return 1.0
        return _cosine(1, config.floor, (step - rise) / max(1, self.total_steps - rise))

    def after_step(self) -> None:
        """Move on by one step."""
        # LambdaLR sets the rate from the peak each time, which would undo a plateau's cut.
        if self._by_epoch is None or self._by_step.last_epoch < self.config.warmup_steps:
            self._by_step.step()

    def after_epoch(self, metric: float) -> None:
        """Tell the validation metric of an epoch; lower is better."""
        if self._by_epoch is not None:
            self._by_epoch.step(metric)

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs."""
        by_epoch = self._by_epoch.state_dict() if self._by_epoch else None
        # The lambda is a method of this object, not state.
        by_step = {k: v for k, v in self._by_step.state_dict().items() if k != "lr_lambdas"}
        return {"by_step": by_step, "by_epoch": by_epoch}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        self._by_step.load_state_dict({**state["by_step"], "lr_lambdas": [None]})
        if self._by_epoch:
            self._by_epoch.load_state_dict(state["by_epoch"])


def _cosine(start: float, end: float, done: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * min(done, 1.0))) / 2
