"""The training loop, for every task: train, validate, keep the best, resume, evaluate once."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from lstm_zoo.errors import UsageError
from lstm_zoo.task import Data, Task
from lstm_zoo.training.gradient import BatchGradient
from lstm_zoo.training.machine import make_accelerator, on_main
from lstm_zoo.training.preparation import begin_part, preparation_of, steps_before
from lstm_zoo.training.recipe import Recipe
from lstm_zoo.training.runs import RunFolder
from lstm_zoo.training.schedule import Schedule
from lstm_zoo.training.state import resume, save
from lstm_zoo.training.weights import is_triggered, make_average

SHOW_EVERY = 0.5  # seconds between updates of the progress bar
MOST_SKIPPED = 20  # in a row; fp16 finds its scale by skipping a few
PERFECT_EPOCHS = 3  # in a row; after the first, parity is at times still wrong at 500 steps


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
        log_with: "tensorboard" or "trackio", to send the curve there too.

    Attributes:
        steps, optimizer, schedule: of the part of the run that `epoch` is in, see `begin_part`;
            there once it runs.
    """

    steps: int
    optimizer: torch.optim.Optimizer
    schedule: Schedule

    def __init__(
        self,
        recipe: Recipe,
        task: Task,
        data: Data,
        folder: RunFolder,
        device: str = "auto",
        should_stop: Callable[[], bool] = lambda: False,
        quiet: bool = False,
        log_with: str | None = None,
    ) -> None:
        self.recipe, self.task, self.data, self.folder = recipe, task, data, folder
        self.should_stop, self.quiet = should_stop, quiet
        options = recipe.training
        self.accelerator = make_accelerator(device, options.precision, log_with, folder.path)
        if log_with:
            self.accelerator.init_trackers(recipe.name, _flat(recipe.model_dump(mode="json")))
        torch.manual_seed(options.seed)
        model = task.build(recipe.model, data.preprocessing)
        model.reset_parameters()  # type: ignore[operator]
        model.to(self.accelerator.device)
        self.average = make_average(model, options)
        self.averaging = options.average_decay > 0
        # For evaluation: not wrapped for several processes, for which `BatchGradient` cares.
        self.model = self.accelerator.prepare_model(model, evaluation_mode=True)
        self.gradient = BatchGradient(task, self.model, self.accelerator, options.accumulate)
        if self.accelerator.process_index:  # the same weights in each process, other dropout
            torch.manual_seed(options.seed + self.accelerator.process_index)
        self.preparation = preparation_of(recipe, task)
        self.epoch, self.step, self.seconds, self.units, self.peak_memory = 0, 0, 0.0, 0, 0
        self.shown = 0.0
        self.skipped = self.skipped_in_epoch = self.skipped_in_a_row = 0
        self.loss_sum = torch.zeros((), device=self.device)
        self.history: list[dict[str, float]] = []
        first = self.preparation.epochs  # that can be the best
        self.best: dict[str, Any] = {"metric": math.inf, "epoch": first - 1, "weights": None}

    @property
    def device(self) -> torch.device:
        return self.accelerator.device

    @property
    def is_preparing(self) -> bool:
        """Whether this epoch is one of the task's preparation."""
        return self.epoch < self.preparation.epochs

    def run(self) -> Outcome:
        """Train to the end, from where the folder's state stands.

        Raises:
            Interrupted: `should_stop` said so; the state is saved.
            UsageError: the loss is no number any more, or the folder holds another recipe's run.
        """
        begin_part(self)
        resume(self)
        total, done = (steps_before(self, n) for n in (self.recipe.training.epochs, self.epoch))
        hidden = self.quiet or not self.accelerator.is_main_process
        with tqdm(
            total=total,
            initial=done + self.step,
            disable=hidden,
            unit="step",
            mininterval=SHOW_EVERY,
        ) as bar:
            while not self._finished():
                self._epoch(bar)
        save(self)
        for tracker in self.accelerator.trackers:  # `end_training` would part the processes too
            tracker.finish()
        return self._outcome()

    def _finished(self) -> bool:
        options = self.recipe.training
        waited = self.epoch - 1 - self.best["epoch"]
        stop = options.stop_after is not None and self.history and waited >= options.stop_after
        return self.epoch >= options.epochs or bool(stop) or self._is_solved()

    def _is_solved(self) -> bool:
        """Whether nothing better can come, see `Task`."""
        key = f"validation_{self.task.metric}"  # which an epoch that prepares does not have
        last = [entry[key] for entry in self.history[-PERFECT_EPOCHS:] if key in entry]
        return len(last) == PERFECT_EPOCHS and all(map(self._is_perfect, last))

    def _is_perfect(self, metric: float) -> bool:
        return metric == getattr(self.task, "best_possible", None)

    def _epoch(self, bar: tqdm) -> None:
        batches = self.batches(self.epoch)
        self.model.train()
        started = saved = time.perf_counter()
        for step in range(self.step, self.steps):
            batch = batches[step]
            loss = self.gradient.backward(batch)
            due = time.perf_counter() - saved > self.recipe.training.save_every
            loss, (stop, due) = self.gradient.agree(loss, [self.should_stop(), due])
            self._move(loss)
            now = time.perf_counter()
            self.step, self.units = step + 1, self.units + self.task.units(batch)
            self.seconds, started = self.seconds + now - started, now
            bar.update()
            if now - self.shown > SHOW_EVERY:
                self._show(bar)
                self.shown = now
            if stop or (due and not self.skipped_in_a_row):
                save(self)
                saved = now
            if stop:
                raise Interrupted
        self._close_epoch()
        self.seconds += time.perf_counter() - started
        save(self)

    def _move(self, loss: Tensor) -> None:
        """One step of the optimiser along the gradient, and of all else that goes by steps."""
        scaler = self.accelerator.scaler  # of fp16, whose small gradients would be zero
        if scaler:
            scaler.unscale_(self.optimizer)
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.optimizer.clip_norm)
        is_finite = bool(torch.isfinite(loss + norm))
        if scaler:  # looks for itself
            scaler.step(self.optimizer)
            scaler.update()
        elif is_finite:
            self.optimizer.step()
        self.optimizer.zero_grad()
        self.schedule.after_step()
        if not is_finite:
            self._skip(loss)
            return
        self.skipped_in_a_row = 0
        if self.average and self.averaging and not self.is_preparing:
            self.average.update_parameters(self.model)
        self.loss_sum += loss

    def _skip(self, loss: Tensor) -> None:
        """Count a step that was not taken; the weights are those of the last good one."""
        self.skipped += 1
        self.skipped_in_epoch += 1
        self.skipped_in_a_row += 1
        if not torch.isfinite(loss):
            self.gradient.forget()  # or the next loss would be no number either
        if self.skipped_in_a_row == MOST_SKIPPED:
            raise self._diverged(f"the loss or its gradient was no number {MOST_SKIPPED} times")

    def _diverged(self, what: str) -> UsageError:
        return UsageError(
            f"{what}, in epoch {self.epoch + 1}: lower optimizer.learning_rate (now"
            f" {self.recipe.optimizer.learning_rate}) or optimizer.clip_norm and start anew with"
            f" --restart; {self.folder.path} keeps the last good state"
        )

    def _close_epoch(self) -> None:
        taken = self.steps - self.skipped_in_epoch
        if not taken:
            raise self._diverged("the loss was no number in any step")
        loss = (self.loss_sum / taken).item()
        key = f"validation_{self.task.metric}"
        metric = {} if self.is_preparing else {key: self._judge()}
        self.history.append(
            {
                "epoch": self.epoch + 1,
                "loss": loss,
                **metric,
                "learning_rate": self.optimizer.param_groups[0]["lr"],
                "seconds": round(self.seconds, 1),
            }
        )
        on_main(self.accelerator, lambda: self.folder.write_history(self.history))
        self.accelerator.log(self.history[-1], step=self.epoch + 1)
        self.schedule.after_epoch(next(iter(metric.values()), loss))
        trigger = self.recipe.training.average_trigger
        metrics = [entry[key] for entry in self.history if key in entry]
        if trigger is not None and is_triggered(metrics, trigger):
            self.averaging = True
        self.epoch, self.step, self.skipped_in_epoch = self.epoch + 1, 0, 0
        self.gradient.forget()
        self.loss_sum.zero_()
        if self.epoch == self.preparation.epochs:
            begin_part(self)

    def _judge(self) -> float:
        """The metric of the weights as they are, which are kept if they are the best so far."""
        candidate = self.average.module if self.average and self.averaging else self.model
        candidate.eval()
        metric = on_main(self.accelerator, lambda: self.task.validate(candidate, self.data))
        if not math.isfinite(metric):
            raise self._diverged(f"the validation metric became {metric}")
        # Of perfect epochs the last is taken: the later, the wider its margin.
        if metric < self.best["metric"] or self._is_perfect(metric):
            weights = {k: v.detach().cpu().clone() for k, v in candidate.state_dict().items()}
            self.best = {"metric": metric, "epoch": self.epoch, "weights": weights}
        return metric

    def _show(self, bar: tqdm) -> None:
        bar.set_description(f"epoch {self.epoch + 1}/{self.recipe.training.epochs}", refresh=False)
        loss = (self.loss_sum / max(1, self.step - self.skipped_in_epoch)).item()
        validation = f"{self.best['metric']:.4f}" if self.best["weights"] else "-"
        bar.set_postfix_str(
            f"loss {loss:.4f}, best {self.task.metric} {validation},"
            f" {self.units / self.seconds:,.0f} tokens/s"
        )

    def batches(self, epoch: int) -> Any:
        """The batches of an epoch."""
        recipe = self.recipe
        return self.task.batches(self.data, recipe.batches, epoch, recipe.training.seed)

    def _outcome(self) -> Outcome:
        model = self.task.build(self.recipe.model, self.data.preprocessing)
        model.load_state_dict(self.best["weights"])
        facts = {
            "epochs": self.epoch,
            **({"preparing_epochs": self.preparation.epochs} if self.preparation.epochs else {}),
            "skipped_steps": self.skipped,
            "best_epoch": self.best["epoch"] + 1,
            f"best_validation_{self.task.metric}": self.best["metric"],
            "last_training_loss": self.history[-1]["loss"],
            "seconds": round(self.seconds),
            "tokens_per_second": round(self.units / max(self.seconds, 1e-9)),
            "peak_memory_megabytes": round(self.peak_memory / 1e6),
            "device": self.device.type,
            "threads": torch.get_num_threads(),
            "processes": self.accelerator.num_processes,
            "precision": self.accelerator.mixed_precision.replace("no", "fp32"),
        }
        return Outcome(model.eval(), facts, self.history)


def _flat(document: Any, key: str = "") -> dict[str, Any]:
    """A recipe as trackers want it: `section.key` and a plain value."""
    if not isinstance(document, dict):
        return {key: document if isinstance(document, bool | int | float) else str(document)}
    parts = (_flat(value, f"{key}.{name}".lstrip(".")) for name, value in document.items())
    return {name: value for part in parts for name, value in part.items()}
