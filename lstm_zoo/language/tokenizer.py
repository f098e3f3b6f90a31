"""Text to numbers and back, one number a character."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor


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
        cls, text: str, min_count: int = 1, start: str = "\n", unknown: str = "\ufffd"
    ) -> CharacterTokenizer:
        """The vocabulary of a text, sorted by code point.

        Args:
            text: what to count.
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
        unknown = self.unknown_id
        ids = (self._read_as.get(character, unknown) for character in text)
        return torch.from_numpy(np.fromiter((i for i in ids if i is not None), dtype=np.int64))

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
            raise ValueError(f"unknown tokenizer type {document['type']!r}; known: 'character'")
        if not all(isinstance(value, str) for value in document["aliases"].values()):
            raise ValueError("tokenizer key 'aliases' must map characters to characters")
        return cls(
            document["characters"], document["unknown"], document["aliases"], document["start"]
        )


def show_character(character: str) -> str:
    """A character as a reader can see it: in quotes, or by its code point if it has no shape."""
    return f"'{character}'" if character.isprintable() else f"U+{ord(character):04X}"
