"""An LSTM with attention over its own past outputs: recurrence and attention in one cell.

Paper:
    Cheng, Dong & Lapata 2016, "Long Short-Term Memory-Networks for Machine Reading", EMNLP,
    section 3.2: intra-attention over a tape of past states

Equations, where j runs over the outputs on the tape, at most `window` of them, and d = hidden_size:
    q_t = W_q x_t + U_q h_{t-1}                             (1)  query
    a_t = softmax over j of (q_t h_j / sqrt(d))             (2)  attention; none while none is there
    r_t = sum over j of a_tj h_j                            (3)  what is recalled
    i_t = sigmoid(W_i x_t + U_i h_{t-1} + V_i r_t + b_i)    (4)  input gate
    f_t = sigmoid(W_f x_t + U_f h_{t-1} + V_f r_t + b_f)    (5)  forget gate
    g_t =    tanh(W_g x_t + U_g h_{t-1} + V_g r_t + b_g)    (6)  cell gate, the candidate
    o_t = sigmoid(W_o x_t + U_o h_{t-1} + V_o r_t + b_o)    (7)  output gate
    c_t = f_t * c_{t-1} + i_t * g_t                         (8)  cell state
    h_t = o_t * tanh(c_t)                                   (9)  hidden state, goes onto the tape

It departs from the paper in four ways: the tape is bounded; it holds h alone, where the paper reads
c from it as well; what is recalled stands beside h_{t-1}, not in its place; and the scores are
scaled products, not a small network. As in PyTorch, b is the sum of two vectors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from lstm_zoo.cells.cell import Cell, Edit, Gates, State, Weights, linear, unedited


@dataclass(frozen=True)
class AttentionLSTM(Cell):
    """An LSTM that also reads its last outputs.

    Its gates by name have one more, `attention`: the weights a_t, (batch, window), oldest output
    first, 0 where the tape is still empty.

    Args:
        window: number of outputs on the tape; in bfloat16, which counts to 256, no more than that.

    Raises:
        ValueError: window is not a whole number from 1 on.
    """

    window: int = 16

    gate_names = ("input", "forget", "cell", "output")
    state_names = ("h", "c", "tape", "filled")
    shows_tanh_c = True
    zoned = ("c",)  # h stands on the tape as it was
    write_gate = "input"

    def __post_init__(self) -> None:
        if type(self.window) is not int or self.window < 1:
            raise ValueError(f"window should be a whole number from 1 on, got {self.window!r}")

    def parameter_shapes(
        self, input_size: int, hidden_size: int, proj_size: int = 0, bias: bool = True
    ) -> dict[str, tuple[int, ...]]:
        """As for every cell; W_q is `weight_query`, U_q `weight_hm_query`, the V `weight_hm`."""
        return super().parameter_shapes(input_size, hidden_size, proj_size, bias) | {
            "weight_hm": (4 * hidden_size, hidden_size),
            "weight_query": (hidden_size, input_size),
            "weight_hm_query": (hidden_size, hidden_size),
        }

    def state_shapes(
        self, hidden_size: int, proj_size: int = 0, space: tuple[int, ...] = ()
    ) -> tuple[tuple[int, ...], ...]:
        """h, c, the tape with the latest output last, and how many outputs are on it."""
        return (hidden_size,), (hidden_size,), (self.window, hidden_size), (1,)

    def input_product(self, x: Tensor, weights: Weights) -> Tensor:
        """W x + b, then W_q x, (rows, 5 * hidden_size)."""
        query = linear(x, weights["weight_query"])
        return torch.cat([super().input_product(x, weights), query], dim=-1)

    def step(
        self, input_product: Tensor, state: State, weights: Weights, edit: Edit = unedited
    ) -> tuple[State, Gates]:
        """One time step, (1)-(9)."""
        h, c, tape, filled = state
        units = h.size(-1)
        product, query = input_product.split([4 * units, units], dim=-1)
        query = query + F.linear(h, weights["weight_hm_query"])  # (1)
        scores = (tape @ query.to(tape.dtype)[..., None])[..., 0] / math.sqrt(units)
        is_filled = torch.arange(self.window, device=h.device) >= self.window - filled
        # Not -inf: a row of a softmax with nothing else would be NaN.
        scores = scores.masked_fill(~is_filled, torch.finfo(scores.dtype).min)
        a = edit("attention", scores.softmax(-1) * is_filled)  # (2)
        recalled = (a.to(tape.dtype)[..., None, :] @ tape)[..., 0, :]  # (3)
        product = product + F.linear(h, weights["weight_hh"])
        i, f, g, o = (product + F.linear(recalled, weights["weight_hm"])).chunk(4, dim=-1)
        i, f = edit("input", i.sigmoid()), edit("forget", f.sigmoid())  # (4), (5)
        g, o = edit("cell", g.tanh()), edit("output", o.sigmoid())  # (6), (7)
        c = edit("c", f * c + i * g)  # (8)
        h = o * c.tanh()  # (9)
        tape = torch.cat([tape[:, 1:], h[:, None].to(tape.dtype)], dim=1)
        gates = {"input": i, "forget": f, "cell": g, "output": o, "attention": a}
        return (h, c, tape, (filled + 1).clamp(max=self.window)), gates
