"""The LSTM with peepholes: its gates see what the cell holds.

Paper:
    Gers, Schraudolph & Schmidhuber 2002, "Learning Precise Timing with LSTM Recurrent Networks",
    Journal of Machine Learning Research 3

Equations:
    i_t = sigmoid(W_i x_t + U_i h_{t-1} + p_i * c_{t-1} + b_i)    (1)  input gate
    f_t = sigmoid(W_f x_t + U_f h_{t-1} + p_f * c_{t-1} + b_f)    (2)  forget gate
    g_t =    tanh(W_g x_t + U_g h_{t-1} + b_g)                    (3)  cell gate, the candidate
    c_t = f_t * c_{t-1} + i_t * g_t                               (4)  cell state
    o_t = sigmoid(W_o x_t + U_o h_{t-1} + p_o * c_t + b_o)        (5)  output gate, sees the new c
    h_t = o_t * tanh(c_t)                                         (6)  hidden state
    h_t = W_r (o_t * tanh(c_t))                                   (7)  with a projection

The peepholes p_i, p_f and p_o are vectors, `weight_ci`, `weight_cf` and `weight_co`: a gate sees
its own cell. ONNX's P holds them in the order i, o, f. Both squashing functions are tanh, as in
ONNX and in Greff et al. 2017, whichever the experiments of 2002 took.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from lstm_zoo.cells.cell import Edit, Gates, State, Weights, unedited
from lstm_zoo.cells.projected import ProjectedCell, project


class PeepholeLSTM(ProjectedCell):
    """The LSTM whose gates also read the cell state."""

    gate_names = ("input", "forget", "cell", "output")
    write_gate = "input"

    def parameter_shapes(
        self, input_size: int, hidden_size: int, proj_size: int = 0, bias: bool = True
    ) -> dict[str, tuple[int, ...]]:
        """Those of the LSTM, and the three peepholes."""
        shapes = super().parameter_shapes(input_size, hidden_size, proj_size, bias)
        return shapes | dict.fromkeys(("weight_ci", "weight_cf", "weight_co"), (hidden_size,))

    def step(
        self, input_product: Tensor, state: State, weights: Weights, edit: Edit = unedited
    ) -> tuple[State, Gates]:
        """One time step, (1)-(7)."""
        h, c = state
        i, f, g, o = (input_product + F.linear(h, weights["weight_hh"])).chunk(4, dim=-1)
        i = edit("input", (i + weights["weight_ci"] * c).sigmoid())  # (1)
        f = edit("forget", (f + weights["weight_cf"] * c).sigmoid())  # (2)
        g = edit("cell", g.tanh())  # (3)
        c = edit("c", f * c + i * g)  # (4)
        o = edit("output", (o + weights["weight_co"] * c).sigmoid())  # (5)
        h = project(o * c.tanh(), weights)  # (6), (7)
        return (h, c), {"input": i, "forget": f, "cell": g, "output": o}
