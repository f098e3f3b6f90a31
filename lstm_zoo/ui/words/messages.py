"""What the package itself says, put into both languages of the page."""

from __future__ import annotations

import re

from lstm_zoo.ui.words import Sentence, files, models, same, series

PATTERNS = (*series.NOTES, *series.ERRORS, *files.ERRORS, *models.ERRORS)


def message(text: str) -> Sentence:
    """A note of the package, or what an error says; in English alone where no pattern fits."""
    for pattern, chinese in PATTERNS:
        found = re.fullmatch(pattern, text)
        if found:
            return {"en": text, "zh-CN": chinese.format(*found.groups())}
    return same(text)
