"""The runs of `compare_cells` as they lie in the repository, and the tables made of them."""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from filelock import FileLock

from lstm_zoo.files import write_text

Run = dict[str, str]
SOLVED = 1e-3
"""Largest error that counts as solved: a mean squared error, or 1 wrong answer in 1000."""


class Runs:
    """Finished runs, one a line of a CSV file, to which several processes may add.

    Args:
        path: of the file; it need not be there.
        columns: the line's; those that name a run come first.
        keys: how many name a run: no two lines have the same.
        lock: a file of its own for the lock, which is left behind.
    """

    def __init__(self, path: Path, columns: Sequence[str], keys: int, lock: Path) -> None:
        self.path, self.columns, self.keys = path, tuple(columns), keys
        lock.parent.mkdir(parents=True, exist_ok=True)
        self.lock: AbstractContextManager = FileLock(lock)

    def read(self) -> list[Run]:
        """All lines, in the file's order."""
        if not self.path.exists():
            return []
        return list(csv.DictReader(io.StringIO(self.path.read_text("utf-8"))))

    def has(self, *key: object) -> bool:
        """Whether there is a line of this run."""
        wanted = [str(part) for part in key]
        return any([line[c] for c in self.columns[: self.keys]] == wanted for line in self.read())

    def add(self, run: Mapping[str, object]) -> None:
        """Add a line; the file is written whole, and sorted, so that changes are easy to read.

        A run that another process has added meanwhile is there already, and not added again.
        """
        with self.lock:
            if self.has(*(run[name] for name in self.columns[: self.keys])):
                return
            # What an older version measured besides stays.
            lines = [*self.read(), {name: str(value) for name, value in run.items()}]
            columns = dict.fromkeys([*self.columns, *(name for line in lines for name in line)])
            lines.sort(key=lambda line: [line[name] for name in self.columns[: self.keys]])
            text = io.StringIO()
            writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(lines)
            write_text(self.path, text.getvalue())


def gating_table(
    runs: Iterable[Run],
    rows: Iterable[str],
    lengths: Mapping[str, Sequence[int]],
    chance: Callable[[str, int], float],
) -> str:
    """Which cell solves what, at what length.

    Args:
        runs: lines of `gating.csv`.
        rows: names of the rows, in their order.
        lengths: of each problem's test, the goal last.
        chance: the error without a memory, of a problem at a length.
    """
    runs = list(runs)
    columns = [(problem, length) for problem, both in lengths.items() for length in both]
    table = [
        "| cell | " + " | ".join(f"{problem} {length}" for problem, length in columns) + " |",
        "|---|" + "---:|" * len(columns),
    ]
    for row in rows:
        entries = []
        for problem, length in columns:
            lines = [run for run in runs if (run["row"], run["problem"]) == (row, problem)]
            entries.append(_solved([float(run[f"error_{length}"]) for run in lines]))
        table.append(f"| {row} | {' | '.join(entries)} |")
    entries = [f"{chance(problem, length):.4f}" for problem, length in columns]
    return "\n".join([*table, f"| without a memory | {' | '.join(entries)} |"])


def _solved(errors: Sequence[float]) -> str:
    if not errors:
        return ""
    solved = sum(error <= SOLVED for error in errors)
    return f"{solved}/{len(errors)}, {statistics.median(errors):.4f}"


def language_table(runs: Iterable[Run], cells: Iterable[str]) -> str:
    """Nats per character of each cell, the mean over its seeds, and how long the quickest took.

    Args:
        runs: lines of `language.csv`.
        cells: names, in their order.
    """
    table = [
        "| cell | units | parameters | seeds | nats per character | minutes |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    runs = list(runs)
    for cell in cells:
        lines = [run for run in runs if run["cell"] == cell]
        if not lines:
            table.append(f"| {cell} |  |  |  |  |  |")
            continue
        nats = statistics.mean(float(run["nats"]) for run in lines)
        minutes = min(float(run["seconds"]) for run in lines) / 60  # other work only adds
        table.append(
            f"| {cell} | {lines[0]['units']} | {int(lines[0]['parameters']):,} | {len(lines)} |"
            f" {nats:.4f} | {minutes:.1f} |"
        )
    return "\n".join(table)
