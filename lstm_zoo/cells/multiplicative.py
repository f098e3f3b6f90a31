"""The multiplicative LSTM (mLSTM): each input has a recurrent matrix of its own.

Paper:
    Krause, Murray, Renals & Lu 2016, "Multiplicative LSTM for Sequence Modelling",
    arXiv:1609.07959, section 3

Equations:
    m_t = (W_m x_t) * (U_m h_{t-1})               (1)  x chooses how h is read
    i_t = sigmoid(W_i x_t + U_i m_t + b_i)        (2)  input gate
    f_t = sigmoid(W_f x_t + U_f m_t + b_f)        (3)  forget gate
    g_t =    tanh(W_g x_t + U_g m_t + b_g)        (4)  cell gate, the candidate
    o_t = sigmoid(W_o x_t + U_o m_t + b_o)        (5)  output gate
    c_t = f_t * c_{t-1} + i_t * g_t               (6)  cell state
    h_t = o_t * tanh(c_t)                         (7)  hidden state
    h_t = W_r (o_t * tanh(c_t))                   (8)  with a projection, instead of (7)

It is the LSTM with m in the place of h, so `weight_hh` reads m. W_m is `weight_im`, U_m is
`weight_hm`, neither has a bias, and m has as many features as h. The mLSTM of xLSTM is another
cell.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from lstm_zoo.cells.cell import Edit, Gates, State, Weights, linear, unedited
from lstm_zoo.cells.projected import ProjectedCell, project


class MultiplicativeLSTM(ProjectedCell):
    """The LSTM whose gates read a product of x and h instead of h."""

    gate_names = ("input", "forget", "cell", "output")
    write_gate = "input"

    def parameter_shapes(
        self, input_size: int, hidden_size: int, proj_size: int = 0, bias: bool = True
    ) -> dict[str, tuple[int, ...]]:
        """Those of the LSTM, and the two matrices of m."""
        size = proj_size or hidden_size
        shapes = super().parameter_shapes(input_size, hidden_size, proj_size, bias)
        return shapes | {"weight_im": (size, input_size), "weight_hm": (size, size)}

    def input_product(self, x: Tensor, weights: Weights) -> Tensor:
        """What the gates take from x, and beside it what m does."""
        gates = super().input_product(x, weights)
        return torch.cat([gates, linear(x, weights["weight_im"])], dim=-1)

    def step(
        self, input_product: Tensor, state: State, weights: Weights, edit: Edit = unedited
    ) -> tuple[State, Gates]:
        """One time step, (1)-(8)."""
        h, c = state
        sizes = [weights["weight_hh"].size(0), weights["weight_hm"].size(0)]
        x_gates, x_m = input_product.split(sizes, dim=-1)
        m = x_m * F.linear(h, weights["weight_hm"])  # (1)
        i, f, g, o = (x_gates + F.linear(m, weights["weight_hh"])).chunk(4, dim=-1)
        i, f = edit("input", i.sigmoid()), edit("forget", f.sigmoid())  # (2), (3)
        g, o = edit("cell", g.tanh()), edit("output", o.sigmoid())  # (4), (5)
        c = edit("c", f * c + i * g)  # (6)
        h = project(o * c.tanh(), weights)  # (7), (8)
        return (h, c), {"input": i, "forget": f, "cell": g, "output": o}
