"""What a task shows to `training` and `zoo`: the one protocol by which they know it.

A task is a folder of the package. Its module `task` holds an object `TASK` with the members below;
`get_task` finds it by the folder's name, so that a new task needs no entry anywhere else.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from pydantic import BaseModel
from torch import Tensor, nn

JSON = dict[str, Any]
Progress = Callable[[Iterable[Any], str], Iterable[Any]]
"""Wraps an iterable that takes a while; the string says what is being done."""


def no_progress(items: Iterable[Any], label: str) -> Iterable[Any]:
    """Show nothing."""
    return items


@dataclass(frozen=True)
class Metric:
    """One figure of an evaluation.

    Attributes:
        value: the figure.
        unit: its unit, such as "nats per character".
        protocol: how it was measured, in one sentence; figures of other protocols do not compare.
        split: the part it was measured on, if that is not the one that was asked for.
    """

    value: float
    unit: str
    protocol: str
    split: str | None = None


@dataclass(frozen=True)
class Reading:
    """One input as a model reads it, step by step, to be looked into.

    Attributes:
        inputs: positional arguments of the model's `forward`, with a batch of one.
        labels: what each step is, for people: a character, a word, a date.
    """

    inputs: tuple[Any, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Preparation:
    """The first epochs of a run, in which a model gets ready by another loss than its own.

    No metric is taken in them. After them optimiser, schedule and averaging begin anew.

    Attributes:
        epochs: how many of the run's.
        learning_rate: their peak rate; None for the recipe's.
    """

    epochs: int = 0
    learning_rate: float | None = None


class Batches(Protocol):
    """One epoch of training batches, by number, so that a run can resume at any of them."""

    def __len__(self) -> int: ...

    def __getitem__(self, step: int) -> Any: ...


class Data(Protocol):
    """A data set, read and split.

    Attributes:
        preprocessing: what must travel with the weights, such as the vocabulary.
        facts: what was read: sizes, split and checksum, for the card.
    """

    preprocessing: Any
    facts: JSON


class Task(Protocol):
    """A task as `training` and `zoo` see it.

    A task may have besides:
    - `loss_weight(batch) -> float`: over how many targets `loss` is the mean. Training asks for it
      where a batch is divided; without it each row counts the same.
    - `preparation(batches, model) -> Preparation`: of a recipe with these sections; without it
      there is none. `batches` knows those epochs by their number, `loss` by their batches.
    - `load_data_as(config, data_dir, preprocessing) -> Data`: as `load_data`, but prepared as a
      model needs it that was trained on other data.
    - `load_data_from(config, data_dir, preprocessing) -> Data`: as `load_data`, but with a
      preprocessing that holds what a model knows that is to be started from.
    - `adopt(model, preprocessing, source, source_preprocessing)`: copy the weights of a trained
      model to start from; without it the two must have the same preprocessing.
    - `teach(data, config, source, source_preprocessing, accelerator, progress) -> Data`: what is
      trained on where a trained model labels some of it; `source` is the one to start from, or
      None.
    - `best_possible: float`: the value of `metric` than which there is no better. A run that has it
      in several epochs in a row is over, and the last of them gives the weights.

    Attributes:
        name: the folder's name.
        title: what the task is called in tables.
        pipeline_tag: the Hub's word for the task.
        usage: lines of Python that use `model`, what `load` returns.
        limits: what its models cannot do, for the card.
        metric: name of the metric by which the best weights are chosen; lower is better.
        model_config, data_config, batch_config: the recipe's sections `model`, `data`, `batches`.
        preprocessing_file: file of a checkpoint that holds the preprocessing.
    """

    name: str
    title: str
    pipeline_tag: str
    usage: str
    limits: str
    metric: str
    model_config: type[BaseModel]
    data_config: type[BaseModel]
    batch_config: type[BaseModel]
    preprocessing_file: str

    def load_data(self, config: Any, data_dir: Path | None) -> Data:
        """Read and split the data; raises `FileNotFoundError` that names the missing file."""

    def build(self, config: Any, preprocessing: Any) -> nn.Module:
        """A model of this architecture, its weights untouched by any initialisation of ours."""

    def batches(self, data: Any, config: Any, epoch: int, seed: int) -> Batches:
        """The training batches of one epoch, the same for the same arguments."""

    def loss(self, model: nn.Module, batch: Any, carried: Any) -> tuple[Tensor, Any]:
        """Mean loss of a batch, and what is carried to the next one (None at an epoch's start)."""

    def units(self, batch: Any) -> int:
        """How many tokens a batch holds, for the speed."""

    def validate(self, model: nn.Module, data: Any) -> float:
        """The metric on the validation part."""

    def evaluate(
        self, model: nn.Module, data: Any, split: str, progress: Progress = no_progress
    ) -> dict[str, Metric]:
        """All metrics of a split ("train", "validation" or "test")."""

    def dump_preprocessing(self, preprocessing: Any) -> JSON:
        """The preprocessing as JSON."""

    def parse_preprocessing(self, document: Any) -> Any:
        """The preprocessing from JSON; raises `ValueError` that says what is wrong."""

    def fingerprint(self, model: nn.Module) -> Sequence[float]:
        """Outputs for a fixed input."""

    def predictor(self, model: nn.Module, preprocessing: Any) -> Any:
        """What a user calls: the model with its preprocessing.

        It has the module as `model`, and `reading(input)` says what that reads, as a `Reading`;
        both are what `lstm_zoo.trace` asks for.
        """

    def sample(self, predictor: Any) -> str:
        """A short sample of what the model does, as Markdown, for its card."""

    def plain_torch_example(self, config: Any) -> str:
        """Python that uses a checkpoint of this `model` section without this package."""

    def to_torch(self, model: nn.Module) -> dict[str, Tensor]:
        """The weights under the names that plain PyTorch modules give them."""

    def to_onnx(self, model: nn.Module, metadata: Mapping[str, str]) -> tuple[bytes, float]:
        """The model as an ONNX file, and how much ONNX Runtime's outputs differ from its own."""

    def from_torch(
        self, tensors: Mapping[str, Tensor], preprocessing: Path, options: Mapping[str, str | None]
    ) -> tuple[nn.Module, Any]:
        """A foreign model and its preprocessing; raises `UsageError` that says what is wrong."""


def get_task(name: str) -> Task:
    """The task of this name.

    Raises:
        ValueError: there is no such task; names the nearest.
    """
    known = task_names()
    if name not in known:
        raise ValueError(f"unknown task {name!r}{did_you_mean(name, known)}")
    task: Task = importlib.import_module(f"{__package__}.{name}.task").TASK
    return task


def task_names() -> list[str]:
    """Names of all tasks: the folders of the package that have a `task` module."""
    return sorted(path.parent.name for path in Path(__file__).parent.glob("*/task.py"))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of an error sentence: the nearest known word, or all of them."""
    known = list(known)
    near = difflib.get_close_matches(word, known, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; known: {', '.join(known)}" if known else ""


def module_device(model: nn.Module) -> torch.device:
    """The device that a model's weights are on."""
    return next(model.parameters()).device
