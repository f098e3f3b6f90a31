"""The long short-term memory, one time step of it.

Papers:
    Hochreiter & Schmidhuber 1997, "Long Short-Term Memory", Neural Computation 9(8): (1), (3)-(6)
    Gers, Schmidhuber & Cummins 2000, "Learning to Forget", Neural Computation 12(10): (2), f in (5)
    Sak, Senior & Beaufays 2014, "Long Short-Term Memory Recurrent Neural Network Architectures for
    Large Scale Acoustic Modeling", Interspeech: (7)

Equations:
    i_t = sigmoid(W_i x_t + U_i h_{t-1} + b_i)    (1)  input gate
    f_t = sigmoid(W_f x_t + U_f h_{t-1} + b_f)    (2)  forget gate
    g_t =    tanh(W_g x_t + U_g h_{t-1} + b_g)    (3)  cell gate, the candidate
    o_t = sigmoid(W_o x_t + U_o h_{t-1} + b_o)    (4)  output gate
    c_t = f_t * c_{t-1} + i_t * g_t               (5)  cell state
    h_t = o_t * tanh(c_t)                         (6)  hidden state
    h_t = W_r (o_t * tanh(c_t))                   (7)  with a projection, instead of (6)

The four W lie below one another in `weight_ih`, the four U in `weight_hh`, in the order i, f, g, o.
As in PyTorch, b is the sum of two vectors, `bias_ih` and `bias_hh`.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from lstm_zoo.cells.cell import Edit, Gates, State, Weights, unedited
from lstm_zoo.cells.projected import ProjectedCell, project


class StandardLSTM(ProjectedCell):
    """The LSTM of today, with a forget gate; the one that `torch.nn.LSTM` computes."""

    gate_names = ("input", "forget", "cell", "output")
    write_gate = "input"

    def step(
        self, input_product: Tensor, state: State, weights: Weights, edit: Edit = unedited
    ) -> tuple[State, Gates]:
        """One time step, (1)-(7)."""
        h, c = state
        # F.linear on the parameter itself, not on its transpose: autocast then casts it only once.
        i, f, g, o = (input_product + F.linear(h, weights["weight_hh"])).chunk(4, dim=-1)
        i, f = edit("input", i.sigmoid()), edit("forget", f.sigmoid())  # (1), (2)
        g, o = edit("cell", g.tanh()), edit("output", o.sigmoid())  # (3), (4)
        c = edit("c", f * c + i * g)  # (5)
        h = project(o * c.tanh(), weights)  # (6), (7)
        return (h, c), {"input": i, "forget": f, "cell": g, "output": o}
