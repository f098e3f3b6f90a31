"""Which cell solves what: every cell at equal parameters, trained by the same recipes.

python benchmarks/compare_cells.py gating [--seeds 5] [--cells lstm,gru] [--problems parity,reber]
python benchmarks/compare_cells.py language [--seeds 5] [--cells lstm,gru] [--data-dir DIR]

Each finished run is a line of docs/cells/gating.csv or docs/cells/language.csv, and is not trained
again; docs/cells/compared.md gets the tables, with what is not trained yet left empty. A run that
is stopped goes on from its folder under runs/compare. Several of these commands may work side by
side: a run that another one is at is passed over.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import cache, partial
from itertools import product
from pathlib import Path
from typing import Any

import torch
from compared import Run, Runs, gating_table, language_table
from filelock import FileLock, Timeout
from torch import nn

from lstm_zoo.cells import CELLS, get_cell
from lstm_zoo.files import slug, write_block
from lstm_zoo.gating.evaluation import memoryless_error
from lstm_zoo.training.recipe import read_recipe
from lstm_zoo.training.train import train
from lstm_zoo.zoo.config import CheckpointConfig

ROOT = Path(__file__).parent.parent
DOCS, RUNS = ROOT / "docs/cells", ROOT / "runs/compare"
PAGE, LOCK = DOCS / "compared.md", RUNS / "lock"
CELL_NAMES = [name for name, cell in CELLS.items() if cell.feature_dims == 1]
ROWS = {name: (name, ["model.chrono=null"]) for name in CELL_NAMES} | {
    "lstm, forget bias 0": ("lstm", ["model.chrono=null", "model.forget_bias=0.0"]),
    "lstm, chrono": ("lstm", ["model.chrono=100"]),
}
"""Rows of the gating table: the cell, and what is changed in the recipe."""
STEPS = {"parity": 1000, "reber": 1000, "brackets": 1000, "adding": 2000, "copy-memory": 2000}
"""Steps of training at most, the same for every cell; the cheapest problem comes first."""
SHORTER = {"copy-memory": 20}
"""Longest length in training where it is not the recipe's, at which a run takes too long."""
EPOCH = 50  # steps between two looks at the validation part
MOST_UNITS = {"mlstm": 400}  # its memory is units x units; for the others parameters decide
LENGTHS = {p: read_recipe(f"lstm.{p}")[0].data.test_lengths for p in STEPS} | {
    "adding": (50, 100, 200, 1000),
    "copy-memory": (20, 50, 100, 1000),
}
"""Lengths of the tests; at 1000, which the papers train at, the recipes have no figure."""
LANGUAGE = "char-lstm-small.shakespeare"
SHIPPED = ("peephole", "gru", "minlstm", "slstm")
"""Cells whose run ships as a checkpoint: its recipe is the same but for the name."""
EPOCHS = 5  # of the language models


def longest(problem: str) -> int:
    """Longest length in training."""
    return SHORTER.get(problem, read_recipe(f"lstm.{problem}")[0].data.longest)


@cache
def chance(problem: str, length: int) -> float:
    """The error of the likeliest answer to each symbol, without a memory."""
    recipe, task = read_recipe(f"lstm.{problem}")
    data = task.load_data(recipe.data, None)
    examples = data.examples("test", length)
    return memoryless_error(data.problem, data.examples("train", length), examples)


def gating_runs() -> Runs:
    """The finished runs on the problems."""
    columns = ["problem", "row", "seed", "steps_at_most", "cell", "units", "parameters"]
    columns += ["steps", "seconds"]
    lengths = sorted({length for both in LENGTHS.values() for length in both})
    columns += [f"error_{length}" for length in lengths]
    return Runs(DOCS / "gating.csv", columns, 4, LOCK)


def language_runs() -> Runs:
    """The finished runs as language models."""
    columns = ["cell", "seed", "epochs_at_most", "units", "parameters", "epochs", "seconds"]
    columns += ["nats", "nats_carried"]
    return Runs(DOCS / "language.csv", columns, 3, LOCK)


@cache
def equal_size(recipe_name: str, cell: str) -> int:
    """Units of this cell for as many parameters as the recipe's own model has."""
    recipe, task = read_recipe(recipe_name)
    preprocessing = (
        recipe.data.problem if task.name == "gating" else range(65)  # as many characters
    )

    def parameters(size: int, kind: str = cell) -> int:
        config = recipe.model.model_copy(update={"cell": kind, "hidden_size": size})
        with torch.device("meta"):  # the shapes are enough
            model: nn.Module = task.build(config, preprocessing)
        return sum(parameter.numel() for parameter in model.parameters())

    return nearest_size(cell, parameters, parameters(recipe.model.hidden_size, recipe.model.cell))


def nearest_size(cell: str, parameters: Callable[[int], int], wanted: int) -> int:
    """The number of units at which a model of the cell has about so many parameters."""
    best, distance = 0, float("inf")
    for size in range(4, MOST_UNITS.get(cell, 1024) + 1):
        if get_cell(cell).size_problem(size):
            continue
        if abs(parameters(size) - wanted) > distance:
            break
        best, distance = size, abs(parameters(size) - wanted)
    return best


def trained(
    recipe: str, cell: str, overrides: Sequence[str], folder: Path, **options: Path
) -> CheckpointConfig | None:
    """Train a run to its end, or on from where it was stopped; None if someone else is at it."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / "lock", timeout=0):
            size = equal_size(recipe, cell)
            print(f"{recipe}, {folder.name}, {size} units", file=sys.stderr)
            overrides = [f"model.cell={cell}", f"model.hidden_size={size}", *overrides]
            return train(recipe, overrides=overrides, runs_dir=folder, quiet=True, **options)[1]
    except Timeout:
        return None


def facts(config: CheckpointConfig) -> dict[str, Any]:
    """What a line has of every run."""
    model = config.model
    return {
        "cell": model["cell"],
        "units": model["hidden_size"],
        "parameters": config.parameters,
        "seconds": config.training["seconds"],
    }


def train_gating(runs: Runs, problem: str, seed: int, row: str) -> None:
    """Train a run that is not there yet, and add its line."""
    steps = STEPS[problem]
    if runs.has(problem, row, seed, steps):
        return
    cell, overrides = ROWS[row]
    overrides = [*overrides, f"training.seed={seed}", f"training.epochs={steps // EPOCH}"]
    overrides += [f"batches.steps={EPOCH}", f"data.test_lengths={list(LENGTHS[problem])}"]
    overrides += [f"data.longest={longest(problem)}"]
    folder = RUNS / f"{slug(row, 'row')}-{seed}-{steps}"
    config = trained(f"lstm.{problem}", cell, overrides, folder)
    if config is None:
        return
    *shorter, goal = LENGTHS[problem]
    errors = {length: config.metrics[f"error_{length}"].value for length in shorter}
    errors[goal] = config.metrics["error"].value
    runs.add(
        {"problem": problem, "row": row, "seed": seed, "steps_at_most": steps, **facts(config)}
        | {"steps": config.training["epochs"] * EPOCH}
        | {f"error_{length}": error for length, error in errors.items()}
    )


def train_language(runs: Runs, seed: int, cell: str, data_dir: Path | None) -> None:
    """Train a run that is not there yet, and add its line."""
    if runs.has(cell, seed, EPOCHS):
        return
    overrides = [f"training.epochs={EPOCHS}", f"training.seed={seed}", "model.weight_drop=0.0"]
    overrides += ["model.implementation=zoo"] if cell == "lstm" else []
    options = {"data_dir": data_dir} if data_dir else {}
    recipe = f"char-{cell}.shakespeare" if cell in SHIPPED else LANGUAGE
    config = trained(recipe, cell, overrides, RUNS / f"{cell}-{seed}-{EPOCHS}", **options)
    if config is None:
        return
    nats = {name: config.metrics[name].value for name in ("nats", "nats_carried")}
    key = {"cell": cell, "seed": seed, "epochs_at_most": EPOCHS}
    runs.add(key | facts(config) | {"epochs": config.training["epochs"]} | nats)


def gating_block(lines: Sequence[Run]) -> str:
    """The table of the problems, of the runs with today's budget, and how they were trained."""
    ours = [line for line in lines if line["steps_at_most"] == str(STEPS[line["problem"]])]
    trained = []
    for problem, steps in STEPS.items():
        counts = [int(line["parameters"]) for line in ours if line["problem"] == problem]
        between = f" ({min(counts):,} to {max(counts):,} parameters)" if counts else ""
        trained.append(f"{problem} {steps} steps up to length {longest(problem)}{between}")
    return f"{gating_table(ours, ROWS, LENGTHS, chance)}\n\nTrained at most: {'; '.join(trained)}."


def language_block(lines: Sequence[Run]) -> str:
    """The table of the language models with today's budget."""
    ours = [line for line in lines if line["epochs_at_most"] == str(EPOCHS)]
    return f"{language_table(ours, CELL_NAMES)}\n\nTrained {EPOCHS} epochs each."


def write_table(runs: Runs, marker: str, block: Callable[[list[Run]], str]) -> None:
    """Write a table of all finished runs into the page."""
    with runs.lock:
        write_block(PAGE, marker, block(runs.read()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["gating", "language"])
    parser.add_argument("--cells", default=",".join(CELL_NAMES), help="names, by commas")
    parser.add_argument("--problems", default=",".join(STEPS), help="names, by commas")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--only-table", action="store_true", help="train nothing")
    options = parser.parse_args()
    cells = options.cells.split(",")
    for name in {*cells} - {*CELL_NAMES} | {*options.problems.split(",")} - {*STEPS}:
        parser.error(f"there is no {name!r}; cells: {CELL_NAMES}, problems: {[*STEPS]}")
    jobs: list[Callable[[], None]]
    if options.what == "gating":
        runs, block = gating_runs(), gating_block
        rows = [row for row, (cell, _) in ROWS.items() if cell in cells]
        everything = product(options.problems.split(","), range(options.seeds), rows)
        jobs = [partial(train_gating, runs, *job) for job in everything]
    else:
        runs, block = language_runs(), language_block
        everything = product(range(options.seeds), cells)
        jobs = [partial(train_language, runs, *job, options.data_dir) for job in everything]
    for job in [] if options.only_table else jobs:
        job()
        write_table(runs, options.what, block)
    write_table(runs, options.what, block)


if __name__ == "__main__":
    main()
