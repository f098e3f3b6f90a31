"""All steps of h_t = a_t * h_{t-1} + b_t together, in log2(time) passes.

Papers:
    Blelloch 1990, "Prefix Sums and Their Applications", CMU-CS-90-190, section 1.4: recurrences
    Martin & Cundy 2018, "Parallelizing Linear Recurrent Neural Nets Over Sequence Length", ICLR:
    the gradient of a linear recurrence is one too, backwards in time

Two steps in a row are one step of the same kind:
    h_t = (a_t * a_{t-1}) * h_{t-2} + (a_t * b_{t-1} + b_t)

So pairs of steps give a recurrence of half the length, and its solution, every second h, gives the
others. All passes together cost three times the products of the loop. There is no division and no
logarithm: a, b and h may have any sign, and a may be 0.

A CPU, whose caches hold a step and not all of them, is faster by the loop where a step is wide. In
three runs of `python benchmarks/scan.py` on one thread of an AMD EPYC (Zen 3) the loop was 3 to 20
times as fast at 64 rows of 382 and of 1024 units, 1.0 to 2.1 times at 64 rows of 64, and took 2.5
to 5 times as long at 1 and 8 rows.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from lstm_zoo.cells.unroll import is_traced

WIDE = 4096  # values of a step from which a CPU goes from step to step


def linear_recurrence(a: Tensor, b: Tensor, h0: Tensor) -> Tensor:
    """Solves h_t = a_t * h_{t-1} + b_t for all steps.

    Args:
        a: what is kept, (time, *shape).
        b: what is added, (time, *shape).
        h0: before the first step, (*shape); its dtype is the result's.

    Returns:
        h of all steps, (time, *shape).
    """
    return _LinearRecurrence.apply(a.to(h0.dtype), b.to(h0.dtype), h0)


def _solve(a: Tensor, b: Tensor, h0: Tensor) -> Tensor:
    if h0.device.type == "cpu" and h0.numel() >= WIDE and not is_traced():
        return _by_loop(a, b, h0)
    return _by_pairs(a, b, h0)


def _by_loop(a: Tensor, b: Tensor, h0: Tensor) -> Tensor:
    hs = torch.empty_like(b)
    before = h0
    for step, h in enumerate(hs):
        torch.addcmul(b[step], a[step], before, out=h)
        before = h
    return hs


def _by_pairs(a: Tensor, b: Tensor, h0: Tensor) -> Tensor:
    steps = len(a)
    if steps == 1:
        return a * h0 + b
    paired = steps // 2 * 2
    first_a, second_a = a[:paired].unflatten(0, (-1, 2)).unbind(1)
    first_b, second_b = b[:paired].unflatten(0, (-1, 2)).unbind(1)
    second = _by_pairs(second_a * first_a, torch.addcmul(second_b, second_a, first_b), h0)
    before = torch.cat([h0[None], second[:-1]])
    h = torch.stack([torch.addcmul(first_b, first_a, before), second], dim=1).flatten(0, 1)
    return h if paired == steps else torch.cat([h, a[-1:] * h[-1:] + b[-1:]])


class _LinearRecurrence(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(a: Tensor, b: Tensor, h0: Tensor) -> Tensor:
        return _solve(a, b, h0)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        a, _, h0 = inputs
        ctx.save_for_backward(a, h0, output)
        ctx.save_for_forward(a, h0, output)

    @staticmethod
    def jvp(ctx: Any, da: Tensor | None, db: Tensor | None, dh0: Tensor | None) -> Tensor:
        a, h0, h = ctx.saved_tensors
        # dh_t = a_t * dh_{t-1} + da_t * h_{t-1} + db_t
        da, db = (torch.zeros_like(a) if part is None else part for part in (da, db))
        added = da * torch.cat([h0[None], h[:-1]]) + db
        return linear_recurrence(a, added, torch.zeros_like(h0) if dh0 is None else dh0)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, ...]:
        a, h0, h = ctx.saved_tensors
        # db_t = dh_t + a_{t+1} * db_{t+1}, where nothing comes after the last step
        following = torch.cat([torch.zeros_like(a[:1]), a[1:].flip(0)])
        db = linear_recurrence(following, grad.flip(0), torch.zeros_like(h0)).flip(0)
        return db * torch.cat([h0[None], h[:-1]]), db, a[0] * db[0]
