"""The LSTM with coupled gates (CIFG): it writes as much as it forgets.

Paper:
    Greff, Srivastava, Koutnik, Steunebrink & Schmidhuber 2017, "LSTM: A Search Space Odyssey", IEEE
    Transactions on Neural Networks and Learning Systems 28(10): the variant CIFG

Equations:
    f_t = sigmoid(W_f x_t + U_f h_{t-1} + b_f)    (1)  forget gate
    g_t =    tanh(W_g x_t + U_g h_{t-1} + b_g)    (2)  cell gate, the candidate
    o_t = sigmoid(W_o x_t + U_o h_{t-1} + b_o)    (3)  output gate
    c_t = f_t * c_{t-1} + (1 - f_t) * g_t         (4)  cell state; 1 - f_t is the input gate
    h_t = o_t * tanh(c_t)                         (5)  hidden state
    h_t = W_r (o_t * tanh(c_t))                   (6)  with a projection, instead of (5)

The gate that is computed is f, so that a forget bias means what it means elsewhere. The paper, and
ONNX with input_forget=1, compute i and take f = 1 - i: since 1 - sigmoid(z) = sigmoid(-z), their
W_i, U_i and b_i are our W_f, U_f and b_f with the sign changed. The paper's peepholes are left out.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from lstm_zoo.cells.cell import Edit, Gates, State, Weights, unedited
from lstm_zoo.cells.projected import ProjectedCell, project


class CoupledLSTM(ProjectedCell):
    """The LSTM whose input gate is one minus its forget gate."""

    gate_names = ("forget", "cell", "output")

    def step(
        self, input_product: Tensor, state: State, weights: Weights, edit: Edit = unedited
    ) -> tuple[State, Gates]:
        """One time step, (1)-(6)."""
        h, c = state
        f, g, o = (input_product + F.linear(h, weights["weight_hh"])).chunk(3, dim=-1)
        f = edit("forget", f.sigmoid())  # (1)
        g, o = edit("cell", g.tanh()), edit("output", o.sigmoid())  # (2), (3)
        c = edit("c", f * c + (1 - f) * g)  # (4)
        h = project(o * c.tanh(), weights)  # (5), (6)
        return (h, c), {"forget": f, "cell": g, "output": o}
