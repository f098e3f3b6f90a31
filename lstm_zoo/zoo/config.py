"""`config.json` of a checkpoint: everything about it but the numbers."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

FORMAT_VERSION = 1


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class MetricEntry(_Section):
    """A figure, how it was measured, and the command that measures it again."""

    value: float
    unit: str
    protocol: str
    split: str
    command: str


class Fingerprint(_Section):
    """Outputs of the task's fixed input; the same weights give them again within the tolerance."""

    outputs: list[float] = Field(min_length=1)
    tolerance: float = Field(gt=0)


class CheckpointConfig(_Section):
    """The document. `model` is checked by the task, which knows the architecture."""

    format_version: int
    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*\.[a-z0-9]+(-[a-z0-9]+)*$")
    task: str
    description: str
    licence: str
    language: str
    model: Any
    parameters: int = Field(ge=1)
    sha256: dict[str, str] = Field(description="checksum of each other file that loading reads")
    metrics: dict[str, MetricEntry]
    recipe: dict[str, Any]
    data: dict[str, Any]
    training: dict[str, Any]
    versions: dict[str, str]
    fingerprint: Fingerprint
