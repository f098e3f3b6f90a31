"""Every word of the page, in English and Chinese.

Labels go through Gradio's own translation (`label`). Sentences that are made while the page runs
are made in both languages at once (`sentence`, `markup`); the page shows the one it speaks, so a
visitor who switches the language needs no reload and the server need not know.
"""

from __future__ import annotations

import html
from typing import Any

import gradio as gr
from gradio.i18n import I18nData

from lstm_zoo.ui.words import forecast, frame, gates, gates_views, generate, sentiment, zoo

LANGUAGES = ("en", "zh-CN")
Sentence = dict[str, str]
"""A text in each of `LANGUAGES`."""

WORDS: dict[str, tuple[str, str]] = {}
"""Key -> the words in each of `LANGUAGES`; each tab keeps its own in a module beside this one."""
for _part in (frame, generate, forecast, sentiment, gates, gates_views, zoo):
    assert not WORDS.keys() & _part.WORDS.keys(), f"{_part.__name__} says a word twice"
    WORDS |= _part.WORDS

_i18n = gr.I18n(
    **{
        language: {key: texts[index] for key, texts in WORDS.items()}
        for index, language in enumerate(LANGUAGES)
    }
)


def translations() -> gr.I18n:
    """What `launch` needs to translate labels."""
    return _i18n


def label(key: str) -> I18nData:
    """The word for a component's label, info, placeholder or value."""
    if key not in WORDS:
        raise KeyError(key)
    return _i18n(key)


def sentence(key: str, **values: Any) -> Sentence:
    """A sentence in both languages.

    Args:
        key: of `WORDS`.
        values: for its braces; one that is itself a `Sentence` goes in by language.
    """
    return {
        language: WORDS[key][index].format(
            **{k: v[language] if isinstance(v, dict) else v for k, v in values.items()}
        )
        for index, language in enumerate(LANGUAGES)
    }


def same(text: str) -> Sentence:
    """A text that is not translated, such as a message of the package."""
    return dict.fromkeys(LANGUAGES, text)


def markup(texts: Sentence) -> str:
    """HTML that shows a sentence in the language of the page; the text is escaped."""
    return "".join(
        f'<span lang="{language}" data-lang="{language}">{html.escape(text)}</span>'
        for language, text in texts.items()
    )


def notice(texts: Sentence) -> str:
    """HTML that says what is wrong."""
    return f'<div class="notice" role="alert">{markup(texts)}</div>'
