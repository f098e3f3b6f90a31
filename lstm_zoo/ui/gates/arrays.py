"""A trace as the page draws it: one gate of one layer as bytes, one unit as numbers."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from lstm_zoo.inspection.statistics import SIGNED
from lstm_zoo.ui.gates.looks import Look
from lstm_zoo.ui.states import Mistake
from lstm_zoo.ui.words import sentence

Array = np.ndarray[Any, Any]

FAR = 0.99
"""Share of the values that a signed heat map tells apart; what is beyond has the end's colour."""
MOST_CELLS = 4_000_000
"""Cells of a heat map that are sent: more than a screen has pixels."""
SIMILAR, NUMBER = "similar", "number"


def values(look: Look, name: str, part: int) -> Array:
    """A gate or a state, (time, units).

    Raises:
        Mistake: the trace has no such gate or no such part.
    """
    if name not in look.record:
        raise Mistake(sentence("gates_no_gate", name=str(name)[:40], known=", ".join(look.record)))
    layer, direction = look.part(part)
    tensor = look.record[name][layer][direction][0]
    array: Array = tensor.float().cpu().numpy()
    return array.reshape(len(array), -1)


def check_unit(value: Any, units: int) -> int:
    """A unit's number.

    Raises:
        Mistake: it is no whole number or there is no such unit.
    """
    try:
        number = int(str(value).strip())
    except ValueError:
        raise Mistake(sentence("gates_unit_number", value=str(value)[:40])) from None
    if not 0 <= number < units:
        raise Mistake(sentence("gates_no_unit", value=number, last=units - 1))
    return number


def heat_map(look: Look, name: str, part: int, order: str) -> dict[str, Any]:
    """One gate or state of all units at all steps, as a byte each.

    Args:
        look: what is looked at.
        name: of the gate or state.
        part: number of the layer, or of its direction.
        order: `SIMILAR` puts units beside one another that do alike, `NUMBER` goes by number.

    Returns:
        `data`: base64 of uint8 rows (units / `group`, time); a byte b means (b - 128) / 127 * scale
        where `signed`, the ends 1 and 255 that or more, else b / 255; `order`: the unit of each
        row, the first of a group.
    """
    array = values(look, name, part)
    units = order_by_likeness(array) if order == SIMILAR else np.arange(array.shape[1])
    rows = array.T[units]
    group = -(-rows.size // MOST_CELLS)  # rounded up
    if group > 1:
        starts = np.arange(0, len(rows), group)
        sizes = np.diff([*starts, len(rows)])
        rows, units = np.add.reduceat(rows, starts) / sizes[:, None], units[starts]
    signed = is_signed(name, array)
    # A few units of a memory go far beyond the others, which would all look the same.
    scale = float(np.quantile(np.abs(rows), FAR)) or 1.0 if signed else 1.0
    levels = np.clip(rows / scale, -1, 1) * 127 + 128 if signed else rows * 255
    return {
        "data": base64.b64encode(np.rint(levels).astype(np.uint8).tobytes()).decode(),
        "order": units.tolist(),
        "group": int(group),
        "steps": rows.shape[1],
        "signed": signed,
        "scale": scale,
    }


def is_signed(name: str, array: Array) -> bool:
    """Whether values can be negative: states and the candidate; else they are from 0 to 1."""
    return name in SIGNED or bool(array.min() < 0 or array.max() > 1)


def order_by_likeness(array: Array) -> Array:
    """Units so that neighbours do alike: from each to the most correlated one that is left.

    Args:
        array: (time, units).

    Returns:
        The numbers of the units, (units,).
    """
    centred = array - array.mean(0)
    norms = np.linalg.norm(centred, axis=0)
    alike = (centred / np.maximum(norms, 1e-9)).T @ (centred / np.maximum(norms, 1e-9))
    # Opposite units are alike too, but less so: they follow where no like one is left.
    alike = np.where(alike < 0, alike * -0.5, alike)
    left = np.ones(len(alike), dtype=bool)
    chain = [int(norms.argmax())]
    for _ in range(len(alike) - 1):
        left[chain[-1]] = False
        chain.append(int(np.where(left, alike[chain[-1]], -1).argmax()))
    return np.array(chain)


def unit_curves(look: Look, part: int, unit: int) -> dict[str, list[float]]:
    """All gates and states of one unit at all steps, by name.

    Raises:
        Mistake: there is no such part.
    """
    arrays = {name: values(look, name, part) for name in look.record}
    units = arrays[look.unit_name].shape[1]
    return {
        name: [round(float(value), 4) for value in array[:, unit]]
        for name, array in arrays.items()
        if array.shape[1] == units  # others, as a projected h or a matrix, are of no unit
    }


def liveliest_unit(look: Look, part: int) -> int:
    """A unit worth a first look: the one whose memory swings most between its two ends."""
    return int(np.tanh(values(look, memory_name(look, part), part)).std(0).argmax())


def memory_name(look: Look, part: int) -> str:
    """The memory c, or h where there is no other, if it has a value for each unit; else a gate."""
    units = values(look, look.unit_name, part).shape[1]
    memory = "c" if "c" in look.record else "h"
    return memory if values(look, memory, part).shape[1] == units else look.unit_name


def table(look: Look, part: int, names: Sequence[str], units: Sequence[int]) -> str:
    """Values as CSV: a row for each step, a column for each gate and unit."""
    columns = [f"{name}_{unit}" for name in names for unit in units]
    arrays = [values(look, name, part)[:, list(units)] for name in names]
    block = np.concatenate(arrays, axis=1)
    out = io.StringIO()
    out.write("step,label," + ",".join(columns) + "\n")
    for step, (label, row) in enumerate(zip(look.labels, block, strict=True)):
        quoted = '"' + label.replace('"', '""') + '"'
        out.write(f"{step},{quoted}," + ",".join(f"{value:.6g}" for value in row) + "\n")
    return out.getvalue()
