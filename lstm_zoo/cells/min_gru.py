"""The minGRU: one gate, which does not read the state, so that all steps are computed together.

Paper:
    Feng, Tung, Ahmed, Bengio & Hajimirsadegh 2024, "Were RNNs All We Needed?", arXiv 2410.01201,
    section 3.1

Equations:
    z_t = sigmoid(W_z x_t + b_z)                      (1)  update gate
    n_t = W_n x_t + b_n                               (2)  candidate, the paper's h~
    h_t = (1 - z_t) * h_{t-1} + z_t * n_t             (3)  hidden state

As in the paper, an open gate writes and forgets; in PyTorch's GRU it keeps. The paper's version in
log space, with another activation in (2) that keeps h positive, is not needed here: see `scan.py`.
"""

from __future__ import annotations

from torch import Tensor

from lstm_zoo.cells.cell import Edit, Gates, ScanCell, State, Weights, linear, unedited
from lstm_zoo.cells.scan import linear_recurrence


class MinGRU(ScanCell):
    """The smallest GRU: a moving average whose speed is the gate."""

    gate_names = ("update", "new")
    state_names = ("h",)
    keep_gate = None
    write_gate = "update"
    overwrites = True
    candidate = "new"

    def parameter_shapes(
        self, input_size: int, hidden_size: int, proj_size: int = 0, bias: bool = True
    ) -> dict[str, tuple[int, ...]]:
        """`weight_ih`, W_z and W_n, and `bias_ih`: nothing reads h."""
        rows = 2 * hidden_size
        return {"weight_ih": (rows, input_size)} | ({"bias_ih": (rows,)} if bias else {})

    def input_product(self, x: Tensor, weights: Weights) -> Tensor:
        """W x + b, (rows, 2 * hidden_size)."""
        return linear(x, weights["weight_ih"], weights.get("bias_ih"))

    def step(
        self, input_product: Tensor, state: State, weights: Weights, edit: Edit = unedited
    ) -> tuple[State, Gates]:
        """One time step, (1)-(3)."""
        (h,) = state
        gates = _gates(input_product, edit)
        z, n = gates["update"], gates["new"]
        return ((1 - z) * h + z * n,), gates  # (3)

    def scan(
        self, input_products: Tensor, state: State, weights: Weights, edit: Edit = unedited
    ) -> tuple[Tensor, State, Gates]:
        """All time steps, (1)-(3)."""
        (h,) = state
        gates = _gates(input_products, edit)
        z, n = gates["update"], gates["new"]
        hs = linear_recurrence(1 - z, z * n, h)  # (3)
        return hs, (hs[-1],), gates


def _gates(input_product: Tensor, edit: Edit) -> Gates:
    z, n = input_product.chunk(2, dim=-1)
    return {"update": edit("update", z.sigmoid()), "new": edit("new", n)}  # (1), (2)
