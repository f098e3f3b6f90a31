"""From a raw file to training batches: texts, their split, and windows with carried state."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from lstm_zoo.errors import UsageError
from lstm_zoo.files import find_data_file
from lstm_zoo.language.poems import read_tang_poems, simplified_forms
from lstm_zoo.language.tokenizer import CharacterTokenizer


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
    min_count: int = Field(1, ge=1, description="rarer characters are read as one unknown one")
    start: str = Field("\n\n", description="text that comes before every prompt, as in the data")
    test_fraction: float = Field(0.1, ge=0, lt=1, description="last part of the data")
    validation_fraction: float = Field(
        0.05, gt=0, lt=1, description="last part of what is not test, to choose weights by"
    )


class LanguageBatchConfig(BaseModel):
    """The `batches` section of a language recipe."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    batch_size: int = Field(64, ge=1, description="rows, each a stretch of the text of its own")
    bptt: int = Field(128, ge=1, description="tokens of a window, the reach of the gradient")
    reset_probability: float = Field(
        0.0, ge=0, le=1, description="chance of a row to start a window with an empty memory"
    )


@dataclass(frozen=True)
class TextData:
    """Texts as token numbers, split.

    Attributes:
        splits: "train", "validation", "test" -> int64 (length,).
        preprocessing: the tokenizer.
        facts: counts, for the card.
    """

    splits: dict[str, Tensor]
    preprocessing: CharacterTokenizer
    facts: dict[str, Any]


def load_text(
    config: LanguageDataConfig, data_dir: Path | None, tokenizer: CharacterTokenizer | None = None
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
    texts = _split(_read(path, config.format), config)
    if min(len(text) for text in texts.values()) < 2:
        raise UsageError(f"{path} is too short to split: each part needs two characters at least")
    tokenizer = tokenizer or _make_tokenizer(texts["train"], config)
    facts = {
        "characters": {name: len(text) for name, text in texts.items()},
        "vocabulary": len(tokenizer),
        "outside the vocabulary": {
            name: sum(text.count(character) for character in tokenizer.unseen(text))
            for name, text in texts.items()
        },
    }
    return TextData({n: tokenizer.encode(t) for n, t in texts.items()}, tokenizer, facts)


def _make_tokenizer(train: str, config: LanguageDataConfig) -> CharacterTokenizer:
    tokenizer = CharacterTokenizer.from_text(train, config.min_count, config.start)
    if config.language != "zh":
        return tokenizer
    aliases = simplified_forms("".join(tokenizer.characters), Counter(train))
    return CharacterTokenizer(tokenizer.characters, tokenizer.unknown, aliases, tokenizer.start)


def _read(path: Path, format: str) -> list[str]:
    if format == "tang-poems":
        poems = read_tang_poems(path)
        random.Random(0).shuffle(poems)
        return poems
    try:
        return [path.read_text("utf-8-sig")]
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text: {error}") from None


def _split(documents: list[str], config: LanguageDataConfig) -> dict[str, str]:
    """In order: by document where there are many, by character where there is one."""
    pieces: list[str] | str = documents if len(documents) > 1 else documents[0]
    rest = int(len(pieces) * (1 - config.test_fraction))
    train = int(rest * (1 - config.validation_fraction))
    parts = {"train": pieces[:train], "validation": pieces[train:rest], "test": pieces[rest:]}
    return {name: "".join(part) for name, part in parts.items()}


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
        tokens: int64 (length,).
        config: rows, window length and chance of an empty memory.
        epoch, seed: the offset and the resets are a function of both.
    """

    def __init__(self, tokens: Tensor, config: LanguageBatchConfig, epoch: int, seed: int) -> None:
        # A small text gets fewer rows, so that each holds one window at least.
        rows = max(1, min(config.batch_size, (len(tokens) - 1) // config.bptt))
        length = (len(tokens) - 1) // rows
        generator = torch.Generator().manual_seed((seed << 20) + epoch)
        offset = int(torch.randint(len(tokens), (), generator=generator))
        turned = tokens.roll(offset)
        self.inputs = turned[: rows * length].view(rows, length)
        self.targets = turned[1 : rows * length + 1].view(rows, length)
        self.bptt = config.bptt
        draw = torch.rand(len(self), rows, generator=generator)
        self.keep = draw >= config.reset_probability

    def __len__(self) -> int:
        return -(-self.inputs.shape[1] // self.bptt)

    def __getitem__(self, step: int) -> TextBatch:
        window = slice(step * self.bptt, (step + 1) * self.bptt)
        return TextBatch(self.inputs[:, window], self.targets[:, window], self.keep[step])
