"""Whole files of reviews: csv in, csv out."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_zoo.sentiment import batch
from lstm_zoo.sentiment.batch import Done, classify_table, harmless
from lstm_zoo.sentiment.predict import SentimentClassifier
from lstm_zoo.sentiment.tables import open_table
from tests.sentiment.made_up import made_up

ROWS = [
    ["id", "review", "stars"],
    ["=1+1", "The film was great\nand funny, and the end was lovely; really.", "-5"],
    ["@x", "It was a dull and awful scene of this man.", "+3,5"],
    ["", "   ", "好"],
]


def run(classifier: SentimentClassifier, path: Path, **options: object) -> tuple[Path, list[Done]]:
    table = open_table(path)
    out = path.with_name("out.csv")
    return out, list(classify_table(classifier, table, table.column(None), out, **options))  # type: ignore[arg-type]


def write(path: Path, rows: list[list[str]], encoding: str = "utf-8", delimiter: str = ",") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def rows_of(path: Path, encoding: str = "utf-8", delimiter: str = ",") -> list[list[str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_keeps_columns_encoding_and_delimiter(
    classifier: SentimentClassifier, tmp_path: Path, encoding: str, delimiter: str
) -> None:
    path = write(tmp_path / "in.csv", ROWS, encoding, delimiter)
    out, _ = run(classifier, path)
    head, *rows = rows_of(out, encoding, delimiter)
    assert head == [
        *ROWS[0],
        "sentiment",
        "probability_negative",
        "probability_positive",
        "warnings",
    ]
    assert [row[1:3] for row in rows] == [row[1:] for row in ROWS[1:]]
    assert [row[3] for row in rows] == ["positive", "negative", ""]
    assert rows[2][4:] == ["", "", "There is no text."]


def test_says_what_classify_says_in_the_order_of_the_rows(
    classifier: SentimentClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "CHUNK_ROWS", 7)
    texts = [text for _, text in made_up(40, seed=9)]
    out, progress = run(classifier, write(tmp_path / "in.csv", [["text"], *([t] for t in texts)]))
    rows = rows_of(out)[1:]
    verdicts = classifier.classify(texts)
    assert [(row[0], row[1]) for row in rows] == [
        (text, verdict.label) for text, verdict in zip(texts, verdicts, strict=True)
    ]
    chances = [verdict.probabilities["positive"] for verdict in verdicts]
    assert [float(row[3]) for row in rows] == pytest.approx(chances, abs=1e-5)
    assert [done.rows for done in progress] == [0, 7, 14, 21, 28, 35, 40]
    assert sum(progress[-1].counts.values()) == 40


def test_stopped_it_keeps_the_rows_so_far(
    classifier: SentimentClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "CHUNK_ROWS", 5)
    path = write(tmp_path / "in.csv", [["text"], *([t] for _, t in made_up(30, seed=9))])
    out, progress = run(classifier, path, should_stop=lambda: True)
    assert (progress[-1].rows, progress[-1].total) == (5, 30)
    assert len(rows_of(out)) == 6


def test_dropped_in_the_middle_it_leaves_no_file(
    classifier: SentimentClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "CHUNK_ROWS", 5)
    path = write(tmp_path / "in.csv", [["text"], *([t] for _, t in made_up(30, seed=9))])
    table = open_table(path)
    running = classify_table(classifier, table, 0, tmp_path / "out.csv")
    next(running)
    next(running)
    running.close()  # type: ignore[attr-defined]
    assert [one.name for one in tmp_path.iterdir()] == ["in.csv"]


def test_columns_of_ours_take_other_names_where_theirs_are_taken(
    classifier: SentimentClassifier, tmp_path: Path
) -> None:
    first, _ = run(classifier, write(tmp_path / "in.csv", ROWS))
    again = tmp_path / "again" / "in.csv"
    again.parent.mkdir()
    again.write_bytes(first.read_bytes())
    head = rows_of(run(classifier, again)[0])[0]
    assert len(set(head)) == len(head)
    assert head[3:] == [*head[3:7], *(f"{name}_2" for name in head[3:7])]


def test_no_cell_is_a_formula(classifier: SentimentClassifier, tmp_path: Path) -> None:
    dangerous = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"]
    rows = [["=id", "text"], *([cell, cell] for cell in dangerous)]
    out, _ = run(classifier, write(tmp_path / "in.csv", rows))
    written = rows_of(out)
    assert written[0][0] == "'=id"
    assert [row[:2] for row in written[1:]] == [["'" + cell, "'" + cell] for cell in dangerous]


@pytest.mark.parametrize("cell", ["-5", "+3,5", "-1.5e-7", "-20%", "a=b", "", "房间", "1-2", "x@y"])
def test_numbers_and_plain_text_stay_as_they_are(cell: str) -> None:
    assert harmless(cell) == cell


@given(st.text(max_size=20))
def test_a_harmless_cell_is_itself_with_at_most_an_apostrophe(cell: str) -> None:
    made = harmless(cell)
    assert made in (cell, "'" + cell)
    assert made == harmless(made)
