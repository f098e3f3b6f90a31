"""What is wrong with a csv file, or with how it is named, is told in a sentence."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from lstm_zoo.forecasting.series import read_series
from lstm_zoo.sentiment.fit import FEWEST
from tests.test_cli import run
from tests.training.test_own_csv import TEXTS, assert_refused, mails, write, write_prices

BAD_TEXTS: dict[str, tuple[bytes, str]] = {
    "no such column": (b"bdy,folder\na,b\n", "has no column 'body'; did you mean 'bdy'?"),
    "no such label column": (b"body,flder\na,b\n", "has no column 'folder'; did you mean 'flder'?"),
    "zero rows": (b"body,folder\n", "has no rows after the one that names its columns"),
    "an empty file": (b"", "is empty"),
    "one class": (
        b"body,folder\r\n" + b"".join(b"text %d,good\r\n" % n for n in range(40)),
        "holds the label 'good' alone: a classifier needs two at least",
    ),
    "no labels": (b"body,folder\na,\nb,NaN\n", "no row of .* has both a text .* and a label"),
    "mixed encodings": (
        b"body,folder\n" + "café,1\n".encode() + "naïve, à\n".encode("latin-1"),
        "is not UTF-8, UTF-16 or GB18030 .*save it as UTF-8",
    ),
    "a rare class": (
        b"body,folder\n" + b"".join(b"text %d,%s\n" % (n, b"ab"[n % 2 :][:1]) for n in range(40))
        + b"once,c\n",
        f"1 of the 3 labels in the column 'folder' .* fewer than {FEWEST} .* such as 'c'",
    ),
    "labels that are numbers": (
        b"body,folder\n" + b"".join(b"text %d,%d.5\n" % (n, n) for n in range(40)),
        "40 of the 40 labels .* join them or leave them out",
    ),
    "too few": (b"body,folder\na,1\nb,2\n", "2 of the 2 labels .* have fewer than 10"),
    "a quotation mark that stays open": (b'body,folder\n"a,1\nb,2\n', "is never closed"),
}  # fmt: skip


@pytest.mark.parametrize("fault", BAD_TEXTS)
def test_texts_that_cannot_be_learnt_are_refused_in_a_sentence(fault: str, tmp_path: Path) -> None:
    content, sentence = BAD_TEXTS[fault]
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    assert_refused(run("train", "--csv", path, *TEXTS, "--runs-dir", tmp_path), sentence)
    assert not list(tmp_path.glob("*/state.pt"))


BAD_SERIES: dict[str, tuple[str, str]] = {
    "no such column": ("day,clsoe\n2020-01-01,1\n", "no column 'close'; did you mean 'clsoe'?"),
    "zero rows": ("day,close\n", "the column 'close' of bad.csv holds no number"),
    "an empty file": ("", "bad.csv cannot be read as csv"),
    "text": ("close\n1\ntwo\n" + "3\n" * 60, "holds 'two' in row 2, which is no number"),
    "no number at all": ("day,close\n" + "1,\n" * 60, "holds no number"),
    "an infinite number": ("close\n" + "1\n" * 60 + "inf\n", "an infinite number"),
    "a short series": ("close\n" + "1\n2\n" * 10, "20 rows, too few to learn a horizon of 1"),
    "a date that is none": (
        "day,close\n" + "2020-01-01,1\n" * 20 + "soon,1\n",
        "the date 'soon' in row 21",
    ),
}


@pytest.mark.parametrize("fault", BAD_SERIES)
def test_values_that_cannot_be_learnt_are_refused_in_a_sentence(fault: str, tmp_path: Path) -> None:
    content, sentence = BAD_SERIES[fault]
    path = tmp_path / "bad.csv"
    path.write_text(content, "utf-8")
    options = ["--value-column", "close", "--runs-dir", tmp_path]
    if fault == "a date that is none":
        options += ["--date-column", "day"]
    assert_refused(run("train", "--csv", path, *options), sentence)


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_values_stand_between_any_delimiters(delimiter: str, tmp_path: Path) -> None:
    path = write_prices(tmp_path / "p.csv", 60, delimiter)
    if delimiter == ";":  # as where the comma is for decimals
        path.write_text(path.read_text().replace(".", ","))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    series = read_series(path, "day", ["close"])
    assert len(series) == 60
    assert series.values[0, 0] == 100


@pytest.mark.parametrize(
    ("encoding", "column"),
    [
        ("utf-8", "größe"),
        ("utf-8-sig", "价格"),
        ("utf-16", "价格"),
        ("utf-16-le", "größe"),
        ("utf-16-be", "größe"),
        ("gb18030", "收盘价格"),
        ("cp1252", "größe"),
    ],
)
@pytest.mark.parametrize("ending", ["csv", "csv.gz"])
def test_values_are_read_in_the_usual_encodings(
    encoding: str, column: str, ending: str, tmp_path: Path
) -> None:
    path = tmp_path / f"p.{ending}"
    rows = "".join(f"2020-01-{day:02},{day}\r\n" for day in range(1, 26))
    content = f"day,{column}\r\n{rows}".encode(encoding)
    path.write_bytes(gzip.compress(content) if ending == "csv.gz" else content)
    series = read_series(path, "day", [column])
    assert series.names == (column,)
    assert series.frequency == "D"
    assert series.values[:, 0].tolist() == list(range(1, 26))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--csv", "x.csv"], "say what to learn from x.csv: --text-column and --label-column"),
        (["--csv", "x.csv", "--text-column", "a"], "say what to learn from x.csv"),
        (["--csv", "x.csv", *TEXTS], "there is no file 'x.csv'"),
        (["--csv", "x.csv", "--value-column", "a"], "there is no file x.csv"),
        (["--csv", "x.csv", *TEXTS, "--horizon", "3"], "do not go together"),
        (["--csv", "x.csv", "--text", "x.txt"], "name a recipe, or give a text"),
        (["lstm.parity", "--label-column", "a"], "--label-column only go"),
        (["--csv", "x.csv", *TEXTS, "--tokenizer", "bpe"], "--tokenizer goes with --text"),
        (["--text", "x.txt", "--data-file", "y"], "there is no file 'x.txt'"),
    ],
)
def test_options_that_do_not_fit_are_refused(arguments: list[str], sentence: str) -> None:
    assert_refused(run("train", *arguments), sentence)


def test_one_column_cannot_be_both_text_and_label(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", mails(60))
    options = ("--text-column", "body", "--label-column", "body")
    assert_refused(run("train", "--csv", path, *options), "cannot be both text and label")
