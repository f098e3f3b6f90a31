"""Recipes: one YAML file says how one checkpoint comes to be."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from lstm_zoo.errors import UsageError, validated
from lstm_zoo.task import Task, did_you_mean, get_task

RECIPES = Path(__file__).parent.parent / "recipes"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OptimizerConfig(_Section):
    """AdamW (Loshchilov & Hutter 2019) with the gradient clipped by its norm."""

    learning_rate: float = Field(1e-3, gt=0, description="peak rate")
    betas: tuple[float, float] = Field((0.9, 0.99), description="decay of the two moments")
    weight_decay: float = Field(0.0, ge=0, description="on matrices; biases are left alone")
    clip_norm: float = Field(1.0, gt=0, description="largest norm of the gradient")


class ScheduleConfig(_Section):
    """How the learning rate moves."""

    kind: Literal["constant", "cosine", "one-cycle", "plateau"] = Field(
        "cosine",
        description="after the warm-up: constant; cosine down to `floor`; or cut by `factor` when"
        " `patience` epochs bring nothing better (ReduceLROnPlateau). one-cycle has no warm-up: it"
        " rises from a 25th of the peak along a cosine for `rise` of all steps, then falls as"
        " cosine does (Smith & Topin 2018)",
    )
    warmup_steps: int = Field(0, ge=0, description="steps of a linear rise to the peak rate")
    floor: float = Field(0.0, ge=0, lt=1, description="lowest rate, as a share of the peak")
    rise: float = Field(0.3, gt=0, lt=1, description="one-cycle: share of steps before the peak")
    factor: float = Field(0.5, gt=0, lt=1, description="plateau: the cut")
    patience: int = Field(2, ge=0, description="plateau: epochs to wait")


class LoopConfig(_Section):
    """How long and how exactly."""

    epochs: int = Field(ge=1, description="passes over the train part, at most")
    stop_after: int | None = Field(
        None, ge=1, description="early stopping: epochs without a better validation metric"
    )
    average_decay: float = Field(
        0.0, ge=0, lt=1, description="exponential average of the weights, a step; 0 for none"
    )
    start_from: str | None = Field(
        None, description="a checkpoint whose weights to start from, as `load` names it"
    )
    average_trigger: int | None = Field(
        None,
        ge=0,
        description="plain average of the weights of all steps after the epoch that was worse than"
        " the best one, so many epochs before it left out (Merity et al. 2018 take 5)",
    )
    precision: Literal["auto", "fp32", "bf16", "fp16"] = Field(
        "auto",
        description="auto: bf16 autocast on CUDA and on CPUs that multiply it (AMX, AVX512-BF16),"
        " fp32 elsewhere; fp16, with scaled gradients, is for GPUs without bf16",
    )
    accumulate: int = Field(
        1, ge=1, description="parts in which a batch is computed one after the other, for memory"
    )
    seed: int = Field(0, ge=0, lt=2**31)
    save_every: float = Field(60.0, ge=0, description="seconds between saved states of the run")

    @model_validator(mode="after")
    def _one_average(self) -> Self:
        if self.average_decay and self.average_trigger is not None:
            raise ValueError("take average_decay or average_trigger, not both")
        return self


class Recipe(_Section):
    """A whole recipe; `data`, `batches` and `model` are the task's own sections."""

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*\.[a-z0-9]+(-[a-z0-9]+)*$")
    task: str
    description: str = Field(description="one sentence for tables and cards")
    licence: str = Field("apache-2.0", description="licence of the weights")
    note: str = Field("", description="what the card adds to its figures, as one to compare with")
    data: Any
    batches: Any
    model: Any
    optimizer: OptimizerConfig
    schedule: ScheduleConfig
    training: LoopConfig


def recipe_names() -> list[str]:
    """Names of the recipes that come with the package."""
    return sorted(path.stem for path in RECIPES.glob("*.yaml"))


def read_recipe(name: str | dict[str, Any], overrides: Sequence[str] = ()) -> tuple[Recipe, Task]:
    """A recipe by its name, the path of a YAML file, or as a document.

    Args:
        name: `char-lstm.shakespeare`, a path that ends in `.yaml`, or what such a file holds.
        overrides: `section.key=value`, the value in YAML.

    Raises:
        UsageError: no such recipe, a broken file, an unknown key or a value out of its range.
    """
    if isinstance(name, dict):
        document, where = copy.deepcopy(name), "the recipe"
    else:
        document, where = _read_file(name)
    for override in overrides:
        _apply(document, override)
    return parse_recipe(document, where)


def _read_file(name: str) -> tuple[dict[str, Any], str]:
    path = Path(name) if name.endswith((".yaml", ".yml")) else RECIPES / f"{name}.yaml"
    if not path.is_file():
        known = recipe_names()
        raise UsageError(f"there is no recipe {name!r}{did_you_mean(name, known)}")
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not valid YAML: {error}") from None
    if not isinstance(document, dict):
        raise UsageError(f"{path} should map keys to values")
    return document, str(path)


def parse_recipe(document: dict[str, Any], where: str) -> tuple[Recipe, Task]:
    """Check a recipe; `where` names it in errors (`UsageError`)."""
    recipe = validated(Recipe, document, where)
    try:
        task = get_task(recipe.task)
    except ValueError as error:
        raise UsageError(f"{where}: {error}") from None
    sections = {"data": task.data_config, "batches": task.batch_config, "model": task.model_config}
    checked = {
        key: validated(kind, getattr(recipe, key), f"{where}, {key}")
        for key, kind in sections.items()
    }
    return recipe.model_copy(update=checked), task


def _apply(document: dict[str, Any], override: str) -> None:
    key, equals, value = override.partition("=")
    *sections, last = key.split(".")
    target: Any = document
    for section in sections:
        target = target.setdefault(section, {}) if isinstance(target, dict) else None
    if not equals or not isinstance(target, dict):
        raise UsageError(f"--set needs section.key=value, got {override!r}")
    target[last] = yaml.safe_load(value)
