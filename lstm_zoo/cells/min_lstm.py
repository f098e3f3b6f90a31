"""The minLSTM: gates that do not read the state, so that all steps are computed together.

Paper:
    Feng, Tung, Ahmed, Bengio & Hajimirsadegh 2024, "Were RNNs All We Needed?", arXiv 2410.01201,
    section 3.2

Equations:
    i_t = sigmoid(W_i x_t + b_i)                      (1)  input gate
    f_t = sigmoid(W_f x_t + b_f)                      (2)  forget gate
    g_t = W_g x_t + b_g                               (3)  candidate, the paper's h~
    i'_t = i_t / (f_t + i_t)                          (4)  gates that sum to 1: h keeps its scale,
    f'_t = f_t / (f_t + i_t)                          (5)  however long the sequence
    h_t = f'_t * h_{t-1} + i'_t * g_t                 (6)  hidden state

The gates that are shown and edited are those of (4) and (5). The paper's version in log space, with
another activation in (3) that keeps h positive, is not needed here: see `scan.py`.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from lstm_zoo.cells.cell import Edit, Gates, ScanCell, State, Weights, linear, unedited
from lstm_zoo.cells.scan import linear_recurrence


class MinLSTM(ScanCell):
    """The smallest LSTM: two gates, no recurrent matrix, no output gate."""

    gate_names = ("input", "forget", "cell")
    state_names = ("h",)
    write_gate = "input"

    def parameter_shapes(
        self, input_size: int, hidden_size: int, proj_size: int = 0, bias: bool = True
    ) -> dict[str, tuple[int, ...]]:
        """`weight_ih`, the three W, and `bias_ih`: nothing reads h."""
        rows = 3 * hidden_size
        return {"weight_ih": (rows, input_size)} | ({"bias_ih": (rows,)} if bias else {})

    def input_product(self, x: Tensor, weights: Weights) -> Tensor:
        """W x + b, (rows, 3 * hidden_size)."""
        return linear(x, weights["weight_ih"], weights.get("bias_ih"))

    def step(
        self, input_product: Tensor, state: State, weights: Weights, edit: Edit = unedited
    ) -> tuple[State, Gates]:
        """One time step, (1)-(6)."""
        (h,) = state
        gates = _gates(input_product, edit)
        h = gates["forget"] * h + gates["input"] * gates["cell"]  # (6)
        return (h,), gates

    def scan(
        self, input_products: Tensor, state: State, weights: Weights, edit: Edit = unedited
    ) -> tuple[Tensor, State, Gates]:
        """All time steps, (1)-(6)."""
        (h,) = state
        gates = _gates(input_products, edit)
        hs = linear_recurrence(gates["forget"], gates["input"] * gates["cell"], h)  # (6)
        return hs, (hs[-1],), gates


def _gates(input_product: Tensor, edit: Edit) -> Gates:
    i, f, g = input_product.chunk(3, dim=-1)
    # (4) and (5) are sigmoids of log i - log f, which is exact also where both gates are near 0.
    ratio = F.logsigmoid(i) - F.logsigmoid(f)  # (1), (2)
    i, f = edit("input", ratio.sigmoid()), edit("forget", (-ratio).sigmoid())  # (4), (5)
    return {"input": i, "forget": f, "cell": edit("cell", g)}  # (3)
