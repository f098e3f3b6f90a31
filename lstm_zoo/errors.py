"""Errors that a user can act on: one clear sentence each."""

from __future__ import annotations

import typing
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from lstm_zoo.task import did_you_mean

Model = TypeVar("Model", bound=BaseModel)


class UsageError(ValueError):
    """A request that cannot be met as it stands; the message says what would be right."""


class CheckpointError(ValueError):
    """A checkpoint that is not whole or not what it says; the message names the file."""


def validated(model: type[Model], document: Any, where: str) -> Model:
    """`document` as a `model`.

    Raises:
        UsageError: the first thing that is wrong, with the nearest known key where one is unknown.
    """
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise UsageError(f"{where}: {_first_fault(model, error)}") from None


def _first_fault(model: type[BaseModel], error: ValidationError) -> str:
    # An unknown key explains a missing one: a typo makes both.
    faults = sorted(error.errors(), key=lambda fault: fault["type"] != "extra_forbidden")
    fault = faults[0]
    key = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        near = did_you_mean(str(fault["loc"][-1]), _keys(model, fault["loc"]))
        return f"unknown key {key!r}{near}"
    if fault["type"] == "missing":
        return f"the key {key!r} is missing"
    message = fault["msg"].removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    if fault["type"] == "value_error" and isinstance(fault["input"], dict):
        return f"{key}: {message}" if key else message  # a rule for several keys, which it names
    got = repr(fault["input"])
    if not (isinstance(fault["input"], str) and got in message):  # in its quotes
        message += f", got {got}"[:80]
    return f"{key or 'the document'}: {message}"


def _keys(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The known keys beside the one at this location."""
    for part in location[:-1]:
        field = model.model_fields.get(str(part))
        kinds = [field.annotation, *typing.get_args(field.annotation)] if field else []
        inner = [k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)]
        if not inner:
            return []
        model = inner[0]
    return list(model.model_fields)
