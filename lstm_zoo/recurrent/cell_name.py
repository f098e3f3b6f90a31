"""The name of a cell in a recipe, and whether there is such a layer."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel

from lstm_zoo.cells import get_cell
from lstm_zoo.regularization import reads_h

Config = TypeVar("Config", bound=BaseModel)


def _reads_vectors(name: str) -> str:
    if get_cell(name).feature_dims != 1:
        raise ValueError(f"the cell {name!r} reads images; take one that reads vectors")
    return name


CellName = Annotated[str, AfterValidator(_reads_vectors)]
"""A name of `lstm_zoo.cells.CELLS` whose cell reads a vector at each step."""


def check_layer(config: Config) -> Config:
    """Of a `model` section: its cell can have so many units, and weight drop if that is asked for.

    Raises:
        ValueError: it cannot; says why.
    """
    fields: dict[str, Any] = dict(config)
    if fields["cell"] == "nn.LSTM":
        return config
    cell, units = get_cell(fields["cell"]), fields["hidden_size"]
    if problem := cell.size_problem(units):
        raise ValueError(problem)
    if fields.get("weight_drop") and not any(map(reads_h, cell.parameter_shapes(units, units))):
        raise ValueError(
            f"weight_drop needs a matrix that reads h, and the cell {fields['cell']!r} has none:"
            " take 0"
        )
    return config
