"""The tab 'Zoo': all models, where each is, what it can do, and how to get it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from lstm_zoo.errors import CheckpointError, UsageError
from lstm_zoo.ui.models import describe_device, find_models
from lstm_zoo.ui.parts import AT_ONCE, PRIVATE
from lstm_zoo.ui.states import told
from lstm_zoo.ui.words import Sentence, label, markup, notice, same, sentence
from lstm_zoo.ui.words.messages import message
from lstm_zoo.ui.zoo_cards import card_html, listing
from lstm_zoo.ui.zoo_models import (
    download,
    find_entries,
    find_here,
    listed_on_hub,
    look_on_hub,
    measure,
    read_card,
)
from lstm_zoo.zoo.card import megabytes
from lstm_zoo.zoo.hub import hub_owner
from lstm_zoo.zoo.hub_errors import HubUnreachable

HERE = Path(__file__).parent
DOWNLOADERS = 8
"""Visitors who watch a download at the same time."""
ONE_AT_A_TIME: dict[str, Any] = {"concurrency_limit": 1, "concurrency_id": "measure"}
"""Two measurements at once would both be wrong."""
DIALOG = """
const dialog = element.querySelector("dialog");
dialog.addEventListener("click", ({ target }) => {
  if (target === dialog || target.closest(".close")) dialog.close();
});
watch("value", () => {
  dialog.querySelector("div").innerHTML = props.value;
  dialog.showModal();
  dialog.scrollTo(0, 0);
});
"""
Steps = Iterator[tuple[str, Any]]
"""What the status says, and the list of models if it has changed."""

_html = partial(gr.HTML, apply_default_css=False)


def zoo_tab(
    tabs: gr.Tabs,
    choosers: Mapping[str, tuple[str, gr.Dropdown]],
    inside: tuple[str, gr.Dropdown],
) -> None:
    """Lay out the tab and wire it.

    Args:
        tabs: all tabs of the page.
        choosers: for each task the id of its tab and the dropdown in which a model is chosen.
        inside: the same of the tab that shows the gates of models of every task.
    """

    def models() -> str:
        return listing(*find_entries(), usable=choosers)

    def use(event: gr.EventData) -> list[Any]:
        name = str(event.name)
        try:
            task = find_here(name).task
        except UsageError as error:
            return [notice(told(error)), *[gr.skip()] * (1 + len(choosers))]
        names = list(find_models(task)[0])
        chosen = gr.Dropdown(choices=names, value=name)
        updates = [chosen if each == task else gr.skip() for each in choosers]
        return ["", gr.Tabs(selected=choosers[task][0]), *updates]

    def look_inside(event: gr.EventData) -> list[Any]:
        name, names = str(event.name), list(find_models()[0])
        if name not in names:
            return [gr.skip(), gr.skip()]
        return [gr.Tabs(selected=inside[0]), gr.Dropdown(choices=names, value=name)]

    def try_speed(event: gr.EventData) -> Steps:
        yield from _told(_measure(str(event.name)), models)

    def fetch(event: gr.EventData) -> Steps:
        yield from _told(_download(str(event.name)), models)

    def look() -> Steps:
        yield from _told(_look(), models)

    script = (HERE / "zoo.js").read_text("utf-8")
    view = _html(
        models(), html_template='<div class="zoo"></div>', js_on_load=script, elem_id="zoo"
    )
    with gr.Row(elem_classes="zoo-more"):
        look_button = gr.Button(label("look_on_hub"), size="sm", elem_id="look-on-hub")
        _html(markup(sentence("look_on_hub_info", owner=hub_owner())), elem_classes="about")
    status = _html("", elem_id="zoo-status")
    close = f'<button type="button" class="close">{markup(sentence("close"))}</button>'
    card = _html(
        "", html_template=f"<dialog>{close}<div></div></dialog>", js_on_load=DIALOG, elem_id="card"
    )
    view.refresh(models, None, view, **AT_ONCE)
    view.use(use, None, [status, tabs, *(dropdown for _, dropdown in choosers.values())], **AT_ONCE)
    view.inside(look_inside, None, [tabs, inside[1]], **AT_ONCE)
    view.card(_show_card, None, card, **AT_ONCE)
    view.measure(try_speed, None, [status, view], **PRIVATE, **ONE_AT_A_TIME)
    view.download(fetch, None, [status, view], **PRIVATE, concurrency_limit=DOWNLOADERS)
    look_button.click(look, None, [status, view], **PRIVATE)
    gr.api(zoo_models, api_name="zoo", queue=False)
    gr.api(zoo_measure, api_name="measure", **ONE_AT_A_TIME)
    gr.api(zoo_look, api_name="look_on_hub")
    gr.api(zoo_download, api_name="download", concurrency_limit=DOWNLOADERS)


def zoo_models() -> list[dict[str, Any]]:
    """All models that are known here; asks no network.

    Returns:
        For each its name, task, description, data, language, licence, parameters, metrics with
        their protocols, place ("shipped", "cached" or "on_hub"), bytes, and the tokens_per_second
        that `measure` has found.
    """
    keys = {"name", "task", "description", "language", "licence", "parameters", "metrics"}
    return [
        entry.config.model_dump(mode="json", include=keys)
        | {
            "data": entry.config.data["name"],
            "place": entry.place,
            "bytes": entry.size,
            "tokens_per_second": entry.speed,
        }
        for entry in find_entries()[0]
    ]


def zoo_measure(model: str) -> float:
    """How fast a language model writes on this machine, in tokens a second; takes a second.

    Args:
        model: a name from `zoo` that is here.
    """
    try:
        return measure(model)
    except (UsageError, CheckpointError) as error:
        raise gr.Error(str(error), print_exception=False) from None


def zoo_look() -> list[str]:
    """Ask the Hub for the owner's models.

    Returns:
        Their names; `zoo` tells more of each.
    """
    try:
        for _ in look_on_hub():
            pass
    except (UsageError, CheckpointError) as error:
        raise gr.Error(str(error), print_exception=False) from None
    return listed_on_hub()


def zoo_download(model: str) -> str:
    """Bring a model from the Hub into the cache of this machine.

    Args:
        model: a name from `look_on_hub`.

    Returns:
        The name.
    """
    try:
        for _ in download(model):
            pass
    except (UsageError, CheckpointError) as error:
        raise gr.Error(str(error), print_exception=False) from None
    return model


def _show_card(event: gr.EventData) -> str:
    try:
        content = card_html(read_card(str(event.name)))
    except (UsageError, CheckpointError) as error:
        content = notice(told(error))
    # A new value each time: the same card can be opened again.
    return f'<article lang="en" data-run="{secrets.token_hex(4)}">{content}</article>'


def _told(steps: Iterator[str], models: Callable[[], str]) -> Steps:
    """The steps of an action, the last one with the models anew; or what goes wrong."""
    try:
        for step in steps:
            yield step, gr.skip()
    except HubUnreachable as error:
        yield notice(sentence("hub_unreachable", reason=message(error.reason))), gr.skip()
    except (UsageError, CheckpointError) as error:
        yield notice(told(error)), gr.skip()
    except OSError as error:  # of this machine, such as a full disk
        yield notice(same(error.strerror or str(error))), gr.skip()
    else:
        yield step, models()


def _measure(name: str) -> Iterator[str]:
    yield _working(sentence("measuring", name=name))
    speed = f"{measure(name):,.0f}"
    yield _done(sentence("measured", name=name, speed=speed, device=describe_device()))


def _look() -> Iterator[str]:
    yield _working(sentence("asking_hub"))
    for name in look_on_hub():
        yield _working(sentence("reading_hub", name=name))
    listed, here = listed_on_hub(), find_models()[0]
    count, missing = len(listed), len(set(listed) - here.keys())
    told = {"owner": hub_owner(), "count": count, "s": "s" * (count != 1), "missing": missing}
    yield _done(sentence("asked_hub", **told))


def _download(name: str) -> Iterator[str]:
    for here, total in download(name):
        text = sentence("checking", name=name)
        if here < total:
            sizes = {"done": megabytes(here), "total": megabytes(total)}
            text = sentence("downloading", name=name, **sizes)
        share = here / total
        yield _working(text, share if share > 0.01 else None)  # small files come first
    yield _done(sentence("downloaded", name=name))


def _working(text: Sentence, share: float | None = None) -> str:
    value = "" if share is None else f' value="{share:.3f}"'
    return f'<div class="told busy" role="status">{markup(text)}<progress{value}></progress></div>'


def _done(text: Sentence) -> str:
    return f'<div class="told done" role="status">{markup(text)}</div>'
