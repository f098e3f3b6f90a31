"""The simple recurrent network, for contrast: no gate at all.

Paper:
    Elman 1990, "Finding Structure in Time", Cognitive Science 14(2)

Equation:
    h_t = tanh(W x_t + U h_{t-1} + b)    (1)  hidden state

The units are tanh, as in `torch.nn.RNN`, where Elman's are logistic. What is written to h is all of
h: it is named "new", as in a GRU.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from lstm_zoo.cells.cell import Cell, Edit, Gates, State, Weights, unedited


class RNN(Cell):
    """The tanh network that `torch.nn.RNN` computes."""

    gate_names = ("new",)
    state_names = ("h",)
    keep_gate = None
    candidate = "new"

    def step(
        self, input_product: Tensor, state: State, weights: Weights, edit: Edit = unedited
    ) -> tuple[State, Gates]:
        """One time step, (1)."""
        (h,) = state
        h = edit("new", (input_product + F.linear(h, weights["weight_hh"])).tanh())  # (1)
        return (h,), {"new": h}
