"""The update gate RNN: one gate between the old state and the new.

Paper:
    Collins, Sohl-Dickstein & Sussillo 2017, "Capacity and Trainability in Recurrent Neural
    Networks", ICLR, section 2

Equations:
    g_t = sigmoid(W_g x_t + U_g h_{t-1} + b_g)    (1)  update gate
    n_t =    tanh(W_n x_t + U_n h_{t-1} + b_n)    (2)  new, the candidate
    h_t = g_t * h_{t-1} + (1 - g_t) * n_t         (3)  hidden state
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from lstm_zoo.cells.cell import Cell, Edit, Gates, State, Weights, unedited


class UGRNN(Cell):
    """A GRU without its reset gate."""

    gate_names = ("update", "new")
    state_names = ("h",)
    keep_gate = "update"
    candidate = "new"

    def step(
        self, input_product: Tensor, state: State, weights: Weights, edit: Edit = unedited
    ) -> tuple[State, Gates]:
        """One time step, (1)-(3)."""
        (h,) = state
        g, n = (input_product + F.linear(h, weights["weight_hh"])).chunk(2, dim=-1)
        g, n = edit("update", g.sigmoid()), edit("new", n.tanh())  # (1), (2)
        h = g * h + (1 - g) * n  # (3)
        return (h,), {"update": g, "new": n}
