"""Three things that this zoo's own models show, for a first visit."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

import gradio as gr

from lstm_zoo.inspection.discoveries import Discovery, discoveries
from lstm_zoo.ui.states import State
from lstm_zoo.ui.words import WORDS, label, markup, sentence

_html = partial(gr.HTML, apply_default_css=False)


def tour() -> list[Discovery]:
    """The discoveries that the page has words for, each told of one model."""
    found: dict[str, Discovery] = {}
    for each in discoveries():
        if f"gates_found_{each.name}" in WORDS:
            found.setdefault(each.name, each)
    return list(found.values())


def tour_buttons(models: Collection[str]) -> list[tuple[Discovery, gr.Button]]:
    """Lay out a button for each discovery whose model is here."""
    with gr.Row(elem_classes="examples gates-tour"):
        _html(markup(sentence("gates_tour")))
        return [
            (each, gr.Button(label(f"gates_found_{each.name}"), size="sm"))
            for each in tour()
            if each.model in models
        ]


def start_of(discovery: Discovery) -> State:
    """What is chosen at first: the memory of the unit that was found."""
    layer, _, unit = discovery.units[0].unit
    return {"part": layer, "unit": unit, "name": "c"}
