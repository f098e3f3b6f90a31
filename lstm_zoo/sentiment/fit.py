"""A recipe fitted to texts and labels of one's own: the sizes come from the number of texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lstm_zoo.errors import UsageError
from lstm_zoo.files import sha256_of, slug
from lstm_zoo.sentiment.doubts import count_scripts
from lstm_zoo.sentiment.labelled import LabelledTexts, read_labelled
from lstm_zoo.sentiment.reviews import Parts
from lstm_zoo.sentiment.split import split_reviews, without_repeats

VALIDATION_SHARE, TEST_SHARE = 0.1, 0.15
FEWEST = 10
"""Texts of a label, so that each part has some."""
SHOWN_LABELS = 6
SCRIPT_SAMPLE = 2000
"""Texts by which it is told whether words have spaces between them."""
UNSPACED = ("Chinese", "Japanese", "Thai")


@dataclass(frozen=True)
class Size:
    """What suits up to `texts` texts: more of them bear more units and need fewer passes."""

    texts: float
    batch_size: int
    units: int
    epochs: int
    learning_rate: float


SIZES = (
    Size(2e3, 16, 64, 20, 3e-3),
    Size(20e3, 32, 128, 10, 2e-3),
    Size(200e3, 64, 128, 5, 2e-3),
    Size(2e6, 128, 192, 2, 1e-3),
    Size(float("inf"), 256, 256, 1, 1e-3),
)


def csv_recipe(
    path: Path,
    text_column: str | None,
    label_column: str,
    name: str | None = None,
    language: str = "und",
    start: Mapping[str, Any] | None = None,
) -> tuple[dict[str, Any], str]:
    """A recipe that trains a classifier on a csv file.

    Args:
        path: the file; its first row names the columns.
        text_column: see `read_labelled`.
        label_column: may hold any labels, two at least.
        name: of the recipe and its checkpoint; None for one after the file.
        language: ISO 639-1 code; "und": not said.
        start: the recipe of the checkpoint to start from; None for a new model.

    Returns:
        The recipe, and a sentence that says what was read and how it is split.

    Raises:
        UsageError: the file cannot be trained on; says why.
    """
    if not path.is_file():
        raise UsageError(f"there is no file {str(path)!r}")
    found = read_labelled(path, text_column, label_column)
    if len(found.labels) == 1:
        raise UsageError(
            f"the column {label_column!r} of {path.name} holds the label {found.labels[0]!r} alone:"
            " a classifier needs two at least"
        )
    reviews, repeats = without_repeats(found.reviews)
    counts = Counter(found.labels[review.label] for review in reviews)
    rare = [label for label in found.labels if counts[label] < FEWEST]
    if rare:
        raise UsageError(
            f"{len(rare)} of the {len(found.labels)} labels in the column {label_column!r} of"
            f" {path.name} have fewer than {FEWEST} different texts, such as {rare[0]!r:.60}: give"
            " them more, join them or leave them out"
        )
    parts, _ = split_reviews({"all": reviews}, VALIDATION_SHARE, TEST_SHARE)
    train = [review.text for review in parts["train"]]
    size = next(size for size in SIZES if len(train) <= size.texts)
    model: dict[str, Any] = {
        "embedding_size": size.units,
        "hidden_size": size.units,
        "embedding_dropout": 0.1,
        "input_dropout": 0.4,
        "output_dropout": 0.4,
        "label_smoothing": 0.05,
    }
    tokens = _tokens(train)
    if start is not None:  # the layers of another model, which was started already
        model, tokens = start["model"], start["data"]["tokens"]
    recipe = {
        "name": name or f"bilstm.{slug(path.stem, 'texts')}",
        "task": "sentiment",
        "description": f"Tells the {len(found.labels)} labels of {path.name} apart.",
        "licence": "unknown",
        "data": {
            "name": path.name,
            "language": language,
            "licence": "unknown",
            "source": "a file of its maker",
            "file": path.name,
            "text_column": found.text_column,
            "label_column": label_column,
            "sha256": sha256_of(path),  # a run of another file is not resumed
            "labels": list(found.labels),
            "validation_fraction": VALIDATION_SHARE,
            "test_fraction": TEST_SHARE,
            "tokens": tokens,
        },
        "batches": {"batch_size": size.batch_size, "max_tokens": 300},
        "model": model,
        "optimizer": {
            "learning_rate": size.learning_rate / (2 if start is not None else 1),
            "weight_decay": 0.01,
        },
        "schedule": {"kind": "cosine", "warmup_steps": 20},
        "training": {"epochs": size.epochs, "average_decay": 0.99, "stop_after": 5},
    }
    return recipe, _statement(found, path.name, counts, parts, found.left_out | repeats)


def _tokens(texts: Sequence[str]) -> str:
    """Characters where words have no space between them, else words."""
    scripts: Counter[str] = sum(map(count_scripts, texts[:SCRIPT_SAMPLE]), Counter())
    # A character of Chinese is worth several letters.
    unspaced = sum(scripts[script] for script in UNSPACED)
    return "characters" if 4 * unspaced >= scripts.total() and unspaced else "words"


def _statement(
    found: LabelledTexts, file: str, counts: Counter[str], parts: Parts, left_out: dict[str, int]
) -> str:
    order = sorted(found.labels, key=lambda label: -counts[label])
    shown = [f"{counts[label]:,} {label!r}" for label in order[:SHOWN_LABELS]]
    if len(counts) > SHOWN_LABELS:
        shown.append(f"{len(counts) - SHOWN_LABELS} labels more")
    without = [f"{reason} ({count:,})" for reason, count in left_out.items() if count]
    left = f"; left out: {', '.join(without)}" if without else ""
    sizes = {name: f"{len(part):,}" for name, part in parts.items()}
    return (
        f"{file}, column {found.text_column!r}: {counts.total():,} texts, {', '.join(shown)}{left};"
        f" {sizes['train']} train, {sizes['validation']} choose the weights, {sizes['test']} test,"
        " by a hash of each text, with the same share of each label"
    )
