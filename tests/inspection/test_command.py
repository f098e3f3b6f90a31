"""The command `inspect`: what it prints and what it saves."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import lstm_zoo as zoo
from lstm_zoo.cli import app
from lstm_zoo.inspection import Trace


def inspect(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["inspect", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_it_prints_a_row_for_each_value() -> None:
    head, *rows = inspect("lstm.parity", "10110").splitlines()
    assert head.split()[:4] == ["layer", "direction", "value", "units"]
    names = ["input", "forget", "cell", "output", "h", "c", "tanh_c"]
    assert [row.split()[2] for row in rows] == names


def test_it_saves_every_step(tmp_path: Path) -> None:
    record = zoo.trace(zoo.load("lstm.parity"), "10110", gates=["forget"])
    inspect("lstm.parity", "10110", "--gate", "forget", "--to", str(tmp_path / "a.safetensors"))
    saved = Trace.load(tmp_path / "a.safetensors")
    assert (saved["forget"][0][0] == record["forget"][0][0]).all()
    inspect("lstm.parity", "10110", "--unit", "4", "--to", str(tmp_path / "a.csv"))
    with open(tmp_path / "a.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["label"], row["unit"]) for row in rows] == [(bit, "4") for bit in "10110"]
    assert float(rows[2]["forget"]) == pytest.approx(record["forget"][0][0][0, 2, 4].item())


def test_it_reads_numbers_and_prints_json() -> None:
    document = json.loads(inspect("lstm.adding", "[[0.3, 1], [0.2, 0]]", "--numbers", "--json"))
    assert document["labels"] == ["0.300 *", "0.200"]
    assert document["values"][1]["value"] == "forget"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["lstm.parity", "101", "--to", "a.txt"], "--to takes a .safetensors or a .csv file"),
        (["lstm.parity", "101", "--unit", "99"], "unit 99 is out of range"),
        (["lstm.parity", "101", "--layer", "1"], "layer 1 is out of range: the model has 1"),
        (["lstm.parity", "12"], "does not know '2'"),
        (["lstm.adding", "[0.3", "--numbers"], "--numbers takes JSON"),
    ],
)
def test_what_it_cannot_do_it_says(arguments: list[str], sentence: str) -> None:
    with pytest.raises(zoo.UsageError, match=sentence):
        inspect(*arguments)
