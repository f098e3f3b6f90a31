"""The component in which a visitor looks around; its value is a `State` that `looking` makes."""

from __future__ import annotations

from typing import Any

import gradio as gr

from lstm_zoo.ui.gates.answers import heat_map, table, unit_curves
from lstm_zoo.ui.gates.looking import blank
from lstm_zoo.ui.gates.studies import glance, ranked, reach, stretch
from lstm_zoo.ui.parts import script
from lstm_zoo.ui.words import LANGUAGES, WORDS, Sentence

BASE = ("base.js",)
VIEWS = (
    *BASE,
    "text.js",
    "heat.js",
    "heat_moves.js",
    "curves.js",
    "cell.js",
    "glance.js",
    "reach.js",
    "ranked.js",
    "pane.js",
    "details.js",
    "main.js",
)
HELD = (*BASE, "held.js")


def gates_view(elem_id: str, begins: bool = False) -> gr.HTML:
    """The views of one model, or of two side by side.

    Args:
        elem_id: its id in the page.
        begins: whether it asks for something to show, by its event `begin`, when it is first seen.
    """
    return _view("gates-view", VIEWS, elem_id, begins=begins)


def held_view(elem_id: str) -> gr.HTML:
    """A continuation with and without a unit held."""
    return _view("gates-held", HELD, elem_id)


def _view(name: str, scripts: tuple[str, ...], elem_id: str, **props: Any) -> gr.HTML:
    return gr.HTML(
        blank(),
        html_template=f'<div class="{name}"></div>',
        js_on_load=script("elements.js", *(f"gates/js/{name}" for name in scripts)),
        server_functions=[heat_map, unit_curves, table, reach, glance, ranked, stretch],
        apply_default_css=False,
        elem_id=elem_id,
        words=_words(),
        **props,
    )


def _words() -> dict[str, Sentence]:
    """The words of the views, their braces still to be filled in."""
    return {
        key: dict(zip(LANGUAGES, texts, strict=True))
        for key, texts in WORDS.items()
        if key.startswith("gates_")
    }
