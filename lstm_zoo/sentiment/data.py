"""From published reviews to training batches: the recipe's sections, and numbered, split texts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from lstm_zoo.files import find_data_file
from lstm_zoo.sentiment.reviews import COLLECTIONS, Parts
from lstm_zoo.sentiment.split import split_reviews
from lstm_zoo.sentiment.tokenizer import Kind, ReviewTokenizer

TEST_IS_VALIDATION = "the sentences of GLUE's dev part, by which the weights were chosen too"

CollectionName = Literal["imdb", "sst2", "hotel", "shopping"]


class SentimentDataConfig(BaseModel):
    """The `data` section of a sentiment recipe."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(description="what the data set is called")
    language: str = Field(description="ISO 639-1 code, such as en or zh")
    licence: str = Field(description="terms of the texts, as their publisher states them")
    source: str = Field(description="where the files come from")
    collections: tuple[CollectionName, ...] = Field(min_length=1, description="what is read")
    sha256: dict[str, str] = Field({}, description="checksums, by path inside the data folder")
    labels: tuple[str, ...] = Field(("negative", "positive"), description="names of the classes")
    validation_fraction: float = Field(
        0.1, gt=0, lt=0.5, description="share that chooses the weights, where none is official"
    )
    test_fraction: float = Field(
        0.15, gt=0, lt=0.5, description="share that tests, where none is official"
    )
    tokens: Kind = Field("words", description="what a token is")
    vocabulary: int = Field(30_000, ge=3, description="the most frequent tokens, at most")
    min_count: int = Field(2, ge=1, description="rarer tokens are read as one unknown one")


class SentimentBatchConfig(BaseModel):
    """The `batches` section of a sentiment recipe."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    batch_size: int = Field(32, ge=1, description="texts of a step")
    max_tokens: int = Field(
        400,
        ge=1,
        description="longer texts are cut to this in training: to their beginning or to"
        " their end, drawn anew each epoch",
    )


class Examples(NamedTuple):
    """Numbered texts.

    Attributes:
        ids: of each text, int32 (length,).
        labels: int64 (texts,).
        domains: what each text is about.
    """

    ids: list[np.ndarray]
    labels: Tensor
    domains: list[str]


@dataclass(frozen=True)
class SentimentData:
    """Reviews as token numbers, split.

    Attributes:
        splits: "train", "validation" and "test" -> the part.
        preprocessing: the tokenizer, with the labels.
        facts: counts, for the card.
        test: what the test part is.
        texts: of each part, as they were published.
    """

    splits: dict[str, Examples]
    preprocessing: ReviewTokenizer
    facts: dict[str, Any]
    test: str
    texts: dict[str, list[str]]

    def numbered(self, split: str, tokenizer: ReviewTokenizer | None) -> list[np.ndarray]:
        """The texts of a part by the vocabulary of the model that is to read them.

        A checkpoint has its own: here another one may have been counted, if a file was added.
        """
        if tokenizer is None or tokenizer is self.preprocessing:
            return self.splits[split].ids
        return tokenizer.encode_many(self.texts[split])


def load_reviews(config: SentimentDataConfig, data_dir: Path | None) -> SentimentData:
    """Read, split and number reviews; the vocabulary comes from the train part alone.

    Args:
        config: what to read and how to split it.
        data_dir: folder of raw data; None for the default one.

    Raises:
        FileNotFoundError: a file is not there; says where it should be.
        UsageError: a file is not the one that was meant, or too short to split.
    """
    parts, left_out, test = read_split(config, data_dir)
    texts = {name: [review.text for review in part] for name, part in parts.items()}
    tokenizer = ReviewTokenizer.from_texts(
        texts["train"],
        config.tokens,
        config.vocabulary,
        config.min_count,
        config.labels,
        config.language,
    )
    splits = {}
    for name, part in parts.items():
        splits[name] = Examples(
            tokenizer.encode_many(texts[name]),
            torch.tensor([review.label for review in part]),
            [review.domain for review in part],
        )
    tokenizer.count(splits["train"].ids)
    facts = {
        "reviews": {name: len(part) for name, part in parts.items()},
        "by label": {
            name: dict(Counter(config.labels[review.label] for review in part))
            for name, part in parts.items()
        },
        "left out of train": left_out,
        "vocabulary": len(tokenizer),
    }
    return SentimentData(splits, tokenizer, facts, test, texts)


def read_split(
    config: SentimentDataConfig, data_dir: Path | None
) -> tuple[Parts, dict[str, int], str]:
    """The reviews of each part, how many were left out of training, and what the test part is.

    Where a collection has no labelled test part, the part that chose the weights stands in for it.
    """

    def find(name: str, url: str | None) -> Path:
        return find_data_file(name, data_dir, url=url, sha256=config.sha256.get(name))

    parts: Parts = {}
    for collection in config.collections:
        for name, part in COLLECTIONS[collection].read(find).items():
            parts.setdefault(name, []).extend(part)
    split, left_out = split_reviews(parts, config.validation_fraction, config.test_fraction)
    test = " and ".join(COLLECTIONS[collection].test for collection in config.collections)
    if "test" not in split:
        split["test"] = split["validation"]
        test = TEST_IS_VALIDATION
    return split, left_out, test
