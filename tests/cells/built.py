"""Layers of any cell with weights and inputs for the tests of the registry."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from lstm_zoo.cells import CELLS, Cell
from lstm_zoo.recurrent import LSTM

INPUT_SIZE, HIDDEN_SIZE, BATCH, STEPS = 3, 8, 3, 6
SPACE = (3, 4)
every_cell = pytest.mark.parametrize("name", CELLS)


def build(cell: str | Cell, input_size: int = INPUT_SIZE, **options) -> LSTM:
    torch.manual_seed(0)
    layer = LSTM(input_size, HIDDEN_SIZE, dtype=torch.float64, cell=cell, **options)
    for parameter in layer.parameters():  # no two alike, none at a special value
        parameter.data += 0.3 * torch.randn_like(parameter)
    return layer


def inputs(layer: LSTM, steps: int = STEPS, batch: int = BATCH) -> Tensor:
    space = SPACE if layer.cell.feature_dims == 3 else ()
    return torch.randn(steps, batch, INPUT_SIZE, *space, dtype=torch.float64)


def started(layer: LSTM, batch: int = BATCH) -> tuple[Tensor, ...]:
    """A state as the layer itself makes one: not every number is a state of every cell."""
    with torch.no_grad():
        return layer(inputs(layer, steps=5, batch=batch))[1]


def close(actual: object, expected: object) -> None:
    torch.testing.assert_close(actual, expected, rtol=0, atol=1e-10)
