"""The way from a forecast to the tab 'Gates', with the model and what it read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from lstm_zoo.forecasting.prices import closing_prices
from lstm_zoo.forecasting.series import Series
from lstm_zoo.ui.words import sentence

Link = dict[str, str]
"""The model's `name`, and the series as a `text` of numbers; both empty for no link."""
NONE: Link = {"name": "", "text": ""}


def gates_link(elem_id: str) -> gr.HTML:
    """The component; its value is a `Link`, its event `inside` brings that."""
    return gr.HTML(
        NONE,
        html_template='<div class="gates-link"></div>',
        js_on_load=Path(__file__).with_name("gates_link.js").read_text("utf-8"),
        apply_default_css=False,
        elem_id=elem_id,
        words={"series_gates": sentence("series_gates")},
    )


def link_of(name: str, model: Any, past: Series) -> Link:
    """What the forecast of a series' first channel was made from.

    Args:
        name: of the model.
        model: the forecaster.
        past: what was known.
    """
    values = closing_prices(past) if model.is_of_returns else past.values
    read = values[-model.look_back - 1 :, 0]
    return {"name": name, "text": " ".join(f"{value:.8g}" for value in read)}
