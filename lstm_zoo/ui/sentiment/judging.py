"""From a visitor's text to states of the view: the verdict, then why, then what would turn it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from lstm_zoo.errors import CheckpointError, UsageError
from lstm_zoo.sentiment.attribution import Explanation, explain
from lstm_zoo.sentiment.doubts import Doubt, guess_language
from lstm_zoo.sentiment.flip import MAX_EDITS, Flip, search_flip
from lstm_zoo.sentiment.predict import SentimentClassifier, Verdict
from lstm_zoo.sentiment.tokenizer import well_formed
from lstm_zoo.ui.models import find_models, get_model
from lstm_zoo.ui.states import State, new_state, told
from lstm_zoo.ui.words import WORDS, Sentence, same, sentence
from lstm_zoo.ui.zero_gpu import on_gpu

TASK = "sentiment"
TEXT_LIMIT = 2_000_000
UNREAD_SHOWN = 300
"""Characters that are shown of what a model did not read."""
PREFERRED = ("lm-lstm.imdb", "bilstm.imdb", "bilstm.sst2", "bilstm.reviews-zh", "bilstm.hotel-zh")
"""Where several models know a language, the first of these that is here is taken."""


def blank(**known: Any) -> State:
    """A state of the view with nothing in it but what is given."""
    # As JSON: Gradio would walk through lists element by element.
    return new_state(cards="[]") | known


def pick_model(text: str) -> str:
    """Name of the model for a text's language; any if there is none for it.

    Raises:
        UsageError: there is no model at all.
    """
    models = find_models(TASK)[0]
    if not models:
        raise UsageError("there is no model for sentiment here")
    language = guess_language(text)
    fitting = [name for name, config in models.items() if config.language == language]
    known = fitting or list(models)
    return next((name for name in PREFERRED if name in known), known[0])


@on_gpu
def judge(text: str, model: str | None, other: str | None) -> Iterator[State | None]:
    """Judge a text with one model or two, and say why.

    Args:
        text: what the visitor wrote.
        model: a name from `find_models`; none for the one that fits the text's language.
        other: the model to compare with, if any.

    Yields:
        States of the view, None where there is nothing new to show; what goes wrong is in the last
        one's `error`.
    """
    text = well_formed(text or "")
    state = blank()
    if len(text) > TEXT_LIMIT:
        length, limit = f"{len(text):,}", f"{TEXT_LIMIT:,}"
        yield state | {
            "error": sentence("text_too_long", length=length, limit=limit),
            "done": True,
        }
        return
    if not text.strip():
        yield state | {"error": sentence("text_is_empty"), "done": True}
        return
    try:
        yield from _judge(text, [model or pick_model(text), *([other] if other else [])], state)
    except (UsageError, CheckpointError) as error:
        yield state | {"error": told(error), "done": True}


def _judge(text: str, names: list[str], state: State) -> Iterator[State | None]:
    names = list(dict.fromkeys(names))
    classifiers = [get_model(name, TASK) for name in names]
    cards = [
        _verdict_card(name, classifier, text, classifier.classify(text))
        for name, classifier in zip(names, classifiers, strict=True)
    ]

    def now(**known: Any) -> State:
        return state | {"cards": json.dumps(cards)} | known

    yield now(status=sentence("looking_why"))
    for card, classifier in zip(cards, classifiers, strict=True):
        if card["pieces"]:  # of what the model reads; the rest is not gone through again
            card |= _reasons(text, explain(classifier, card["text"]))
            yield now(status=sentence("looking_why"))
    for card, classifier in zip(cards, classifiers, strict=True):
        flip = None
        for found in search_flip(classifier, text):
            flip = found
            yield None
        card["flip"] = _flip(text, flip)
        yield now(status=sentence("looking_why"))
    yield now(done=True)


def label_of(label: str) -> Sentence:
    """A class in words; one that has none is shown as it is."""
    key = f"label_{label}"
    return sentence(key) if key in WORDS else same(label)


def doubt_sentence(doubt: Doubt) -> Sentence:
    """A doubt in both languages."""
    values: dict[str, Any] = dict(doubt.values)
    for key in ("found", "wanted"):
        if isinstance(values.get(key), str):
            values[key] = sentence(f"script_{values[key]}")
    for key in ("characters", "used", "total"):
        if key in values:
            values[key] = f"{values[key]:,}"
    if "share" in values:
        values["percent"] = f"{100 * values.pop('share'):.0f}"
    return sentence(f"doubt_{doubt.key}", **values)


def _verdict_card(
    name: str, classifier: SentimentClassifier, text: str, verdict: Verdict
) -> dict[str, Any]:
    """What is known at once: the verdict, and the text in tokens without a word on why."""
    offsets = classifier.encode(text).offsets
    pieces, at = [], 0
    for start, end in offsets:
        pieces.append([text[at:start], text[max(start, at) : end]])
        at = max(end, at)
    return {
        "model": name,
        "text": text[: offsets[-1][1]] if offsets else "",
        "labels": [label_of(label) for label in classifier.labels],
        "probabilities": list(verdict.probabilities.values()),
        "said": classifier.labels.index(verdict.label),
        "warnings": [doubt_sentence(doubt) for doubt in verdict.warnings],
        "read": sentence("tokens_read", count=f"{verdict.tokens_used:,}"),
        "pieces": pieces,
        "rest": text[at : at + UNREAD_SHOWN] + ("…" if len(text) > at + UNREAD_SHOWN else ""),
        "is_cut": verdict.tokens_used < verdict.tokens_total,
        "why": None,
        "flip": None,
    }


def _reasons(text: str, explanation: Explanation) -> dict[str, Any]:
    found = explanation.contributions
    label = label_of(explanation.label)
    missing = None
    if not found.complete:
        figures = {"missing": f"{found.missing:.2f}", "total": f"{found.total:.2f}"}
        missing = sentence("incomplete", **figures)
    opinion = explanation.opinion
    return {
        "why": {
            "label": label,
            "gradients": [round(value, 4) for value in found.values],
            "occlusion": [round(value, 4) for value in explanation.occlusion],
            "attention": explanation.attention
            and [round(value, 5) for value in explanation.attention],
            "missing": missing,
            "opinion": [
                opinion.tokens,
                [round(chance, 4) for chance in opinion.from_start],
                [round(chance, 4) for chance in opinion.from_end],
            ],
            "opinion_label": sentence("opinion_label", label=label),
        }
    }


def _flip(text: str, flip: Flip | None) -> dict[str, Any]:
    """The edited text as parts: kept, left out ("old") and put in ("new")."""
    if flip is None:
        return {"parts": [], "told": sentence("no_flip", count=MAX_EDITS)}
    parts, at = [], 0
    for edit in flip.edits:
        parts += [["", text[at : edit.start]], ["old", text[edit.start : edit.end]]]
        parts += [["new", edit.new]] if edit.new else []
        at = edit.end
    tail = text[at : at + UNREAD_SHOWN] + ("…" if len(text) > at + UNREAD_SHOWN else "")
    chance = flip.verdict.probabilities[flip.verdict.label]
    label = label_of(flip.verdict.label)
    return {
        "parts": [*parts, ["", tail]],
        "told": sentence("flipped", label=label, percent=f"{100 * chance:.0f}"),
    }
