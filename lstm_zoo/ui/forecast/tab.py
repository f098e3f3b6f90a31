"""The tab 'Forecast': how a series goes on, how sure that is, and whether the model is worth it."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import gradio as gr

from lstm_zoo.errors import CheckpointError, UsageError
from lstm_zoo.forecasting.series import read_series
from lstm_zoo.ui.forecast.answers import Answer, answer, run_backtest
from lstm_zoo.ui.forecast.sources import EXAMPLES, Source, columns_of, series_of
from lstm_zoo.ui.forecast.tables import backtest_table, forecast_table
from lstm_zoo.ui.models import find_models, get_model
from lstm_zoo.ui.terms import description
from lstm_zoo.ui.words import label, markup, notice, same, sentence
from lstm_zoo.ui.zero_gpu import on_gpu

TASK = "forecasting"
PRICES_MODEL = "prob-lstm.sp500"
FORECASTERS = 2
"""Visitors who forecast at the same time; further ones wait in a queue."""
FILES = [".csv", ".txt", ".tsv", ".gz", ".parquet"]
PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
AT_ONCE = PRIVATE | {"queue": False}
SHARED: dict[str, Any] = {"concurrency_limit": FORECASTERS, "concurrency_id": "forecasters"}
_html = partial(gr.HTML, apply_default_css=False)
_none_chosen = partial(gr.Dropdown, value=None, choices=[])


def forecast_tab() -> tuple[str, gr.Dropdown]:
    """Lay out the tab and wire it.

    Returns:
        Its task, and where a model is chosen.
    """
    models, errors = find_models(TASK)
    for error in errors:
        _html(notice(sentence("broken_model", error=error)))
    if not models:
        _html(notice(sentence("no_models")))
    source = gr.State({})
    with gr.Row(equal_height=False):
        with gr.Column(scale=4, min_width=300):
            model, options = _what_to_forecast(list(models), source)
            with gr.Row(elem_classes="actions"):
                go = gr.Button(label("forecast"), variant="primary", elem_id="forecast-go")
                stop = gr.Button(label("stop"), elem_id="forecast-stop", interactive=False)
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
    outputs = [status, said, chart, legend, returns, returns_legend, verdict, table]
    begun = go.click(partial(_buttons, busy=True), None, [go, stop], **AT_ONCE)
    running = begun.then(_run, [model, source, *options], outputs, **PRIVATE, **SHARED)
    running.then(partial(_buttons, busy=False), None, [go, stop], **AT_ONCE)
    stop.click(_stopped, None, [go, stop, status], cancels=running, **AT_ONCE)
    gr.api(forecast, api_name="forecast", **SHARED)
    gr.api(backtest, api_name="backtest", **SHARED)
    return TASK, model


@on_gpu
def forecast(
    model: str, csv: str, horizon: int, date: str = "", values: str = ""
) -> list[dict[str, Any]]:
    """Forecast a series with a model.

    Args:
        model: a name from `zoo` whose task is forecasting.
        csv: the table, as text.
        horizon: steps ahead.
        date: column of the dates; "" looks for it.
        values: column of the values; "" takes all.

    Returns:
        A row for each step: series, step, date where the series has dates, and quantiles.
    """
    try:
        series = read_series(_table_of(csv), date or None, values or None)
        table = get_model(model, TASK).forecast(series, horizon)
    except (UsageError, CheckpointError) as error:
        raise gr.Error(str(error), print_exception=False) from None
    return _records(table)


@on_gpu
def backtest(
    model: str, csv: str, horizon: int, date: str = "", values: str = ""
) -> dict[str, Any]:
    """Forecast the past of a series with a model and with baselines, and compare.

    Args: those of `forecast`.

    Returns:
        The verdict, and scores: a row for each forecaster.
    """
    try:
        series = read_series(_table_of(csv), date or None, values or None)
        result = run_backtest(get_model(model, TASK), series, horizon)
    except (UsageError, CheckpointError) as error:
        raise gr.Error(str(error), print_exception=False) from None
    scores = _records(result.table.rename_axis("forecaster").reset_index())
    return {"verdict": str(result.verdict), "scores": scores}


def _what_to_forecast(names: list[str], source: gr.State) -> tuple[gr.Dropdown, list[Any]]:
    """The model, and the options of `_run` after the source."""
    first = next(iter(names), None)
    model = gr.Dropdown(
        names, value=first, label=label("model"), elem_id="forecast-model", filterable=False
    )
    about_model = _html(_about(first), elem_classes="about")
    model.change(_about, model, about_model, **AT_ONCE)
    gr.on(None, lambda: gr.Dropdown(choices=list(find_models(TASK)[0])), None, model, **AT_ONCE)
    with gr.Row(elem_classes="examples"):
        _html(markup(sentence("series_examples")))
        buttons = {
            name: gr.Button(label(f"example_{name}"), size="sm", elem_id=f"example-{name}")
            for name in EXAMPLES
        }
    upload = gr.File(label=label("upload"), file_types=FILES, height=110, elem_id="forecast-upload")
    about = _html("", elem_classes="about", elem_id="forecast-source")
    with gr.Row(visible=False) as columns:
        date = gr.Dropdown(
            [], label=label("date_column"), info=label("found_by_itself"), min_width=140
        )
        values = gr.Dropdown(
            [], label=label("value_column"), info=label("found_by_itself"), min_width=140
        )
    horizon = gr.Number(
        20, label=label("horizon"), info=label("horizon_info"), elem_id="forecast-horizon"
    )
    hide = gr.Checkbox(False, label=label("hide"), info=label("hide_info"), elem_id="hide")
    chosen = [source, about, columns, date, values]
    for name, button in buttons.items():
        button.click(partial(_example, name), model, [*chosen, model, horizon], **AT_ONCE)
    upload.upload(_uploaded, upload, chosen, **AT_ONCE)
    return model, [date, values, horizon, hide]


def _example(name: str, model: str | None) -> tuple[Any, ...]:
    """The series of an example, and a model and a horizon that fit it."""
    about = markup(sentence(f"about_{name}"))
    names = list(find_models(TASK)[0])
    fitting = [each for each in names if (each == PRICES_MODEL) == (name == "sp500")]
    if model not in fitting and fitting:
        model = fitting[0]
    hidden = gr.Row(visible=False)
    return (
        {"example": name},
        about,
        hidden,
        _none_chosen(),
        _none_chosen(),
        model,
        EXAMPLES[name],
    )


def _uploaded(path: str) -> tuple[Any, ...]:
    """The columns of an uploaded file, to choose from."""
    hidden = (gr.Row(visible=False), _none_chosen(), _none_chosen())
    try:
        names, rows = columns_of(path)
    except UsageError as error:
        return {}, notice(same(str(error))), *hidden
    about = markup(sentence("about_upload", rows=f"{rows:,}", columns=len(names)))
    choices: Any = [(label("found_by_itself"), ""), *((name, name) for name in names)]
    return (
        {"file": path},
        about,
        gr.Row(visible=True),
        gr.Dropdown(choices=choices, value=""),
        gr.Dropdown(choices=choices, value=""),
    )


@on_gpu
def _run(
    name: str, source: Source, date: str | None, values: str | None, horizon: Any, hide: bool
) -> Iterator[tuple[Any, ...]]:
    """Forecast, then test if that is asked for; what goes wrong is said in the status."""
    begin = time.perf_counter()
    kept = [gr.skip()] * 7
    try:
        yield (_working("forecasting"), *kept)
        series = series_of(source, date, [values] if values else None)
        model = get_model(name, TASK)
        steps = _whole(horizon)
        found = answer(model, series, steps, hide)
        verdict, offsets = "", None
        if hide:
            yield (_working("backtesting"), *_shown(found, "", source))
            result = run_backtest(model, series, steps)
            verdict, offsets = backtest_table(result), result.offsets
            found = answer(model, series, steps, hide, offsets)
        seconds = f"{time.perf_counter() - begin:.1f}"
        yield (markup(sentence("forecast_done", seconds=seconds)), *_shown(found, verdict, source))
    except (UsageError, CheckpointError) as error:
        yield (notice(same(str(error))), *kept)


def _shown(found: Answer, verdict: str, source: Source) -> tuple[Any, ...]:
    """An answer in the components after the status."""
    said = [f'<p class="note">{markup(same(note))}</p>' for note in found.notes]
    if found.spread:
        said.append(f"<p>{markup(found.spread)}</p>")
        said.append(f'<p class="advice">{markup(sentence("no_advice"))}</p>')
    use = f'<p class="hint">{markup(sentence("chart_use"))}</p>'
    return (
        "".join(said),
        gr.Plot(found.chart, visible=True),
        found.legend + use,
        gr.Plot(found.returns, visible=found.returns is not None),
        found.returns_legend,
        verdict,
        forecast_table(found.table, source.get("example", "forecast")),
    )


def _whole(horizon: Any) -> int:
    if not isinstance(horizon, int | float) or horizon != int(horizon):
        raise UsageError(f"the steps ahead are a whole number, got {horizon!r}")
    return int(horizon)


def _table_of(csv: str) -> Any:
    import pandas as pd

    try:
        return pd.read_csv(io.StringIO(csv))
    except ValueError as error:
        raise UsageError(f"the text cannot be read as csv: {error}") from None


def _records(table: Any) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = json.loads(table.to_json(orient="records", date_format="iso"))
    return records


def _about(name: str | None) -> str:
    config = find_models(TASK)[0].get(name or "")
    return markup(description(config.name, config.description)) if config else ""


def _working(word: str) -> str:
    return f'<span role="status">{markup(sentence(word))}</span>'


def _stopped() -> tuple[Any, ...]:
    return *_buttons(busy=False), ""


def _buttons(busy: bool) -> tuple[gr.Button, gr.Button]:
    return gr.Button(interactive=not busy), gr.Button(interactive=busy)
