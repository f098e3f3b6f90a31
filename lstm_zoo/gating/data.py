"""The recipe's sections of a gating problem, and its endless examples."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field

from lstm_zoo.gating.problems import PROBLEMS, Examples, Problem


class GatingDataConfig(BaseModel):
    """The `data` section of a gating recipe: nothing is read, all is made."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    problem: Literal["adding", "copy-memory", "parity", "brackets", "reber"]
    name: str = Field(description="what the problem is called")
    language: str = Field("zxx", description="ISO 639: zxx means no language")
    licence: str = Field("none: the examples are made by the program")
    source: str = Field(description="who posed the problem")
    shortest: int = Field(description="shortest length in training", ge=2)
    longest: int = Field(description="longest length in training", ge=2)
    test_lengths: tuple[int, ...] = Field(min_length=1, description="the last one is the goal")
    examples: int = Field(1000, ge=1, description="examples of the validation and the test part")


class GatingBatchConfig(BaseModel):
    """The `batches` section of a gating recipe."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    batch_size: int = Field(64, ge=1, description="examples of a step")
    steps: int = Field(200, ge=1, description="steps between two looks at the validation part")


@dataclass(frozen=True)
class GatingData:
    """A problem and how long its examples are.

    Attributes:
        config: the recipe's section.
        preprocessing: the problem's name.
        facts: for the card.
    """

    config: GatingDataConfig
    preprocessing: str
    facts: dict[str, Any]

    @property
    def problem(self) -> Problem:
        return PROBLEMS[self.preprocessing]

    def examples(self, split: str, length: int) -> Examples:
        """The examples of a part; the same at each call."""
        return self.problem.draw(_generator(split, length), self.config.examples, length)


class GatingBatches:
    """One epoch of new examples; each batch has one length, drawn between the two of the recipe.

    Args:
        data: the problem.
        config: how many examples and steps.
        epoch, seed: the examples are a function of both.
    """

    def __init__(self, data: GatingData, config: GatingBatchConfig, epoch: int, seed: int) -> None:
        self.data, self.config = data, config
        self.epoch, self.seed = epoch, seed

    def __len__(self) -> int:
        return self.config.steps

    def __getitem__(self, step: int) -> Examples:
        generator = _generator(self.seed, self.epoch, step)
        limits = self.data.config
        length = int(torch.randint(limits.shortest, limits.longest + 1, (), generator=generator))
        return self.data.problem.draw(generator, self.config.batch_size, length)


def _generator(*key: str | int) -> torch.Generator:
    """A generator of its own for each key; PyTorch takes the lower 32 bits of a seed alone."""
    return torch.Generator().manual_seed(zlib.crc32(repr(key).encode()))
