"""What a view is told: the state it draws, what went wrong, what a model has never seen."""

from __future__ import annotations

import secrets
from typing import Any

from lstm_zoo.errors import UsageError
from lstm_zoo.language.tokenizer import show_character
from lstm_zoo.ui.words import Sentence, same, sentence
from lstm_zoo.ui.words.messages import message

UNSEEN_SHOWN = 12
State = dict[str, Any]
"""What the script of a view draws; the `blank` beside each view lists its keys."""


def new_state(**known: Any) -> State:
    """A state of any view: nothing went wrong, nothing is done."""
    return {
        "run": secrets.token_hex(4),  # another run: what was drawn before is cleared
        "error": None,
        "status": None,
        "done": False,
    } | known


class Mistake(UsageError):
    """A value that cannot be used, said in both languages."""

    def __init__(self, texts: Sentence) -> None:
        super().__init__(texts["en"])
        self.texts = texts


def told(error: Exception) -> Sentence:
    """What went wrong, in both languages where that is known."""
    return error.texts if isinstance(error, Mistake) else message(str(error))


def unseen_notices(model: Any, text: str, word: str = "unseen") -> list[Sentence]:
    """What to tell a visitor about characters that a model does not know.

    Args:
        model: one whose `unseen` knows them.
        text: what the visitor wrote.
        word: the sentence, by its key.
    """
    unseen = model.unseen(text)
    if not unseen:
        return []
    shown = same(", ".join(map(show_character, unseen[:UNSEEN_SHOWN])))
    more = len(unseen) - UNSEEN_SHOWN
    if more > 0:
        shown = sentence("and_more", characters=shown, count=f"{more:,}")
    return [sentence(word, characters=shown)]
