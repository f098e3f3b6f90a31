"""How much of a classifier's accuracy is luck: its recipe, trained with several seeds.

python benchmarks/sentiment_seeds.py bilstm.sst2 --data-dir DIR [--seeds 3]

A seed draws the first weights, the order of the texts and what dropout hides; the parts of the data
are always the same. Each run keeps its state and its checkpoint in a folder of its own below
runs/sentiment-seeds/seed-N: the same command goes on where it was stopped, and trains nothing
twice. Mean and standard deviation go to the metrics of the shipped checkpoint, if there is one of
this very recipe, beside its own.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from lstm_zoo.errors import CheckpointError, UsageError
from lstm_zoo.training.recipe import Recipe, parse_recipe, read_recipe
from lstm_zoo.training.train import train
from lstm_zoo.zoo.checkpoint import read_config
from lstm_zoo.zoo.config import CheckpointConfig, MetricEntry
from lstm_zoo.zoo.names import WEIGHTS_DIR
from lstm_zoo.zoo.results import rewrite, shipped_folders

RUNS = Path("runs/sentiment-seeds")
SEEDS = 3


def trained(name: str, seed: int, data_dir: Path | None) -> MetricEntry:
    """The accuracy of a seed's checkpoint; it is trained first if it is not there."""
    overrides = [f"training.seed={seed}"]
    recipe, _ = read_recipe(name, overrides)
    folder = RUNS / f"seed-{seed}"
    try:
        config = read_config(folder / recipe.name / "checkpoint")
    except CheckpointError:
        config = None
    if config is None or recipe_of(config) != recipe:
        print(f"{recipe.name}: seed {seed}", file=sys.stderr, flush=True)
        _, config = train(name, overrides=overrides, data_dir=data_dir, runs_dir=folder)
    return config.metrics["accuracy"]


def recipe_of(config: CheckpointConfig) -> Recipe:
    """The recipe in a checkpoint; keys that are newer have their defaults."""
    return parse_recipe(config.recipe, f"the recipe of {config.name}")[0]


def spread(name: str, accuracies: Sequence[MetricEntry]) -> dict[str, MetricEntry]:
    """Mean and standard deviation of what the seeds 0, 1 and so on reached."""
    values = [entry.value for entry in accuracies]
    runs = f"{len(values)} trainings that differ in the seed alone"
    figures = {
        "accuracy_mean": (
            statistics.mean(values),
            f"mean of {runs}: {', '.join(f'{value:.4f}' for value in values)}",
        ),
        "accuracy_deviation": (
            statistics.stdev(values),
            f"standard deviation of {runs}, with n - 1",
        ),
    }
    seeds = f" --seeds {len(values)}" if len(values) != SEEDS else ""
    return {
        key: MetricEntry(
            value=value,
            unit=accuracies[0].unit,
            protocol=f"{protocol}; {accuracies[0].protocol}",
            split=accuracies[0].split,
            command=f"python benchmarks/sentiment_seeds.py {name}{seeds}",
        )
        for key, (value, protocol) in figures.items()
    }


def write_down(name: str, metrics: dict[str, MetricEntry], weights_dir: Path) -> None:
    """Put the figures into the shipped checkpoint, if its recipe is the one that was trained.

    Raises:
        UsageError: it was trained otherwise, so that the figures say nothing about it.
    """
    for folder in (one for one in shipped_folders(weights_dir) if one.name == name):
        config = read_config(folder)
        theirs, ours = (
            recipe.model_copy(update={"training": recipe.training.model_copy(update={"seed": 0})})
            for recipe in (recipe_of(config), read_recipe(name)[0])
        )
        if theirs != ours:
            raise UsageError(
                f"{folder} is of another recipe than {name} is now: train it anew, its card cannot"
                " have these figures"
            )
        rewrite(folder, metrics=config.metrics | metrics)


def main(arguments: Sequence[str] | None = None, weights_dir: Path = WEIGHTS_DIR) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipes", nargs="+", help="names of sentiment recipes")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many, two at least")
    options = parser.parse_args(arguments)
    if options.seeds < 2:
        parser.error("one seed has no spread: give --seeds 2 or more")
    for name in options.recipes:
        accuracies = [trained(name, seed, options.data_dir) for seed in range(options.seeds)]
        metrics = spread(name, accuracies)
        mean, deviation = (entry.value for entry in metrics.values())
        print(f"{name}: accuracy {mean:.4f} ± {deviation:.4f}, {options.seeds} seeds", flush=True)
        write_down(name, metrics, weights_dir)


if __name__ == "__main__":
    main()
