"""The tab 'Forecast': how a series goes on, how sure that is, and whether the model is worth it."""

from __future__ import annotations

from functools import partial
from typing import Any

import gradio as gr

from lstm_zoo.errors import UsageError
from lstm_zoo.ui.forecast.api import backtest, forecast
from lstm_zoo.ui.forecast.gates_link import gates_link
from lstm_zoo.ui.forecast.own_models import TASK, may_be_tuned, own_model
from lstm_zoo.ui.forecast.running import is_working, run, train, tune
from lstm_zoo.ui.forecast.sources import EXAMPLES, OF_PRICES, columns_of, may_be_prices
from lstm_zoo.ui.models import find_models
from lstm_zoo.ui.parts import AT_ONCE, PRIVATE, model_chooser, say_what_is_missing
from lstm_zoo.ui.states import told
from lstm_zoo.ui.terms import description
from lstm_zoo.ui.words import label, markup, notice, sentence

PRICES_MODEL = "prob-lstm.sp500"
FIRST = next(iter(EXAMPLES))
FORECASTERS = 2
"""Visitors who forecast at the same time; further ones wait in a queue."""
SHARED: dict[str, Any] = {"concurrency_limit": FORECASTERS, "concurrency_id": "forecasters"}
TRAINER: dict[str, Any] = {"concurrency_limit": 1, "concurrency_id": "trainer"}
# On a narrow screen the answer is below the controls; before it comes, the page may be too short to
# be scrolled that far.
SHOW_STATUS = """() => {
    const status = document.querySelector("#forecast-status");
    if (status.getBoundingClientRect().top > innerHeight * 0.7)
        status.scrollIntoView({ behavior: "smooth" });
}"""
_html = partial(gr.HTML, apply_default_css=False)
_by_itself: Any = (label("found_by_itself"), "")
_none_chosen = partial(gr.Dropdown, choices=[_by_itself], value="")


def forecast_tab() -> tuple[str, gr.Dropdown, gr.HTML]:
    """Lay out the tab and wire it.

    Returns:
        Its task, where a model is chosen, and the view from which one can look into the gates.
    """
    say_what_is_missing(TASK)
    source = gr.State({"example": FIRST})
    with gr.Row(equal_height=False):
        with gr.Column(scale=4, min_width=300):
            model, options = _what_to_forecast(source)
            with gr.Row(elem_classes="actions"):
                go = gr.Button(label("forecast"), variant="primary", elem_id="forecast-go")
                stop = gr.Button(label("stop"), elem_id="forecast-stop", interactive=False)
            learn = gr.Button(label("train_own"), size="sm", elem_id="forecast-train")
            _html(markup(sentence("train_own_info")), elem_classes="hint")
            with gr.Column(visible=False, elem_classes="tune") as tuning_part:
                further = gr.Button(label("tune_own"), size="sm", elem_id="forecast-tune")
                _html(markup(sentence("tune_own_info")), elem_classes="hint")
        with gr.Column(scale=8, min_width=320):
            empty = markup(sentence("forecast_empty"))
            status = _html(empty, elem_classes="forecast-status", elem_id="forecast-status")
            said = _html("", elem_classes="forecast-said", elem_id="forecast-said")
            chart = gr.Plot(visible=False, show_label=False, elem_id="forecast-chart")
            legend = _html("")
            returns = gr.Plot(visible=False, show_label=False, elem_id="forecast-returns")
            returns_legend = _html("")
            verdict = _html("", elem_id="forecast-verdict")
            table = _html("", elem_classes="forecast-table", elem_id="forecast-table")
            inside = gates_link(elem_id="forecast-inside")
    outputs = [status, said, chart, legend, returns, returns_legend, verdict, table, inside]
    buttons = [go, learn, further, stop]
    begun = go.click(partial(_buttons, busy=True), None, buttons, js=SHOW_STATUS, **AT_ONCE)
    running = begun.then(run, [model, source, *options], outputs, **PRIVATE, **SHARED)
    over = running.then(_over, status, [*buttons, status], **AT_ONCE)
    over.then(None, js=SHOW_STATUS, **AT_ONCE)
    asked = learn.click(partial(_buttons, busy=True), None, buttons, js=SHOW_STATUS, **AT_ONCE)
    training = asked.then(train, [source, *options[:3]], [status, model], **PRIVATE, **TRAINER)
    training.then(_over, status, [*buttons, status], **AT_ONCE)
    asked = further.click(partial(_buttons, busy=True), None, buttons, js=SHOW_STATUS, **AT_ONCE)
    tuning = asked.then(tune, [source, *options[:2], model], [status, model], **PRIVATE, **TRAINER)
    tuning.then(_over, status, [*buttons, status], **AT_ONCE)
    work = [running, training, tuning]
    stop.click(partial(_buttons, busy=False), None, buttons, cancels=work, **AT_ONCE)
    # At each visit too: a chosen model may be another than when the page was built.
    model.change(_offer_tuning, model, tuning_part, **AT_ONCE)
    gr.on(None, _offer_tuning, model, tuning_part, **AT_ONCE)
    gr.api(forecast, api_name="forecast", **SHARED)
    gr.api(backtest, api_name="backtest", **SHARED)
    return TASK, model, inside


def _what_to_forecast(source: gr.State) -> tuple[gr.Dropdown, list[Any]]:
    """The model, and the options of `run` after the source."""
    model = model_chooser("forecast-model", TASK, _fitting(FIRST == OF_PRICES), about=_about)
    with gr.Row(elem_classes="examples"):
        _html(markup(sentence("series_examples")))
        buttons = {
            name: gr.Button(label(f"example_{name}"), size="sm", elem_id=f"example-{name}")
            for name in EXAMPLES
        }
    # Any file may be chosen: what is wrong with it is said in the page's own words.
    words: Any = label("upload")  # translated, though its type says str
    upload = gr.UploadButton(words, size="sm", elem_id="forecast-upload")
    told_of = markup(sentence(f"about_{FIRST}"))
    about = _html(told_of, elem_classes="about", elem_id="forecast-source")
    with gr.Row(visible=False) as columns:
        date = _none_chosen(label=label("date_column"), min_width=140, elem_id="date-column")
        values = _none_chosen(label=label("value_column"), min_width=140, elem_id="value-column")
    horizon = gr.Number(
        EXAMPLES[FIRST],
        label=label("horizon"),
        info=label("horizon_info"),
        elem_id="forecast-horizon",
    )
    hide = gr.Checkbox(False, label=label("hide"), info=label("hide_info"), elem_id="hide")
    chosen = [source, about, columns, date, values, model]
    for name, button in buttons.items():
        button.click(partial(_example, name), model, [*chosen, horizon], **AT_ONCE)
    upload.upload(_uploaded, [upload, model], chosen, **AT_ONCE)
    return model, [date, values, horizon, hide]


def _example(name: str, model: str | None) -> tuple[Any, ...]:
    """The series of an example, and a model and a horizon that fit it."""
    about = markup(sentence(f"about_{name}"))
    hidden = gr.Row(visible=False)
    return (
        {"example": name},
        about,
        hidden,
        _none_chosen(),
        _none_chosen(),
        _fitting(name == OF_PRICES, model),
        EXAMPLES[name],
    )


def _uploaded(path: str, model: str | None) -> tuple[Any, ...]:
    """The columns of an uploaded file, to choose from, and a model that fits them."""
    try:
        names, rows = columns_of(path)
    except UsageError as error:
        about = notice(told(error)) + markup(sentence("upload_refused"))
        return (gr.skip(), about, *[gr.skip()] * 4)
    about = markup(sentence("about_upload", rows=f"{rows:,}", columns=len(names)))
    choices = [_by_itself, *((name, name) for name in names)]
    return (
        {"file": path},
        about,
        gr.Row(visible=True),
        gr.Dropdown(choices=choices, value=""),
        gr.Dropdown(choices=choices, value=""),
        _fitting(may_be_prices(names), model),
    )


def _fitting(of_prices: bool, model: str | None = None) -> str | None:
    """The model, if it is one of prices as asked for, else the first that is."""
    names = [name for name in find_models(TASK)[0] if (name == PRICES_MODEL) == of_prices]
    return model if model in names or not names else names[0]


def _about(name: str | None) -> str:
    if own_model(name or ""):
        return markup(sentence("about_own"))
    config = find_models(TASK)[0].get(name or "")
    return markup(description(config.name, config.description)) if config else ""


def _over(status: str) -> tuple[Any, ...]:
    """The buttons, and the status without the progress that a stopped run left in it."""
    return *_buttons(busy=False), "" if is_working(status) else gr.skip()


def _buttons(busy: bool) -> tuple[gr.Button, ...]:
    """Those that begin something, and the one that stops it."""
    free = gr.Button(interactive=not busy)
    return free, free, free, gr.Button(interactive=busy)


def _offer_tuning(name: str | None) -> gr.Column:
    """The part about training further, where the chosen model can be."""
    return gr.Column(visible=may_be_tuned(name))
