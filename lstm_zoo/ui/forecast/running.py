"""What the buttons of the tab do: forecast, test and train, a few steps at a time."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import gradio as gr

from lstm_zoo.errors import CheckpointError, UsageError
from lstm_zoo.ui.forecast.answers import Answer, answer, run_backtest
from lstm_zoo.ui.forecast.gates_link import NONE, link_of
from lstm_zoo.ui.forecast.own_models import PREFIX, TASK, may_be_tuned, own_model, train_own
from lstm_zoo.ui.forecast.sources import Source, series_of
from lstm_zoo.ui.forecast.tables import backtest_table, forecast_table, notes_list
from lstm_zoo.ui.models import find_models, get_model
from lstm_zoo.ui.states import Mistake, told
from lstm_zoo.ui.words import label, markup, notice, sentence
from lstm_zoo.ui.zero_gpu import on_gpu

WORKING = '<span role="status">'


@on_gpu
def run(
    name: str | None,
    source: Source,
    date: str | None,
    values: str | None,
    horizon: Any,
    hide: bool,
) -> Iterator[tuple[Any, ...]]:
    """Forecast, then test if that is asked for; what goes wrong is said in the status."""
    begin = time.perf_counter()
    name = name or ""  # there may be no model
    kept = [gr.skip()] * 8
    try:
        yield (_working("forecasting"), *kept)
        series = series_of(source, date, [values] if values else None)
        steps = _whole(horizon)
        model = _model(name)
        found = answer(model, series, steps, hide)
        link = NONE
        if not name.startswith(PREFIX):  # the tab 'Gates' knows no visitor's own
            link = link_of(name, model, series.first(len(series) - steps * hide))
        verdict = ""
        if hide:
            yield (_working("backtesting"), *_shown(found, "", source), link)
            result = run_backtest(model, series, steps, own=name.startswith(PREFIX))
            verdict = backtest_table(result)
            found = answer(model, series, steps, hide, result)
        seconds = f"{time.perf_counter() - begin:.1f}"
        done = markup(sentence("forecast_done", seconds=seconds))
        yield (done, *_shown(found, verdict, source), link)
    except (UsageError, CheckpointError) as error:
        yield (notice(told(error)), *kept)


def train(
    source: Source, date: str | None, values: str | None, horizon: Any
) -> Iterator[tuple[Any, ...]]:
    """Train a model on the series, and choose it; what goes wrong is said in the status."""
    yield from _learn(source, date, values, horizon)


def tune(
    source: Source, date: str | None, values: str | None, name: str | None
) -> Iterator[tuple[Any, ...]]:
    """Train the chosen model further on the series, and choose what comes of it."""
    yield from _learn(source, date, values, None, name)


def _learn(
    source: Source, date: str | None, values: str | None, horizon: Any, start: str | None = None
) -> Iterator[tuple[Any, ...]]:
    """Anew for a horizon, or on from a model with the horizon of that."""
    begin = time.perf_counter()
    try:
        yield _progress(0.0), gr.skip()
        series = series_of(source, date, [values] if values else None)
        if series.is_prices:
            yield notice(sentence("own_prices")), gr.skip()
            return
        if start is not None and not may_be_tuned(start):
            raise Mistake(sentence("not_tuned"))
        steps = _whole(horizon) if start is None else None
        for share, name in train_own(source, series, steps, date, values, start):
            if name is None:
                yield _progress(share), gr.skip()
        seconds = f"{time.perf_counter() - begin:.0f}"
        choices: Any = [*find_models(TASK)[0], (label("own_model"), name)]
        chosen = gr.Dropdown(choices=choices, value=name)
        yield markup(sentence("trained", seconds=seconds)), chosen
    except (UsageError, CheckpointError) as error:
        yield notice(told(error)), gr.skip()


def _model(name: str) -> Any:
    """A visitor's own model, or one that is here for all."""
    if not name.startswith(PREFIX):
        return get_model(name, TASK)
    model = own_model(name)
    if model is None:
        raise Mistake(sentence("own_gone"))
    return model


def _progress(share: float) -> str:
    bar = f'<progress value="{share:.3f}"></progress>' if share else "<progress></progress>"
    return _working("training", after=f" {bar}")


def _shown(found: Answer, verdict: str, source: Source) -> tuple[Any, ...]:
    """An answer in the components after the status."""
    said = [notes_list(found.notes)]
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
    name = sentence("horizon")
    if not isinstance(horizon, int | float) or not math.isfinite(horizon):
        raise Mistake(sentence("not_number", name=name))
    if horizon != int(horizon):
        raise Mistake(sentence("not_whole", name=name, value=f"{horizon:g}"))
    return int(horizon)


def is_working(status: str) -> bool:
    """Whether a status tells of work that still goes on."""
    return status.startswith(WORKING)


def _working(word: str, after: str = "") -> str:
    return f"{WORKING}{markup(sentence(word))}{after}</span>"
