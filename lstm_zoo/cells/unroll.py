"""A cell through time in one direction, over sequences of equal or unequal length.

Sequences are sorted by length, the longest first, as in a `PackedSequence`: the rows of a step are
the first ones of the step before, and padding is never computed.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from lstm_zoo.cells.lstm import LSTMEquations, State


def unroll(
    cell: LSTMEquations,
    input_products: Sequence[Tensor],
    initial: State,
    weights: Mapping[str, Tensor],
    reverse: bool = False,
) -> tuple[Tensor, State]:
    """Runs a cell through time in one direction.

    Args:
        cell: the equations.
        input_products: `cell.input_product` of each step, (rows, gates * hidden_size); the number
            of rows never grows with time.
        initial: state before a row's first step, each part (batch, features).
        weights: the cell's parameters by name.
        reverse: whether each row is read from its last valid step to its first.

    Returns:
        Outputs of all steps in the order of time, (rows of all steps, features), and the state
        after each row's last step, shaped like `initial`.
    """
    if reverse:
        input_products = input_products[::-1]
    rows = input_products[0].size(0)
    state = tuple(part[:rows] for part in initial)
    ended: list[State] = []
    outputs = []
    for input_product in input_products:
        previous_rows, rows = rows, input_product.size(0)
        if rows < previous_rows:
            ended.append(tuple(part[rows:] for part in state))
            state = tuple(part[:rows] for part in state)
        elif rows > previous_rows:
            begun = (part[previous_rows:rows] for part in initial)
            state = tuple(torch.cat(parts) for parts in zip(state, begun, strict=True))
        state, _ = cell.step(input_product, state, weights)
        outputs.append(state[0])
    if reverse:
        outputs.reverse()
    if ended:
        state = tuple(torch.cat(parts) for parts in zip(state, *reversed(ended), strict=True))
    return torch.cat(outputs), state
