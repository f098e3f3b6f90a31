"""From the plain LSTM to the recipe, one step at a time, on ETTh1: the table of what each is worth.

    python benchmarks/forecasting_ladder.py --data-dir DIR

Every rung is trained by the same code for as many steps on the same windows, its weights chosen by
the validation part; the errors are those of the test part, standardised, look-back 720, no batch
dropped. A rung that is there already is read, one that was stopped goes on. The figures go to
docs/forecasting/ladder.csv, a line for each rung, and from there to docs/forecasting.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import torch
from forecasting_page import LADDER, PAGE, error_columns, ladder_table
from forecasting_seeds import recipe_mark

from lstm_zoo.files import write_block, write_text
from lstm_zoo.training.recipe import read_recipe
from lstm_zoo.training.train import train
from lstm_zoo.zoo.checkpoint import CONFIG, read_config
from lstm_zoo.zoo.config import CheckpointConfig
from lstm_zoo.zoo.results import results_csv

RECIPE = "seg-lstm.etth1"
BLOCK = "ladder"
COMMON = ("model.hidden_size=64", "batches.stride=8", "training.epochs=12")
PLAIN = {
    "segment": "1",
    "embedding_size": "0",
    "normalization": "none",
    "decoding": "direct",
    "linear_branch": "none",
}
RUNGS: tuple[tuple[str, dict[str, str]], ...] = (
    ("plain LSTM: hour by hour, last state, linear", {}),
    ("segments of 24 hours as steps", {"segment": "24", "embedding_size": "32"}),
    ("the last value taken off and put back", {"normalization": "last"}),
    ("all segments of the future decoded side by side", {"decoding": "parallel"}),
    ("scaled by the window's deviation", {"normalization": "scaled-last"}),
    ("with a linear branch fitted by least squares", {"linear_branch": "fitted"}),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", type=Path, help="folder of the raw data")
    parser.add_argument("--runs-dir", type=Path, default=Path("runs/ladder"))
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        help="for all rungs: section.key=value, as often as needed",
    )
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rows: list[dict[str, str]] = []
    model = dict(PLAIN)
    for number, (label, change) in enumerate(RUNGS):
        model |= change
        common = [*COMMON, *options.set]
        overrides = [f"name=rung-{number}.etth1", *common]
        overrides += [f"model.{key}={value}" for key, value in model.items()]
        config = trained(overrides, options.data_dir, options.runs_dir)
        rows.append(rung_row(label, config, common))
        print(f"{label}: {config.metrics['error'].value:.4f}", flush=True)
        # After each rung: whatever stops the command, what was measured is kept.
        write_text(LADDER, results_csv(rows))
        write_block(PAGE, BLOCK, ladder_table(rows))


def trained(overrides: list[str], data_dir: Path | None, runs_dir: Path) -> CheckpointConfig:
    """A rung: read if it is there, else trained, or on from where that was stopped."""
    recipe, _ = read_recipe(RECIPE, overrides)
    checkpoint = runs_dir / recipe.name / "checkpoint"
    if (checkpoint / CONFIG).is_file():
        config = read_config(checkpoint)
        if recipe_mark(config.recipe) == recipe_mark(recipe.model_dump(mode="json")):
            return config
    options: dict[str, Any] = {"data_dir": data_dir, "runs_dir": runs_dir, "device": "cpu"}
    return train(RECIPE, overrides=overrides, quiet=True, **options)[1]


def rung_row(label: str, config: CheckpointConfig, common: list[str]) -> dict[str, str]:
    """A line of the csv file."""
    return {
        "label": label,
        # Of two for the same key the last counts.
        "settings": " ".join({one.partition("=")[0]: one for one in common}.values()),
        "parameters": str(config.parameters),
        "seconds": str(config.training["seconds"]),
        **error_columns(config.metrics),
    }


if __name__ == "__main__":
    main()
