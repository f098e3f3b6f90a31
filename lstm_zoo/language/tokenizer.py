"""Text to numbers and back, one number a character."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from lstm_zoo.language.words import WordTokenizer


class Tokenizer(Protocol):
    """What a language model needs to know of its tokens.

    Attributes:
        characters: the text of each token, in the order of their numbers.
        unknown: the token that stands for what is not in the vocabulary, if there is one.
        start: what a text starts from: it is read before every prompt.
        cuts_anywhere: whether a text may be cut anywhere and encoded piece by piece.
    """

    characters: tuple[str, ...]
    start: str
    cuts_anywhere: bool

    @property
    def unknown(self) -> str | None: ...

    def __len__(self) -> int: ...

    @property
    def unknown_id(self) -> int | None: ...

    def unseen(self, text: str) -> list[str]: ...

    def encode(self, text: str) -> Tensor: ...

    def decode(self, tokens: Iterable[int]) -> str: ...

    def to_json(self) -> dict[str, Any]: ...


def parse_tokenizer(document: Any) -> Tokenizer:
    """The tokenizer of a `tokenizer.json`, of whatever kind; `ValueError` says what is wrong."""
    if isinstance(document, dict) and document.get("type") in ("word", "bpe"):
        return WordTokenizer.from_json(document)
    return CharacterTokenizer.from_json(document)


class CharacterTokenizer:
    """One token a character; what it does not know it names.

    Args:
        characters: the vocabulary, in the order of the tokens' numbers.
        unknown: the character that stood in for rare ones in training; None if there were none.
        aliases: other spellings of known characters, such as the simplified form of a traditional
            one.
        start: what a text starts from: it is read before every prompt.

    Raises:
        ValueError: the vocabulary is empty, repeats a character, or misses one that is referred to.
    """

    cuts_anywhere = True

    def __init__(
        self,
        characters: Iterable[str],
        unknown: str | None = None,
        aliases: Mapping[str, str] | None = None,
        start: str = "\n",
    ) -> None:
        self.characters = tuple(characters)
        self.unknown = unknown
        self.aliases = dict(aliases or {})
        self.start = start
        self._ids = {character: index for index, character in enumerate(self.characters)}
        if not self.characters or any(len(character) != 1 for character in self.characters):
            raise ValueError("a vocabulary needs at least one entry, each of a single character")
        if not start:
            raise ValueError("the start of a text must not be empty")
        if len(self._ids) != len(self.characters):
            raise ValueError("a vocabulary must not repeat a character")
        named = {*self.aliases.values(), *start, *([] if unknown is None else [unknown])}
        missing = named - self._ids.keys()
        if missing:
            raise ValueError(f"characters {sorted(missing)} are not in the vocabulary")
        self._read_as = {**{a: self._ids[c] for a, c in self.aliases.items()}, **self._ids}

    @classmethod
    def from_text(
        cls,
        text: Iterable[str] | Mapping[str, int],
        min_count: int = 1,
        start: str = "\n",
        unknown: str = "\ufffd",
    ) -> CharacterTokenizer:
        """The vocabulary of a text, sorted by code point.

        Args:
            text: what to count, or how often each character was seen.
            min_count: characters seen less often are read as `unknown`.
            start: what a text starts from; its characters are kept however rare.
            unknown: enters the vocabulary only if there are rare characters.
        """
        counts = Counter(text)
        kept = {character for character, count in counts.items() if count >= min_count} | set(start)
        if counts.keys() <= kept:
            return cls(sorted(kept), start=start)
        return cls(sorted(kept | {unknown}), unknown, start=start)

    def __len__(self) -> int:
        return len(self.characters)

    @property
    def unknown_id(self) -> int | None:
        """The number of `unknown`, if there is one."""
        return None if self.unknown is None else self._ids[self.unknown]

    def unseen(self, text: str) -> list[str]:
        """The characters of `text` that the model has never seen, each once, in order."""
        return [character for character in dict.fromkeys(text) if character not in self._read_as]

    def encode(self, text: str) -> Tensor:
        """Numbers of the characters, int64 (length,).

        A character outside the vocabulary becomes `unknown`; where the vocabulary has none it is
        left out. Ask `unseen` first and tell the user.
        """
        # One look-up of all characters at once: a corpus has millions.
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        ids = self._by_code_point[points]
        return torch.from_numpy(ids[ids >= 0].astype(np.int64))

    @cached_property
    def _by_code_point(self) -> np.ndarray:
        unknown = -1 if self.unknown_id is None else self.unknown_id
        table = np.full(sys.maxunicode + 1, unknown, dtype=np.int32)
        table[[ord(character) for character in self._read_as]] = list(self._read_as.values())
        return table

    def decode(self, tokens: Iterable[int]) -> str:
        """The characters of token numbers, as one string."""
        return "".join(self.characters[int(token)] for token in tokens)

    def to_json(self) -> dict[str, Any]:
        """The content of `tokenizer.json`."""
        return {
            "type": "character",
            "characters": "".join(self.characters),
            "unknown": self.unknown,
            "aliases": self.aliases,
            "start": self.start,
        }

    @classmethod
    def from_json(cls, document: Any) -> CharacterTokenizer:
        """The tokenizer of a `tokenizer.json`.

        Raises:
            ValueError: a key is missing, unknown or of the wrong type.
        """
        types: dict[str, Any] = {
            "type": str,
            "characters": str,
            "unknown": (str, type(None)),
            "aliases": dict,
            "start": str,
        }
        if not isinstance(document, dict) or document.keys() != types.keys():
            raise ValueError(f"a tokenizer needs exactly the keys {', '.join(types)}")
        for key, kind in types.items():
            if not isinstance(document[key], kind):
                raise ValueError(f"tokenizer key {key!r} is of the wrong type")
        if document["type"] != "character":
            known = "'character', 'word', 'bpe'"
            raise ValueError(f"unknown tokenizer type {document['type']!r}; known: {known}")
        if not all(isinstance(value, str) for value in document["aliases"].values()):
            raise ValueError("tokenizer key 'aliases' must map characters to characters")
        return cls(
            document["characters"], document["unknown"], document["aliases"], document["start"]
        )


def show_character(character: str) -> str:
    """A character as a reader can see it: in quotes, or by its code point if it has no shape."""
    return f"'{character}'" if character.isprintable() else f"U+{ord(character):04X}"
