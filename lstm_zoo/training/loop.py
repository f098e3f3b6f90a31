"""The training loop, for every task: train, validate, keep the best, resume, evaluate once."""

from __future__ import annotations

import math
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel
from torch.utils._pytree import tree_map_only
from tqdm import tqdm

from lstm_zoo.errors import UsageError
from lstm_zoo.task import Data, Task
from lstm_zoo.training.recipe import OptimizerConfig, Recipe
from lstm_zoo.training.runs import RunFolder
from lstm_zoo.training.schedule import Schedule

Tensors = tuple[Tensor, ...] | list[Tensor]
SHOW_EVERY = 0.5  # seconds between updates of the progress bar


@dataclass
class Outcome:
    """What a run leads to.

    Attributes:
        model: the best weights, in eval mode, on the CPU.
        facts: epochs, seconds, speed and memory, for the card.
        history: the learning curve, an entry for each epoch.
    """

    model: nn.Module
    facts: dict[str, Any]
    history: list[dict[str, float]]


class Interrupted(Exception):
    """The run was asked to stop; its state is saved."""


class Trainer:
    """One run of a recipe.

    Args:
        recipe: what to do.
        task: whose data and model.
        data: read and split.
        folder: where the run keeps its state; a state that is there is resumed.
        device: "auto", "cpu", "cuda" or "mps".
        should_stop: asked after each step; True saves the state and raises `Interrupted`.
        quiet: no progress bar.
    """

    def __init__(
        self,
        recipe: Recipe,
        task: Task,
        data: Data,
        folder: RunFolder,
        device: str = "auto",
        should_stop: Callable[[], bool] = lambda: False,
        quiet: bool = False,
    ) -> None:
        self.recipe, self.task, self.data, self.folder = recipe, task, data, folder
        self.should_stop, self.quiet = should_stop, quiet
        options = recipe.training
        # Accelerate keeps device and precision for the whole process; a second run may differ.
        AcceleratorState._reset_state(reset_partial_state=True)
        self.accelerator = Accelerator(
            cpu=device == "cpu", mixed_precision=_precision(options.precision, device)
        )
        if device not in ("auto", self.accelerator.device.type):
            raise UsageError(
                f"there is no device {device!r} here; use {self.accelerator.device.type!r}"
            )
        torch.manual_seed(options.seed)
        model = task.build(recipe.model, data.preprocessing)
        model.reset_parameters()  # type: ignore[operator]
        model.to(self.accelerator.device)
        self.average = None
        if options.average_decay:
            self.average = AveragedModel(model, multi_avg_fn=_averaging(options.average_decay))
        self.optimizer = _optimizer(model, recipe.optimizer)
        self.model = self.accelerator.prepare_model(model)
        self.steps = len(self._batches(0))
        self.schedule = Schedule(self.optimizer, recipe.schedule, self.steps * options.epochs)
        self.epoch, self.step, self.seconds, self.units, self.peak_memory = 0, 0, 0.0, 0, 0
        self.carried: Any = None
        self.loss_sum = torch.zeros((), device=self.device)
        self.history: list[dict[str, float]] = []
        self.best: dict[str, Any] = {"metric": math.inf, "epoch": -1, "weights": None}

    @property
    def device(self) -> torch.device:
        return self.accelerator.device

    def run(self) -> Outcome:
        """Train to the end, from where the folder's state stands.

        Raises:
            Interrupted: `should_stop` said so; the state is saved.
            UsageError: the loss is no longer a number, or the folder holds another recipe's run.
        """
        state = self.folder.load_state(self.recipe, self.device)
        if state:
            self._restore(state)
        total = self.steps * self.recipe.training.epochs
        done = self.epoch * self.steps + self.step
        with tqdm(
            total=total, initial=done, disable=self.quiet, unit="step", mininterval=SHOW_EVERY
        ) as bar:
            while not self._finished():
                self._epoch(bar)
        self.folder.save_state(self.recipe, self._state())
        return self._outcome()

    def _finished(self) -> bool:
        options = self.recipe.training
        waited = self.epoch - 1 - self.best["epoch"]
        stop = options.stop_after is not None and self.history and waited >= options.stop_after
        return self.epoch >= options.epochs or bool(stop)

    def _epoch(self, bar: tqdm) -> None:
        batches = self._batches(self.epoch)
        self.model.train()
        started = saved = shown = time.perf_counter()
        for step in range(self.step, self.steps):
            units = self._train_step(batches[step])
            now = time.perf_counter()
            self.step, self.units = step + 1, self.units + units
            self.seconds, started = self.seconds + now - started, now
            bar.update()
            if now - shown > SHOW_EVERY:
                self._show(bar)
                shown = now
            stop = self.should_stop()
            if stop or now - saved > self.recipe.training.save_every:
                self.folder.save_state(self.recipe, self._state())
                saved = now
            if stop:
                raise Interrupted
        self._close_epoch()
        self.seconds += time.perf_counter() - started
        self.folder.save_state(self.recipe, self._state())

    def _train_step(self, batch: Any) -> int:
        batch = tree_map_only(Tensor, lambda t: t.to(self.device, non_blocking=True), batch)
        loss, self.carried = self.task.loss(self.model, batch, self.carried)
        self.optimizer.zero_grad()
        self.accelerator.backward(loss)
        self.accelerator.clip_grad_norm_(self.model.parameters(), self.recipe.optimizer.clip_norm)
        self.optimizer.step()
        self.schedule.after_step()
        if self.average:
            self.average.update_parameters(self.model)
        # Kept on the device: reading it at each step would wait for the device each time.
        self.loss_sum += loss.detach()
        return self.task.units(batch)

    def _close_epoch(self) -> None:
        loss = (self.loss_sum / self.steps).item()
        if not math.isfinite(loss):
            raise UsageError(
                f"the loss became {loss} in epoch {self.epoch + 1}: lower optimizer.learning_rate"
                f" (now {self.recipe.optimizer.learning_rate}) or optimizer.clip_norm"
            )
        candidate = self.average.module if self.average else self.model
        candidate.eval()
        metric = self.task.validate(candidate, self.data)
        if metric < self.best["metric"]:
            weights = {k: v.detach().cpu().clone() for k, v in candidate.state_dict().items()}
            self.best = {"metric": metric, "epoch": self.epoch, "weights": weights}
        self.history.append(
            {
                "epoch": self.epoch + 1,
                "loss": loss,
                f"validation_{self.task.metric}": metric,
                "learning_rate": self.optimizer.param_groups[0]["lr"],
                "seconds": round(self.seconds, 1),
            }
        )
        self.folder.write_history(self.history)
        self.schedule.after_epoch(metric)
        self.epoch, self.step, self.carried = self.epoch + 1, 0, None
        self.loss_sum.zero_()

    def _show(self, bar: tqdm) -> None:
        bar.set_description(f"epoch {self.epoch + 1}/{self.recipe.training.epochs}", refresh=False)
        validation = f"{self.best['metric']:.4f}" if self.history else "-"
        bar.set_postfix_str(
            f"loss {(self.loss_sum / self.step).item():.4f}, best {self.task.metric} {validation},"
            f" {self.units / self.seconds:,.0f} tokens/s"
        )

    def _batches(self, epoch: int) -> Any:
        recipe = self.recipe
        return self.task.batches(self.data, recipe.batches, epoch, recipe.training.seed)

    def _state(self) -> dict[str, Any]:
        self.peak_memory = max(self.peak_memory, _peak_memory(self.device))
        return {
            "model": self.accelerator.unwrap_model(self.model).state_dict(),
            "average": self.average.state_dict() if self.average else None,
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "carried": self.carried,
            "loss_sum": self.loss_sum,
            "position": [self.epoch, self.step],
            "used": [self.seconds, self.units, self.peak_memory],
            "history": self.history,
            "best": self.best,
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state_all() if self.device.type == "cuda" else [],
        }

    def _restore(self, state: dict[str, Any]) -> None:
        self.accelerator.unwrap_model(self.model).load_state_dict(state["model"])
        if self.average:
            self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.carried, self.loss_sum = state["carried"], state["loss_sum"]
        self.epoch, self.step = state["position"]
        self.seconds, self.units, self.peak_memory = state["used"]
        self.history, self.best = state["history"], state["best"]
        torch.set_rng_state(state["random"].cpu())
        if state["random_cuda"] and self.device.type == "cuda":
            torch.cuda.set_rng_state_all([part.cpu() for part in state["random_cuda"]])

    def _outcome(self) -> Outcome:
        model = self.task.build(self.recipe.model, self.data.preprocessing)
        model.load_state_dict(self.best["weights"])
        facts = {
            "epochs": self.epoch,
            "best_epoch": self.best["epoch"] + 1,
            f"best_validation_{self.task.metric}": self.best["metric"],
            "last_training_loss": self.history[-1]["loss"],
            "seconds": round(self.seconds),
            "tokens_per_second": round(self.units / max(self.seconds, 1e-9)),
            "peak_memory_megabytes": round(self.peak_memory / 1e6),
            "device": self.device.type,
            "threads": torch.get_num_threads(),
            "precision": self.accelerator.mixed_precision.replace("no", "fp32"),
        }
        return Outcome(model.eval(), facts, self.history)


def _precision(wanted: str, device: str) -> str:
    """Accelerate's word for the precision: bf16 where the machine gains from it, if left open."""
    if wanted != "auto":
        return {"fp32": "no", "bf16": "bf16"}[wanted]
    if device != "cpu" and torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported() else "no"
    # Without AMX, bf16 products on a CPU are emulated and take three times as long as fp32.
    has_amx = torch.cpu.get_capabilities().get("amx_tile", False)
    return "bf16" if has_amx and device in ("auto", "cpu") else "no"


def _optimizer(model: nn.Module, config: OptimizerConfig) -> torch.optim.AdamW:
    """AdamW; no weight decay on biases."""
    matrices = [p for p in model.parameters() if p.ndim > 1]
    vectors = [p for p in model.parameters() if p.ndim <= 1]
    groups = [
        {"params": matrices, "weight_decay": config.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=config.betas, fused=True)


def _averaging(decay: float) -> Callable[[Tensors, Tensors, Tensor | int], None]:
    """An exponential average that forgets the first, random weights quickly."""

    @torch.no_grad()
    def update(average: Tensors, current: Tensors, seen: Tensor | int) -> None:
        steps = int(seen)
        torch._foreach_lerp_(average, current, 1 - min(decay, (1 + steps) / (10 + steps)))

    return update


def _peak_memory(device: torch.device) -> int:
    """Bytes: of the CUDA device's tensors, or of this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
