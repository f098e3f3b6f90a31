"""The models of the zoo as HTML: cards, and a table with the same contents; everything is escaped.

`zoo.js` shows one of the two, filters them, and says which button was pressed.
"""

from __future__ import annotations

import html
from collections.abc import Collection, Mapping, MutableMapping, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from lstm_zoo.task import get_task, task_names
from lstm_zoo.ui.terms import description, language_name, term
from lstm_zoo.ui.words import Sentence, markup, notice, same, sentence
from lstm_zoo.ui.words.messages import message
from lstm_zoo.ui.writing import TASK
from lstm_zoo.ui.zoo_models import ON_HUB, Entry
from lstm_zoo.zoo.card import megabytes
from lstm_zoo.zoo.config import CheckpointConfig, MetricEntry

FACTS = ("task", "data", "figure", "parameters", "size", "speed_here", "licence", "place")
"""What is told of a model, each under the word of this key."""


def listing(entries: Sequence[Entry], errors: Sequence[str], usable: Collection[str]) -> str:
    """All models, as cards and as a table, with what can be done.

    Args:
        entries: the models.
        errors: what is wrong with others.
        usable: the tasks that have a tab.
    """
    cells = [_cells(entry, usable) for entry in entries]
    broken = "".join(notice(sentence("broken_model", error=message(error))) for error in errors)
    return (
        f"{broken}{_bar(entries)}"
        f'<div class="zoo-cards">{"".join(map(_card, entries, cells))}</div>'
        f'<div class="zoo-scroll">{_table(entries, cells)}</div>'
        f'<p class="zoo-nothing" hidden>{markup(sentence("nothing_fits"))}</p>'
    )


def _bar(entries: Sequence[Entry]) -> str:
    """The filters, and the choice between cards and table."""
    tasks = {entry.config.task: _task_title(entry.config) for entry in entries}
    languages = {entry.config.language: language_name(entry.config.language) for entry in entries}
    every = {"": sentence("all")}
    views = {"cards": sentence("cards"), "table": sentence("table")}
    filters = _choice("task", every | tasks, "task") + _choice(
        "language", every | languages, "language"
    )
    return f'<div class="zoo-bar">{filters}{_choice("view", views)}</div>'


def _choice(key: str, values: Mapping[str, Sentence], word: str = "") -> str:
    title = f'<span class="choice-title">{markup(sentence(word))}</span>' if word else ""
    buttons = "".join(
        f'<button type="button" data-choice="{key}" value="{html.escape(value)}">'
        f"{markup(texts)}</button>"
        for value, texts in values.items()
    )
    return f'<div class="choice" role="group">{title}{buttons}</div>'


def _card(entry: Entry, cells: Mapping[str, str]) -> str:
    facts = "".join(
        f"<div><dt>{markup(sentence(key))}</dt><dd>{cells[key]}</dd></div>" for key in FACTS
    )
    return (
        f"<article {_attributes(entry)}>{cells['model']}<dl>{facts}</dl>"
        f'<div class="zoo-actions">{cells["actions"]}</div></article>'
    )


def _table(entries: Sequence[Entry], cells: Sequence[Mapping[str, str]]) -> str:
    head = "".join(
        f'<th scope="col" class="{key}">{markup(sentence(key))}</th>'
        for key in ("model", *FACTS, "actions")
    )
    rows = "".join(
        f'<tr {_attributes(entry)}><th scope="row">{row["model"]}</th>'
        + "".join(f'<td class="{key}">{row[key]}</td>' for key in FACTS)
        + f'<td><div class="zoo-actions">{row["actions"]}</div></td></tr>'
        for entry, row in zip(entries, cells, strict=True)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _attributes(entry: Entry) -> str:
    config = entry.config
    return (
        f'data-name="{html.escape(config.name)}" data-task="{html.escape(config.task)}"'
        f' data-language="{html.escape(config.language)}" data-place="{entry.place}"'
    )


def _cells(entry: Entry, usable: Collection[str]) -> dict[str, str]:
    """What is told of a model, by `FACTS`, with its name and its buttons."""
    config = entry.config
    about = markup(description(config.name, config.description))
    return {
        "model": f'<h3>{html.escape(config.name)}</h3><p class="about">{about}</p>',
        "task": f"{markup(_task_title(config))}<small>{markup(language_name(config.language))}"
        "</small>",
        "data": markup(term(config.data["name"])),
        "figure": _figure(config),
        "parameters": f"{config.parameters:,}",
        "size": megabytes(entry.size),
        "speed_here": _speed(entry),
        "licence": html.escape(config.licence),
        "place": f'<span class="dot">{markup(sentence(entry.place))}</span>',
        "actions": _actions(entry, usable),
    }


def _task_title(config: CheckpointConfig) -> Sentence:
    # A model on the Hub may be for a task that this version does not know.
    return term(get_task(config.task).title) if config.task in task_names() else same(config.task)


def _figure(config: CheckpointConfig) -> str:
    """The first metric; the others, how all were measured, and by which command, on demand."""
    if not config.metrics:
        return markup(sentence("not_measured"))
    first = next(iter(config.metrics.values()))
    lines = "".join(
        f"<p><b>{html.escape(key)} {metric.value:.4f}</b> {_how_measured(metric)}</p>"
        for key, metric in config.metrics.items()
    )
    commands = dict.fromkeys(metric.command for metric in config.metrics.values())
    by = markup(sentence("measured_by"))
    by += "".join(f" <code>{html.escape(command)}</code>" for command in commands)
    return (
        f'<details data-key="{html.escape(config.name)}"><summary>{first.value:.4f}'
        f" <small>{markup(term(first.unit))}</small></summary>{lines}"
        f"<p>{by}</p></details>"
    )


def _how_measured(metric: MetricEntry) -> str:
    parts = {key: term(getattr(metric, key)) for key in ("unit", "split", "protocol")}
    return markup(sentence("how_measured", **parts))


def _speed(entry: Entry) -> str:
    if entry.config.task != TASK or entry.place == ON_HUB:
        return markup(sentence("not_measured"))
    if entry.speed is None:
        return _button("measure", entry, sentence("measure"))
    speed = markup(sentence("tokens_per_second", speed=f"{entry.speed:,.0f}"))
    return speed + " " + _button("measure", entry, sentence("measure_again"))


def _actions(entry: Entry, usable: Collection[str]) -> str:
    if entry.place == ON_HUB:
        return _button("download", entry, sentence("download"))
    use = _button("use", entry, sentence("use")) if entry.config.task in usable else ""
    inside = _button("inside", entry, sentence("inside"))
    return use + inside + _button("card", entry, sentence("card"))


def _button(action: str, entry: Entry, texts: Sentence) -> str:
    name = html.escape(entry.config.name)
    return (
        f'<button type="button" data-action="{action}" value="{name}">{markup(texts)}'
        f'<span class="only-read"> {name}</span></button>'
    )


def card_html(text: str) -> str:
    """A card's Markdown as HTML; what is HTML in it is shown as text, and no image is fetched."""
    rendered: str = _markdown.render(text)
    return rendered


def _image_text(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: Any,
    environment: MutableMapping[str, Any],
) -> str:
    return html.escape(tokens[index].content)


def _open_elsewhere(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: Any,
    environment: MutableMapping[str, Any],
) -> str:
    tokens[index].attrs |= {"target": "_blank", "rel": "noopener noreferrer"}
    return renderer.renderToken(tokens, index, options, environment)


_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
_markdown.add_render_rule("image", _image_text)
_markdown.add_render_rule("link_open", _open_elsewhere)
