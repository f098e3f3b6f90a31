"""What a run's folder keeps, and what is told of it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lstm_zoo.errors import UsageError
from lstm_zoo.training.curve import curve_svg
from lstm_zoo.training.listing import list_runs
from lstm_zoo.training.loop import Interrupted
from lstm_zoo.training.train import train


@pytest.fixture
def runs(tiny_checkpoint: Path, tiny_recipe: Path, verses: Path, tmp_path: Path) -> Path:
    """A folder with a finished run, and one that was stopped before its first epoch ended."""
    shutil.copytree(tiny_checkpoint.parent, tmp_path / "tiny.verses")
    with pytest.raises(Interrupted):
        train(
            str(tiny_recipe),
            overrides=["name=tiny.stopped"],
            data_dir=verses,
            runs_dir=tmp_path,
            quiet=True,
            should_stop=lambda: True,
        )
    return tmp_path


def test_runs_are_listed_with_how_far_they_are(runs: Path) -> None:
    stopped, finished = list_runs(runs)
    assert (stopped.name, stopped.finished, stopped.epochs) == ("tiny.stopped", False, 0)
    assert stopped.best is None
    assert (finished.name, finished.finished, finished.epochs) == ("tiny.verses", True, 2)
    lines = (runs / "tiny.verses" / "metrics.jsonl").read_text().splitlines()
    assert finished.best == min(json.loads(line)["validation_nats"] for line in lines)
    assert finished.bytes > (runs / "tiny.verses" / "state.pt").stat().st_size


def test_a_run_that_was_started_anew_is_not_finished(
    runs: Path, tiny_recipe: Path, verses: Path
) -> None:
    with pytest.raises(Interrupted):
        train(
            str(tiny_recipe),
            data_dir=verses,
            runs_dir=runs,
            quiet=True,
            restart=True,
            should_stop=lambda: True,
        )
    run = list_runs(runs)[1]
    assert not run.finished
    assert run.epochs == 0


def test_the_command_prints_a_table_or_json(runs: Path) -> None:
    command = [sys.executable, "-m", "lstm_zoo", "runs", "--runs-dir", str(runs)]
    table = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "tiny.verses   finished" in table
    assert "to be resumed" in table
    printed = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True)
    assert [run["name"] for run in json.loads(printed.stdout)] == ["tiny.stopped", "tiny.verses"]


def test_a_broken_run_is_named(runs: Path) -> None:
    (runs / "tiny.verses" / "recipe.yaml").write_text("a: 1")
    with pytest.raises(UsageError, match=r"tiny\.verses is not a run's folder"):
        list_runs(runs)


def test_the_curve_is_drawn_from_the_history(runs: Path) -> None:
    root = ElementTree.parse(runs / "tiny.verses" / "curve.svg").getroot()
    lines = [element for element in root.iter() if element.tag.endswith("polyline")]
    assert [len(line.get("points", "").split()) for line in lines] == [2, 2]


def test_a_curve_of_one_epoch_and_a_title_with_markup_are_drawn() -> None:
    svg = curve_svg("<b>&", [{"epoch": 1, "loss": 2.0, "validation_nats": 2.0}])
    assert "&lt;b&gt;&amp;" in svg
    ElementTree.fromstring(svg)


def test_the_curve_goes_to_tensorboard_where_it_is_installed(
    tiny_recipe: Path, verses: Path, tmp_path: Path
) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    train(str(tiny_recipe), data_dir=verses, runs_dir=tmp_path, quiet=True, log_with="tensorboard")
    (folder,) = {path.parent for path in tmp_path.rglob("tiny.verses/events.out.*")}
    events = EventAccumulator(str(folder))
    events.Reload()
    assert [event.step for event in events.Scalars("validation_nats")] == [1, 2]


def test_the_curve_goes_to_trackio_where_it_is_installed(
    tiny_recipe: Path, verses: Path, tmp_path: Path
) -> None:
    pytest.importorskip("trackio")
    command = [sys.executable, "-m", "lstm_zoo", "train", str(tiny_recipe), "--log-with", "trackio"]
    subprocess.run(
        [*command, "--data-dir", str(verses), "--runs-dir", str(tmp_path / "runs")],
        env=os.environ | {"TRACKIO_DIR": str(tmp_path / "trackio")},  # read when it is imported
        capture_output=True,
        check=True,
    )
    (database,) = (tmp_path / "trackio").glob("*.db")
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT step, metrics FROM metrics ORDER BY step").fetchall()
        (config,) = connection.execute("SELECT config FROM configs").fetchone()
    curve = (tmp_path / "runs" / "tiny.verses" / "metrics.jsonl").read_text().splitlines()
    assert [step for step, _ in rows] == [1, 2]
    assert [json.loads(metrics) for _, metrics in rows] == list(map(json.loads, curve))
    assert json.loads(config)["batches.bptt"] == 16


def test_a_tracker_that_is_not_installed_is_named(
    tiny_recipe: Path, verses: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lstm_zoo.training.machine.find_spec", lambda name: None)
    with pytest.raises(UsageError, match="trackio is not installed: pip install trackio"):
        train(str(tiny_recipe), data_dir=verses, runs_dir=tmp_path, log_with="trackio")


def test_an_unknown_tracker_is_refused(tiny_recipe: Path, verses: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no tracker 'x'; known: tensorboard, trackio"):
        train(str(tiny_recipe), data_dir=verses, runs_dir=tmp_path, log_with="x")
