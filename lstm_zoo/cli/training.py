"""Recipes and their figures: train, runs, evaluate."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lstm_zoo.cli.app import (
    EXIT_INTERRUPTED,
    AsJson,
    DataDir,
    DataFile,
    Device,
    Name,
    StopOnSignal,
    app,
    bar,
    print_json,
    print_table,
)
from lstm_zoo.errors import UsageError

if TYPE_CHECKING:
    from lstm_zoo.zoo.config import CheckpointConfig

RunsDir = Annotated[Path, typer.Option(help="Holds a folder for each run.")]


@app.command()
def train(
    recipe: Annotated[
        str | None, typer.Argument(help="A recipe's name, or the path of a YAML file.")
    ] = None,
    text: Annotated[
        Path | None, typer.Option(help="Instead of a recipe: a text of your own, in UTF-8.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="For --text: what to call it, as architecture.data.")
    ] = None,
    tokenizer: Annotated[
        str | None, typer.Option(help="For --text: character, word or bpe; character if none.")
    ] = None,
    language: Annotated[str, typer.Option(help="For --text: its code, such as en.")] = "und",
    from_: Annotated[
        str | None, typer.Option("--from", help="A model to start from, by its name in `list`.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="section.key=value, as often as needed.")
    ] = None,
    data_dir: DataDir = None,
    data_file: DataFile = None,
    runs_dir: RunsDir = Path("runs"),
    device: Device = "auto",
    restart: Annotated[bool, typer.Option(help="Forget an interrupted run.")] = False,
    log_with: Annotated[
        str | None, typer.Option(help="tensorboard or trackio, where it is installed.")
    ] = None,
) -> None:
    """Train a recipe, or on a text; stop with Ctrl-C, go on with the same command.

    For example: python -m lstm_zoo train char-lstm-small.shakespeare, or
    python -m lstm_zoo train --text my.txt, which the page finds by itself.
    """
    from lstm_zoo.training.loop import Interrupted
    from lstm_zoo.training.train import train as run

    if (recipe is None) == (text is None):
        raise UsageError("name a recipe, or give a text of your own as --text my.txt")
    overrides = [*([f"training.start_from={from_}"] if from_ else []), *(set_ or ())]
    what: str | dict[str, Any] = recipe or ""
    if text is not None:
        what = _text_recipe(text, name, tokenizer, language, from_)
        data_dir = text.absolute().parent
    wanted = StopOnSignal()
    try:
        folder, config = run(
            what,
            overrides=overrides,
            data_dir=data_dir,
            data_file=data_file,
            runs_dir=runs_dir,
            device=device,
            restart=restart,
            should_stop=lambda: wanted.stop,
            progress=bar,
            log_with=log_with,
        )
    except Interrupted:
        print("\nstopped, and saved: the same command goes on from here", file=sys.stderr)
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if os.environ.get("RANK", "0") != "0":  # of several processes that train, one speaks
        return
    _report(config)
    print(f"written: {folder}; use it as local-dir:{folder}")


def _text_recipe(
    text: Path, name: str | None, tokenizer: str | None, language: str, start: str | None
) -> dict[str, Any]:
    from lstm_zoo.training.own_text import text_recipe
    from lstm_zoo.zoo.checkpoint import load_checkpoint
    from lstm_zoo.zoo.names import find_checkpoint

    model = None
    if start is not None:  # its sizes, and what it takes for a token
        checkpoint = load_checkpoint(find_checkpoint(start))
        model = checkpoint.config.model
        dumped = checkpoint.task.dump_preprocessing(checkpoint.preprocessing)
        tokenizer = tokenizer or dumped.get("type")
    return text_recipe(text, name, tokenizer or "character", language, model)


def _report(config: CheckpointConfig) -> None:
    """What came of a run, as one table."""
    from lstm_zoo.zoo.card import duration

    facts: dict[str, Any] = dict(config.training)
    rows: list[tuple[str, ...]] = [("", "figure", "unit", "how it was measured")]
    for key, metric in config.metrics.items():
        how = f"{metric.split} part: {metric.protocol}"
        rows.append((key, f"{metric.value:.4f}", metric.unit, how))
    machine = f"{facts['device']}, {facts['threads']} threads, {facts['precision']}"
    if facts["processes"] > 1:
        machine += f", {facts['processes']} processes"
    epochs = f"{facts['epochs']} epochs, the weights of epoch {facts['best_epoch']}"
    split = config.data.get("characters")
    if isinstance(split, dict):
        parts = ", ".join(f"{count:,} {name}" for name, count in split.items())
        rows.append(("data", f"{sum(split.values()):,}", "characters", f"in order: {parts}"))
    rows += [
        ("time", duration(facts["seconds"]), "", epochs),
        ("speed", f"{facts['tokens_per_second']:,}", "tokens/s", f"training alone; {machine}"),
        ("memory", f"{facts['peak_memory_megabytes']:,}", "MB", "the most at any time"),
        ("parameters", f"{config.parameters:,}", "", "all of the weights"),
    ]
    print_table(rows, right={"figure"})


@app.command()
def runs(runs_dir: RunsDir = Path("runs"), as_json: AsJson = False) -> None:
    """List the runs of training: how far they are, how good, how long and how large.

    For example: python -m lstm_zoo runs
    """
    from lstm_zoo.training.listing import list_runs
    from lstm_zoo.zoo.card import duration

    found = list_runs(runs_dir)
    if as_json:
        print_json([asdict(run) for run in found])
        return
    if not found:
        print(f"there are no runs in {runs_dir}", file=sys.stderr)
        return
    head = ("name", "state", "epochs", "best on validation", "time", "MB")
    rows = [
        (
            run.name,
            "finished" if run.finished else "to be resumed",
            f"{run.epochs}/{run.total_epochs}",
            "" if run.best is None else f"{run.best:.4f} {run.metric}",
            duration(run.seconds),
            f"{run.bytes / 1e6:.1f}",
        )
        for run in found
    ]
    print_table([head, *rows], right={"epochs", "time", "MB"})


@app.command()
def evaluate(
    name: Name,
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    data_dir: DataDir = None,
    data_file: DataFile = None,
    device: Device = "cpu",
    as_json: AsJson = False,
) -> None:
    """Measure a model again on its data, beside the figures of its card."""
    from lstm_zoo.training.train import evaluate as measure

    checkpoint, metrics = measure(
        name,
        split=split,
        data_dir=data_dir,
        data_file=data_file,
        device=device,
        progress=bar,
    )
    rows = []
    for key, metric in metrics.items():
        entry = checkpoint.config.metrics.get(key)
        card = entry.value if entry and entry.split == (metric.split or split) else None
        rows.append({"metric": key, "value": metric.value, "card": card, "unit": metric.unit})
    if as_json:
        print_json(rows)
        return
    for row, metric in zip(rows, metrics.values(), strict=True):
        beside = "" if row["card"] is None else f" (card: {row['card']:.4f})"
        print(f"{row['metric']:14}{row['value']:.4f} {row['unit']}{beside}: {metric.protocol}")
