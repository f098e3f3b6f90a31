"""From published reviews to training batches: the recipe's sections, and numbered, split texts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor

from lstm_zoo.files import find_data_file
from lstm_zoo.sentiment.labelled import read_labelled
from lstm_zoo.sentiment.reviews import COLLECTIONS, Find, Parts
from lstm_zoo.sentiment.split import split_reviews, without_known
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
    collections: tuple[CollectionName, ...] = Field((), description="what is read")
    unlabelled: bool = Field(
        False, description="the collections' unlabelled texts are read too, see reading_epochs"
    )
    self_training: bool = Field(
        False,
        description="the unlabelled texts are learned too, each by what the model that"
        " training.start_from names says of it; unlabelled must be true",
    )
    nb_svm: bool = Field(
        False,
        description="NB-SVM on tokens and pairs of them, fitted to the train part, labels the texts"
        " of self_training beside that model; the validation part weighs the two",
    )
    file: str | None = Field(
        None, description="instead of collections: a csv file, by its path inside the data folder"
    )
    text_column: str | None = Field(None, description="of `file`: the column of the texts")
    label_column: str | None = Field(None, description="of `file`: the column of the labels")
    sha256: dict[str, str] | str | None = Field(
        {}, description="checksums, by path inside the data folder; or that of `file`"
    )
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

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        own = [self.file, self.text_column, self.label_column]
        if bool(self.collections) == all(own) or any(own) != all(own):
            raise ValueError("give collections, or else file, text_column and label_column")
        without = [name for name in self.collections if not COLLECTIONS[name].read_unlabelled]
        if self.unlabelled and (without or not self.collections):
            which = without[0] if without else "a file"
            raise ValueError(f"there are no unlabelled texts of {which}: set unlabelled to false")
        if self.self_training and not self.unlabelled:
            raise ValueError("self_training needs unlabelled: true")
        if self.nb_svm and not self.self_training:
            raise ValueError("nb_svm needs self_training: true")
        return self


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
    reading_epochs: int = Field(
        0,
        ge=0,
        description="so many of training.epochs come first and read the train part and the"
        " unlabelled texts as a language model; model.next_words must be true",
    )
    reading_rate: float | None = Field(
        None, gt=0, description="peak rate of these; that of the optimizer if left out"
    )
    unlabelled: bool = Field(
        False,
        description="model.virtual_adversarial_norm is for other texts than the labelled ones of a"
        " step: for as many of the train part and the unlabelled texts",
    )


class Examples(NamedTuple):
    """Numbered texts.

    Attributes:
        ids: of each text, int32 (length,).
        labels: int64 (texts,); of a train part with self-training the probability of each class,
            float32 (texts, classes).
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
        unlabelled: numbered texts besides, of which none stands in a part.
    """

    splits: dict[str, Examples]
    preprocessing: ReviewTokenizer
    facts: dict[str, Any]
    test: str
    texts: dict[str, list[str]]
    unlabelled: list[np.ndarray]

    def numbered(self, split: str, tokenizer: ReviewTokenizer | None) -> list[np.ndarray]:
        """The texts of a part by the vocabulary of the model that is to read them.

        A checkpoint has its own: here another one may have been counted, if a file was added.
        """
        if tokenizer is None or tokenizer is self.preprocessing:
            return self.splits[split].ids
        return tokenizer.encode_many(self.texts[split])


def load_reviews(
    config: SentimentDataConfig,
    data_dir: Path | None,
    tokenizer: ReviewTokenizer | None = None,
    start: ReviewTokenizer | None = None,
) -> SentimentData:
    """Read, split and number reviews.

    Args:
        config: what to read and how to split it.
        data_dir: folder of raw data; None for the default one.
        tokenizer: has the vocabulary; None for that of the train part and the unlabelled texts.
        start: its vocabulary comes first, if the model is to start from one that has it.

    Raises:
        FileNotFoundError: a file is not there; says where it should be.
        UsageError: a file is not the one that was meant, or too short to split.
    """
    parts, left_out, test = read_split(config, data_dir)
    texts = {name: [review.text for review in part] for name, part in parts.items()}
    unlabelled, known = read_unlabelled(config, data_dir, parts)
    is_new = tokenizer is None
    limits, names = (config.vocabulary, config.min_count), (config.labels, config.language)
    learned = [*texts["train"], *unlabelled]
    if start is not None:
        tokenizer = start.extended(learned, *limits, *names)
    elif tokenizer is None:
        tokenizer = ReviewTokenizer.from_texts(learned, config.tokens, *limits, *names)
    splits = {}
    for name, part in parts.items():
        splits[name] = Examples(
            tokenizer.encode_many(texts[name]),
            torch.tensor([review.label for review in part]),
            [review.domain for review in part],
        )
    unlabelled_ids = tokenizer.encode_many(unlabelled)
    if is_new:
        tokenizer.count([*splits["train"].ids, *unlabelled_ids])
    facts = {
        "reviews": {name: len(part) for name, part in parts.items()},
        "by label": {
            name: dict(Counter(config.labels[review.label] for review in part))
            for name, part in parts.items()
        },
        "left out of train": left_out,
        "vocabulary": len(tokenizer),
    }
    if config.unlabelled:
        facts["unlabelled reviews"] = len(unlabelled)
        facts["left out of unlabelled"] = known
    return SentimentData(splits, tokenizer, facts, test, texts, unlabelled_ids)


def read_split(
    config: SentimentDataConfig, data_dir: Path | None
) -> tuple[Parts, dict[str, int], str]:
    """The reviews of each part, how many were left out of training, and what the test part is.

    Where a collection has no labelled test part, the part that chose the weights stands in for it.
    """
    find = _finder(config, data_dir)
    parts: Parts = {}
    incomplete: dict[str, int] = {}
    for collection in config.collections:
        for name, part in COLLECTIONS[collection].read(find).items():
            parts.setdefault(name, []).extend(part)
    test = " and ".join(COLLECTIONS[collection].test for collection in config.collections)
    if config.file and config.label_column:
        path = find(config.file, None)
        own = read_labelled(path, config.text_column, config.label_column, config.labels)
        parts, incomplete = {"all": own.reviews}, own.left_out
        test = f"a fixed part of {config.file}, split by hash"
    split, left_out = split_reviews(parts, config.validation_fraction, config.test_fraction)
    left_out = incomplete | left_out
    if "test" not in split:
        split["test"] = split["validation"]
        test = TEST_IS_VALIDATION
    return split, left_out, test


def read_unlabelled(
    config: SentimentDataConfig, data_dir: Path | None, parts: Parts
) -> tuple[list[str], dict[str, int]]:
    """The unlabelled texts that are in no part, if they are wanted, and how many were left out."""
    readers = [COLLECTIONS[name].read_unlabelled for name in config.collections]
    find = _finder(config, data_dir)
    texts = (text for read in readers if read and config.unlabelled for text in read(find))
    return without_known(texts, parts)


def _finder(config: SentimentDataConfig, data_dir: Path | None) -> Find:
    def find(name: str, url: str | None) -> Path:
        sums = config.sha256
        sha256 = sums.get(name) if isinstance(sums, dict) else sums
        return find_data_file(name, data_dir, url=url, sha256=sha256)

    return find
