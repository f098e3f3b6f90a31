"""What clients can ask of the tab."""

from __future__ import annotations

from typing import Any

import gradio as gr

from lstm_zoo.errors import CheckpointError, UsageError
from lstm_zoo.inspection.statistics import SIGNED, saturation, time_scales
from lstm_zoo.ui.gates.looking import look, remembers
from lstm_zoo.ui.gates.panels import hold
from lstm_zoo.ui.states import told


def inspect(model: str, text: str) -> dict[str, Any]:
    """What the gates of a model do on a text.

    Args:
        model: a name from `zoo` that is here.
        text: what it reads: text, symbols, or numbers; up to 2,000 steps.

    Returns:
        `steps`: the labels of the steps; `notices`: what to know of the input; `layers`: for each
        layer and direction how many units it has, for each gate the mean over the units of the
        shares of steps in which it is `shut` (under 0.1) and `open` (over 0.9), and the median of
        the units' `time_scale` in steps, where the cell has one.
    """
    try:
        seen, notices = look(model, text)
    except (UsageError, CheckpointError) as error:
        raise gr.Error(told(error)["en"], print_exception=False) from None
    record = seen.record
    layers = []
    for layer, direction in seen.parts:
        gates = {}
        for name in record:
            if name in SIGNED:
                continue
            left, right = saturation(record, name)[layer][direction]
            gates[name] = {"shut": float(left.mean()), "open": float(right.mean())}
        entry: dict[str, Any] = {"layer": layer + 1, "direction": direction, "gates": gates}
        entry["units"] = len(left)
        if remembers(record):
            entry["time_scale"] = float(time_scales(record)[layer][direction].median())
        layers.append(entry)
    said = [notice["en"] for notice in notices]
    return {"steps": list(seen.labels), "notices": said, "layers": layers}


def hold_units(
    model: str,
    text: str,
    gate: str = "forget",
    layer: int = 1,
    units: str = "all",
    value: float = 1.0,
    start: int = 0,
    stop: int | None = None,
    length: int = 200,
    seed: int = 1,
) -> list[str]:
    """How a model goes on with some units of a gate held at a value.

    Args:
        model: a name from `zoo` that is here.
        text: what it reads.
        gate: "forget", "input", "output" or "cell" for the candidate, or "c" or "h".
        layer: counted from 1.
        units: numbers from 0, such as "3, 17" or "40-45", or "all".
        value: what they are held at.
        start: the first step; they count from the start of the text.
        stop: the first step that is not held; none for the end.
        length: characters to write, up to 1,000, for a model that writes.
        seed: the same seed gives the same text.

    Returns:
        What it writes or answers as it is, and held.
    """
    try:
        state = hold(model, text, gate, layer, units, value, start, stop, length, seed)
    except (UsageError, CheckpointError) as error:
        raise gr.Error(told(error)["en"], print_exception=False) from None
    return [state["before"], state["after"]]
