"""Whole files: a csv file in, the same with verdicts out, with progress and a way to stop."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import gradio as gr

from lstm_zoo.errors import CheckpointError, UsageError
from lstm_zoo.sentiment.batch import Done, classify_table
from lstm_zoo.sentiment.tables import Table, open_table
from lstm_zoo.ui.models import get_model
from lstm_zoo.ui.parts import AT_ONCE, PRIVATE
from lstm_zoo.ui.sentiment.judging import TASK, label_of, pick_model
from lstm_zoo.ui.states import told
from lstm_zoo.ui.words import LANGUAGES, Sentence, label, markup, notice, sentence
from lstm_zoo.ui.zero_gpu import on_gpu

FILES_AT_ONCE = 2
SAMPLE_ROWS = 50
"""Rows by which the language of a file is told."""

_stop_signs: dict[str, Path] = {}
"""For each visitor with a file under way, the path that stops it once something is there: on a
borrowed GPU the work is in another process."""
_html = partial(gr.HTML, apply_default_css=False)
_Step = tuple[str, Any, gr.Button, gr.Button]


def csv_area(model: gr.Dropdown) -> None:
    """Lay out the area and wire it.

    Args:
        model: says which model is to judge; "" for the one that fits the texts.
    """
    _html(markup(sentence("csv_info")), elem_classes="csv-about")
    with gr.Row(equal_height=False):
        file = gr.File(label=label("csv_file"), height=120, elem_id="csv-file")
        with gr.Column(min_width=240):
            column = gr.Dropdown([], label=label("csv_column"), elem_id="csv-column")
            with gr.Row(elem_classes="actions"):
                go = gr.Button(label("csv_go"), variant="primary", elem_id="csv-go")
                stop = gr.Button(label("stop"), elem_id="csv-stop", interactive=False)
    told = _html("", elem_id="csv-told", elem_classes="csv-progress")
    result = gr.File(label=label("csv_result"), visible=False, height=90, elem_id="csv-result")
    gr.on([file.upload, file.clear], _look, file, [told, column, result], **PRIVATE)
    go.click(
        _judge_file,
        [model, file, column],
        [told, result, go, stop],
        concurrency_limit=FILES_AT_ONCE,
        **PRIVATE,
    )
    stop.click(_stop, None, stop, **AT_ONCE)


def _look(path: str | None) -> tuple[str, gr.Dropdown, gr.File]:
    """What a file is, its columns, and which of them seems to hold the texts."""
    hidden = gr.File(value=None, visible=False)
    if not path:
        return "", gr.Dropdown(choices=[], value=None), hidden
    try:
        table = open_table(Path(path))
    except UsageError as error:
        return notice(told(error)), gr.Dropdown(choices=[], value=None), hidden
    # With numbers: Gradio would translate a name that is a key of the page's words, such as review.
    columns = [(f"{number + 1}. {name}", number) for number, name in enumerate(table.columns)]
    found = sentence(
        "csv_read",
        rows=f"{table.rows:,}",
        encoding=table.encoding.upper(),
        delimiter=sentence("csv_tab") if table.delimiter == "\t" else table.delimiter,
    )
    return markup(found), gr.Dropdown(choices=columns, value=table.text_column), hidden


def _judge_file(
    model: str | None, path: str | None, column: int | None, request: gr.Request
) -> Iterator[_Step]:
    visitor = str(request.session_hash)
    if not path:
        yield notice(sentence("csv_no_file")), gr.skip(), *_buttons(running=False)
        return
    # Gradio's folder of uploads, which it clears: what a visitor does not fetch does not stay.
    folder = Path(tempfile.mkdtemp(dir=Path(path).parent))
    out = folder / f"{Path(path).stem}.classified.csv"
    _stop_signs[visitor] = sign = folder / "stop"
    hidden = gr.File(value=None, visible=False)
    yield markup(sentence("waiting")), hidden, *_buttons(running=True)
    start = time.perf_counter()
    name, progress, done = "", "", None
    try:
        for step in _work(model or "", Path(path), column, out, sign):
            name, done = step
            progress = _progress(done, time.perf_counter() - start)
            yield progress, gr.skip(), gr.skip(), gr.skip()
        assert done is not None  # a file without rows is told of, too
        ended = markup(_ended(name, done))
        if done.rows < done.total:
            figures = {"rows": f"{done.rows:,}", "total": f"{done.total:,}"}
            ended = notice(sentence("csv_stopped", **figures)) + ended
        shown = gr.File(value=str(out), visible=True)
        yield progress + ended, shown, *_buttons(running=False)
    except (UsageError, CheckpointError, OSError) as error:
        yield notice(told(error)), gr.skip(), *_buttons(running=False)
    finally:
        _stop_signs.pop(visitor, None)


@on_gpu
def _work(
    model: str, path: Path, column: int | None, out: Path, sign: Path
) -> Iterator[tuple[str, Done]]:
    table = open_table(path)
    number = table.text_column if column is None else int(column)
    name = model or pick_model(_sample(table, number))
    for done in classify_table(get_model(name, TASK), table, number, out, sign.exists):
        yield name, done


def _sample(table: Table, column: int) -> str:
    return " ".join(row[column] for row in islice(table.read(), SAMPLE_ROWS))


def _stop(request: gr.Request) -> gr.Button:
    sign = _stop_signs.get(str(request.session_hash))
    if sign is not None:
        sign.touch()
    return gr.Button(interactive=False)


def _progress(done: Done, seconds: float) -> str:
    speed = done.rows / max(seconds, 1e-9)
    told = sentence(
        "csv_progress", rows=f"{done.rows:,}", total=f"{done.total:,}", speed=f"{speed:,.0f}"
    )
    bar = f'<progress value="{done.rows}" max="{max(done.total, 1)}"></progress>'
    return f"{bar}<p>{markup(told)}</p>"


def _ended(model: str, done: Done) -> Sentence:
    each = [
        sentence("csv_count", count=f"{count:,}", label=label_of(name))
        for name, count in done.counts.items()
    ]
    counts = {
        language: ("、" if language == "zh-CN" else ", ").join(one[language] for one in each)
        for language in LANGUAGES
    }
    return sentence("csv_done", model=model, counts=counts, blank=f"{done.blank:,}")


def _buttons(running: bool) -> tuple[gr.Button, gr.Button]:
    return gr.Button(interactive=not running), gr.Button(interactive=running)
