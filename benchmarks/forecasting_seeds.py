"""The long-horizon models, each with several seeds: trained, measured, and the table of the docs.

    python benchmarks/forecasting_seeds.py [NAME ...] --data-dir DIR

A run that is there already is read, one that was stopped goes on. The figures go to
docs/forecasting/long-horizon.csv, a line for each run, and from there to docs/forecasting.md. Lines
of runs that are not here are kept, unless the recipe is another by now: seeds of different recipes
are not averaged.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from forecasting_page import (
    LONG_HORIZON,
    PAGE,
    PUBLISHED,
    error_columns,
    long_horizon_tables,
    stored,
)

from lstm_zoo.errors import UsageError
from lstm_zoo.files import write_block, write_text
from lstm_zoo.training.train import train
from lstm_zoo.zoo.checkpoint import CONFIG, read_config
from lstm_zoo.zoo.config import CheckpointConfig
from lstm_zoo.zoo.results import results_csv

NAMES = tuple(f"seg-lstm.{data}" for data in ("etth1", "ettm1", "ettm2", "exchange", "weather"))
SEEDS = (0, 1, 2)
RUNS = Path("runs/forecasting-seeds")
BLOCK = "long-horizon"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=NAMES, help="of recipes; all if none is given")
    parser.add_argument("--data-dir", type=Path, help="folder of the raw data")
    parser.add_argument("--only-table", action="store_true", help="read what is there, train none")
    options = parser.parse_args()
    for name in options.names:
        if name not in NAMES:
            parser.error(f"{name} is none of {', '.join(NAMES)}")
    rows = stored(LONG_HORIZON)
    for config in configs(options.names, RUNS, options.data_dir, options.only_table):
        rows = merged(rows, seed_row(config))
        # After each run: whatever stops the command, what was measured is kept.
        write_text(LONG_HORIZON, results_csv(rows))
    write_block(PAGE, BLOCK, long_horizon_tables(rows, stored(PUBLISHED)))


def configs(
    names: Sequence[str], runs: Path, data_dir: Path | None, only_read: bool
) -> Iterator[CheckpointConfig]:
    """The checkpoints of each recipe and seed, one after the other.

    Args:
        names: of recipes.
        runs: holds a folder for each seed, and that one for each recipe.
        data_dir: folder of the raw data.
        only_read: leave out what is not trained yet.

    Raises:
        UsageError: a run has another seed than its folder says.
    """
    for name in names:
        for seed in SEEDS:
            folder = runs / f"seed-{seed}"
            if (folder / name / "checkpoint" / CONFIG).is_file():
                config = read_config(folder / name / "checkpoint")
            elif only_read:
                continue
            else:
                print(f"training {name}, seed {seed}", file=sys.stderr)
                config = train(
                    name,
                    overrides=[f"training.seed={seed}"],
                    data_dir=data_dir,
                    runs_dir=folder,
                    device="cpu",
                    quiet=True,
                )[1]
            if config.recipe["training"]["seed"] != seed:
                raise UsageError(f"the run in {folder / name} has another seed than {seed}")
            print(f"{name}, seed {seed}: {config.metrics['error'].value:.4f}", file=sys.stderr)
            yield config


def seed_row(config: CheckpointConfig) -> dict[str, str]:
    """A line of the csv file: what a run was, and its errors."""
    return {
        "name": config.name,
        "data": config.data["name"],
        "seed": str(config.recipe["training"]["seed"]),
        "recipe": recipe_mark(config.recipe),
        "look_back": str(config.recipe["data"]["look_back"]),
        "parameters": str(config.parameters),
        "seconds": str(config.training["seconds"]),
        **error_columns(config.metrics),
    }


def recipe_mark(recipe: dict[str, Any]) -> str:
    """The same for recipes that differ in their seed or in words alone."""
    sections = {key: recipe[key] for key in ("batches", "model", "optimizer", "schedule")}
    sections["lengths"] = [recipe["data"][key] for key in ("split", "look_back", "horizons")]
    left_out = ("seed", "save_every")
    sections["training"] = {k: v for k, v in recipe["training"].items() if k not in left_out}
    return hashlib.sha256(json.dumps(sections, sort_keys=True).encode()).hexdigest()[:8]


def merged(rows: Sequence[dict[str, str]], new: dict[str, str]) -> list[dict[str, str]]:
    """The rows with a new one, in the order of recipes and seeds.

    The same run's old row is replaced; rows of the same name by another recipe are left out.
    """
    kept = [
        row
        for row in rows
        if row["name"] != new["name"]
        or (row["recipe"] == new["recipe"] and row["seed"] != new["seed"])
    ]
    return sorted([*kept, new], key=lambda row: (row["name"], int(row["seed"])))


if __name__ == "__main__":
    main()
