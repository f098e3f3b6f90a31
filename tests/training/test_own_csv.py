"""A csv file of one's own becomes a classifier or a forecaster, by the command line."""

from __future__ import annotations

import csv
import math
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import pytest

import lstm_zoo
from lstm_zoo.forecasting.fit import own_overrides
from lstm_zoo.forecasting.series import read_series
from lstm_zoo.sentiment.fit import SIZES, csv_recipe
from lstm_zoo.training.recipe import parse_recipe, read_recipe
from lstm_zoo.ui.models import find_models
from lstm_zoo.zoo.checkpoint import load_checkpoint, read_config
from tests.test_cli import Done, run

ROOT = Path(__file__).parent.parent.parent
WORDS = {"money": ["invoice", "paid", "sum"], "travel": ["train", "hotel", "ticket"], "spam": ["!"]}
QUICK = ("--set", "training.epochs=1", "--set", "model.hidden_size=8")
TEXTS = ("--text-column", "body", "--label-column", "folder")


def mails(count: int = 120) -> list[tuple[str, str]]:
    """Texts and labels: one word tells, among others that do not."""
    draw = random.Random(0)
    rows = []
    for number in range(count):
        label = list(WORDS)[number % 3]
        others = draw.choices(["please", "see", "what", "I", "wrote", "you"], k=5)
        rows.append((f"{number} {' '.join(others)} {draw.choice(WORDS[label])}", label))
    return rows


def write(path: Path, rows: Iterable[tuple[str, str]], delimiter: str = ",") -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([("body", "folder"), *rows])
    return path


def write_prices(path: Path, rows: int = 200, delimiter: str = ",") -> Path:
    lines = [delimiter.join(("day", "open", "close"))]
    for number in range(rows):
        day = date(2020, 1, 1) + timedelta(days=number)
        value = f"{100 + 5 * math.sin(number / 5):.3f}"
        lines.append(delimiter.join((str(day), str(number), value)))
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def train_in_a_process(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lstm_zoo", "train", *arguments, *QUICK],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """A folder with `runs/` in it, and what the training said."""
    folder = tmp_path_factory.mktemp("mail")
    rows = [*mails(), ("", "spam"), ("who knows", ""), ("hello", "NaN"), mails()[0]]
    write(folder / "My mail.csv", rows, ";")
    (folder / "My mail.csv").write_bytes(
        b"\xef\xbb\xbf" + (folder / "My mail.csv").read_bytes()  # as spreadsheets save it
    )
    done = train_in_a_process(folder, "--csv", "My mail.csv", *TEXTS)
    assert done.returncode == 0, done.stderr
    return folder, Done(0, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def forecaster(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    folder = tmp_path_factory.mktemp("prices")
    write_prices(folder / "prices.csv")
    done = train_in_a_process(
        folder, "--csv", "prices.csv", "--value-column", "close", "--horizon", "6"
    )
    assert done.returncode == 0, done.stderr
    return folder, Done(0, done.stdout, done.stderr)


def assert_refused(done: Done, sentence: str) -> None:
    assert done.returncode == 2
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("error: ")
    assert re.search(sentence, last), last


class TestAClassifier:
    def test_the_split_is_stated_before_and_after(self, classifier: tuple[Path, Done]) -> None:
        _, done = classifier
        assert (
            "note: My mail.csv, column 'body': 120 texts, 40 'money', 40 'spam', 40 'travel'; left"
            " out: rows without a text (1), rows without a label (2), repeats (1); 90 train, 12"
            " choose the weights, 18 test" in done.stderr
        )
        row = next(line for line in done.stdout.splitlines() if line.startswith("data"))
        assert " ".join(row.split()) == "data 120 texts split: 90 train, 12 validation, 18 test"

    def test_it_is_found_by_the_page_and_by_each_command(
        self, classifier: tuple[Path, Done], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder, _ = classifier
        monkeypatch.chdir(folder)
        name = "bilstm.my-mail"
        assert name in find_models("sentiment")[0]
        assert run("list", "*.my-mail").stdout.rstrip().endswith("trained")
        assert run("show", name).stdout.startswith(f"# {name}")
        assert run("classify", name, "the train and the hotel").stdout.split()[0] in WORDS
        verdict = lstm_zoo.load(name).classify("the train and the hotel")
        assert list(verdict.probabilities) == sorted(WORDS)

    def test_evaluate_measures_what_the_card_says(
        self, classifier: tuple[Path, Done], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder, _ = classifier
        monkeypatch.chdir(folder)
        config = read_config(folder / "runs" / "bilstm.my-mail" / "checkpoint")
        command = config.metrics["accuracy"].command
        assert command.endswith("evaluate bilstm.my-mail --data-file 'My mail.csv'")
        done = run("evaluate", "bilstm.my-mail", "--data-file", "My mail.csv")
        rows = [line.split() for line in done.stdout.splitlines()[1:]]
        assert {row[0]: row[1] for row in rows} == {row[0]: row[2] for row in rows}
        assert rows[0][1] == f"{config.metrics['accuracy'].value:.4f}"

    def test_other_texts_are_measured_by_its_vocabulary_and_its_labels(
        self, classifier: tuple[Path, Done], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        folder, _ = classifier
        monkeypatch.chdir(folder)
        other = write(tmp_path / "other.csv", [(f"new {text}", one) for text, one in mails(60)])
        done = run("evaluate", "bilstm.my-mail", "--data-file", other)
        assert "9 texts, a fixed part of other.csv" in done.stdout
        strange = write(tmp_path / "strange.csv", [*mails(60), ("a text", "tavel")])
        done = run("evaluate", "bilstm.my-mail", "--data-file", strange)
        assert "has the label 'tavel', which the model lacks; did you mean 'travel'" in done.stderr

    def test_a_run_of_a_file_that_was_changed_is_not_resumed(
        self, classifier: tuple[Path, Done], tmp_path: Path
    ) -> None:
        write(tmp_path / "My mail.csv", mails(90))
        done = run(
            "train",
            *("--csv", tmp_path / "My mail.csv", "--runs-dir", classifier[0] / "runs"),
            *(*TEXTS, *QUICK),
        )
        assert "data.sha256 was" in done.stderr

    @pytest.mark.parametrize("count", [0, *(size.texts + 1 for size in SIZES[:2])])
    def test_every_size_of_a_file_gives_a_recipe(self, count: float, tmp_path: Path) -> None:
        texts = max(60, math.ceil(count / 0.75))
        path = write(tmp_path / "a.csv", mails(texts))
        recipe, _ = parse_recipe(csv_recipe(path, "body", "folder")[0], "here")
        expected = next(size for size in SIZES if 0.75 * texts <= size.texts + 1e-9)
        assert recipe.model.hidden_size == expected.units
        assert recipe.training.epochs == expected.epochs

    def test_texts_without_spaces_are_read_by_characters(self, tmp_path: Path) -> None:
        rows = [
            (f"房间很{'好' if n % 2 else '差'}，{chr(0x4E00 + n)}", str(n % 2)) for n in range(60)
        ]
        recipe = csv_recipe(write(tmp_path / "zh.csv", rows), None, "folder")[0]
        assert recipe["data"]["tokens"] == "characters"
        assert recipe["data"]["labels"] == ["0", "1"]
        assert csv_recipe(write(tmp_path / "en.csv", mails()), None, "folder")[0]["data"][
            "tokens"
        ] == ("words")


class TestAForecaster:
    def test_the_split_is_stated_before_and_after(self, forecaster: tuple[Path, Done]) -> None:
        _, done = forecaster
        assert (
            "note: prices.csv, 'close': 200 rows, in the order of time 140 train, 30 choose the"
            " weights, 30 test; it reads 48 rows and forecasts 6" in done.stderr
        )
        row = next(line for line in done.stdout.splitlines() if line.startswith("data"))
        assert row.endswith("train rows 1 to 140, validation rows 141 to 170, test rows 171 to 200")

    def test_it_is_found_by_the_page_and_by_each_command(
        self, forecaster: tuple[Path, Done], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder, _ = forecaster
        monkeypatch.chdir(folder)
        name = "lstm.prices"
        assert name in find_models("forecasting")[0]
        assert run("list", name).stdout.rstrip().endswith("trained")
        assert run("show", name).stdout.startswith(f"# {name}")
        done = run("forecast", name, "prices.csv", "--column", "close")
        assert len(done.stdout.splitlines()) == 1 + 6
        done = run("evaluate", name, "--data-file", "prices.csv")
        rows = [line.split() for line in done.stdout.splitlines()[1:]]
        assert {row[0]: row[1] for row in rows} == {row[0]: row[2] for row in rows}
        assert (
            str(folder) not in (folder / "runs" / name / "checkpoint" / "config.json").read_text()
        )

    @pytest.mark.parametrize("rows", [48, 60, 100, 300, 2000])
    def test_a_horizon_that_is_not_named_follows_the_rows(self, rows: int, tmp_path: Path) -> None:
        file = write_prices(tmp_path / "p.csv", rows)
        recipe, task = read_recipe("lstm.my-series", own_overrides(file, read_series(file)))
        assert recipe.data.horizons == (max(1, min(rows // 20, 24)),)
        data = task.load_data(recipe.data, None)
        assert len(task.batches(data, recipe.batches, 0, 0)) >= 1
        model = task.build(recipe.model, data.preprocessing).eval()
        model.reset_parameters()
        assert math.isfinite(task.validate(model, data))


class TestStartingFromATrainedModel:
    def test_a_classifier_keeps_its_words_and_learns_new_ones(
        self,
        classifier: tuple[Path, Done],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        folder, _ = classifier
        monkeypatch.chdir(folder)
        rows = [(f"{text} zebra", "yes" if one == "spam" else "no") for text, one in mails(60)]
        path = write(tmp_path / "zebras.csv", rows)
        still = ("--set", "optimizer.learning_rate=1e-12", "--set", "training.epochs=1")
        options = (*TEXTS, "--from", "bilstm.my-mail", "--runs-dir", tmp_path / "runs")
        done = run("train", "--csv", path, *options, *still)
        assert done.returncode == 0, done.stderr
        assert "are known to the model to start from, the others start anew" in caplog.text
        source = load_checkpoint(folder / "runs" / "bilstm.my-mail" / "checkpoint")
        tuned = load_checkpoint(tmp_path / "runs" / "bilstm.zebras" / "checkpoint")
        theirs = source.preprocessing.library.get_vocab()
        ours = tuned.preprocessing.library.get_vocab()
        assert theirs.items() <= ours.items()
        assert "zebra" in ours.keys() - theirs.keys()
        assert tuned.preprocessing.labels == ("no", "yes")
        for name, weight in source.model.named_parameters():
            if name == "embedding.weight":
                assert (tuned.model.get_parameter(name)[: len(weight)] - weight).abs().max() < 1e-6
            elif name.startswith("layers"):
                assert (tuned.model.get_parameter(name) - weight).abs().max() < 1e-6

    def test_a_forecaster_keeps_its_weights_and_its_lengths(
        self, forecaster: tuple[Path, Done], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder, _ = forecaster
        monkeypatch.chdir(folder)
        path = write_prices(tmp_path / "other.csv", 400)
        still = ("--set", "optimizer.learning_rate=1e-12", "--set", "training.epochs=1")
        options = ("--value-column", "close", "--from", "lstm.prices")
        runs = ("--runs-dir", tmp_path / "runs")
        done = run("train", "--csv", path, *options, *runs, *still)
        assert done.returncode == 0, done.stderr
        assert "it reads 48 rows and forecasts 6" in done.stderr
        source = load_checkpoint(folder / "runs" / "lstm.prices" / "checkpoint").model
        tuned = load_checkpoint(tmp_path / "runs" / "lstm.other" / "checkpoint").model
        for name, weight in source.named_parameters():
            if name != "linear.weight":  # fitted to the new series
                assert (tuned.get_parameter(name) - weight).abs().max() < 1e-6
        done = run("train", "--csv", path, *options, "--horizon", "3")
        assert_refused(done, "leave --horizon out: it is that of lstm.prices")
        short = write_prices(tmp_path / "short.csv", 90)
        done = run("train", "--csv", short, *options)
        assert_refused(done, "the series has 90 rows: to start from lstm.prices, .* it needs 101")

    def test_a_model_of_another_task_is_refused(
        self, forecaster: tuple[Path, Done], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(forecaster[0])
        path = write(tmp_path / "a.csv", mails(60))
        done = run("train", "--csv", path, *TEXTS, "--from", "lstm.prices")
        assert_refused(done, "lstm.prices is for the task forecasting, not sentiment")
