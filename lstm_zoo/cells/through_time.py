"""The standard LSTM through time at once, with backpropagation through time written out.

Autograd, step after step, adds a small product to the gradient of U at each step and makes new
tensors for each value of each step. Here the values of all steps lie side by side, and the gradient
of U is one large product at the end (Werbos 1990, "Backpropagation through time: what it does and
how to do it", Proc. IEEE 78(10)). `StandardLSTM.step` is the plain twin: the numbers are equal.

Where no gradient is wanted and the rows are many, nothing but h is kept of a step, and all lies
turned, with a column for each row of the batch: so the gates are blocks of memory, and the product
with U is a fifth faster. Few columns would make it slower.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from lstm_zoo.cells.cell import State, Weights
from lstm_zoo.cells.lstm import StandardLSTM

sigmoid_backward = torch.ops.aten.sigmoid_backward
tanh_backward = torch.ops.aten.tanh_backward
MANY_ROWS = 64  # measured for 32 to 512 units; with 32 rows it is slower where x is as wide as h


def lstm_through_time(x: Tensor, state: State, weights: Weights) -> tuple[Tensor, State]:
    """Runs an LSTM without projection over sequences of equal length.

    Args:
        x: (time, batch, input_size).
        state: h and c before the first step, each (batch, hidden_size).
        weights: parameters by name.

    Returns:
        h of all steps, (time, batch, hidden_size), and the state after the last one.
    """
    bias = weights["bias_ih"] + weights["bias_hh"] if "bias_ih" in weights else None
    h, c = state
    w, u = weights["weight_ih"], weights["weight_hh"]
    wanted = any(part is not None and part.requires_grad for part in (x, h, c, w, u, bias))
    if x.size(1) < MANY_ROWS or (wanted and torch.is_grad_enabled()):
        hs, c = _ThroughTime.apply(x, h, c, w, u, bias)
    else:
        hs, c = _without_gradient(x, h, c, w, u, bias)
    return hs, (hs[-1], c)


def _without_gradient(
    x: Tensor, h: Tensor, c: Tensor, w: Tensor, u: Tensor, bias: Tensor | None
) -> tuple[Tensor, Tensor]:
    features, units = w.size(1), u.size(1)
    both = torch.cat([w, u] if bias is None else [w, u, bias[:, None]], dim=1)
    read = x.new_ones(both.size(1), x.size(1))  # x_t, h_{t-1} and, for the bias, 1
    x_t, h_t = read[:features], read[features : features + units].copy_(h.t())
    z = x.new_empty(len(both), x.size(1))
    i, f, g, o = z.chunk(4)
    c_t = c.t().clone(memory_format=torch.contiguous_format)
    hs = x.new_empty(len(x), *h.shape)
    for t in range(len(x)):
        x_t.copy_(x[t].t())
        torch.mm(both, read, out=z)  # W x + U h + b
        z[: 2 * units].sigmoid_()  # i and f
        g.tanh_()
        o.sigmoid_()
        c_t.mul_(f).addcmul_(i, g)
        torch.tanh(c_t, out=h_t).mul_(o)
        hs[t] = h_t.t()
    return hs, c_t.t().contiguous()


class _ThroughTime(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, h: Tensor, c: Tensor, w: Tensor, u: Tensor, bias: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        gates = F.linear(x, w, bias)  # W x + b, which become the gates, step by step, in place
        units = u.size(1)
        hs, cs = (part.new_empty(len(x), *part.shape) for part in (h, c))
        for t in range(len(x)):
            z = gates[t].addmm_(hs[t - 1] if t else h, u.t())
            i, f, g, o = z.chunk(4, dim=-1)
            z[:, : 2 * units].sigmoid_()  # i and f
            g.tanh_()
            o.sigmoid_()
            torch.mul(f, cs[t - 1] if t else c, out=cs[t]).addcmul_(i, g)
            torch.tanh(cs[t], out=hs[t]).mul_(o)
        ctx.save_for_backward(x, h, c, w, u, bias, gates, hs, cs)
        return hs, cs[-1].clone()

    @staticmethod
    def backward(ctx: Any, dhs: Tensor, dc: Tensor) -> tuple[Tensor | None, ...]:
        *inputs, gates, hs, cs = ctx.saved_tensors
        if torch.is_grad_enabled():  # a gradient of this gradient is wanted: autograd knows how
            return _backward_by_steps(inputs, dhs, dc)
        x, h, c, w, u, bias = inputs
        dz, dgates = torch.empty_like(gates), torch.empty_like(gates[0])
        di, df, dg, do = dgates.chunk(4, dim=-1)
        dh, dc = dhs[-1], dc.clone()
        for t in reversed(range(len(x))):
            i, f, g, o = gates[t].chunk(4, dim=-1)
            tanh_c = cs[t].tanh()
            torch.mul(dh, tanh_c, out=do)  # h = o * tanh(c)
            dc.add_(tanh_backward(dh * o, tanh_c))
            torch.mul(dc, cs[t - 1] if t else c, out=df)  # c = f * c_{t-1} + i * g
            torch.mul(dc, g, out=di)
            torch.mul(dc, i, out=dg)
            dc.mul_(f)
            sigmoid_backward.grad_input(dgates, gates[t], grad_input=dz[t])
            tanh_backward.grad_input(dg, g, grad_input=dz[t].chunk(4, dim=-1)[2])
            dh = torch.addmm(dhs[t - 1], dz[t], u) if t else dz[t] @ u
        rows = dz.flatten(0, 1)
        dw = (x.flatten(0, 1).t() @ rows).t()  # not rows^T x, which is slow where x is narrow
        du = dz[0].t() @ h
        du.addmm_(dz[1:].flatten(0, 1).t(), hs[:-1].flatten(0, 1))
        dx = dz @ w if ctx.needs_input_grad[0] else None
        return dx, dh, dc, dw, du, None if bias is None else rows.sum(0)


def _backward_by_steps(inputs: list[Tensor], dhs: Tensor, dc: Tensor) -> tuple[Tensor | None, ...]:
    """The same gradients by autograd through the plain steps, so that they have gradients too."""
    x, h, c, w, u, bias = inputs
    cell, weights = StandardLSTM(), {"weight_ih": w, "weight_hh": u}
    state: State = (h, c)
    hs = []
    for product in F.linear(x, w, bias):
        state, _ = cell.step(product, state, weights)
        hs.append(state[0])
    wanted = [part for part in inputs if part is not None and part.requires_grad]
    found = iter(
        torch.autograd.grad((torch.stack(hs), state[1]), wanted, (dhs, dc), create_graph=True)
    )
    return tuple(
        next(found) if part is not None and part.requires_grad else None for part in inputs
    )
