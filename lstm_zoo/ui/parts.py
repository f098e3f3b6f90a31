"""What the tabs share: their events, their scripts, and where a model is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from lstm_zoo.ui.models import find_models
from lstm_zoo.ui.terms import description
from lstm_zoo.ui.words import label, markup, notice, sentence
from lstm_zoo.ui.words.messages import message

HERE = Path(__file__).parent
# The events of the page itself; clients have their own.
PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
AT_ONCE = PRIVATE | {"queue": False}
_html = partial(gr.HTML, apply_default_css=False)


def script(*files: str) -> str:
    """JavaScript of a component: files of this folder, one after the other."""
    return "\n".join((HERE / file).read_text("utf-8") for file in files)


def say_what_is_missing(task: str) -> None:
    """Lay out notices of models that cannot be read, and of there being none for the task."""
    models, errors = find_models(task)
    for error in errors:
        _html(notice(sentence("broken_model", error=message(error))))
    if not models:
        _html(notice(sentence("no_models")))


def about_model(name: str | None) -> str:
    """HTML that says what a model is; empty if it is not here."""
    config = find_models()[0].get(name or "")
    if config is None:
        return ""
    about = sentence(
        "about_model",
        description=description(config.name, config.description),
        parameters=f"{config.parameters:,}",
        data=config.data["name"],
    )
    return markup(about)


def model_chooser(
    elem_id: str,
    task: str | None = None,
    first: str | None = None,
    before: Sequence[tuple[Any, str]] = (),
    about: Callable[[str | None], str] = about_model,
) -> gr.Dropdown:
    """Lay out where a model is chosen, and below it what is said of that one.

    Args:
        elem_id: of the dropdown.
        task: only models for this task.
        first: the model that is chosen at first; if it is not here, the first of the choices is.
        before: choices that stand above the models: word and value.
        about: makes HTML of the value that is chosen.
    """

    def choices() -> list[tuple[Any, str]]:
        return [*before, *((name, name) for name in find_models(task)[0])]

    def refresh() -> gr.Dropdown:
        return gr.Dropdown(choices=choices())

    values = [value for _, value in choices()]
    chosen = first if first in values else next(iter(values), None)
    model = gr.Dropdown(
        choices(), value=chosen, label=label("model"), elem_id=elem_id, filterable=False
    )
    told = _html(about(chosen), elem_classes="about")
    model.change(about, model, told, **AT_ONCE)
    # At each visit: models may have been downloaded since the page was built.
    gr.on(None, refresh, None, model, **AT_ONCE)
    if before:  # the tab 'Zoo' names the models alone when it chooses one
        model.change(refresh, None, model, **AT_ONCE)
    return model
