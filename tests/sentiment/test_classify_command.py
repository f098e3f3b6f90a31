"""The verb `classify` of the command line."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lstm_zoo.sentiment.predict import SentimentClassifier
from tests.sentiment.made_up import made_up
from tests.test_cli import Done, run


@pytest.fixture(scope="module")
def name(classifier_folder: Path) -> str:
    return f"local-dir:{classifier_folder}"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "in.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = [["id", "comment"], ["=1+1", "a great film"], ["2", "an awful, dull film"]]
        csv.writer(file, delimiter=";").writerows(rows)
    return path


def test_prints_a_verdict_for_each_text(name: str, classifier: SentimentClassifier) -> None:
    texts = ["It was a great and lovely film.", "It was a dull and awful film."]
    done = run("classify", name, *texts)
    assert done.returncode == 0
    for line, text in zip(done.stdout.splitlines(), texts, strict=True):
        verdict = classifier.classify(text)
        assert line.startswith(verdict.label)
        assert f"{verdict.probabilities[verdict.label]:.1%}" in line
        assert text in line


def test_says_what_speaks_against_an_answer(name: str) -> None:
    assert "but: The text is written in Chinese letters" in run("classify", name, "很好吃").stdout


def test_reads_a_file_line_by_line_and_standard_input(name: str, tmp_path: Path) -> None:
    path = tmp_path / "texts.txt"
    path.write_text("\ufeffa great film\n\nan awful film\n", "utf-8")
    lines = run("classify", name, "--file", path, "--json")
    assert [one["text"] for one in json.loads(lines.stdout)] == ["a great film", "an awful film"]
    assert run("classify", name, "-", stdin="a great film\n").stdout.startswith("positive")


@pytest.mark.parametrize("encoding", ["utf-16", "gb18030"])
def test_a_file_may_have_the_encodings_of_a_table(encoding: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / "texts.txt"
    path.write_text("a great film\n房间很好服务员态度很差\n", encoding)
    found = json.loads(run("classify", name, "--file", path, "--json").stdout)
    assert [one["text"] for one in found] == ["a great film", "房间很好服务员态度很差"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "texts.txt is empty"),
        (b" \n\n", "texts.txt is empty"),
        (b"a caf\xe9 film, tr\xe8s bon", "texts.txt is not UTF-8, UTF-16 or GB18030"),
    ],
)
def test_a_file_without_text_is_refused(
    content: bytes, message: str, name: str, tmp_path: Path
) -> None:
    path = tmp_path / "texts.txt"
    path.write_bytes(content)
    done = run("classify", name, "--file", path)
    assert done.returncode == 2
    assert f"error: {message}" in done.stderr
    assert "Traceback" not in done.stderr


def test_standard_input_that_is_no_text_is_refused(name: str) -> None:
    command = [sys.executable, "-m", "lstm_zoo", "classify", name, "-"]
    environment = os.environ | {"PYTHONIOENCODING": "utf-8:strict"}
    done = subprocess.run(command, input=b"tr\xe8s", capture_output=True, env=environment)
    assert done.returncode == 2
    assert b"standard input is not utf-8: give the text as --file" in done.stderr


def test_json_has_everything(name: str, classifier: SentimentClassifier) -> None:
    (found,) = json.loads(run("classify", name, "great 很", "--json", "--why").stdout)
    verdict = classifier.classify("great 很")
    assert found["probabilities"] == pytest.approx(verdict.probabilities, abs=1e-6)
    assert [warning["key"] for warning in found["warnings"]] == ["too_short"]
    assert found["tokens"] == ["great", "很"]
    assert len(found["contributions"]["values"]) == len(found["occlusion"]) == 2
    assert set(found["opinion"]) == {"tokens", "from_start", "from_end"}
    assert found["flip"]["label"] == "negative"


def test_why_prints_contributions_and_what_would_flip_it(name: str) -> None:
    done = run("classify", name, "The film was great but the scene was long.", "--why")
    assert any(
        line.split()[1:] == ["great"] and line.split()[0].startswith("+")
        for line in done.stdout.splitlines()
    )
    assert "would be:" in done.stdout


def test_a_line_without_a_word_does_not_lose_the_others(name: str, tmp_path: Path) -> None:
    path = tmp_path / "texts.txt"
    path.write_text("a great film\n<br />\na dull film\n", "utf-8")
    done = run("classify", name, "--file", path, "--why")
    assert done.returncode == 0
    assert "There is no word in this text." in done.stdout
    found = json.loads(run("classify", name, "--file", path, "--why", "--json").stdout)
    assert [one["text"] for one in found] == ["a great film", "<br />", "a dull film"]
    assert ["tokens" in one for one in found] == [True, False, True]


def test_half_of_a_character_is_read_as_a_question_mark(name: str) -> None:
    done = run("classify", name, "a great film \udcff yes")
    assert done.returncode == 0
    assert "a great film ? yes" in done.stdout


def test_a_csv_file_gets_its_verdicts(name: str, table: Path) -> None:
    done = run("classify", name, "--csv", table)
    out = table.with_suffix(".classified.csv")
    assert done.returncode == 0
    assert "2 of 2 rows: 1 negative, 1 positive, 0 without a text" in done.stdout
    assert "the texts are those of the column 'comment'" in done.stderr
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert [(row["id"], row["sentiment"]) for row in rows] == [
        ("'=1+1", "positive"),
        ("2", "negative"),
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "give either texts, or --file with a text on each line, or --csv"),
        (["x", "--csv", "in.csv"], "give either texts"),
        (["x", "--text-column", "a"], "--text-column and --out go with --csv"),
        (["--csv", "TABLE", "--why"], "--why explains single texts"),
        (["--csv", "TABLE", "--text-column", "coment"], "did you mean 'comment'?"),
        (["--csv", "TABLE", "--out", "TABLE"], "is there already: name another file with --out"),
        (["--csv", "/nowhere/x.csv"], "No such file or directory: /nowhere/x.csv"),
        ([""], "the text is empty"),
    ],
)
def test_says_what_is_wrong(name: str, table: Path, options: list[str], message: str) -> None:
    before = table.read_bytes()
    done: Done = run("classify", name, *(table if one == "TABLE" else one for one in options))
    assert done.returncode == 2
    assert message in done.stderr
    assert table.read_bytes() == before


def test_a_model_of_another_task_is_refused() -> None:
    done = run("classify", "lstm.parity", "x")
    assert done.returncode == 2
    assert "lstm.parity is no classifier" in done.stderr


def test_many_texts_say_what_one_says(name: str, classifier: SentimentClassifier) -> None:
    texts = [text for _, text in made_up(5, seed=2)]
    found = json.loads(run("classify", name, *texts, "--json").stdout)
    for one, text in zip(found, texts, strict=True):
        expected = classifier.classify(text).probabilities
        assert one["probabilities"] == pytest.approx(expected, abs=1e-4)
