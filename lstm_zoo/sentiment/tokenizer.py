"""Text to numbers by the `tokenizers` library: words, characters or subwords, with their places."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from lstm_zoo.sentiment.markup import without_markup

PAD, UNKNOWN = 0, 1
SPECIAL = ("[PAD]", "[UNK]")
SLICE = 512  # texts encoded at a time: the library's results are large

Kind = Literal["words", "characters", "subwords"]

# For who takes the library's part of a checkpoint alone; `without_markup` knows more of it.
_TAGS = r"(?i)</?(?:br|p|i|b|em|strong|a|div|span|hr)\b[^<>]*>"
LONG_TOKEN = 20  # characters; few are longer, so many texts need be gone through no further
# As in the Penn Treebank "don't" is "do" and "n't", "it's" is "it" and "'s".
_WORDS = r"\w+(?=n't\b)|n't\b|'(?:s|re|ve|ll|d|m)\b|\w+|[^\w\s]"
# Latin words and numbers stay whole, everything else is a character each.
_CHARACTERS = r"[a-z]+|[0-9]+|\S"
# Subwords grow inside a run of Chinese characters, never across a comma.
_RUNS = r"\p{Han}+|[a-z]+|[0-9]+|\S"
_PIECES: dict[Kind, str] = {"words": _WORDS, "characters": _CHARACTERS, "subwords": _RUNS}


class Encoding(NamedTuple):
    """A text as tokens.

    Attributes:
        ids: the tokens' numbers, up to the limit.
        offsets: where each stands in the text as given: start and end, in characters.
    """

    ids: list[int]
    offsets: list[tuple[int, int]]

    @property
    def unknown_share(self) -> float:
        """The share of `ids` that the vocabulary does not have."""
        return self.ids.count(UNKNOWN) / max(len(self.ids), 1)

    @property
    def end(self) -> int:
        """Where in the text reading stopped, in characters."""
        return self.offsets[-1][1] if self.offsets else 0


def well_formed(text: str) -> str:
    """The text with a question mark for each lone surrogate, which no file can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _read(text: str) -> str:
    return without_markup(well_formed(text))[0]


class ReviewTokenizer:
    """A tokenizer, and what its checkpoint calls the classes and the language.

    Attributes:
        frequencies: share of each token in the train part, where a model is to be trained; None
            where the tokenizer comes from a checkpoint.

    Args:
        tokenizer: of the library; its first two tokens are `SPECIAL`.
        labels: names of the classes, in the order of the model's outputs.
        language: ISO 639-1 code of the texts, such as en.

    Raises:
        ValueError: the special tokens are not in their places, a number is missing, or there are
            not two labels.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        labels: Sequence[str],
        language: str,
    ) -> None:
        self.library = tokenizer
        self.labels = tuple(labels)
        self.language = language
        self.frequencies: np.ndarray | None = None
        if [tokenizer.token_to_id(token) for token in SPECIAL] != [PAD, UNKNOWN]:
            raise ValueError(f"the first tokens of a vocabulary should be {' and '.join(SPECIAL)}")
        if set(tokenizer.get_vocab().values()) != set(range(tokenizer.get_vocab_size())):
            raise ValueError("the tokens of a vocabulary should be numbered without a gap")
        if len(self.labels) < 2 or len(set(self.labels)) != len(self.labels):
            raise ValueError(f"labels should be two different names at least, got {self.labels}")

    @classmethod
    def from_texts(
        cls,
        texts: Sequence[str],
        kind: Kind,
        vocabulary: int,
        min_count: int,
        labels: Sequence[str],
        language: str,
    ) -> ReviewTokenizer:
        """Learn a vocabulary from texts, the most frequent tokens first.

        Args:
            texts: the train part, and others that may be trained on.
            kind: what a token is.
            vocabulary: how many tokens at most.
            min_count: rarer ones are read as one unknown one.
            labels: names of the classes.
            language: ISO 639-1 code.
        """
        options: dict[str, Any] = {
            "vocab_size": vocabulary,
            "min_frequency": min_count,
            "special_tokens": list(SPECIAL),
            "show_progress": False,
        }
        if kind == "subwords":
            library = Tokenizer(models.BPE(unk_token=SPECIAL[UNKNOWN]))
            trainer: Any = trainers.BpeTrainer(**options)
        else:
            library = Tokenizer(models.WordLevel({}, unk_token=SPECIAL[UNKNOWN]))
            trainer = trainers.WordLevelTrainer(**options)
        library.normalizer = normalizers.Sequence(
            [normalizers.NFKC(), normalizers.Lowercase(), normalizers.Replace("’", "'")]
        )
        library.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(_TAGS), "removed"),
                pre_tokenizers.Split(Regex(_PIECES[kind]), "removed", invert=True),
            ]
        )
        library.train_from_iterator(map(_read, texts), trainer)
        return cls(library, labels, language)

    def extended(
        self,
        texts: Sequence[str],
        vocabulary: int,
        min_count: int,
        labels: Sequence[str],
        language: str,
    ) -> ReviewTokenizer:
        """The same tokens under the same numbers, after them those that other texts have besides.

        Subwords stay as they are: a word that they do not have is made of several of them.

        Args:
            texts: the train part of the other texts.
            vocabulary: how many tokens to take from them at most.
            min_count: those that are rarer in them are not taken.
            labels: names of the classes.
            language: ISO 639-1 code.
        """
        document = json.loads(self.library.to_str())
        if document["model"]["type"] == "WordLevel":
            other = Tokenizer.from_str(self.library.to_str())
            trainer: Any = trainers.WordLevelTrainer(
                vocab_size=vocabulary,
                min_frequency=min_count,
                special_tokens=list(SPECIAL),
                show_progress=False,
            )
            other.train_from_iterator(map(_read, texts), trainer)
            numbers = other.get_vocab()
            tokens = document["model"]["vocab"]
            for token in sorted(numbers.keys() - tokens.keys(), key=numbers.__getitem__):
                tokens[token] = len(tokens)
        return ReviewTokenizer(Tokenizer.from_str(json.dumps(document)), labels, language)

    def __deepcopy__(self, memo: dict[int, Any]) -> ReviewTokenizer:
        return self  # nothing changes it once it is learned

    def __len__(self) -> int:
        return self.library.get_vocab_size()

    def encode(self, text: str, limit: int | None = None) -> Encoding:
        """The tokens of a text and their places; at most `limit` of them."""
        text, starts = without_markup(well_formed(text))
        head = text[: LONG_TOKEN * limit] if limit else text
        found = self.library.encode(head, add_special_tokens=False)
        if limit and len(found.ids) <= limit and len(head) < len(text):
            found = self.library.encode(text, add_special_tokens=False)
        offsets = [(starts[first], starts[end]) for first, end in found.offsets[:limit]]
        return Encoding(found.ids[:limit], offsets)

    def encode_many(self, texts: Sequence[str], limit: int | None = None) -> list[np.ndarray]:
        """The tokens of many texts, int32 (length,) each, faster than one by one."""
        found: list[np.ndarray] = []
        for start in range(0, len(texts), SLICE):
            part = self.library.encode_batch_fast(
                [_read(text) for text in texts[start : start + SLICE]],
                add_special_tokens=False,
            )
            found += [np.array(one.ids[:limit], dtype=np.int32) for one in part]
        return found

    def count(self, texts: Iterable[np.ndarray]) -> None:
        """Take the tokens' frequencies from numbered texts."""
        counts = np.bincount(np.concatenate([*texts]), minlength=len(self))
        self.frequencies = counts / counts.sum()

    def tokens(self, ids: Iterable[int]) -> list[str]:
        """The vocabulary's spelling of tokens."""
        return [self.library.id_to_token(number) or SPECIAL[UNKNOWN] for number in ids]

    def to_json(self) -> dict[str, Any]:
        """As JSON; `tokenizer` is what the library itself reads."""
        return {
            "language": self.language,
            "labels": list(self.labels),
            "tokenizer": json.loads(self.library.to_str()),
        }

    @classmethod
    def from_json(cls, document: Any) -> ReviewTokenizer:
        """From `to_json`'s document.

        Raises:
            ValueError: it is not such a document; says what is wrong.
        """
        keys = {"language", "labels", "tokenizer"}
        if not isinstance(document, dict) or document.keys() != keys:
            raise ValueError(f"it should have the keys {', '.join(sorted(keys))} and no others")
        labels, language = document["labels"], document["language"]
        if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
            raise ValueError("labels should be a list of names")
        if not isinstance(language, str):
            raise ValueError("language should be a code such as 'en'")
        try:
            library = Tokenizer.from_str(json.dumps(document["tokenizer"]))
        except Exception as error:  # the library raises nothing narrower
            raise ValueError(f"tokenizer cannot be read: {error}") from None
        return cls(library, labels, language)
