"""Tables of the tab as HTML: the forecast, and the scores and the verdict of a backtest."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from lstm_zoo.forecasting.backtest import CORRECTED, MODEL, Backtest
from lstm_zoo.forecasting.verdict import Verdict
from lstm_zoo.ui.words import WORDS, Sentence, markup, same, sentence
from lstm_zoo.ui.words.messages import message

COVERAGE = "coverage "
NOTES_SHOWN = 20


def forecast_table(table: Any, name: str) -> str:
    """The forecast, with a link that saves it as csv.

    Args:
        table: of `Answer`.
        name: what the file is called.
    """
    heads = [_head(column) for column in table.columns]
    rows = [
        "".join(f"<td>{html.escape(_cell(value))}</td>" for value in row)
        for row in table.itertuples(index=False)
    ]
    csv = quote(table.to_csv(index=False))
    link = (
        f'<a class="text-button save" download="{html.escape(name)}.csv"'
        f' href="data:text/csv;charset=utf-8,{csv}">{markup(sentence("save_csv"))}</a>'
    )
    summary = f"<summary>{markup(sentence('as_table'))}</summary>"
    return f"<details>{summary}{_table(heads, rows)}</details>{link}"


def notes_list(notes: Sequence[str]) -> str:
    """What is to be known of a series, folded away where it is long; "" if there is nothing."""
    if not notes:
        return ""
    items = "".join(f"<li>{markup(message(note))}</li>" for note in notes[:NOTES_SHOWN])
    if len(notes) > NOTES_SHOWN:  # a table may have thousands of columns, each with a note
        items += f"<li>{markup(sentence('more_notes', count=len(notes) - NOTES_SHOWN))}</li>"
    head = f"{markup(sentence('notes'))} ({len(notes)})"
    is_open = " open" if len(notes) < 3 else ""
    return f'<details class="notes"{is_open}><summary>{head}</summary><ul>{items}</ul></details>'


def backtest_table(result: Backtest) -> str:
    """The verdict, and all scores; the best of each is marked."""
    table = result.table
    best = {column: table.index[_rank(table[column], column)] for column in table.columns}
    heads = [markup(sentence("forecaster")), *map(_score_head, table.columns)]
    rows = []
    for name, row in table.iterrows():
        cells = "".join(
            f'<td class="{"best" if best[column] == name else ""}">{_score(column, value)}</td>'
            for column, value in row.items()
        )
        rows.append(f"<th>{markup(forecaster_name(str(name)))}</th>{cells}")
    verdict = f'<p class="verdict {result.verdict.key}">{markup(verdict_words(result.verdict))}</p>'
    note = f'<p class="hint">{markup(sentence("scores_note", origins=len(result.origins)))}</p>'
    return verdict + _table(heads, rows) + note


def verdict_words(verdict: Verdict) -> Sentence:
    """The verdict in both languages."""
    values: dict[str, Any] = dict(verdict.values)
    values["baseline"] = forecaster_name(values["baseline"])
    if "direction" in values:
        values["direction"] = sentence(values["direction"])
    return sentence(f"verdict_{verdict.key}", **values)


def forecaster_name(name: str) -> Sentence:
    """The model, or a baseline, in words."""
    key = {MODEL: "row_model", CORRECTED: "row_corrected"}.get(name, f"baseline_{name}")
    return sentence(key) if key in WORDS else same(name)


def _rank(column: Any, name: str) -> int:
    """Place of the best: the lowest, or for a coverage the nearest to its promise."""
    if name.startswith(COVERAGE):
        column = (column - float(name.removeprefix(COVERAGE))).abs()
    return int(column.fillna(float("inf")).to_numpy().argmin())


def _head(column: str) -> str:
    return (
        markup(sentence(f"column_{column}")) if f"column_{column}" in WORDS else html.escape(column)
    )


def _score_head(column: str) -> str:
    if column.startswith(COVERAGE):
        return markup(sentence("coverage", percent=column.removeprefix(COVERAGE)))
    return html.escape(column)


def _score(column: str, value: float) -> str:
    if value != value:
        return "–"
    return f"{value:.0f} %" if column.startswith(COVERAGE) else f"{value:.4g}"


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if hasattr(value, "strftime"):
        return str(value).removesuffix(" 00:00:00")
    return str(value)


def _table(heads: list[str], rows: list[str]) -> str:
    head = "".join(f"<th>{each}</th>" for each in heads)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return (
        '<div class="table-scroll" tabindex="0"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
