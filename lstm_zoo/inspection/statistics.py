"""What the gates of a run say: saturation, time-scales, correlations, dead units, norms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from lstm_zoo.cells import CELLS
from lstm_zoo.errors import UsageError
from lstm_zoo.inspection.layers import find_recurrent
from lstm_zoo.inspection.record import Trace

SIGNED = ("cell", "new", "h", "c", "tanh_c")
"""Values that lie around 0, not between 0 and 1."""

Found = TypeVar("Found")


class Saturation(NamedTuple):
    """How often each unit's gate is nearly shut, and nearly open.

    Attributes:
        left: share of the steps in which it is under the lower limit, (units,).
        right: share of the steps in which it is over the upper limit, (units,).
    """

    left: Tensor
    right: Tensor


class Correlations(NamedTuple):
    """How a unit's gates move together.

    Attributes:
        names: the gates.
        matrix: Pearson's correlation over the steps, float64 (units, gates, gates); NaN where a
            gate does not move.
    """

    names: tuple[str, ...]
    matrix: Tensor


def saturation(
    record: Trace, name: str, low: float | None = None, high: float = 0.9
) -> list[list[Saturation]]:
    """How often each unit's gate is saturated.

    Karpathy, Johnson & Fei-Fei 2015, "Visualizing and Understanding Recurrent Networks", 4.2.

    Args:
        record: the run.
        name: of the gate.
        low: lower limit; 0.1, or -0.9 for what lies around 0, if None.
        high: upper limit.

    Returns:
        Shares for each layer and direction; empty where a layer was not traced.

    Raises:
        UsageError: the record has no such gate.
    """
    lower = low if low is not None else (-0.9 if name in SIGNED else 0.1)

    def shares(layer: int, direction: int) -> Saturation:
        values = record.rows(name, layer, direction)
        return Saturation((values < lower).double().mean(0), (values > high).double().mean(0))

    return _each(record, name, shares)


def time_scales(record: Trace) -> list[list[Tensor]]:
    """The memory of each unit in steps: after so many, 1/e of what was in it is left.

    A step keeps f of the memory, so t steps keep exp(t * mean of log f): the time-scale is
    -1 / mean(log f). It is the characteristic time of Tallec & Ollivier 2018, "Can recurrent neural
    networks warp time?", for a gate that moves.

    Args:
        record: the run, with the gate that keeps.

    Returns:
        For each layer and direction (units,), float64: 0 for a gate that was ever shut entirely,
        infinity for one that was always open.

    Raises:
        UsageError: the cell has no gate that keeps, or the record lacks it.
    """
    keep = CELLS[record.cell].keep_gate if record.cell in CELLS else "forget"
    if keep is None:
        raise UsageError(f"the cell {record.cell!r} has no gate that keeps the memory")

    def scale(layer: int, direction: int) -> Tensor:
        return 1 / record.rows(keep, layer, direction).double().log().mean(0).abs()

    return _each(record, keep, scale)


def gate_correlations(record: Trace) -> list[list[Correlations]]:
    """How the gates of each unit move together over the steps.

    Args:
        record: the run, with two gates at least.

    Returns:
        For each layer and direction.

    Raises:
        UsageError: the record has no two gates of each unit.
    """
    states = {"h", "c", "tanh_c"}
    units = max(value.shape[2] for (name, *_), value in record.entries())
    names = tuple(
        name
        for name in record.names
        if name not in states and _first(record, name).shape[2:] == (units,)
    )
    if len(names) < 2:
        raise UsageError(f"correlations need two gates at least, and the record has {len(names)}")

    def correlations(layer: int, direction: int) -> Correlations:
        rows = [record.rows(name, layer, direction).double() for name in names]
        values = torch.stack(rows, dim=2)  # (steps, units, gates)
        centred = values - values.mean(0)
        scaled = centred / centred.square().sum(0).sqrt()
        return Correlations(names, torch.einsum("tug,tuk->ugk", scaled, scaled))

    return _each(record, names[0], correlations)


def dead_units(record: Trace, tolerance: float = 1e-2) -> list[list[Tensor]]:
    """Units that show the same in every step.

    Args:
        record: the run, with h, and with tanh_c and the output gate where h is projected.
        tolerance: most that what a unit shows may move, from the lowest to the highest.

    Returns:
        For each layer and direction bool (units,).

    Raises:
        UsageError: the record has no h.
    """

    def is_dead(layer: int, direction: int) -> Tensor:
        shown = record.rows("h", layer, direction)
        if {"output", "tanh_c"} <= record.keys():
            output = record.rows("output", layer, direction)
            if output.shape != shown.shape:  # h is projected
                shown = output * record.rows("tanh_c", layer, direction)
        low, high = shown.double().aminmax(dim=0)
        return high - low < tolerance

    return _each(record, "h", is_dead)


def weight_norms(model: nn.Module, layer: str | None = None) -> dict[str, dict[str, Tensor]]:
    """How strongly each gate of each unit listens: the norms of its rows in the weights.

    Args:
        model: a module that holds or is a recurrent layer.
        layer: name of the one to take; None for all.

    Returns:
        By the parameter's name in the model, then by gate, (units,). Parameters without a row for
        each unit of each gate are left out.

    Raises:
        UsageError: there is no recurrent layer, or none of that name.
    """
    norms: dict[str, dict[str, Tensor]] = {}
    for each in find_recurrent(model, layer):
        gates, size = each.cell.gate_names, each.hidden_size
        for name, weight in each.module.named_parameters():
            if len(weight) == len(gates) * size:
                rows = weight.detach().flatten(1).norm(dim=1) if weight.dim() > 1 else weight.abs()
                blocks = rows.detach().split(size)
                full_name = f"{each.name}.{name}" if each.name else name
                norms[full_name] = dict(zip(gates, blocks, strict=True))
    return norms


def summary(record: Trace) -> list[dict[str, Any]]:
    """Every value of every layer in a few figures, over all units and steps.

    Args:
        record: the run.

    Returns:
        A row for each layer, direction and value: the mean; the shares of `saturation`; for the
        gate that keeps, the middle one of the units' time-scales, else None; for h, the number of
        dead units, else None.
    """
    keep = CELLS[record.cell].keep_gate if record.cell in CELLS else None
    scales = time_scales(record) if keep in record.names else []
    dead = dead_units(record) if "h" in record else []
    rows = []
    for layer, direction in {place[1:]: None for place, _ in record.entries()}:
        for name in record.names:
            values = record.rows(name, layer, direction)
            left, right = saturation(record, name)[layer][direction]
            middle = scales[layer][direction].median().item() if name == keep else None
            rows.append(
                {
                    "layer": layer,
                    "direction": direction,
                    "value": name,
                    "units": values.shape[1],
                    "mean": values.double().mean().item(),
                    "left": left.mean().item(),
                    "right": right.mean().item(),
                    "time_scale": middle,
                    "dead": int(dead[layer][direction].sum()) if name == "h" else None,
                }
            )
    return rows


def _each(record: Trace, name: str, found: Callable[[int, int], Found]) -> list[list[Found]]:
    """The same for each layer and direction that has this value."""
    return [
        [found(layer, direction) for direction in range(len(directions))]
        for layer, directions in enumerate(record[name])
    ]


def _first(record: Trace, name: str) -> Tensor:
    return next(tensor for directions in record[name] for tensor in directions)
