"""A model reads something, and the page is told what there is to see."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from typing import Any

import numpy as np

from lstm_zoo.errors import UsageError
from lstm_zoo.inspection import Trace, trace
from lstm_zoo.inspection.statistics import time_scales
from lstm_zoo.ui.gates.arrays import liveliest_unit, memory_name, values
from lstm_zoo.ui.gates.looks import LOOKS, Look
from lstm_zoo.ui.gates.source import parse
from lstm_zoo.ui.models import find_models, get_model
from lstm_zoo.ui.states import Mistake, State, new_state
from lstm_zoo.ui.words import Sentence, same, sentence
from lstm_zoo.ui.zero_gpu import on_gpu

SAID = 3
"""Likeliest answers that are told of each step."""
Said = tuple[tuple[tuple[str, float], ...], ...]


def blank(**known: Any) -> State:
    """A state of the view with nothing in it but what is given."""
    return new_state(panes=[], told=None) | known


def predictor_of(name: str) -> Any:
    """The model of this name, for any task.

    Raises:
        UsageError: there is no such model here.
        CheckpointError: its files are not whole.
    """
    config = find_models()[0].get(name)
    return get_model(name, config.task if config else "")


def look(name: str, text: str) -> tuple[Look, list[Sentence]]:
    """Let a model read what was typed.

    Args:
        name: of the model.
        text: what it reads, see `source.parse`.

    Returns:
        The look, and what a visitor should be told.

    Raises:
        UsageError: there is no such model, or it cannot read this.
        CheckpointError: its files are not whole.
    """
    source, notices = parse(predictor_of(name), text)
    record, said = _traced(name, source)
    once = hasattr(predictor_of(name), "classify")
    return Look(name, source, record, tuple(record.labels or ()), said, once), notices


@on_gpu
def _traced(name: str, source: Any) -> tuple[Trace, Said]:
    """The trace, without its outputs: scores of a large vocabulary take more room than gates."""
    predictor = predictor_of(name)
    record = trace(predictor, source)
    tensors = {
        key: [[tensor.cpu() for tensor in layer] for layer in layers]
        for key, layers in record.items()
    }
    return replace(record, tensors=tensors, outputs=None), _said(predictor, record.outputs)


def _said(predictor: Any, outputs: Any) -> Said:
    """The likeliest symbols after each step, where the model's answers are symbols."""
    symbols = getattr(getattr(predictor, "tokenizer", None), "characters", None)
    if symbols is None:
        symbols = getattr(getattr(predictor, "problem", None), "outputs", "")
    scores = outputs[0] if isinstance(outputs, tuple) else outputs
    if not symbols or scores.dim() != 3 or scores.shape[2] != len(symbols):
        return ()
    best = scores[0].float().softmax(1).topk(min(SAID, len(symbols)), dim=1)
    return tuple(
        tuple((symbols[i], round(p, 3)) for i, p in zip(which, chances, strict=True))
        for which, chances in zip(best.indices.tolist(), best.values.tolist(), strict=True)
    )


def pane(look: Look, notices: list[Sentence], start: State | None = None) -> State:
    """What the page needs to show a look; it is kept from now on.

    Args:
        look: what was read.
        notices: what to tell of it.
        start: what is chosen at first, of "part", "name", "unit" and "step"; the rest is found.
    """
    parts = look.parts
    directions = max(direction for _, direction in parts) + 1
    last = len(parts) - 1
    first: State = {"part": last, "name": memory_name(look, last)} | (start or {})
    if "unit" not in first:
        first["unit"] = liveliest_unit(look, first["part"])
    count = [values(look, look.unit_name, part).shape[1] for part in range(len(parts))]
    if first["part"] >= len(parts) or first["unit"] >= count[first["part"]]:
        raise Mistake(sentence("gates_no_unit", value=first["unit"], last=count[-1] - 1))
    if "step" not in first:  # where the unit is far from rest
        curve = values(look, first["name"], first["part"])[:, first["unit"]]
        first["step"] = int(np.abs(curve).argmax())
    return {
        "run": secrets.token_hex(4),
        "token": LOOKS.put(look),
        "model": look.model,
        "labels": json.dumps(look.labels, ensure_ascii=False),
        "said": json.dumps(look.said, ensure_ascii=False),
        "names": [name for name in look.record if name != "tanh_c"],
        "parts": [
            {"units": units, "layer": layer, **_part_names(layer, direction, directions)}
            for (layer, direction), units in zip(parts, count, strict=True)
        ],
        "notices": notices,
        "start": first,
        "panels": _panels(look),
    }


def _part_names(layer: int, direction: int, directions: int) -> dict[str, Sentence]:
    """What a layer, or one direction of it, is called in a sentence and on a button."""
    if directions == 1:
        return {
            "label": sentence("gates_layer_number", number=layer + 1),
            "short": same(f"{layer + 1}"),
        }
    way = sentence("gates_backward" if direction else "gates_forward")
    arrow = same(f"{layer + 1} {'←' if direction else '→'}")
    return {"label": sentence("gates_layer_way", number=layer + 1, way=way), "short": arrow}


def _panels(look: Look) -> list[str]:
    """Which of the views below can be had."""
    panels = ["cell", "saturation"]
    if remembers(look.record):
        panels.append("time")
    if look.model and isinstance(look.source, str | list):  # a forecast is of many steps at once
        panels.insert(1, "reach")
    if isinstance(look.source, str):
        panels.append("ranked")
    return panels


def remembers(record: Trace) -> bool:
    """Whether the cell has a gate that keeps the memory, and so a time-scale."""
    try:
        time_scales(record)
    except UsageError:
        return False
    return True
