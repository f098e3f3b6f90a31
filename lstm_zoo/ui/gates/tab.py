"""The tab 'Gates': pick a model, give it something to read, and look at each gate of each step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import gradio as gr

from lstm_zoo.errors import CheckpointError, UsageError
from lstm_zoo.inspection.discoveries import Discovery
from lstm_zoo.ui.gates.api import hold_units, inspect
from lstm_zoo.ui.gates.looking import blank, look, pane, predictor_of
from lstm_zoo.ui.gates.looks import KEPT_SECONDS, LOOKS
from lstm_zoo.ui.gates.panels import READERS, hold_panel, pair_panel
from lstm_zoo.ui.gates.source import example
from lstm_zoo.ui.gates.tour import start_of, tour_buttons
from lstm_zoo.ui.gates.upload import upload_panel
from lstm_zoo.ui.gates.view import gates_view
from lstm_zoo.ui.models import find_models
from lstm_zoo.ui.parts import AT_ONCE, PRIVATE, model_chooser
from lstm_zoo.ui.states import State, told
from lstm_zoo.ui.words import label, notice, sentence

FIRST_MODEL = "char-lstm.shakespeare"
Given = dict[str, Any]
Filled = Iterator[tuple[Any, ...]]
"""The text, what was filled in, the views, and the name of what they show."""
_html = partial(gr.HTML, apply_default_css=False)
_same = (gr.skip(), gr.skip())


def gates_tab(tabs: gr.Tabs, askers: Sequence[gr.HTML] = ()) -> gr.Dropdown:
    """Lay out the tab and wire it.

    Args:
        tabs: all tabs of the page.
        askers: views of other tabs whose event `inside` brings a model's `name` and a `text`.

    Returns:
        Where a model is chosen.
    """
    names = list(find_models()[0])
    if not names:
        _html(notice(sentence("no_models")))
    tour = tour_buttons(names)
    with gr.Row(equal_height=False, elem_classes="gates-inputs"):
        with gr.Column(scale=4, min_width=300):
            model = model_chooser("gates-model", first=FIRST_MODEL)
            with gr.Row(elem_classes="gates-actions"):
                go = gr.Button(label("gates_go"), variant="primary", elem_id="gates-go")
                another = gr.Button(label("gates_another"), elem_id="gates-another")
        with gr.Column(scale=7, min_width=300):
            text = gr.Textbox(
                label=label("gates_text"),
                info=label("gates_text_info"),
                lines=4,
                max_lines=8,
                elem_id="gates-text",
            )
    # What was filled in for the visitor, for which model, and how many examples there were.
    given = gr.State({"model": "", "text": "", "task": "", "turn": 0})
    kept = gr.State("", time_to_live=KEPT_SECONDS, delete_callback=LOOKS.drop)
    view = gates_view("gates-view", begins=True)
    upload_panel(view, kept)
    hold_panel(model, text, view)
    pair_panel(model, text)

    filled = [text, given, view, kept]
    for discovery, button in tour:
        show = partial(_discover, discovery)
        button.click(show, kept, [model, *filled], **PRIVATE, **READERS)
    for pressed in (go.click, text.submit):
        pressed(_read, [model, text, given, kept], filled, **PRIVATE, **READERS)
    for wanted, read in ((another.click, _read_example), (view.begin, _begin)):
        wanted(read, [model, given, kept], filled, **PRIVATE, **READERS)
    model.change(_read_with, [model, text, given, kept], filled, **PRIVATE, **READERS)
    for view_of_other in askers:
        asked = view_of_other.inside(_take, None, [tabs, model, text, given], **AT_ONCE)
        asked.then(_read, [model, text, given, kept], filled, **PRIVATE, **READERS)
    gr.api(inspect, api_name="inspect", **READERS)
    gr.api(hold_units, api_name="hold", **READERS)
    return model


def _take(event: gr.EventData) -> tuple[Any, ...]:
    """Come here with a model and a text; that is no other model of the visitor's choice."""
    configs = find_models()[0]
    name, text = str(event.name), str(event.text)
    if name not in configs:
        return (gr.skip(),) * 4
    given = {"model": name, "text": text, "task": configs[name].task, "turn": 0}
    chosen = gr.Dropdown(choices=list(configs), value=name)
    return gr.Tabs(selected="tab_gates"), chosen, text, given


def _read(
    name: str, text: str, given: Given, kept: str, start: State | None = None, tale: Any = None
) -> Filled:
    """Let the model read, and show what there is to see; what was seen before is forgotten."""
    # What is being typed stays as it is; only an example is put into the box.
    filled = text if text == given["text"] else gr.skip()
    yield filled, given, blank(status=sentence("gates_wait")), kept
    try:
        state = pane(*look(name, text), start)
    except (UsageError, CheckpointError) as error:
        yield *_same, blank(error=told(error), done=True), kept
        return
    LOOKS.drop(kept)
    yield *_same, blank(panes=[state], told=tale, done=True), state["token"]


def _read_example(name: str, given: Given, kept: str) -> Filled:
    """Another example for the model; the first one for another model."""
    config = find_models()[0].get(name)
    turn = given["turn"] if given["model"] == name else 0
    text = ""
    if config is not None:
        with suppress(UsageError, CheckpointError):  # reading says it
            text = example(predictor_of(name), config.language, turn)
    task = config.task if config else ""
    fresh = {"model": name, "text": text, "task": task, "turn": turn + 1}
    yield from _read(name, text, fresh, kept)


def _begin(name: str, given: Given, kept: str) -> Filled:
    """An example at the first sight of the tab, unless the visitor came with something to read."""
    if given["model"]:
        yield (gr.skip(),) * 5
    else:
        yield from _read_example(name, given, kept)


def _read_with(name: str, text: str, given: Given, kept: str) -> Filled:
    """Another model: what the visitor typed stays if it can read that, else it gets an example."""
    if given["model"] == name:  # it was not the visitor who chose it
        yield (gr.skip(),) * 4
        return
    config = find_models()[0].get(name)
    own = text.strip() and text != given["text"]
    if config and own and config.task == given["task"] != "gating":
        yield from _read(name, text, given | {"model": name}, kept)
    else:
        yield from _read_example(name, given, kept)


def _discover(discovery: Discovery, kept: str) -> Filled:
    """One of the tour's discoveries."""
    config = find_models()[0].get(discovery.model)
    given = {
        "model": discovery.model,
        "text": discovery.text,
        "task": config.task if config else "",
        "turn": 0,
    }
    model = gr.Dropdown(value=discovery.model)
    tale = sentence(f"gates_tale_{discovery.name}")
    for step in _read(discovery.model, discovery.text, given, kept, start_of(discovery), tale):
        yield model, *step
