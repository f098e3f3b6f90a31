"""Small texts to look at units on: in the public domain, and shipped with the package.

shakespeare   the last scenes of The Taming of the Shrew; from the last tenth of Tiny
              Shakespeare, on which no model of the zoo is trained
alice         the beginning of Lewis Carroll's Alice's Adventures in Wonderland (1865), which
              has what the play lacks: quotes and brackets
tang-poems    forty poems in verses of five characters and forty of seven, from the last
              fiftieth of the poems, in the models' order, on which no model of the zoo is
              trained; Complete Tang Poems, in the edition of chinese-poetry/chinese-poetry
"""

from __future__ import annotations

from importlib.resources import files

from lstm_zoo.errors import UsageError
from lstm_zoo.task import did_you_mean

TEXTS = {"shakespeare": "en", "alice": "en", "tang-poems": "zh"}
"""Name -> language, as ISO 639-1 has it."""


def corpus_text(name: str) -> str:
    """A text of the corpus.

    Args:
        name: of `TEXTS`.

    Raises:
        UsageError: there is no such text.
    """
    if name not in TEXTS:
        raise UsageError(f"there is no text {name!r}{did_you_mean(name, TEXTS)}")
    return (files(__package__) / f"{name}.txt").read_text("utf-8")
