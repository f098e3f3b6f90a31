"""JANET, "just another network": an LSTM with a forget gate and nothing else.

Paper:
    van der Westhuizen & Lasenby 2018, "The Unreasonable Effectiveness of the Forget Gate",
    arXiv:1804.04849, section 3

Equations:
    s_t = W_f x_t + U_f h_{t-1} + b_f             (1)
    f_t = sigmoid(s_t)                            (2)  forget gate
    i_t = 1 - sigmoid(s_t - beta)                 (3)  how much to write: with beta > 0 more than
                                                       what is forgotten
    g_t = tanh(W_g x_t + U_g h_{t-1} + b_g)       (4)  the candidate
    h_t = f_t * h_{t-1} + i_t * g_t               (5)  hidden state

In the paper h_t = c_t, so the state is h alone. i has no weights of its own, but the trace shows it
as "input". The paper starts from chrono initialisation (Tallec & Ollivier 2018): b_f is log(u) with
u drawn between 1 and the longest time to be remembered less 1, and b_g is 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from lstm_zoo.cells.cell import Cell, Edit, Gates, State, Weights, unedited


@dataclass(frozen=True)
class JANET(Cell):
    """The LSTM that has only a forget gate.

    Args:
        beta: how far writing goes beyond forgetting, in (3); 0 couples them.
    """

    beta: float = 1.0

    gate_names = ("forget", "cell")
    state_names = ("h",)

    def step(
        self, input_product: Tensor, state: State, weights: Weights, edit: Edit = unedited
    ) -> tuple[State, Gates]:
        """One time step, (1)-(5)."""
        (h,) = state
        s, g = (input_product + F.linear(h, weights["weight_hh"])).chunk(2, dim=-1)  # (1)
        f = edit("forget", s.sigmoid())  # (2)
        i = edit("input", 1 - (s - self.beta).sigmoid())  # (3)
        g = edit("cell", g.tanh())  # (4)
        h = f * h + i * g  # (5)
        return (h,), {"forget": f, "input": i, "cell": g}
