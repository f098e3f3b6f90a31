"""Whole files of reviews: csv in, csv out, in bounded memory.

What is written has the rows and columns of what was read, in its encoding and with its delimiter,
and at the end of each row the verdict. A spreadsheet runs a cell as a formula if it begins with one
of a few characters (https://owasp.org/www-community/attacks/CSV_Injection): such a cell gets an
apostrophe in front, unless it is a number, so that opening the file shows it and runs nothing.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from lstm_zoo.files import whole_file
from lstm_zoo.sentiment.predict import SentimentClassifier, Verdict
from lstm_zoo.sentiment.tables import Table

CHUNK_ROWS = 512
CHUNK_CHARACTERS = 400_000  # about two seconds of work
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?[\d.,]+(e[+-]?\d+)?%?", re.IGNORECASE)


@dataclass(frozen=True)
class Done:
    """How far a file is.

    Attributes:
        rows: how many are classified.
        total: how many there are.
        counts: how many of them got each label; rows without a text got none.
        blank: how many had no text.
    """

    rows: int
    total: int
    counts: dict[str, int]
    blank: int


def classify_table(
    classifier: SentimentClassifier,
    table: Table,
    text_column: int,
    out: Path,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[Done]:
    """Classify each row of a csv file.

    Args:
        classifier: does it.
        table: from `open_table`.
        text_column: number of the column with the texts.
        out: the csv file to write, which stands there once the iterator is at its end.
        should_stop: asked after each few hundred rows; once it says yes, the file gets the rows so
            far and the iterator ends.

    Yields:
        How far it is, from the start on.

    Raises:
        OSError: the file cannot be written.
    """
    counts, blank, done = dict.fromkeys(classifier.labels, 0), 0, 0
    yield Done(0, table.rows, dict(counts), 0)
    with (
        whole_file(out) as temporary,
        closing(table.read()) as rows,
        open(temporary, "w", encoding=table.encoding, newline="") as file,
    ):
        writer = csv.writer(file, delimiter=table.delimiter)
        head = [*table.columns, *_new_columns(table.columns, classifier.labels)]
        writer.writerow(map(harmless, head))
        while chunk := _next_chunk(rows):
            verdicts = _verdicts(classifier, chunk, text_column)
            for row, verdict in zip(chunk, verdicts, strict=True):
                writer.writerow([*map(harmless, row), *_cells(verdict, classifier.labels)])
                if verdict is None:
                    blank += 1
                else:
                    counts[verdict.label] += 1
            done += len(chunk)
            yield Done(done, table.rows, dict(counts), blank)
            if should_stop():
                break


def harmless(cell: str) -> str:
    """The cell, with an apostrophe in front if a spreadsheet would run it as a formula."""
    text = cell.lstrip(" ")
    if text.startswith(FORMULA_STARTS) and not _NUMBER.fullmatch(text.strip()):
        return "'" + cell
    return cell


def _next_chunk(rows: Iterator[list[str]]) -> list[list[str]]:
    chunk, characters = [], 0
    for row in islice(rows, CHUNK_ROWS):
        chunk.append(row)
        characters += sum(map(len, row))
        if characters > CHUNK_CHARACTERS:
            break
    return chunk


def _verdicts(
    classifier: SentimentClassifier, chunk: list[list[str]], text_column: int
) -> list[Verdict | None]:
    """A verdict for each row; None where there is no text."""
    texts = [row[text_column] for row in chunk]
    found = iter(classifier.classify([text for text in texts if text.strip()]))
    return [next(found) if text.strip() else None for text in texts]


def _new_columns(columns: tuple[str, ...], labels: tuple[str, ...]) -> list[str]:
    """Names of the columns that are written, none of which is there already."""
    names = []
    for name in ("sentiment", *(f"probability_{label}" for label in labels), "warnings"):
        count, fresh = 2, name
        while fresh in columns:
            fresh, count = f"{name}_{count}", count + 1
        names.append(fresh)
    return names


def _cells(verdict: Verdict | None, labels: tuple[str, ...]) -> list[Any]:
    if verdict is None:
        return ["", *[""] * len(labels), "There is no text."]
    shares = [round(verdict.probabilities[label], 6) for label in labels]
    return [verdict.label, *shares, " ".join(map(str, verdict.warnings))]
