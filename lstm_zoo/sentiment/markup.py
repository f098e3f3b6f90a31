"""A text of the web as its reader sees it: without the tags and character references of HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

# Names of elements that stand in texts; anything else in angle brackets is the writer's.
_ELEMENTS = """
a abbr article aside b big blockquote body br button caption center cite code dd del div dl dt em
figcaption figure font footer form h1 h2 h3 h4 h5 h6 head header hr html i iframe img ins kbd label
li link main mark meta nav ol p pre q s script section small span strike strong style sub sup table
tbody td tfoot th thead tr tt u ul
"""
_MARKUP = re.compile(
    rf"</?(?:{'|'.join(_ELEMENTS.split())})\b[^<>]*>|&(?:#\d{{1,7}}|#x[\da-f]{{1,6}}|[a-z]\w{{1,31}});",
    re.IGNORECASE,
)


def without_markup(text: str) -> tuple[str, Sequence[int]]:
    """A text with a space for each tag, and for each character reference what it stands for.

    Returns:
        The text, and where in the one given each of its characters begins; at last its length.
    """
    if "<" not in text and "&" not in text:
        return text, range(len(text) + 1)
    parts: list[str] = []
    starts: list[int] = []
    done = 0
    for found in _MARKUP.finditer(text):
        start, end = found.span()
        read = " " if text[start] == "<" else html.unescape(found[0])
        if len(read) > 1:  # no reference that is known, or one for two characters
            continue
        parts += [text[done:start], read]
        starts += [*range(done, start), *[start] * len(read)]
        done = end
    return "".join([*parts, text[done:]]), [*starts, *range(done, len(text) + 1)]
