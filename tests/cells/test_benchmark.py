"""The benchmark of the cells runs, and has a line for each."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from lstm_zoo.cells import CELLS

BENCHMARK = Path(__file__).parents[2] / "benchmarks/cells.py"


def test_every_cell_of_vectors_is_measured_beside_pytorch_and_a_tutorial() -> None:
    sizes = ["--hidden", "8", "--batch", "2", "--time", "3", "--repeats", "1", "--threads", "1"]
    done = subprocess.run(
        [sys.executable, BENCHMARK, *sizes], capture_output=True, text=True, check=True, timeout=300
    )
    table = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")][1:]
    every = [f"zoo: {name}" for name, cell in CELLS.items() if cell.feature_dims == 1]
    assert [row[0][2:] for row in table] == ["nn.LSTM", "a tutorial's LSTM", *every]
    assert {len(row) for row in table} == {7}
    assert [row[2] for row in table][:1] == ["1.00"]
