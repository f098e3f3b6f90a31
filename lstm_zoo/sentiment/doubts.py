"""When a classifier does not know: it answers all the same, with a plain warning beside.

A classifier of two classes has no class for "this is no review". What can be told without one is
told here: a text in another script or language than the model has read, of tokens that it has
hardly seen, too short to go by, or longer than what it reads.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from lstm_zoo.sentiment.markup import without_markup

MIN_WORDS = {"en": 3, "zh": 4}
"""Fewer words of English, or Chinese characters, are too few."""
MAX_UNKNOWN = 0.5
"""Share of tokens that the model does not know, over which it only guesses."""
MIN_SCRIPT = 0.5
"""Share of the letters that must be of the language's script."""
MAX_KANA = 0.1
"""Share of the letters over which a text with Chinese characters is Japanese."""
CHINESE_LETTERS = 4
"""Letters that a Chinese character is worth."""
JUDGED_WORDS = 8
"""In fewer words there may be no function word in English either."""
MAX_UNKNOWN_FOREIGN = 0.25
"""Share of unknown tokens over which few words with a foreign one among them are not English."""
MIN_FUNCTION_WORDS = 0.1
"""Share of a text's words, under which it is hardly English."""

SCRIPTS = {"en": "Latin", "zh": "Chinese"}
_SCRIPT_OF = {
    "LATIN": "Latin",
    "FULLWIDTH": "Latin",
    "CJK": "Chinese",
    "HIRAGANA": "Japanese",
    "KATAKANA": "Japanese",
    "HANGUL": "Korean",
    "CYRILLIC": "Cyrillic",
    "GREEK": "Greek",
    "ARABIC": "Arabic",
    "HEBREW": "Hebrew",
    "DEVANAGARI": "Devanagari",
    "THAI": "Thai",
}
"""First word of a character's Unicode name -> its script."""

# The most frequent words of English, without those that other languages write alike.
_ENGLISH = """
the and of to is it its this that these those with for but not you your have had are were been being
they them their there here from be by my our his her him she he we what which who when where would
could should will can just very too than then about into out up if or one more most some any all
only much how even as at i it's don't doesn't didn't isn't can't n't 's 've 're never ever like good
bad well while
"""
_ELSEWHERE_TOO = "a an in on so has"
# Those of other languages, without what is an English word too.
_FOREIGN = """
el la los las un una unos unas y que por con para pero muy más está este esta esto eso esa qué yo él
ella nosotros se lo ya mi su sus del al voy hay sin fue cuando cuándo donde dónde tiene le les des
du et est une je tu il elle ils nous vous ne pas ce cette qui dans pour sur avec très mais c'est
j'ai n'est l'on qu'il d'une être ont mon ma mes ses nos vos der das und ist nicht ein eine einen ich
sie wir zu mit auf auch sehr aber dem für di che non è sono della gli questo molto um uma não muito
meu ele isso het een van niet ik dat och är det inte jag
"""
_ELIDED = ("l'", "d'", "j'", "n'", "c'", "m'", "s'", "qu'")
_FOREIGN_WORDS = frozenset(_FOREIGN.split())
_WEIGHTS = dict.fromkeys(_ENGLISH.split(), 1.0) | dict.fromkeys(_ELSEWHERE_TOO.split(), 0.5)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|['’][^\W\d_]+")

_SENTENCES = {
    "no_words": "There is no word in this text.",
    "too_short": "The text has {words} of the {wanted} words that it takes at least to go by.",
    "script": "The text is written in {found} letters; the model has read {wanted} ones.",
    "language": "The text does not look like English, the language that the model has read.",
    "unknown": "The model does not know {share:.0%} of the tokens of this text.",
    "cut": "Only the first {characters:,} characters were read: {used:,} of {total:,} tokens.",
}


@dataclass(frozen=True)
class Doubt:
    """Why an answer may be worth little.

    Attributes:
        key: which doubt.
        values: its particulars, by name.
    """

    key: str
    values: dict[str, str | int | float]

    def __str__(self) -> str:
        return _SENTENCES[self.key].format(**self.values)


def find_doubts(
    text: str,
    language: str,
    unknown_share: float,
    tokens_used: int,
    tokens_total: int,
    characters_used: int,
) -> tuple[Doubt, ...]:
    """What speaks against an answer to this text.

    Args:
        text: as it was given.
        language: of the model's data, "en" or "zh"; another's script and words are not judged.
        unknown_share: of the tokens read, those that the model does not know.
        tokens_used: how many tokens were read.
        tokens_total: how many there are.
        characters_used: where in the text reading stopped.
    """
    doubts = []
    if tokens_used < tokens_total:
        values = {"characters": characters_used, "used": tokens_used, "total": tokens_total}
        doubts.append(Doubt("cut", dict(values)))
    read, _ = without_markup(text[:characters_used])
    scripts = count_scripts(read)
    letters = scripts.total()
    if not letters:
        return *doubts, Doubt("no_words", {})
    wanted = SCRIPTS.get(language)
    foreign = _foreign_script(scripts, wanted) if wanted else None
    if foreign:
        doubts.append(Doubt("script", {"found": foreign, "wanted": str(wanted)}))
    elif language == "en" and not _looks_english(read, unknown_share):
        doubts.append(Doubt("language", {}))
    if unknown_share > MAX_UNKNOWN:
        doubts.append(Doubt("unknown", {"share": unknown_share}))
    words = scripts["Chinese"] if language == "zh" else len(_WORD.findall(read))
    least = MIN_WORDS.get(language, 0)
    if not foreign and words < least:
        doubts.append(Doubt("too_short", {"words": words, "wanted": least}))
    return tuple(doubts)


def guess_language(text: str) -> str:
    """The language whose model should read a text: "zh" if it has Chinese characters, else "en".

    A Chinese character is worth several letters: a text half in each is for the Chinese model.
    """
    scripts = count_scripts(without_markup(text)[0])
    chinese = CHINESE_LETTERS * scripts["Chinese"]
    return "zh" if chinese >= scripts["Latin"] and chinese else "en"


def count_scripts(text: str) -> Counter[str]:
    """Letters of a text by script."""
    counted: Counter[str] = Counter()
    for character, times in Counter(text).items():
        script = _script(character)
        if script:
            counted[script] += times
    return counted


@lru_cache(maxsize=65_536)
def _script(character: str) -> str | None:
    if not character.isalpha():
        return None
    return _SCRIPT_OF.get(unicodedata.name(character, "").partition(" ")[0], "other")


def _foreign_script(scripts: Counter[str], wanted: str) -> str | None:
    """The script of a text that is not in the wanted one."""
    letters = scripts.total()
    if wanted == "Chinese" and scripts["Japanese"] > MAX_KANA * letters:
        return "Japanese"
    weights = Counter(scripts)
    weights["Chinese"] *= CHINESE_LETTERS
    if weights[wanted] >= MIN_SCRIPT * weights.total():
        return None
    return max((name for name in scripts if name != wanted), key=lambda name: scripts[name])


def _looks_english(text: str, unknown_share: float) -> bool:
    words = [word.lower().replace("’", "'") for word in _WORD.findall(text)]
    english = sum(_WEIGHTS.get(word, 0.0) for word in words)
    if len(words) >= JUDGED_WORDS:
        return english >= MIN_FUNCTION_WORDS * len(words)
    elided = {word[:2] for word in words if word.startswith(_ELIDED) and word not in _WEIGHTS}
    foreign = len(_FOREIGN_WORDS.intersection(words)) + len(elided)
    has_accents = any("\x7f" < letter < "\u0250" and letter.isalpha() for letter in text)
    is_unknown = unknown_share > MAX_UNKNOWN_FOREIGN
    if not english and has_accents and is_unknown:
        return False
    return foreign <= english or (foreign == 1 and not has_accents and not is_unknown)
