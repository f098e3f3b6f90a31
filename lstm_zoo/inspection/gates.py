"""All gates of all steps of PyTorch's recurrent layers, from what went in and what came out.

A layer's gates at step t are functions of x_t and h_{t-1}, and after the fused forward both are
known for every t: one product has all gates, and c follows by a scan (equations of
`lstm_zoo.cells.lstm` and `lstm_zoo.cells.gru`). `Cell.step` is the plain twin: the numbers are
equal.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from lstm_zoo.cells.scan import linear_recurrence

ROWS = 1024
"""Rows, steps times batch, whose gates are computed at once: it bounds the memory."""


def gates_of_steps(
    cell: str,
    x: Tensor,
    h: Tensor,
    state: tuple[Tensor, ...],
    weights: Mapping[str, Tensor],
    wanted: Collection[str],
    *,
    units: Tensor | None = None,
    valid: Tensor | None = None,
    dtype: torch.dtype | None = None,
) -> dict[str, Tensor]:
    """Gates and states of one direction of one layer, read forward in time.

    Args:
        cell: "lstm", "gru" or "rnn".
        x: what the layer read, (time, batch, input_size).
        h: what it said, (time, batch, proj_size or hidden_size).
        state: before the first step, each (batch, features).
        weights: parameters by the cell's names.
        wanted: names of what is to be returned.
        units: numbers of the units; all if None. A projected h is returned whole.
        valid: bool (time, batch, 1), False where a sequence has not begun or has ended.
        dtype: of what is returned; that of the weights if None.

    Returns:
        By name (time, batch, units), zeros where not valid.
    """
    own = weights["weight_hh"].dtype
    x, h = x.to(own), h.to(own)
    state = tuple(part.to(own) for part in state)
    with torch.no_grad(), torch.autocast(x.device.type, enabled=False):
        projected = "weight_hr" in weights
        kept = {}
        if "h" in wanted:
            kept["h"] = h if units is None or projected else h.index_select(2, units)
        if cell == "rnn" and "new" in wanted:
            kept["new"] = h if units is None else h.index_select(2, units)
        if cell != "rnn" and set(wanted) - {"h"}:
            # Where a sequence has not begun, the state of its first step must stand.
            before = h if valid is None else torch.where(valid, h, state[0])
            before = torch.cat([state[0][None], before[:-1]])
            steps = _lstm if cell == "lstm" else _gru
            kept |= _joined(len(x), dtype, steps(x, before, state, weights, wanted, units, valid))
        if valid is not None:
            kept = {name: torch.where(valid, value, 0) for name, value in kept.items()}
        return {name: value.to(dtype or own) for name, value in kept.items()}


def _lstm(
    x: Tensor,
    before: Tensor,
    state: tuple[Tensor, ...],
    weights: Mapping[str, Tensor],
    wanted: Collection[str],
    units: Tensor | None,
    valid: Tensor | None,
) -> Iterator[dict[str, Tensor]]:
    gates = ("input", "forget", "cell", "output")
    remembers = "c" in wanted or "tanh_c" in wanted
    needed = [name for name in gates if name in wanted or (remembers and name != "output")]
    w, u, *biases = (
        _rows(weights[name], len(gates), [gates.index(gate) for gate in needed], units)
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        if name in weights
    )
    bias = biases[0] + biases[1] if biases else None
    c = state[1] if units is None else state[1].index_select(1, units)
    for x_block, h_block, is_valid in _blocks(x, before, valid):
        z = F.linear(x_block, w, bias)
        z.flatten(0, 1).addmm_(h_block.flatten(0, 1), u.t())
        found = dict(zip(needed, z.chunk(len(needed), dim=-1), strict=True))
        for name, gate in found.items():
            gate.tanh_() if name == "cell" else gate.sigmoid_()
        if remembers:
            cs = _memory(found["input"], found["forget"], found["cell"], c, is_valid)
            c = cs[-1]
            found["c"] = cs
            if "tanh_c" in wanted:
                found["tanh_c"] = cs.tanh()
        yield {name: value for name, value in found.items() if name in wanted}


def _gru(
    x: Tensor,
    before: Tensor,
    state: tuple[Tensor, ...],
    weights: Mapping[str, Tensor],
    wanted: Collection[str],
    units: Tensor | None,
    valid: Tensor | None,
) -> Iterator[dict[str, Tensor]]:
    rows = {name: _rows(weight, 3, [0, 1, 2], units) for name, weight in weights.items()}
    for x_block, h_block, _ in _blocks(x, before, valid):
        from_x = F.linear(x_block, rows["weight_ih"], rows.get("bias_ih")).chunk(3, dim=-1)
        from_h = F.linear(h_block, rows["weight_hh"], rows.get("bias_hh")).chunk(3, dim=-1)
        r = (from_x[0] + from_h[0]).sigmoid_()
        z = (from_x[1] + from_h[1]).sigmoid_()
        found = {"reset": r, "update": z, "new": torch.addcmul(from_x[2], r, from_h[2]).tanh_()}
        yield {name: value for name, value in found.items() if name in wanted}


def _memory(i: Tensor, f: Tensor, g: Tensor, c: Tensor, valid: Tensor | None) -> Tensor:
    """c of all steps, (time, batch, units); where nothing is valid it stays."""
    cs = i * g
    if valid is not None:
        cs, f = cs * valid, torch.where(valid, f, 1)
    if cs.device.type != "cpu":  # there a kernel a step costs more than three times the products
        return linear_recurrence(f, cs, c)
    for keep, c_t in zip(f.unbind(), cs.unbind(), strict=True):
        c = c_t.addcmul_(keep, c)
    return cs


def _rows(weight: Tensor, gates: int, needed: list[int], units: Tensor | None) -> Tensor:
    """The rows of these gates and units."""
    if units is None and len(needed) == gates:
        return weight
    by_gate = weight.unflatten(0, (gates, -1))[needed]
    return (by_gate if units is None else by_gate.index_select(1, units)).flatten(0, 1)


def _blocks(
    x: Tensor, before: Tensor, valid: Tensor | None
) -> Iterator[tuple[Tensor, Tensor, Tensor | None]]:
    steps = max(1, ROWS // max(1, x.shape[1]))
    for start in range(0, len(x), steps):
        block = slice(start, start + steps)
        yield x[block], before[block], None if valid is None else valid[block]


def _joined(
    steps: int, dtype: torch.dtype | None, blocks: Iterator[dict[str, Tensor]]
) -> dict[str, Tensor]:
    """The blocks after one another, each let go of as soon as it is copied."""
    joined: dict[str, Tensor] = {}
    start = 0
    for block in blocks:
        if not start and all(len(value) == steps for value in block.values()):
            return block
        for name, value in block.items():
            if name not in joined:
                joined[name] = value.new_empty(steps, *value.shape[1:], dtype=dtype)
            joined[name][start : start + len(value)] = value
        start += len(value)
    return joined
