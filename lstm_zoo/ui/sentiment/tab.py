"""Layout and wiring of the tab 'Sentiment'."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import gradio as gr

from lstm_zoo.ui.models import find_models, get_model
from lstm_zoo.ui.parts import AT_ONCE, PRIVATE, about_model, model_chooser, say_what_is_missing
from lstm_zoo.ui.sentiment.csv_area import csv_area
from lstm_zoo.ui.sentiment.events import sentiment_classify, sentiment_explain
from lstm_zoo.ui.sentiment.judging import TASK, blank, judge, pick_model
from lstm_zoo.ui.sentiment.reliability import reliability_html
from lstm_zoo.ui.sentiment.why_view import why_view
from lstm_zoo.ui.words import label, markup, sentence
from lstm_zoo.ui.zero_gpu import ON_ZERO_GPU

BY_LANGUAGE = ""
READERS = 2
"""Texts that are explained at the same time; further visitors wait in a queue."""
EXAMPLES = (
    "Not a bad film at all: the plot is thin, but the two leads are a joy to watch.",
    "I wanted to like it. The cast is superb and every frame looks great, yet after an hour of this"
    " dull, lifeless story I could not wait for it to end.",
    "Forget the critics. This is what going to the cinema is for.",
    "房间很干净，服务员也热情，就是早餐品种太少，不过下次还会住这里。",
    "位置是不错，可是隔音太差，一晚上没睡好，前台态度也冷淡，不会再来了。",
)
_questions: dict[str | None, object] = {}
"""What each visitor asked last, while that is looked into."""
_html = partial(gr.HTML, apply_default_css=False)


def sentiment_tab() -> tuple[str, gr.Dropdown, gr.HTML]:
    """Lay out the tab and wire it.

    Returns:
        Its task, where a model is chosen, and the view from which one can look into the gates.
    """
    say_what_is_missing(TASK)
    if ON_ZERO_GPU:
        for name in find_models(TASK)[0]:
            get_model(name, TASK)
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320):
            model, other, text = _what_to_judge()
            go = gr.Button(label("classify"), variant="primary", elem_id="classify")
        with gr.Column(scale=7, min_width=320):
            view = why_view(elem_id="verdict")
    with gr.Accordion(label("many"), open=False, elem_id="many"):
        csv_area(model)
    with gr.Accordion(label("reliability"), open=False, elem_id="reliability"):
        diagram = _html(_diagram(BY_LANGUAGE, ""))
    waiting = go.click(lambda: blank(status=sentence("waiting")), None, view, **AT_ONCE)
    waiting.then(
        _answer,
        [text, model, other],
        view,
        concurrency_limit=READERS,
        concurrency_id="readers",
        trigger_mode="multiple",  # else a question is lost that comes before the end of another
        **PRIVATE,
    )
    # Two listeners: one for both would, if a change came first, press the button a second time.
    for event in (model.change, go.click):
        event(_diagram, [model, text], diagram, **AT_ONCE)
    shared: dict[str, Any] = {"concurrency_limit": READERS, "concurrency_id": "readers"}
    gr.api(sentiment_classify, api_name="classify", **shared)
    gr.api(sentiment_explain, api_name="explain", **shared)
    return TASK, model, view


def _answer(text: str, model: str | None, other: str | None, request: gr.Request) -> Iterator[Any]:
    """The states of `judge`, until the same visitor asks something else."""
    visitor, question = request.session_hash, object()
    _questions[visitor] = question
    try:
        for state in judge(text, model, other):
            if _questions.get(visitor) is not question:
                yield gr.skip()  # what came last is sent once more at the end
                return
            yield gr.skip() if state is None else state
    finally:
        if _questions.get(visitor) is question:
            del _questions[visitor]


def _what_to_judge() -> tuple[gr.Dropdown, gr.Dropdown, gr.Textbox]:
    by_language = [(label("by_language"), BY_LANGUAGE)]
    model = model_chooser("sentiment-model", TASK, before=by_language, about=_about)
    text = gr.Textbox(
        label=label("review"),
        info=label("review_info"),
        lines=6,
        max_lines=16,
        elem_id="review",
    )
    with gr.Row(elem_classes="examples"):
        _html(markup(sentence("examples")))
        for example in EXAMPLES:
            shown = example if len(example) <= 24 else f"{example[:23]}…"
            button = gr.Button(shown, size="sm")
            button.click(partial(str, example), None, text, **AT_ONCE)
    other = gr.Dropdown(
        _others(),
        value=BY_LANGUAGE,
        label=label("compare"),
        info=label("compare_info"),
        elem_id="sentiment-other",
        filterable=False,
    )
    # At each visit, as the models above.
    gr.on(None, lambda: gr.Dropdown(choices=_others()), None, other, **AT_ONCE)
    return model, other, text


def _others() -> list[tuple[Any, str]]:
    return [(label("nobody"), BY_LANGUAGE), *((name, name) for name in find_models(TASK)[0])]


def _about(name: str | None) -> str:
    return about_model(name) or markup(sentence("by_language_about"))


def _diagram(name: str | None, text: str | None) -> str:
    if not find_models(TASK)[0]:
        return ""
    return reliability_html(name or pick_model(text or ""))
