"""The gated recurrent unit: one state, two gates.

Paper:
    Cho et al. 2014, "Learning Phrase Representations using RNN Encoder-Decoder for Statistical
    Machine Translation", EMNLP: (5)-(8)

Equations:
    r_t = sigmoid(W_r x_t + U_r h_{t-1} + b_r)            (1)  reset gate
    z_t = sigmoid(W_z x_t + U_z h_{t-1} + b_z)            (2)  update gate; open, it keeps h
    n_t = tanh(W_n x_t + b_n + r_t * (U_n h_{t-1} + d_n)) (3)  new gate, the candidate
    h_t = (1 - z_t) * n_t + z_t * h_{t-1}                 (4)  hidden state

This is the form of `torch.nn.GRU`: the paper has U_n (r_t * h_{t-1}) in (3) and no biases. In the
order r, z, n the W lie below one another in `weight_ih`, the U in `weight_hh`; d_n is the last
third of `bias_hh`, b_r and b_z are sums of rows of `bias_ih` and `bias_hh`.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from lstm_zoo.cells.cell import Cell, Edit, Gates, State, Weights, linear, unedited


class GRU(Cell):
    """The gated recurrent unit that `torch.nn.GRU` computes."""

    gate_names = ("reset", "update", "new")
    state_names = ("h",)
    keep_gate = "update"
    candidate = "new"

    def input_product(self, x: Tensor, weights: Weights) -> Tensor:
        """W x with the bias of the input; the other one, in (3), meets the reset gate first."""
        return linear(x, weights["weight_ih"], weights.get("bias_ih"))

    def step(
        self, input_product: Tensor, state: State, weights: Weights, edit: Edit = unedited
    ) -> tuple[State, Gates]:
        """One time step, (1)-(4)."""
        (h,) = state
        x_r, x_z, x_n = input_product.chunk(3, dim=-1)
        h_product = F.linear(h, weights["weight_hh"], weights.get("bias_hh"))
        h_r, h_z, h_n = h_product.chunk(3, dim=-1)
        r = edit("reset", (x_r + h_r).sigmoid())  # (1)
        z = edit("update", (x_z + h_z).sigmoid())  # (2)
        n = edit("new", (x_n + r * h_n).tanh())  # (3)
        h = (1 - z) * n + z * h  # (4)
        return (h,), {"reset": r, "update": z, "new": n}
