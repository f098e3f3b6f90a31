"""A text as it is written, each character coloured by how sure the model was.

The page gets data and `text_view.js` makes the elements: nothing that a visitor or a model wrote is
ever read as HTML.
"""

from __future__ import annotations

import gradio as gr

from lstm_zoo.ui.parts import script
from lstm_zoo.ui.words import sentence
from lstm_zoo.ui.writing import blank

WORDS = (
    "empty",
    "text",
    "copy",
    "copied",
    "save",
    "legend",
    "legend_sure",
    "legend_guess",
    "look",
    "written",
)


def text_view(elem_id: str) -> gr.HTML:
    """The component; its value is a `State` that `lstm_zoo.ui.writing` makes."""
    return gr.HTML(
        blank(),
        html_template='<div class="text-view"></div>',
        js_on_load=script("elements.js", "hint.js", "text_view.js"),
        apply_default_css=False,
        elem_id=elem_id,
        words={key: sentence(key) for key in WORDS},
    )
