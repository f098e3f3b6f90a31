"""`config.json` of a checkpoint: everything about it but the numbers."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, with_config
from typing_extensions import TypedDict

FORMAT_VERSION = 2
NAME_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*\.[a-z0-9]+(-[a-z0-9]+)*$"

FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+$", max_length=64)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

Number = Annotated[int | float, Field(ge=-1e15, le=1e15)]
"""An integer stays one."""

_FACTS = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class MetricEntry(_Section):
    """A figure, how it was measured, and the command that measures it again."""

    value: float
    unit: str
    protocol: str
    split: str
    command: str


class SpeedEntry(_Section):
    """How fast the model works, where that was measured, and the command that measures it again."""

    value: float = Field(gt=0)
    unit: str
    protocol: str
    machine: str
    command: str


class Fingerprint(_Section):
    """Outputs of the task's fixed input; the same weights give them again within the tolerance."""

    outputs: list[float] = Field(min_length=1, max_length=1024)
    tolerance: float = Field(gt=0, le=0.1)


@with_config(_FACTS)
class DataFacts(TypedDict):
    """Where the data is from; beside it the recipe's section, and what was counted."""

    name: str
    source: str
    licence: str


@with_config(_FACTS)
class TrainingFacts(TypedDict, total=False):
    """What the training took; a model that was made elsewhere says where it is from instead."""

    epochs: int
    preparing_epochs: int
    best_epoch: int
    seconds: Number
    tokens_per_second: Number
    peak_memory_megabytes: Number
    device: str
    threads: int
    processes: int
    imported_from: str


def _with_epoch_and_loss(point: dict[str, Number]) -> dict[str, Number]:
    if not {"epoch", "loss"} <= point.keys():
        raise ValueError("a point of the learning curve needs the keys 'epoch' and 'loss'")
    return point


CurvePoint = Annotated[dict[str, Number], AfterValidator(_with_epoch_and_loss)]
"""A point of the learning curve; beside the training loss the validation metric and the rest."""


class CheckpointConfig(_Section):
    """The document. `model` is checked by the task, which knows the architecture."""

    format_version: int
    name: str = Field(pattern=NAME_PATTERN, max_length=96)
    task: str = Field(max_length=64)
    description: str = Field(max_length=1000)
    licence: str = Field(max_length=64)
    language: str = Field(max_length=64)
    model: Any
    parameters: int = Field(ge=1)
    sha256: dict[FileName, Sha256] = Field(
        description="checksum of each other file that loading reads"
    )
    metrics: dict[str, MetricEntry]
    speed: SpeedEntry | None = Field(description="since version 2; None if it was not measured")
    recipe: dict[str, Any]
    data: DataFacts
    training: TrainingFacts
    history: list[CurvePoint] = Field(
        max_length=5000, description="since version 2; the learning curve, empty if none was kept"
    )
    versions: dict[str, str]
    sample: str = Field(
        max_length=100_000, description="since version 2; Markdown that shows what the model does"
    )
    fingerprint: Fingerprint


_ADDED_BY_VERSION_2: dict[str, Any] = {"speed": None, "history": [], "sample": ""}


def upgraded(document: Any) -> Any:
    """A document of any format version so far as one of the newest.

    Args:
        document: parsed JSON; what is no checkpoint's document is returned as it is.

    Raises:
        ValueError: the version is newer than this package, or none, or older than a key.
    """
    if not isinstance(document, dict) or "format_version" not in document:
        return document
    version = document["format_version"]
    if type(version) is not int or version < 1:
        raise ValueError(f"format_version should be a whole number from 1, got {version!r}"[:120])
    if version > FORMAT_VERSION:
        raise ValueError(
            f"it has format version {str(version)[:20]}, newer than this package's"
            f" {FORMAT_VERSION}: update lstm-zoo"
        )
    if version == 1:
        early = _ADDED_BY_VERSION_2.keys() & document.keys()
        if early:
            raise ValueError(f"format version 1 has no key {min(early)!r}")
        return document | _ADDED_BY_VERSION_2 | {"format_version": FORMAT_VERSION}
    return document
