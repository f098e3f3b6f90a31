"""Below the views: a unit held still, and two models side by side."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import gradio as gr

from lstm_zoo.errors import CheckpointError, UsageError
from lstm_zoo.ui.gates.hold import (
    LENGTHS,
    SEEDS,
    Held,
    before_and_after,
    finite,
    held_state,
    parse_units,
    span,
    whole,
)
from lstm_zoo.ui.gates.looking import blank, look, pane
from lstm_zoo.ui.gates.looks import KEPT_SECONDS, LOOKS
from lstm_zoo.ui.gates.source import STEP_LIMIT
from lstm_zoo.ui.gates.view import gates_view, held_view
from lstm_zoo.ui.models import find_models
from lstm_zoo.ui.parts import AT_ONCE, PRIVATE
from lstm_zoo.ui.states import State, new_state, told
from lstm_zoo.ui.words import label, markup, sentence

GATES = ("forget", "input", "output", "cell", "c", "h")
READERS: dict[str, Any] = {"concurrency_limit": 2, "concurrency_id": "readers"}
"""Texts read at the same time; further visitors wait in a queue."""
PROMPT_SHOWN = 400
FOLD = "gates-fold"
_html = partial(gr.HTML, apply_default_css=False)


def hold_panel(model: gr.Dropdown, text: gr.Textbox, view: gr.HTML) -> None:
    """A unit held still, and how the model goes on before and after.

    Args:
        model: where a model is chosen.
        text: what it reads.
        view: the views: the unit chosen there is the one that is held.
    """
    with gr.Accordion(
        label("gates_hold"), open=False, elem_classes="gates-fold", elem_id="gates-hold"
    ):
        _html(markup(sentence("gates_hold_info")), elem_classes="about")
        with gr.Row():
            gates = [(label(f"gates_name_{name}"), name) for name in GATES]
            name = gr.Dropdown(gates, value="c", label=label("gates_hold_what"), min_width=150)
            layer = gr.Number(1, label=label("gates_hold_layer"), min_width=90, precision=0)
            units = gr.Textbox(
                "0", label=label("gates_hold_units"), min_width=150, elem_id="gates-hold-units"
            )
            low, high = span("c")
            value = gr.Slider(
                low,
                high,
                0,
                step=0.05,
                label=label("gates_hold_value"),
                min_width=220,
                elem_id="gates-hold-value",
            )
        with gr.Row():
            start = gr.Number(0, label=label("gates_hold_from"), min_width=110, precision=0)
            stop = gr.Textbox(
                "", label=label("gates_hold_to"), placeholder=label("gates_hold_end"), min_width=110
            )
            length = gr.Number(200, label=label("gates_hold_length"), min_width=110, precision=0)
            seed = gr.Number(1, label=label("seed"), min_width=110, precision=0)
        _html(markup(sentence("gates_hold_units_info")), elem_classes="about")
        go = gr.Button(label("gates_hold_go"), variant="primary", elem_id="gates-hold-go")
        held = held_view("gates-held")
    name.change(_span, name, value, **AT_ONCE)
    view.picked(_picked, None, [name, layer, units], **AT_ONCE)
    wait = partial(new_state, status=sentence("gates_working"))
    go.click(wait, None, held, **AT_ONCE).then(
        _hold,
        [model, text, name, layer, units, value, start, stop, length, seed],
        held,
        **PRIVATE,
        **READERS,
    )


def _span(name: str) -> gr.Slider:
    low, high = span(name)
    return gr.Slider(minimum=low, maximum=high)


def _picked(event: gr.EventData) -> tuple[Any, Any, Any]:
    """The unit that was chosen in the views; a gate that cannot be held stays out."""
    name = event.name if event.name in GATES else gr.skip()
    return name, int(event.layer) + 1, str(event.unit)


def _hold(model: str, text: str, *values: Any) -> dict[str, Any]:
    try:
        return hold(model, text, *values)
    except (UsageError, CheckpointError) as error:
        return new_state(error=told(error), done=True)


def hold(
    model: str,
    text: str,
    name: str,
    layer: Any,
    units: Any,
    value: Any,
    start: Any,
    stop: Any,
    length: Any,
    seed: Any,
) -> dict[str, Any]:
    """What the page shows of units held; values as they come from it.

    Raises:
        UsageError: one of them cannot be used.
        CheckpointError: the model's files are not whole.
    """
    last = STEP_LIMIT + LENGTHS[1]
    if isinstance(stop, str):
        stop = stop.strip()
        stop = int(stop) if stop.isdecimal() and len(stop) < 9 else (float("nan") if stop else None)
    held = Held(
        name=str(name),
        layer=whole("gates_hold_layer", layer, 1, 64) - 1,
        units=parse_units(units),
        value=finite("gates_hold_value", value),
        start=whole("gates_hold_from", start, 0, last),
        stop=None if stop is None else whole("gates_hold_to", stop, 0, last),
    )
    length, seed = whole("gates_hold_length", length, *LENGTHS), whole("seed", seed, *SEEDS)
    both = before_and_after(model, text, held, length, seed)
    shown = text[-PROMPT_SHOWN:]
    return held_state(("… " if shown != text else "") + shown, both, str(units))


def pair_panel(model: gr.Dropdown, text: gr.Textbox) -> None:
    """Two models side by side on the same input.

    Args:
        model: where the first is chosen.
        text: what both read.
    """
    with gr.Accordion(
        label("gates_pair"), open=False, elem_classes="gates-fold", elem_id="gates-pair"
    ):
        _html(markup(sentence("gates_pair_info")), elem_classes="about")
        with gr.Row(equal_height=True):
            names = _fitting(model.value)
            other = gr.Dropdown(
                names,
                value=next(iter(names), None),
                label=label("gates_other"),
                elem_id="gates-other",
                filterable=False,
            )
            go = gr.Button(label("gates_compare"), elem_id="gates-compare")
        view = gates_view("gates-both")
    kept = gr.State([], time_to_live=KEPT_SECONDS, delete_callback=_forget)
    model.change(_others, model, other, **AT_ONCE)
    wait = partial(blank, status=sentence("gates_wait"))
    go.click(wait, None, view, **AT_ONCE).then(
        _compare, [model, other, text, kept], [view, kept], **PRIVATE, **READERS
    )


def _fitting(name: str | None) -> list[str]:
    """Other models that read the same kind of thing."""
    configs = find_models()[0]
    own = configs.get(name or "")
    return [
        each
        for each in configs
        if own is not None
        and each != name
        and (configs[each].task, configs[each].language) == (own.task, own.language)
        and (own.task != "gating" or configs[each].data["name"] == own.data["name"])
    ]


def _others(name: str) -> gr.Dropdown:
    names = _fitting(name)
    return gr.Dropdown(choices=names, value=next(iter(names), None))


def _compare(first: str, second: str | None, text: str, kept: list[str]) -> tuple[State, list[str]]:
    if not second:
        return blank(error=sentence("gates_no_other"), done=True), kept
    try:
        panes = [pane(*look(name, text)) for name in (first, second)]
    except (UsageError, CheckpointError) as error:
        return blank(error=told(error), done=True), kept
    _forget(kept)
    return blank(panes=panes, done=True), [each["token"] for each in panes]


def _forget(tokens: Sequence[str]) -> None:
    for token in tokens:
        LOOKS.drop(token)
