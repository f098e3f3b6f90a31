"""The sLSTM of xLSTM: exponential input gates, a normaliser, heads that do not mix.

Paper:
    Beck, Poeppel, Spanring, Auer, Prudnikova, Kopp, Klambauer, Brandstetter & Hochreiter 2024,
    "xLSTM: Extended Long Short-Term Memory", arXiv 2405.04517, section 2.2: (8)-(17)

Equations, ~ marks a gate before its activation:
    i~_t, f~_t, g~_t, o~_t = W x_t + U h_{t-1} + b    (1)  U is block-diagonal, a block for a head
    log i_t = i~_t                                    (2)  input gate, exponential
    log f_t = log sigmoid(f~_t)                       (3)  forget gate
    m_t = max(log f_t + m_{t-1}, log i_t)             (4)  stabiliser; log i_t while n_{t-1} = 0
    i'_t = exp(log i_t - m_t)                         (5)  stabilised input gate, in [0, 1]
    f'_t = exp(log f_t + m_{t-1} - m_t)               (6)  stabilised forget gate, in [0, 1]
    g_t = tanh(g~_t)                                  (7)  cell gate, the paper's z
    o_t = sigmoid(o~_t)                               (8)  output gate
    c_t = f'_t * c_{t-1} + i'_t * g_t                 (9)  cell state, divided by exp(m_t)
    n_t = f'_t * n_{t-1} + i'_t                       (10) normaliser, likewise
    h_t = o_t * c_t / n_t                             (11) hidden state

Of the paper's two forget gates, sigmoid and exponential, this is the sigmoid. The gates that are
shown and edited are those of (5) and (6), which act on what is stored. What surrounds the cell in
an xLSTM block is not part of it. As in PyTorch, b is the sum of two vectors.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from lstm_zoo.cells.cell import Cell, Edit, Gates, State, Weights, unedited


@dataclass(frozen=True)
class ScalarLSTM(Cell):
    """The sLSTM.

    Args:
        heads: number of groups of units; U connects units of one group only.

    Raises:
        ValueError: heads is not a whole number from 1 on.
    """

    heads: int = 1

    gate_names = ("input", "forget", "cell", "output")
    state_names = ("h", "c", "n", "m")
    write_gate = "input"
    # c and n are sums of the same steps, scaled by m: one held back without the others is no state.
    zoned = ("h",)
    learned = ("h",)

    def __post_init__(self) -> None:
        if type(self.heads) is not int or self.heads < 1:
            raise ValueError(f"heads should be a whole number from 1 on, got {self.heads!r}")

    def size_problem(self, hidden_size: int) -> str | None:
        """The heads share the units evenly."""
        if hidden_size % self.heads:
            return f"hidden_size should be a multiple of heads={self.heads}, got {hidden_size}"
        return None

    def parameter_shapes(
        self, input_size: int, hidden_size: int, proj_size: int = 0, bias: bool = True
    ) -> dict[str, tuple[int, ...]]:
        """As for every cell; a row of `weight_hh` reads the units of its own head."""
        shapes = super().parameter_shapes(input_size, hidden_size, proj_size, bias)
        return shapes | {"weight_hh": (4 * hidden_size, hidden_size // self.heads)}

    def step(
        self, input_product: Tensor, state: State, weights: Weights, edit: Edit = unedited
    ) -> tuple[State, Gates]:
        """One time step, (1)-(11)."""
        h, c, n, before = state
        product = input_product + self._recurrent_product(h, weights["weight_hh"])
        log_i, f, g, o = product.chunk(4, dim=-1)  # (1), (2)
        log_kept = F.logsigmoid(f) + before  # (3)
        # An empty memory has no scale: m_0 = 0 would round away a first input with log i << 0.
        m = torch.where(n == 0, log_i, torch.maximum(log_kept, log_i))  # (4)
        i = edit("input", (log_i - m).exp())  # (5)
        f = edit("forget", (log_kept - m).clamp(max=0).exp())  # (6), finite where n = 0 too
        g, o = edit("cell", g.tanh()), edit("output", o.sigmoid())  # (7), (8)
        c = f * c + i * g  # (9)
        n = f * n + i  # (10)
        h = o * c / n.masked_fill(n == 0, 1)  # (11); n = 0 only if `edit` shut all input gates
        return (h, c, n, m), {"input": i, "forget": f, "cell": g, "output": o}

    def _recurrent_product(self, h: Tensor, weight: Tensor) -> Tensor:
        """U h, (batch, 4 * hidden_size)."""
        if self.heads == 1:
            return F.linear(h, weight)
        by_head = h.unflatten(-1, (self.heads, -1)), weight.unflatten(0, (4, self.heads, -1))
        return torch.einsum("bhk,ghjk->bghj", *by_head).flatten(1)
