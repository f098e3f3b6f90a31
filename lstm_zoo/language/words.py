"""Tokens longer than a character, by the library `tokenizers`: words, or pieces of words (BPE)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor

if TYPE_CHECKING:
    from tokenizers import Tokenizer as Library

Kind = Literal["word", "bpe"]
UNKNOWN: dict[Kind, str] = {"word": " <unk>", "bpe": "\ufffd"}
# Of words the spaces are left out, which stand before each; pieces keep theirs.
PATTERNS: dict[Kind, str] = {"word": r"\n|\S+", "bpe": r"\n| ?\S+|\s"}


class WordTokenizer:
    """Tokens with their text, which joined give the whole text again.

    Args:
        kind: "word": what stands between spaces, and line ends; "bpe": pieces that are merged from
            characters, the most frequent pairs first (Sennrich, Haddow & Birch 2016).
        characters: the text of each token, in the order of their numbers; that of a word begins
            with a space.
        unknown: the token of what is not in the vocabulary.
        start: what a text starts from: it is read before every prompt.
        merges: of "bpe", pairs of tokens in the order in which they are merged.

    Raises:
        ValueError: a token is repeated, or one that is referred to is missing.
    """

    cuts_anywhere = False

    def __init__(
        self,
        kind: Kind,
        characters: Sequence[str],
        unknown: str,
        start: str = "\n",
        merges: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.kind, self.characters, self.unknown = kind, tuple(characters), unknown
        self.start, self.merges = start, tuple(merges)
        self._ids = {text: number for number, text in enumerate(self.characters)}
        if len(self._ids) != len(self.characters):
            raise ValueError("a vocabulary must not repeat a token")
        named = {unknown, start, *(part for pair in merges for part in (*pair, "".join(pair)))}
        if missing := named - self._ids.keys():
            raise ValueError(f"tokens {sorted(missing)[:3]} are not in the vocabulary")

    @classmethod
    def from_chunks(
        cls, kind: Kind, chunks: Iterable[str], size: int | None, min_count: int
    ) -> WordTokenizer:
        """The vocabulary of a text.

        Args:
            kind: as above.
            chunks: the text; no word may be cut between two of them.
            size: tokens at most; None for all words, or 8000 pieces.
            min_count: words, and pairs of pieces, seen less often are left out.
        """
        import json

        from tokenizers import Tokenizer, models, trainers

        unknown = UNKNOWN[kind].strip(" ")
        options: dict[str, Any] = {"special_tokens": [unknown, "\n"], "show_progress": False}
        if kind == "word":
            library = Tokenizer(models.WordLevel(unk_token=unknown))
            trainer: Any = trainers.WordLevelTrainer(
                vocab_size=size or 2**31, min_frequency=min_count, **options
            )
        else:
            library = Tokenizer(models.BPE(unk_token=unknown))
            trainer = trainers.BpeTrainer(
                vocab_size=size or 8000, min_frequency=max(2, min_count), **options
            )
        library.pre_tokenizer = _splitter(kind)
        lines = (line for chunk in chunks for line in chunk.splitlines(keepends=True))
        library.train_from_iterator(lines, trainer)
        model = json.loads(library.to_str())["model"]
        texts = sorted(model["vocab"], key=model["vocab"].__getitem__)
        if kind == "word":
            texts = [text if text == "\n" else f" {text}" for text in texts]
        merges = [(left, right) for left, right in model.get("merges", [])]
        return cls(kind, texts, UNKNOWN[kind], merges=merges)

    def __len__(self) -> int:
        return len(self.characters)

    @property
    def unknown_id(self) -> int:
        """The number of `unknown`."""
        return self._ids[self.unknown]

    @cached_property
    def _library(self) -> Library:
        from tokenizers import Tokenizer, models

        if self.kind == "word":
            vocabulary = {text.removeprefix(" "): number for text, number in self._ids.items()}
            model: Any = models.WordLevel(vocabulary, unk_token=self.unknown.removeprefix(" "))
        else:
            model = models.BPE(self._ids, list(self.merges), unk_token=self.unknown)
        library = Tokenizer(model)
        library.pre_tokenizer = _splitter(self.kind)
        return library

    def encode(self, text: str) -> Tensor:
        """Token numbers, int64 (length,); what is not in the vocabulary becomes `unknown`."""
        # By lines, which no token crosses: a long text at once takes the library much longer.
        lines = self._library.encode_batch_fast(text.splitlines(keepends=True))
        return torch.tensor([number for line in lines for number in line.ids], dtype=torch.int64)

    def decode(self, tokens: Iterable[int]) -> str:
        """The texts of token numbers, as one string."""
        return "".join(self.characters[int(token)] for token in tokens)

    def unseen(self, text: str) -> list[str]:
        """Words, or of "bpe" characters, that the model has never seen, each once, in order."""
        if self.kind == "bpe":
            return [character for character in dict.fromkeys(text) if character not in self._ids]
        return [word for word in dict.fromkeys(text.split()) if f" {word}" not in self._ids]

    def to_json(self) -> dict[str, Any]:
        """The content of `tokenizer.json`."""
        return {
            "type": self.kind,
            "characters": list(self.characters),
            "unknown": self.unknown,
            "start": self.start,
            "merges": [list(pair) for pair in self.merges],
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> WordTokenizer:
        """The tokenizer of a `tokenizer.json`; `ValueError` says what is wrong with it."""
        keys = ("type", "characters", "unknown", "start", "merges")
        if document.keys() != set(keys):
            raise ValueError(f"a tokenizer needs exactly the keys {', '.join(keys)}")
        texts, merges = document["characters"], document["merges"]
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise ValueError("tokenizer key 'characters' should be a list of strings")
        if not isinstance(merges, list) or not all(_is_pair(pair) for pair in merges):
            raise ValueError("tokenizer key 'merges' should be a list of pairs of strings")
        for key in ("unknown", "start"):
            if not isinstance(document[key], str):
                raise ValueError(f"tokenizer key {key!r} is of the wrong type")
        pairs = [(left, right) for left, right in merges]
        return cls(document["type"], texts, document["unknown"], document["start"], pairs)


def _is_pair(value: Any) -> bool:
    return (
        isinstance(value, list) and len(value) == 2 and all(isinstance(part, str) for part in value)
    )


def _splitter(kind: Kind) -> Any:
    from tokenizers import Regex, pre_tokenizers

    if kind == "word":
        return pre_tokenizers.Split(Regex(PATTERNS[kind]), "removed", invert=True)
    return pre_tokenizers.Split(Regex(PATTERNS[kind]), "isolated")
