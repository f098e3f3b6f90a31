"""Texts with labels in a csv file of one's own: any labels, as they stand in a column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lstm_zoo.errors import UsageError
from lstm_zoo.sentiment.reviews import Review
from lstm_zoo.sentiment.tables import open_table
from lstm_zoo.task import did_you_mean

MISSING = frozenset({"", "nan", "null", "n/a", "#n/a"})
"""What programs write into a cell that has no value, in small letters."""


@dataclass(frozen=True)
class LabelledTexts:
    """The rows of a csv file that have a text and a label.

    Attributes:
        reviews: text and number of the label.
        labels: their names, as they stand in the file.
        text_column: name of the texts' column.
        left_out: how many rows have no text, and how many of the others no label.
    """

    reviews: list[Review]
    labels: tuple[str, ...]
    text_column: str
    left_out: dict[str, int]


def read_labelled(
    path: Path, text_column: str | None, label_column: str, labels: Sequence[str] | None = None
) -> LabelledTexts:
    """Read a csv file of texts and labels.

    Args:
        path: see `tables.open_table`, which tells encoding and delimiter.
        text_column: name of a column; None for the one that seems to hold the texts.
        label_column: name of a column.
        labels: which there may be, in the order of their numbers; None for those that are there,
            sorted, numbers by their value.

    Raises:
        UsageError: it is no such file, a column is missing, no row is complete, or a label is none
            of `labels`.
    """
    table = open_table(path, text_column or label_column)
    label_number = table.column(label_column)
    text_number = table.column(text_column)
    if text_number == label_number:
        raise UsageError(
            f"the column {label_column!r} of {path.name} cannot be both text and label: name two;"
            f" there are {', '.join(table.columns)}"
        )
    if not table.rows:
        raise UsageError(f"{path.name} has no rows after the one that names its columns")
    pairs, left_out = [], {"rows without a text": 0, "rows without a label": 0}
    for row in table.read():
        text, label = row[text_number].strip(), row[label_number].strip()
        if text.lower() in MISSING:
            left_out["rows without a text"] += 1
        elif label.lower() in MISSING:
            left_out["rows without a label"] += 1
        else:
            pairs.append((text, label))
    if not pairs:
        raise UsageError(
            f"no row of {path.name} has both a text in {table.columns[text_number]!r} and a label"
            f" in {label_column!r}"
        )
    counts = Counter(label for _, label in pairs)
    known = tuple(sorted(counts, key=_order)) if labels is None else tuple(labels)
    for label in counts.keys() - set(known):
        near = did_you_mean(label, known)
        raise UsageError(f"{path.name} has the label {label!r}, which the model lacks{near}")
    numbers = {label: number for number, label in enumerate(known)}
    reviews = [Review(text, numbers[label]) for text, label in pairs]
    return LabelledTexts(reviews, known, table.columns[text_number], left_out)


def _order(label: str) -> tuple[float, str]:
    try:
        return float(label), label
    except ValueError:
        return float("inf"), label
