"""The comparison of cells: a run is a line, trained once, and the tables are made of the lines."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lstm_zoo.cells import CELLS
from lstm_zoo.files import read_block

ROOT = Path(__file__).parent.parent.parent
BENCHMARKS = ROOT / "benchmarks"


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The command's module, at work in a folder of its own."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    module = importlib.import_module("compare_cells")
    for name in ("DOCS", "RUNS"):
        monkeypatch.setattr(module, name, tmp_path)
    monkeypatch.setattr(module, "PAGE", tmp_path / "compared.md")
    monkeypatch.setattr(module, "LOCK", tmp_path / "lock")
    page = "".join(f"<!-- {marker}: x -->\n<!-- /{marker} -->\n" for marker in MARKERS)
    module.PAGE.write_text(page)
    return module


MARKERS = ("gating", "language")


def run(command: ModuleType, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> list[str]:
    """Run the command with the smallest of trainings; which were begun."""
    begun = []
    real = command.train

    def quick(recipe: str, *, overrides: list[str], **options: Any) -> Any:
        begun.append(f"{recipe} {options['runs_dir'].name}")
        small = ["training.epochs=1", "batches.steps=2", "data.examples=20"]
        return real(recipe, overrides=[*overrides, *small], **options)

    with monkeypatch.context() as patch:
        patch.setattr(command, "train", quick)
        patch.setattr(sys, "argv", ["compare_cells.py", *arguments])
        command.main()
    return begun


def test_a_run_is_a_line_that_is_not_trained_again(command, monkeypatch):
    arguments = ("gating", "--problems", "parity", "--cells", "gru,lstm")
    begun = run(command, monkeypatch, *arguments, "--seeds", "1")
    rows = ["lstm-0", "gru-0", "lstm-forget-bias-0-0", "lstm-chrono-0"]
    assert begun == [f"lstm.parity {row}-1000" for row in rows]
    assert run(command, monkeypatch, *arguments, "--seeds", "1") == []
    assert len(run(command, monkeypatch, *arguments, "--seeds", "2")) == 4
    lines = command.gating_runs().read()
    assert len(lines) == 8
    gru = next(line for line in lines if line["row"] == "gru")
    assert gru["units"] == str(command.equal_size("lstm.parity", "gru"))
    assert 0.3 < float(gru["error_40"]) < 0.7
    assert 0.3 < float(gru["error_500"]) < 0.7
    assert gru["error_200"] == ""


def test_copy_memory_is_trained_with_shorter_blanks_and_the_page_says_so(command, monkeypatch):
    asked = []
    monkeypatch.setattr(command, "trained", lambda *what: asked.append(what))
    for problem in ("copy-memory", "adding"):
        command.train_gating(command.gating_runs(), problem, 0, "gru")
    said = command.gating_block([])
    for (recipe, _, overrides, _), steps, longest in zip(
        asked, (2000, 2000), (20, 100), strict=True
    ):
        problem = command.read_recipe(recipe, overrides)[0].data
        assert (problem.longest, problem.test_lengths[-1]) == (longest, 1000)
        assert f"{problem.problem} {steps} steps up to length {longest}" in said


def test_the_page_gets_the_table_and_only_its_own(command, monkeypatch):
    run(command, monkeypatch, "gating", "--problems", "parity", "--cells", "gru", "--seeds", "1")
    table = read_block(command.PAGE, "gating").split("\n")
    (line,) = command.gating_runs().read()
    entries = f"| gru | 0/1, {float(line['error_40']):.4f} | 0/1, {float(line['error_500']):.4f} |"
    assert any(row.startswith(entries) for row in table)
    assert any(row.startswith("| lstm |  |  |") for row in table)
    assert read_block(command.PAGE, "language") == ""
    run(command, monkeypatch, "language", "--only-table")
    assert read_block(command.PAGE, "language").startswith("| cell | units |")


def test_a_run_that_another_command_is_at_is_passed_over(command, monkeypatch):
    folder = command.RUNS / "gru-0-1000"
    folder.mkdir()
    with command.FileLock(folder / "lock"):
        arguments = ("gating", "--problems", "parity", "--cells", "gru", "--seeds", "1")
        assert run(command, monkeypatch, *arguments) == []
    assert command.gating_runs().read() == []


def test_a_run_that_two_processes_finish_is_one_line(command, tmp_path):
    """The second looked for its line before the first had added it."""
    compared = importlib.import_module("compared")
    runs = compared.Runs(tmp_path / "lines.csv", ["who", "number", "value"], 2, tmp_path / "l")
    for number, value in ((1, 0.5), (2, 0.25), (1, 0.75)):
        runs.add({"who": "gru", "number": number, "value": value})
    assert [(line["number"], line["value"]) for line in runs.read()] == [
        ("1", "0.5"),
        ("2", "0.25"),
    ]


def test_several_processes_add_lines_and_none_is_lost(tmp_path):
    program = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(BENCHMARKS)!r})
from compared import Runs
runs = Runs(Path("lines.csv"), ["who", "number", "value"], 2, Path("lock"))
for number in range(20):
    runs.add({{"who": sys.argv[1], "number": number, "value": 1.5}})
"""
    processes = [
        subprocess.Popen([sys.executable, "-c", program, who], cwd=tmp_path) for who in "abc"
    ]
    assert [process.wait(120) for process in processes] == [0, 0, 0]
    lines = (tmp_path / "lines.csv").read_text().splitlines()
    assert lines[0] == "who,number,value"
    assert sorted(lines[1:]) == sorted(f"{who},{n},1.5" for who in "abc" for n in range(20))


def test_the_table_says_how_many_seeds_solved_a_length(command):
    lines = [
        {"row": "gru", "problem": "parity", "error_40": a, "error_500": b}
        for a, b in [("0.0", "0.25"), ("0.001", "0.5"), ("0.002", "0.0")]
    ]
    lengths = {"parity": (40, 500), "reber": (40,)}
    table = command.gating_table(lines, ["gru", "rnn"], lengths, lambda *what: len(what[0]) / 100)
    assert table.split("\n") == [
        "| cell | parity 40 | parity 500 | reber 40 |",
        "|---|---:|---:|---:|",
        "| gru | 2/3, 0.0010 | 1/3, 0.2500 |  |",
        "| rnn |  |  |  |",
        "| without a memory | 0.0600 | 0.0600 | 0.0500 |",
    ]


def test_the_language_table_has_the_mean_and_the_quickest_of_the_seeds(command):
    line = {"cell": "gru", "units": "9", "parameters": "1234"}
    lines = [
        line | {"nats": nats, "seconds": seconds}
        for nats, seconds in (("1.5", "600"), ("1.6", "90"), ("1.4", "120"))
    ]
    table = command.language_table(lines, ["gru", "rnn"]).split("\n")
    assert table[2:] == ["| gru | 9 | 1,234 | 3 | 1.5000 | 1.5 |", "| rnn |  |  |  |  |  |"]


def test_runs_with_another_budget_are_not_in_the_table(command):
    errors = {"error_40": "0.0", "error_500": "0.0", "parameters": "9"}
    line = {"row": "gru", "problem": "parity", "steps_at_most": "1000", **errors}
    assert "| gru | 1/1," in command.gating_block([line])
    assert "| gru |  |" in command.gating_block([line | {"steps_at_most": "999"}])


def test_chance_is_that_of_someone_who_remembers_nothing(command):
    assert command.chance("parity", 40) == pytest.approx(0.5, abs=0.05)
    assert command.chance("parity", 500) == pytest.approx(0.5, abs=0.05)
    assert command.chance("copy-memory", 20) == pytest.approx(7 / 8, abs=0.02)  # of 8 symbols
    # Adding: the sum of two numbers from U(0, 1) has the variance 1/6.
    assert command.chance("adding", 50) == pytest.approx(1 / 6, rel=0.1)


@pytest.mark.parametrize("cell", [name for name, cell in CELLS.items() if cell.feature_dims == 1])
def test_sizes_are_those_of_equal_parameters(command, cell):
    wanted, each = 5000, 20
    size = command.nearest_size(cell, lambda units: units * each, wanted)
    assert abs(size * each - wanted) <= 4 * each  # a clockwork has as many units a module


@pytest.mark.parametrize("cell", ["peephole", "gru", "minlstm", "slstm"])
def test_a_cell_that_ships_was_trained_as_all_are(command, cell):
    assert cell in command.SHIPPED
    size = command.equal_size(command.LANGUAGE, cell)
    overrides = [f"model.cell={cell}", f"model.hidden_size={size}", "model.weight_drop=0"]
    overrides += [f"training.epochs={command.EPOCHS}"]
    ours, same = (
        command.read_recipe(*arguments)[0].model_dump(exclude={"name", "description"})
        for arguments in ((f"char-{cell}.shakespeare",), (command.LANGUAGE, overrides))
    )
    assert ours == same


@pytest.mark.parametrize("marker", MARKERS)
def test_the_page_has_the_tables_of_the_lines(marker, monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    command = importlib.import_module("compare_cells")
    runs, block = getattr(command, f"{marker}_runs")(), getattr(command, f"{marker}_block")
    said = f"run: python benchmarks/compare_cells.py {marker} --only-table"
    assert read_block(command.PAGE, marker) == block(runs.read()), said
