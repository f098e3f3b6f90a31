"""Which cell solves what: every cell at equal parameters, trained by the same recipes.

python benchmarks/compare_cells.py gating [--seeds 5] [--cells lstm,gru] [--problems parity,reber]
python benchmarks/compare_cells.py language [--cells lstm,gru] [--epochs 5] [--data-dir DIR]

Each run keeps its state and its checkpoint in a folder of its own under runs/compare: the same
command goes on where it was stopped, and trains nothing twice. The table is Markdown, on standard
output; what is not trained yet is left empty with --only-table.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from torch import nn

from lstm_zoo.cells import CELLS, get_cell
from lstm_zoo.errors import CheckpointError
from lstm_zoo.gating.problems import PROBLEMS
from lstm_zoo.task import get_task
from lstm_zoo.training.recipe import read_recipe
from lstm_zoo.training.train import train
from lstm_zoo.zoo.checkpoint import read_config
from lstm_zoo.zoo.config import CheckpointConfig

RUNS = Path("runs/compare")
VECTOR_CELLS = [name for name, cell in CELLS.items() if cell.feature_dims == 1]
SOLVED = {"adding": 1e-3}
"""Largest error that counts as solved; 1 in 1000 answers for the others."""
STARTS = {
    "lstm, forget bias 0": ("lstm", ["model.chrono=null", "model.forget_bias=0.0"]),
    "lstm, chrono": ("lstm", ["model.chrono=100"]),
}
"""Rows beside the cells: the LSTM with other start values."""


def hidden_size_for(cell: str, parameters: int, build: Callable[[int], nn.Module]) -> int:
    """The number of units, a multiple of 8, at which a model has about so many parameters."""

    def distance(size: int) -> int:
        return abs(sum(p.numel() for p in build(size).parameters()) - parameters)

    sizes = [n for n in range(8, 1025, 8) if not get_cell(cell).size_problem(n)]
    best = sizes[0]
    for size in sizes:
        if distance(size) > distance(best):
            break
        best = size
    return best


def equal_size(recipe_name: str, cell: str) -> int:
    """Units of this cell for as many parameters as the recipe's own model has."""
    recipe, task = read_recipe(recipe_name)
    preprocessing = (
        recipe.data.problem if task.name == "gating" else range(65)  # as many characters
    )

    def build(size: int, kind: str = cell) -> nn.Module:
        config = recipe.model.model_copy(update={"cell": kind, "hidden_size": size})
        return get_task(task.name).build(config, preprocessing)

    own = build(recipe.model.hidden_size, recipe.model.cell)
    return hidden_size_for(cell, sum(p.numel() for p in own.parameters()), build)


def trained(
    recipe: str, cell: str, overrides: Sequence[str], folder: Path, only_read: bool, **options: Path
) -> CheckpointConfig | None:
    """The config of a run's checkpoint; it is trained first if it is not there."""
    checkpoint = folder / recipe / "checkpoint"
    try:
        return read_config(checkpoint)
    except CheckpointError:
        if only_read:
            return None
    size = equal_size(recipe, cell)
    print(f"{folder.relative_to(RUNS)}: {recipe}, {size} units", file=sys.stderr)
    overrides = [f"model.cell={cell}", f"model.hidden_size={size}", *overrides]
    return train(recipe, overrides=overrides, runs_dir=folder, quiet=True, **options)[1]


def gating_table(cells: Sequence[str], problems: Sequence[str], seeds: int, only: bool) -> None:
    rows = {name: (name, ["model.chrono=null"]) for name in cells}
    if "lstm" in cells:
        rows |= STARTS
    print(f"| cell | {' | '.join(problems)} |\n|---|{'---|' * len(problems)}")
    chance: dict[str, float] = {}
    for row, (cell, overrides) in rows.items():
        entries = []
        for problem in problems:
            errors = []
            for seed in range(seeds):
                folder = RUNS / row.replace(", ", "-").replace(" ", "-") / f"seed-{seed}"
                config = trained(
                    f"lstm.{problem}", cell, [*overrides, f"training.seed={seed}"], folder, only
                )
                if config:
                    errors.append(config.metrics["error"].value)
                    chance[problem] = config.metrics["chance"].value
            solved = sum(error <= SOLVED.get(problem, 1e-3) for error in errors)
            middle = f"{statistics.median(errors):.4f}" if errors else ""
            entries.append(f"{solved}/{len(errors)}, {middle}" if errors else "")
        print(f"| {row} | {' | '.join(entries)} |", flush=True)
    print(f"| without a memory | {' | '.join(f'{chance.get(p, 0):.4f}' for p in problems)} |")
    lengths = {p: read_recipe(f"lstm.{p}")[0].data.test_lengths[-1] for p in problems}
    print(
        "\nSolved of the seeds trained, and the median error: share of wrong answers, for `adding`"
        " the mean squared error; solved is 0.001 or less. Length of the test: "
        + ", ".join(f"{problem} {length}" for problem, length in lengths.items())
        + "."
    )


def language_table(cells: Sequence[str], epochs: int, data_dir: Path | None, only: bool) -> None:
    print("| cell | units | parameters | nats per character | minutes |\n|---|---:|---:|---:|---:|")
    overrides = [f"training.epochs={epochs}", "model.weight_drop=0.0", "model.implementation=zoo"]
    for cell in cells:
        config = trained(
            "char-lstm-small.shakespeare",
            cell,
            overrides,
            RUNS / f"language-{cell}",
            only,
            **({"data_dir": data_dir} if data_dir else {}),
        )
        if config:
            units, minutes = config.model["hidden_size"], config.training["seconds"] / 60
            print(
                f"| {cell} | {units} | {config.parameters:,} |"
                f" {config.metrics['nats'].value:.4f} | {minutes:.1f} |",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["gating", "language"])
    parser.add_argument("--cells", default=",".join(VECTOR_CELLS), help="names, by commas")
    parser.add_argument("--problems", default=",".join(PROBLEMS), help="names, by commas")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--only-table", action="store_true", help="train nothing")
    options = parser.parse_args()
    cells = options.cells.split(",")
    if options.what == "gating":
        gating_table(cells, options.problems.split(","), options.seeds, options.only_table)
    else:
        language_table(cells, options.epochs, options.data_dir, options.only_table)


if __name__ == "__main__":
    main()
