"""The verdict and its reasons: a bar, the words coloured, the opinion's curve, the nearest flip.

The page gets data and `why_view.js` makes the elements: nothing that a visitor wrote is ever read
as HTML.
"""

from __future__ import annotations

import gradio as gr

from lstm_zoo.ui.parts import script
from lstm_zoo.ui.sentiment.judging import blank
from lstm_zoo.ui.words import sentence

WORDS = (
    "verdict_empty",
    "why_words",
    "by_gradients",
    "by_gradients_info",
    "by_occlusion",
    "by_occlusion_info",
    "by_attention",
    "by_attention_info",
    "not_read",
    "log_odds",
    "left_out",
    "attention_share",
    "why_hint",
    "opinion",
    "from_start",
    "from_end",
    "flip",
    "see_gates",
)


def why_view(elem_id: str) -> gr.HTML:
    """The component; its value is a `State` that `judging` makes."""
    return gr.HTML(
        blank(),
        html_template='<div class="why-view"></div>',
        js_on_load=script("elements.js", "hint.js", "sentiment/why_view.js"),
        apply_default_css=False,
        elem_id=elem_id,
        words={key: sentence(key) for key in WORDS},
    )
