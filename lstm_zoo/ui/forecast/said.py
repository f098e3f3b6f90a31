"""What the package says of a series and of what is asked of it, in both languages."""

from __future__ import annotations

import re

from lstm_zoo.ui.words import Sentence, same
from lstm_zoo.ui.words.series import ERRORS, NOTES
from lstm_zoo.ui.writing import Mistake


def note_words(note: str) -> Sentence:
    """A note of the package, or the message of an error."""
    for pattern, chinese in (*NOTES, *ERRORS):
        found = re.fullmatch(pattern, note)
        if found:
            return {"en": note, "zh-CN": chinese.format(*found.groups())}
    return same(note)


def told(error: Exception) -> Sentence:
    """What went wrong."""
    return error.texts if isinstance(error, Mistake) else note_words(str(error))
