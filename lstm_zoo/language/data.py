"""From a raw file to training batches: texts, their split, and windows with carried state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from lstm_zoo.files import find_data_file
from lstm_zoo.language.corpus import (
    Part,
    check_variety,
    count_characters,
    encode,
    read_parts,
    whole_lines,
)
from lstm_zoo.language.poems import simplified_forms
from lstm_zoo.language.tokenizer import CharacterTokenizer, Tokenizer
from lstm_zoo.language.words import WordTokenizer


class LanguageDataConfig(BaseModel):
    """The `data` section of a language recipe."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(description="what the data set is called")
    language: str = Field(description="ISO 639-1 code, such as en or zh")
    licence: str = Field(description="terms of the texts, as their publisher states them")
    source: str = Field(description="where the file comes from")
    file: str = Field(description="path inside the data folder")
    url: str | None = Field(None, description="where to get the file if it is not in the folder")
    sha256: str | None = Field(None, description="checksum of the file")
    format: Literal["text", "tang-poems"] = Field(
        "text", description="one UTF-8 text, split in order; or poems, shuffled and split by poem"
    )
    tokenizer: Literal["character", "word", "bpe"] = Field(
        "character", description="what a token is; bpe: pieces of words"
    )
    vocabulary: int | None = Field(
        None, ge=2, description="tokens at most, of word and bpe; all words, or 8000 pieces if none"
    )
    min_count: int = Field(1, ge=1, description="rarer characters are read as one unknown one")
    start: str = Field("\n\n", description="text that comes before every prompt, as in the data")
    test_fraction: float = Field(0.1, ge=0, lt=1, description="last part of the data")
    test_file: str | None = Field(None, description="a file of its own for the test part")
    validation_fraction: float = Field(
        0.05, gt=0, lt=1, description="last part of what is not test, to choose weights by"
    )
    validation_first: bool = Field(
        False,
        description="take the first part of the data instead, so that training reads all that"
        " comes right before the test part",
    )


class LanguageBatchConfig(BaseModel):
    """The `batches` section of a language recipe."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    batch_size: int = Field(64, ge=1, description="rows, each a stretch of the text of its own")
    bptt: int = Field(128, ge=1, description="tokens of a window, the reach of the gradient")
    reset_probability: float = Field(
        0.0, ge=0, le=1, description="chance of a row to start a window with an empty memory"
    )
    steps: int | None = Field(
        None, ge=1, description="of an epoch, at most: parts of a large text, others each epoch"
    )


@dataclass(frozen=True)
class TextData:
    """Texts as token numbers, split.

    Attributes:
        splits: "train", "validation", "test" -> integers (length,).
        preprocessing: the tokenizer.
        facts: counts, for the card.
    """

    splits: dict[str, Tensor]
    preprocessing: Tokenizer
    facts: dict[str, Any]


def load_text(
    config: LanguageDataConfig, data_dir: Path | None, tokenizer: Tokenizer | None = None
) -> TextData:
    """Read, split and encode a corpus.

    Args:
        config: what to read and how to split it.
        data_dir: folder of raw data; None for the default one.
        tokenizer: the vocabulary; None for that of the train part.

    Raises:
        FileNotFoundError: the file is not there; says where it should be.
        UsageError: the file is not the one that was meant, is not UTF-8, or is too short to split.
    """
    path = find_data_file(config.file, data_dir, url=config.url, sha256=config.sha256)
    test_path = find_data_file(config.test_file, data_dir) if config.test_file else None
    parts = read_parts(
        path,
        config.format,
        config.test_fraction,
        config.validation_fraction,
        test_path,
        config.validation_first,
    )
    counts = {name: count_characters(part) for name, part in parts.items()}
    check_variety(path, counts["train"])
    tokenizer = tokenizer or _make_tokenizer(parts, counts["train"], config)
    splits = {name: encode(part, tokenizer) for name, part in parts.items()}
    facts: dict[str, Any] = {
        "characters": {name: part.length for name, part in parts.items()},
        "vocabulary": len(tokenizer),
    }
    if config.tokenizer == "character":
        facts["outside the vocabulary"] = {
            name: sum(seen[character] for character in tokenizer.unseen("".join(seen)))
            for name, seen in counts.items()
        }
    else:
        facts["tokens"] = {name: len(tokens) for name, tokens in splits.items()}
        facts["unknown tokens"] = {
            name: int(tokens.eq(tokenizer.unknown_id or 0).sum()) for name, tokens in splits.items()
        }
    return TextData(splits, tokenizer, facts)


def _make_tokenizer(
    parts: Mapping[str, Part], counts: Mapping[str, int], config: LanguageDataConfig
) -> Tokenizer:
    if config.tokenizer != "character":
        # Of all that is not test: the published vocabularies of words are.
        chunks = whole_lines(chain(parts["train"].chunks(), parts["validation"].chunks()))
        return WordTokenizer.from_chunks(
            config.tokenizer, chunks, config.vocabulary, config.min_count
        )
    tokenizer = CharacterTokenizer.from_text(counts, config.min_count, config.start)
    if config.language != "zh":
        return tokenizer
    aliases = simplified_forms("".join(tokenizer.characters), dict(counts))
    return CharacterTokenizer(tokenizer.characters, tokenizer.unknown, aliases, tokenizer.start)


class TextBatch(NamedTuple):
    """One window of every row.

    Attributes:
        inputs, targets: int64 (batch, time); a target is the token after its input.
        keep: bool (batch,); False where the row starts the window with an empty memory.
    """

    inputs: Tensor
    targets: Tensor
    keep: Tensor


class TextBatches:
    """One epoch of truncated BPTT: rows of adjoining windows, so that state can be carried.

    The text is turned by a random offset each epoch, so that window borders fall elsewhere.

    Args:
        tokens: integers (length,).
        config: rows, window length and chance of an empty memory.
        epoch, seed: the offset and the resets are a function of both.
    """

    def __init__(self, tokens: Tensor, config: LanguageBatchConfig, epoch: int, seed: int) -> None:
        # A small text gets fewer rows, so that each holds one window at least.
        self.rows = max(1, min(config.batch_size, (len(tokens) - 1) // config.bptt))
        self.length = (len(tokens) - 1) // self.rows
        generator = torch.Generator().manual_seed((seed << 20) + epoch)
        self.offset = int(torch.randint(len(tokens), (), generator=generator))
        self.tokens, self.bptt = tokens, config.bptt
        whole = -(-self.length // self.bptt)
        self.steps = whole if config.steps is None else min(whole, config.steps)
        draw = torch.rand(len(self), self.rows, generator=generator)
        self.keep = draw >= config.reset_probability

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> TextBatch:
        first, last = step * self.bptt, min((step + 1) * self.bptt, self.length)
        # Read where they lie: a large text, turned as a whole, would be in memory twice.
        starts = torch.arange(self.rows) * self.length - self.offset
        places = (starts[:, None] + torch.arange(first, last + 1)) % len(self.tokens)
        window = self.tokens[places].long()
        return TextBatch(window[:, :-1], window[:, 1:], self.keep[step])
