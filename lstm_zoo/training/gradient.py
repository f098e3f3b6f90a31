"""The gradient of one batch, computed whole, in parts one after the other, or by many processes.

The task gives the batch of a step. Its rows are divided among the processes, and those of each into
`accumulate` parts to save memory; each part has its own carried state. A part's loss counts by its
share of the batch, so that the gradient is that of the whole batch, however it is divided.
"""

from __future__ import annotations

from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves, tree_map_only

from lstm_zoo.errors import UsageError
from lstm_zoo.task import Task


class BatchGradient:
    """Computes gradients into the parameters' `grad`.

    Args:
        task: whose loss.
        model: the parameters.
        accelerator: device, precision and processes.
        accumulate: parts of a process's rows.

    Attributes:
        carried: what each part of this process carries to its next batch.
    """

    def __init__(
        self, task: Task, model: nn.Module, accelerator: Accelerator, accumulate: int
    ) -> None:
        self.task, self.model, self.accelerator = task, model, accelerator
        self.parts = accumulate * accelerator.num_processes
        first = accumulate * accelerator.process_index
        self._own = range(first, first + accumulate)
        self.carried: list[Any] = []
        self.forget()

    def forget(self) -> None:
        """Start the next batch with nothing carried."""
        self.carried = [None] * len(self._own)

    def backward(self, batch: Any) -> Tensor:
        """Add this process's share of the gradient to `grad`; returns its share of the loss."""
        device = self.accelerator.device
        total = torch.zeros((), device=device)
        whole = self._weight(batch) if self.parts > 1 else 1.0
        for index, number in enumerate(self._own):
            part = _rows(batch, number, self.parts) if self.parts > 1 else batch
            if part is None:  # fewer rows than parts
                continue
            share = self._weight(part) / whole if self.parts > 1 else 1.0
            part = tree_map_only(Tensor, lambda t: t.to(device, non_blocking=True), part)
            loss, self.carried[index] = self.task.loss(self.model, part, self.carried[index])
            self.accelerator.backward(loss * share)
            total += loss.detach() * share
        return total

    def agree(self, loss: Tensor, flags: list[bool]) -> tuple[Tensor, list[bool]]:
        """Sum the gradient and the loss over all processes; a flag of one becomes one of all."""
        if self.accelerator.num_processes == 1:
            return loss, flags
        parameters = list(self.model.parameters())
        for parameter in parameters:
            if parameter.grad is None:  # it had no rows
                parameter.grad = torch.zeros_like(parameter)
        gradients = [p.grad.flatten() for p in parameters if p.grad is not None]
        raised = torch.tensor([float(flag) for flag in flags], device=loss.device)
        # One message a step: what else must be known to all travels with the gradient.
        message = torch.cat([*gradients, loss[None], raised])
        torch.distributed.all_reduce(message)
        sizes = [parameter.numel() for parameter in parameters]
        *summed, loss, raised = message.split([*sizes, 1, len(flags)])
        for parameter, values in zip(parameters, summed, strict=True):
            parameter.grad.copy_(values.view_as(parameter))  # type: ignore[union-attr]
        return loss[0], [count > 0 for count in raised.tolist()]

    def _weight(self, batch: Any) -> float:
        weigh = getattr(self.task, "loss_weight", None)
        return float(weigh(batch)) if weigh else float(_count_rows(batch))


def _count_rows(batch: Any) -> int:
    counts = {t.shape[0] if t.ndim else -1 for t in tree_leaves(batch) if isinstance(t, Tensor)}
    if len(counts) != 1 or -1 in counts:
        raise UsageError(
            "the batches of this task cannot be divided: leave training.accumulate at 1 and train"
            " in one process"
        )
    return int(counts.pop())


def _rows(batch: Any, number: int, parts: int) -> Any:
    """The rows of one of so many parts, as even as can be; None if there are none."""
    rows = _count_rows(batch)
    first, last = rows * number // parts, rows * (number + 1) // parts
    return tree_map_only(Tensor, lambda t: t[first:last], batch) if last > first else None
