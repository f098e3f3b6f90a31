"""What each character of a text is: where in its line it stands, whether it is inside quotes, what
comes next. A unit that follows one of these tracks something that people have a word for.

A value says what is known once the character has been read, as the unit's own value does: the
position in the line is 0 at the line break itself and 1 at the line's first letter. The features
that look ahead (`next is`, `line end near`, `clause length`) say what comes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

QUOTES = {"“": "”", "「": "」", "『": "』"}
BRACKETS = {"(": ")", "[": "]", "{": "}", "（": "）", "【": "】", "《": "》", "〈": "〉"}
STOPS = "，。！？；、,.!?;:：\n"
SENTENCE_ENDS = "。！？"
NEAR = 5
NEXT_CHARACTERS = 6

PRAISE = """
good great best love loved wonderful excellent perfect beautiful funny amazing enjoy enjoyed
brilliant fine fun happy sweet fair 好 很好 不错 满意 喜欢 舒服 方便 干净 推荐
"""
BLAME = """
bad worst boring awful terrible poor dull waste hate hated stupid horrible worse fails failed weak
sad foul 差 很差 失望 糟糕 不好 脏 吵 贵 难吃
"""
WORTH = dict.fromkeys(PRAISE.split(), 1) | dict.fromkeys(BLAME.split(), -1)
"""Word -> 1 for praise, -1 for blame. A short list, to be read at a glance."""


def features_of(text: str | Sequence[str]) -> dict[str, Tensor]:
    """What each step of a text is.

    Args:
        text: the text, or what a model read at each step (a `Trace`'s `labels`): characters or
            words. A step of several characters is what its last one is.

    Returns:
        Name -> float32 (time,), true or false as 1 or 0. Without those that are the same at every
        step, which no unit could follow.
    """
    steps = list(text)
    between = "" if isinstance(text, str) or all(len(s) == 1 for s in steps) else " "
    if any(" " in step or "\n" in step for step in steps):
        between = ""
    whole = between.join(steps)
    lengths = torch.tensor([len(step) for step in steps], dtype=torch.int64)
    last = (lengths + len(between)).cumsum(0) - len(between) - 1
    values = {name: feature(whole) for name, feature in FEATURES.items()}
    common = Counter(whole[1:]).most_common(NEXT_CHARACTERS)
    values |= {f"next is {character!r}": _is_next(whole, character) for character, _ in common}
    found = {name: torch.tensor(value, dtype=torch.float32)[last] for name, value in values.items()}
    return {name: value for name, value in found.items() if len(value.unique()) > 1}


def positions(text: str, breaks: str) -> list[int]:
    """At each character the number of characters since the last of `breaks`; 0 at one of them."""
    found, position = [], 0
    for character in text:
        position = 0 if character in breaks else position + 1
        found.append(position)
    return found


def _position_in_clause(text: str) -> list[int]:
    """For Chinese alone, where a clause is the verse's measure."""
    return positions(text, STOPS) if _has_chinese(text) else [0] * len(text)


def clause_lengths(text: str) -> list[int]:
    """Length of the clause that each character stands in, its ending mark included.

    A clause of Chinese verse has five or seven characters. 0 everywhere in a text without Chinese.
    """
    if not _has_chinese(text):
        return [0] * len(text)
    found: list[int] = []
    for clause in re.findall(f"[^{STOPS}]*[{STOPS}]|[^{STOPS}]+", text):
        found += [len(clause.rstrip(STOPS))] * len(clause)
    return found


def _line_end_near(text: str) -> list[bool]:
    return ["\n" in text[at + 1 : at + 1 + NEAR] for at in range(len(text))]


def _inside(text: str, pairs: dict[str, str], both: str = "") -> list[int]:
    """How deep each character is inside pairs; an opening sign is inside, a closing one outside.

    `both` opens and closes with the same sign. A blank line closes what was left open.
    """
    closing, found = set(pairs.values()), []
    open_signs: list[str] = []
    for at, character in enumerate(text):
        if character in both:
            if character in open_signs:
                del open_signs[open_signs.index(character) :]
            else:
                open_signs.append(character)
        elif character in pairs:
            open_signs.append(character)
        elif character in closing and open_signs:
            open_signs.pop()
        elif text[at - 1 : at + 1] == "\n\n":
            open_signs.clear()
        found.append(len(open_signs))
    return found


def _is_word_start(text: str) -> list[bool]:
    return [
        character.isalpha() and not (at and text[at - 1].isalpha())
        for at, character in enumerate(text)
    ]


def _speaker_name(text: str) -> list[bool]:
    """Lines of a play that name who speaks: a capital first, a colon last."""
    found = [False] * len(text)
    for name in re.finditer(r"^[A-Z][A-Za-z' ]{0,30}:$", text, re.MULTILINE):
        found[name.start() : name.end()] = [True] * len(name[0])
    return found


def _is_next(text: str, characters: str) -> list[bool]:
    return [following in characters for following in text[1:]] + [False] * bool(text)


def _rhyme_position(text: str) -> list[bool]:
    """The last character before the end of a Chinese sentence, where verse rhymes."""
    return _is_next(text, SENTENCE_ENDS)


def _sentiment(text: str) -> list[int]:
    """Words of praise less words of blame so far; Chinese words are found wherever they stand."""
    change = [0] * len(text)
    chinese = sorted((word for word in WORTH if _has_chinese(word)), key=len, reverse=True)
    for word in re.finditer("|".join([*chinese, "[A-Za-z]+"]), text):
        change[word.end() - 1] = WORTH.get(word[0].lower(), 0)
    return torch.tensor(change, dtype=torch.int64).cumsum(0).tolist()


def _has_chinese(text: str) -> bool:
    return re.search("[\u4e00-\u9fff]", text) is not None


FEATURES: dict[str, Callable[[str], list[int] | list[bool]]] = {
    "position in line": lambda text: positions(text, "\n"),
    "line end near": _line_end_near,
    "inside quotes": lambda text: [d > 0 for d in _inside(text, QUOTES, both='"')],
    "inside brackets": lambda text: [d > 0 for d in _inside(text, BRACKETS)],
    "bracket depth": lambda text: _inside(text, BRACKETS),
    "word start": _is_word_start,
    "letter": lambda text: [character.isalpha() for character in text],
    "capital": lambda text: [character.isupper() for character in text],
    "digit": lambda text: [character.isdigit() for character in text],
    "vowel": lambda text: [character in "aeiouAEIOU" for character in text],
    "speaker name": _speaker_name,
    "punctuation next": lambda text: _is_next(text, STOPS),
    "position in clause": _position_in_clause,
    "clause length": clause_lengths,
    "rhyme position": _rhyme_position,
    "sentiment": _sentiment,
}
"""Name -> what it is at each character of a text."""
