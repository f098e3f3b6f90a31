"""The long short-term memory as it was first: without a forget gate.

Paper:
    Hochreiter & Schmidhuber 1997, "Long Short-Term Memory", Neural Computation 9(8), section 4

Equations:
    i_t = sigmoid(W_i x_t + U_i h_{t-1} + b_i)    (1)  input gate
    g_t =    tanh(W_g x_t + U_g h_{t-1} + b_g)    (2)  cell gate, the candidate
    o_t = sigmoid(W_o x_t + U_o h_{t-1} + b_o)    (3)  output gate
    c_t = c_{t-1} + i_t * g_t                     (4)  cell state: nothing is ever taken away
    h_t = o_t * tanh(c_t)                         (5)  hidden state
    h_t = W_r (o_t * tanh(c_t))                   (6)  with a projection, instead of (5)

As is usual today, both tanh stand where the paper squashes to (-2, 2) for the candidate and to
(-1, 1) by 2 sigmoid(c) - 1; each cell has gates of its own, which the paper's cells may share; and
the gradient flows everywhere, where the paper cuts it off at the gates.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from lstm_zoo.cells.cell import Edit, Gates, State, Weights, unedited
from lstm_zoo.cells.projected import ProjectedCell, project


class OriginalLSTM(ProjectedCell):
    """The LSTM of 1997, which cannot forget."""

    gate_names = ("input", "cell", "output")
    keep_gate = None
    write_gate = "input"

    def step(
        self, input_product: Tensor, state: State, weights: Weights, edit: Edit = unedited
    ) -> tuple[State, Gates]:
        """One time step, (1)-(6)."""
        h, c = state
        i, g, o = (input_product + F.linear(h, weights["weight_hh"])).chunk(3, dim=-1)
        i = edit("input", i.sigmoid())  # (1)
        g, o = edit("cell", g.tanh()), edit("output", o.sigmoid())  # (2), (3)
        c = edit("c", c + i * g)  # (4)
        h = project(o * c.tanh(), weights)  # (5), (6)
        return (h, c), {"input": i, "cell": g, "output": o}
