"""The mLSTM of xLSTM: a matrix for a memory, written and read by keys, and no recurrent weights.

Paper:
    Beck, Poeppel, Spanring, Auer, Prudnikova, Kopp, Klambauer, Brandstetter & Hochreiter 2024,
    "xLSTM: Extended Long Short-Term Memory", arXiv 2405.04517, section 2.3: (19)-(27), and (15)

Equations, for each head of d units; its two gates i and f are numbers:
    log i_t = W_i x_t + b_i                           (1)  input gate, exponential
    log f_t = log sigmoid(W_f x_t + b_f)              (2)  forget gate
    v_t = W_v x_t + b_v                               (3)  value, what is written
    o_t = sigmoid(W_o x_t + b_o)                      (4)  output gate
    q_t = W_q x_t + b_q                               (5)  query
    k_t = (W_k x_t + b_k) / sqrt(d)                   (6)  key
    m_t = max(log f_t + m_{t-1}, log i_t)             (7)  stabiliser
    i'_t = exp(log i_t - m_t)                         (8)  stabilised input gate
    f'_t = exp(log f_t + m_{t-1} - m_t)               (9)  stabilised forget gate
    C_t = f'_t C_{t-1} + i'_t v_t k_t^T               (10) memory (d, d), divided by exp(m_t)
    n_t = f'_t n_{t-1} + i'_t k_t                     (11) normaliser (d), likewise
    h_t = o_t * C_t q_t / max(|n_t q_t|, exp(-m_t))   (12) hidden state

Of the paper's two forget gates, sigmoid and exponential, this is the sigmoid. In (6) the paper does
not divide b_k. The gates that are shown and edited are those of (8) and (9), which act on what is
stored. What surrounds the cell in an xLSTM block is not part of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from lstm_zoo.cells.cell import Edit, Gates, ScanCell, State, Weights, linear, unedited
from lstm_zoo.cells.unroll import is_traced

BLOCK = 64
"""Steps that are computed together, or half a head's units if these are more: memory grows with
time * BLOCK, loops and the products of one block with the next with time / BLOCK."""


@dataclass(frozen=True)
class MatrixLSTM(ScanCell):
    """The mLSTM.

    Args:
        heads: number of memories, each a square matrix of hidden_size / heads rows.

    Raises:
        ValueError: heads is not a whole number from 1 on.
    """

    heads: int = 1

    gate_names = ("input", "forget", "cell", "output")
    state_names = ("h", "c", "n", "m")
    write_gate = "input"
    # C and n are sums of the same steps, scaled by m: one held back without the others is no state.
    zoned = ("h",)
    learned = ("c", "n")  # h is an output only

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
        """`weight_ih` holds W_i and W_f, a row for each head, then W_v and W_o."""
        rows = {"ih": 2 * (self.heads + hidden_size), "query": hidden_size, "key": hidden_size}
        shapes: dict[str, tuple[int, ...]] = {}
        for name, size in rows.items():
            shapes |= {f"weight_{name}": (size, input_size)}
            shapes |= {f"bias_{name}": (size,)} if bias else {}
        return shapes

    def state_shapes(
        self, hidden_size: int, proj_size: int = 0, space: tuple[int, ...] = ()
    ) -> tuple[tuple[int, ...], ...]:
        """h; for each head C, n and m."""
        heads, units = self.heads, hidden_size // self.heads
        return (hidden_size,), (heads, units, units), (heads, units), (heads,)

    def input_product(self, x: Tensor, weights: Weights) -> Tensor:
        """All W x + b, (rows, 2 * heads + 4 * hidden_size)."""
        names = ("ih", "query", "key")
        bias = torch.cat([weights[f"bias_{n}"] for n in names]) if "bias_ih" in weights else None
        return linear(x, torch.cat([weights[f"weight_{n}"] for n in names]), bias)

    def step(
        self, input_product: Tensor, state: State, weights: Weights, edit: Edit = unedited
    ) -> tuple[State, Gates]:
        """One time step, (1)-(12)."""
        _, c, n, before = state
        log_i, log_f, v, o, q, k = self._cut(input_product, before.dtype)  # (1)-(6)
        m = torch.maximum(log_f + before, log_i)  # (7)
        gates = _gates(log_i - m, log_f + before - m, v, o, edit)
        i, f, v = (gates[name] for name in ("input", "forget", "cell"))
        i, f, v = i[..., None], f[..., None], v.unflatten(-1, (self.heads, -1))
        c = f[..., None] * c + (i * v)[..., :, None] * k[..., None, :]  # (10)
        n = f * n + i * k  # (11)
        read, overlap = (c @ q[..., None])[..., 0], (n * q).sum(-1, keepdim=True)
        h = gates["output"] * _normalized(read, overlap, m[..., None]).flatten(-2)  # (12)
        return (h, c, n, m), gates

    def scan(
        self, input_products: Tensor, state: State, weights: Weights, edit: Edit = unedited
    ) -> tuple[Tensor, State, Gates]:
        """All time steps, (1)-(12): (10)-(12) in blocks, and (7), a number a head, step by step."""
        _, c, n, *ms = state
        log_i, log_f, v, o, q, k = self._cut(input_products, ms[0].dtype)  # (1)-(6)
        # Not as the running maximum of log i - sum(log f): that sum grows, and digits are lost.
        for log_i_t, log_f_t in zip(log_i, log_f, strict=True):
            ms.append(torch.maximum(log_f_t + ms[-1], log_i_t))  # (7)
        m_before, m = torch.stack(ms[:-1]), torch.stack(ms[1:])
        gates = _gates(log_i - m, log_f + m_before - m, v, o, edit)
        i, f, v = (gates[name] for name in ("input", "forget", "cell"))
        parts = i[..., None], f[..., None], m[..., None], v.unflatten(-1, (self.heads, -1)), q, k
        by_head = (part.permute(1, 2, 0, 3) for part in parts)  # (batch, heads, time, units)
        steps = max(BLOCK, c.size(-1) // 2)
        is_empty = _is_empty(c) and _is_empty(n)
        normalized = []
        for block in zip(*(part.split(steps, dim=2) for part in by_head), strict=True):
            found, c, n = _read_block(c, n, is_empty, *block)
            normalized.append(found)
            is_empty = False
        h = gates["output"] * torch.cat(normalized, dim=2).permute(2, 0, 1, 3).flatten(-2)  # (12)
        return h, (h[-1], c, n, m[-1]), gates

    def _cut(self, product: Tensor, dtype: torch.dtype) -> tuple[Tensor, ...]:
        """log i, log f (..., heads); v, o~ (..., hidden_size); q, k (..., heads, units)."""
        units = (product.size(-1) - 2 * self.heads) // 4
        i, f, v, o, q, k = product.split([self.heads] * 2 + [units] * 4, dim=-1)
        q, k = (part.unflatten(-1, (self.heads, -1)) for part in (q, k))
        return i.to(dtype), F.logsigmoid(f.to(dtype)), v, o, q, k / math.sqrt(k.size(-1))


def _gates(log_i: Tensor, log_f: Tensor, v: Tensor, o: Tensor, edit: Edit) -> Gates:
    i, f = edit("input", log_i.exp()), edit("forget", log_f.exp())  # (8), (9)
    return {"input": i, "forget": f, "cell": edit("cell", v), "output": edit("output", o.sigmoid())}


def _normalized(read: Tensor, overlap: Tensor, m: Tensor) -> Tensor:
    """C q, (..., units), over the maximum in (12), whose parts are (..., 1)."""
    # exp(80) is far above any n q, and finite, as in float16 exp(11) is: an infinite one has no
    # gradient.
    most = 11 if m.dtype == torch.float16 else 80
    return read / torch.maximum(overlap.abs(), (-m).clamp(max=most).exp())


def _is_empty(part: Tensor) -> bool:
    """Whether all is 0 and no gradient is wanted of it; only a CPU looks, a GPU would wait."""
    if part.requires_grad or part.device.type != "cpu" or is_traced():
        return False
    return not part.any()


def _read_block(
    c: Tensor,
    n: Tensor,
    is_empty: bool,
    i: Tensor,
    f: Tensor,
    m: Tensor,
    v: Tensor,
    q: Tensor,
    k: Tensor,
) -> tuple[Tensor, Tensor, Tensor]:
    """Steps of (10)-(12) at once, as attention: what step s wrote, step t finds by q_t k_s.

    Args:
        c, n: before the first step, (batch, heads, units, units) and (batch, heads, units).
        is_empty: whether they are known to be 0, so that there is nothing to find in them.
        i, f, m: stabilised gates and stabiliser, (batch, heads, time, 1).
        v, q, k: values, queries and keys, (batch, heads, time, units).

    Returns:
        What is multiplied with o in (12), (batch, heads, time, units); C and n after the last step.
    """
    # 0 * NaN and 0 * infinity are NaN: in a product of matrices a bad step would reach the steps
    # before it. The input gate carries it to the later ones alone.
    i = i.masked_fill(~(k + v).isfinite().all(-1, keepdim=True), torch.nan)
    k, v = k.nan_to_num(), v.nan_to_num()
    is_later = torch.ones(f.size(-2), f.size(-2), dtype=torch.bool, device=f.device).tril(-1)
    share = torch.where(is_later, f, 1).cumprod(-2) * i.mT  # i'_s f'_{s+1} ... f'_t, for s <= t
    scores = (share * (q @ k.mT)).tril()
    read, overlap = scores @ v, scores.sum(-1, keepdim=True)
    last = share[..., -1:, :].mT
    written, added = (last * v).mT @ k, (last * k).sum(-2)
    if is_empty:
        return _normalized(read, overlap, m), written.to(c.dtype), added.to(n.dtype)
    kept = f.cumprod(-2)
    read = read + kept * (q @ c.mT)
    overlap = overlap + kept * (q @ n[..., None])
    c = kept[..., -1:, :] * c + written
    n = kept[..., -1, :] * n + added
    return _normalized(read, overlap, m), c, n
