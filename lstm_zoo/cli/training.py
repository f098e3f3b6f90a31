"""Recipes and their figures: train, evaluate."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from lstm_zoo.cli.app import (
    EXIT_INTERRUPTED,
    AsJson,
    DataDir,
    Device,
    Name,
    StopOnSignal,
    app,
    bar,
    print_json,
)


@app.command()
def train(
    recipe: Annotated[str, typer.Argument(help="A recipe's name, or the path of a YAML file.")],
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="section.key=value, as often as needed.")
    ] = None,
    data_dir: DataDir = None,
    runs_dir: Annotated[Path, typer.Option(help="Holds a folder for each run.")] = Path("runs"),
    device: Device = "auto",
    restart: Annotated[bool, typer.Option(help="Forget an interrupted run.")] = False,
) -> None:
    """Train a recipe; stop with Ctrl-C, go on with the same command.

    For example: python -m lstm_zoo train char-lstm-small.shakespeare
    """
    from lstm_zoo.training.loop import Interrupted
    from lstm_zoo.training.train import train as run

    wanted = StopOnSignal()
    try:
        folder, config = run(
            recipe,
            overrides=set_ or (),
            data_dir=data_dir,
            runs_dir=runs_dir,
            device=device,
            restart=restart,
            should_stop=lambda: wanted.stop,
            progress=bar,
        )
    except Interrupted:
        print("\nstopped, and saved: the same command goes on from here", file=sys.stderr)
        raise typer.Exit(EXIT_INTERRUPTED) from None
    for key, metric in config.metrics.items():
        print(f"{key:14}{metric.value:.4f} {metric.unit}, {metric.split} part")
    print(f"written: {folder}; use it as local-dir:{folder}")


@app.command()
def evaluate(
    name: Name,
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    data_dir: DataDir = None,
    device: Device = "cpu",
    as_json: AsJson = False,
) -> None:
    """Measure a model again on its data, beside the figures of its card."""
    from lstm_zoo.training.train import evaluate as measure

    checkpoint, metrics = measure(name, split=split, data_dir=data_dir, device=device, progress=bar)
    rows = []
    for key, metric in metrics.items():
        entry = checkpoint.config.metrics.get(key)
        card = entry.value if entry and entry.split == split else None
        rows.append({"metric": key, "value": metric.value, "card": card, "unit": metric.unit})
    if as_json:
        print_json(rows)
        return
    for row, metric in zip(rows, metrics.values(), strict=True):
        beside = "" if row["card"] is None else f" (card: {row['card']:.4f})"
        print(f"{row['metric']:14}{row['value']:.4f} {row['unit']}{beside}: {metric.protocol}")
