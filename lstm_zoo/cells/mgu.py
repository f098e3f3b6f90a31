"""The minimal gated unit: a GRU with one gate for both jobs.

Paper:
    Zhou, Wu, Zhang & Zhou 2016, "Minimal Gated Unit for Recurrent Neural Networks", International
    Journal of Automation and Computing 13(3)

Equations:
    f_t = sigmoid(W_f x_t + U_f h_{t-1} + b_f)            (1)  forget gate
    n_t = tanh(W_n x_t + U_n (f_t * h_{t-1}) + b_n)       (2)  new gate, the candidate
    h_t = (1 - f_t) * h_{t-1} + f_t * n_t                 (3)  hidden state

The forget gate is named as in the paper, where, open, it forgets: unlike an LSTM's it does not keep
what is remembered but lets the candidate in.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from lstm_zoo.cells.cell import Cell, Edit, Gates, State, Weights, unedited


class MGU(Cell):
    """The minimal gated unit."""

    gate_names = ("forget", "new")
    state_names = ("h",)
    keep_gate = None
    write_gate = "forget"
    overwrites = True
    candidate = "new"

    def step(
        self, input_product: Tensor, state: State, weights: Weights, edit: Edit = unedited
    ) -> tuple[State, Gates]:
        """One time step, (1)-(3)."""
        (h,) = state
        x_f, x_n = input_product.chunk(2, dim=-1)
        u_f, u_n = weights["weight_hh"].chunk(2)
        f = edit("forget", (x_f + F.linear(h, u_f)).sigmoid())  # (1)
        n = edit("new", (x_n + F.linear(f * h, u_n)).tanh())  # (2)
        h = (1 - f) * h + f * n  # (3)
        return (h,), {"forget": f, "new": n}
