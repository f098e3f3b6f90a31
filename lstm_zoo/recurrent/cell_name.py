"""The name of a cell in a recipe."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from lstm_zoo.cells import get_cell


def _reads_vectors(name: str) -> str:
    if get_cell(name).feature_dims != 1:
        raise ValueError(f"the cell {name!r} reads images; take one that reads vectors")
    return name


CellName = Annotated[str, AfterValidator(_reads_vectors)]
"""A name of `lstm_zoo.cells.CELLS` whose cell reads a vector at each step."""
