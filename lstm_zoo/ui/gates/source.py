"""What a model is given to read: text, symbols or numbers, as a visitor types them."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import torch

from lstm_zoo.language.tokenizer import show_character
from lstm_zoo.ui.states import Mistake, unseen_notices
from lstm_zoo.ui.words import Sentence, sentence

STEP_LIMIT = 2_000
"""Steps that are read; what is beyond is left out, and the page says so."""
DRAWN_LENGTH = 60
NUMBERS = re.compile(r"[\s,;，；]+")
TEXTS = {
    "en": (
        "ROMEO:\nBut soft, what light through yonder window breaks?\n"
        "It is the east, and Juliet is the sun.\n\n"
        "JULIET:\nO Romeo, Romeo, wherefore art thou Romeo?\n"
        "Deny thy father and refuse thy name;\n",
        "KING RICHARD III:\nNow is the winter of our discontent\n"
        "Made glorious summer by this sun of York;\n\n"
        "First Citizen:\nBefore we proceed any further, hear me speak.\n",
    ),
    "zh": (
        "《静夜思》\n床前明月光，疑是地上霜。\n举头望明月，低头思故乡。\n",
        "《登鹳雀楼》\n白日依山尽，黄河入海流。\n欲穷千里目，更上一层楼。\n",
    ),
}
"""Texts to begin with, by language; all are older than any copyright."""
WORDS = (
    "The first film of the series was released in 1998 , and was well received by critics .\n",
    "The storm turned to the west , and reached the coast early on the next day .\n",
)
"""For models of English words, which stand between spaces."""
REVIEWS = {
    "en": (
        "Not a bad film at all: the plot is thin, but the two leads are a joy to watch.",
        "A superb cast, and yet after an hour of this lifeless story I wanted it to end.",
    ),
    "zh": (
        "房间很干净，服务也热情，就是早餐品种太少，不过下次还会住这里。",
        "位置不错，可是隔音太差，一晚上没睡好，前台也冷淡，不会再来了。",
    ),
}


def example(predictor: Any, language: str, turn: int) -> str:
    """Something for a model to read, as one would type it.

    Args:
        predictor: the model.
        language: its language.
        turn: another number gives another example.
    """
    problem = getattr(predictor, "problem", None)
    generator = torch.Generator().manual_seed(turn)
    if hasattr(predictor, "forecast"):
        return " ".join(f"{value:.3f}" for value in _series(predictor, generator))
    if problem is None:
        texts = REVIEWS if hasattr(predictor, "classify") else TEXTS
        fitting = texts.get(language, texts["en"])
        if getattr(predictor.tokenizer, "kind", None) == "word" and language == "en":
            fitting = WORDS
        return fitting[turn % len(fitting)]
    drawn = problem.draw(generator, 1, DRAWN_LENGTH).inputs[0]
    if problem.inputs:
        return "".join(problem.inputs[symbol] for symbol in drawn.argmax(-1))
    return " ".join(f"{value:.2f}{'*' if mark else ''}" for value, mark in drawn.tolist())


def _series(predictor: Any, generator: torch.Generator) -> list[float]:
    """A made-up series: two waves and noise; for models of returns a random walk."""
    steps = torch.arange(min(predictor.look_back + 1, STEP_LIMIT))
    noise = torch.randn(len(steps), generator=generator)
    if predictor.is_of_returns:
        walk: list[float] = (100 * (0.01 * noise).cumsum(0).exp()).tolist()
        return walk
    waves = torch.sin(2 * torch.pi * steps / 24) + torch.sin(2 * torch.pi * steps / 168)
    series: list[float] = (10 + waves + 0.1 * noise).tolist()
    return series


def parse(predictor: Any, text: str) -> tuple[Any, list[Sentence]]:
    """What was typed, as the model reads it.

    Args:
        predictor: the model.
        text: as it was typed.

    Returns:
        An input of the model, and what a visitor should be told of it.

    Raises:
        Mistake: there is nothing to read, or what the model cannot read.
    """
    # Half of a surrogate pair is no character, and cannot be sent back to the page.
    text = (text or "").encode("utf-8", "replace").decode().replace("\r\n", "\n")
    problem = getattr(predictor, "problem", None)
    if hasattr(predictor, "forecast"):  # its end is what is read; a text would be a file's name
        return np.array([value for value, _ in _pairs(text)])[-STEP_LIMIT:], []
    if problem is not None and not problem.inputs:
        return _cut(_pairs(text))
    if problem is not None:
        text = "".join(text.split())
        unknown = sorted(set(text) - set(problem.inputs))
        if unknown:
            shown, known = show_character(unknown[0]), " ".join(problem.inputs)
            raise Mistake(sentence("gates_symbols", shown=shown, known=known))
    if not text:
        raise Mistake(sentence("gates_nothing"))
    read, notices = _cut(text)
    if hasattr(predictor, "unseen"):
        notices += unseen_notices(predictor, read, "gates_unseen")
    return read, notices


def _cut(read: Any) -> tuple[Any, list[Sentence]]:
    if len(read) <= STEP_LIMIT:
        return read, []
    told = sentence("gates_cut", used=f"{STEP_LIMIT:,}", length=f"{len(read):,}")
    return read[:STEP_LIMIT], [told]


def _pairs(text: str) -> list[tuple[float, float]]:
    """Numbers, of which some are marked by a star, as pairs of a value and a mark."""
    pairs = []
    for word in filter(None, NUMBERS.split(text)):
        try:
            value = float(word.rstrip("*"))
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise Mistake(sentence("gates_numbers", word=word[:40]))
        pairs.append((value, float(word.endswith("*"))))
    if not pairs:
        raise Mistake(sentence("gates_nothing"))
    return pairs
