"""`verify` tells rounding from other weights, and says how large a difference is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lstm_zoo.cli import app
from lstm_zoo.errors import CheckpointError
from lstm_zoo.zoo.checkpoint import load_checkpoint
from lstm_zoo.zoo.verify import verify_checkpoint


@pytest.fixture
def checkpoint(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_checkpoint, tmp_path / "checkpoint"))


def shift_fingerprint(folder: Path, amount: float) -> None:
    path = folder / "config.json"
    document = json.loads(path.read_text("utf-8"))
    document["fingerprint"]["outputs"][-1] += amount
    path.write_text(json.dumps(document), "utf-8")


def test_the_machine_that_wrote_it_finds_no_difference(checkpoint: Path) -> None:
    result = verify_checkpoint(checkpoint)
    assert result.verdict == "same"
    assert result.passed


def test_a_small_difference_is_rounding(checkpoint: Path) -> None:
    shift_fingerprint(checkpoint, 1e-6)
    result = verify_checkpoint(checkpoint)
    assert result.verdict == "rounding"
    assert result.passed
    assert result.difference == pytest.approx(1e-6, rel=1e-3)
    assert "the same up to rounding" in result.explanation


def test_a_difference_beyond_rounding_is_named_though_it_loads(checkpoint: Path) -> None:
    shift_fingerprint(checkpoint, 5e-4)
    load_checkpoint(checkpoint)
    result = verify_checkpoint(checkpoint)
    assert (result.verdict, result.whole, result.passed) == ("differs", True, False)
    assert "by 5.0e-04" in result.explanation


def test_a_difference_that_loading_refuses_is_still_measured(checkpoint: Path) -> None:
    shift_fingerprint(checkpoint, 0.25)
    with pytest.raises(CheckpointError):
        load_checkpoint(checkpoint)
    result = verify_checkpoint(checkpoint)
    assert (result.verdict, result.whole) == ("differs", False)
    assert result.difference == pytest.approx(0.25, abs=1e-4)
    assert "it does not load, the tolerance is 1.0e-03" in result.explanation


def test_a_broken_checkpoint_is_told_with_its_reason(checkpoint: Path) -> None:
    (checkpoint / "tokenizer.json").unlink()
    result = verify_checkpoint(checkpoint)
    assert result.verdict == "broken"
    assert "tokenizer.json is missing" in result.explanation


def test_the_command_names_those_that_differ(tiny_checkpoint: Path, checkpoint: Path) -> None:
    shift_fingerprint(checkpoint, 0.25)
    names = [f"local-dir:{folder}" for folder in (tiny_checkpoint, checkpoint)]
    assert CliRunner().invoke(app, ["verify", names[0]]).exit_code == 0
    done = CliRunner().invoke(app, ["verify", *names])
    assert done.exit_code == 1
    good, bad = done.stdout.splitlines()
    assert good.startswith("ok ")
    assert bad.startswith("DIFFERS ")
    assert "by 2.5e-01" in bad
    rows = json.loads(CliRunner().invoke(app, ["verify", *names, "--json"]).stdout)
    assert [row["whole"] for row in rows] == [True, False]
