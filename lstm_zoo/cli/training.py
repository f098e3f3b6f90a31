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
from lstm_zoo.cli.own_data import Columns, OwnRecipe, own_csv, own_text
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
    csv: Annotated[
        Path | None, typer.Option(help="Instead of a recipe: a csv file of your own.")
    ] = None,
    text_column: Annotated[
        str | None, typer.Option(help="For --csv: the texts to classify; else it is guessed.")
    ] = None,
    label_column: Annotated[
        str | None, typer.Option(help="For --csv: the labels, two or more; makes a classifier.")
    ] = None,
    value_column: Annotated[
        list[str] | None, typer.Option(help="For --csv: what to forecast; makes a forecaster.")
    ] = None,
    date_column: Annotated[
        str | None, typer.Option(help="For --value-column: the dates; found if not given.")
    ] = None,
    horizon: Annotated[
        int | None, typer.Option(min=1, help="For --value-column: steps; by the rows if not given.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="For your own data: what to call it, architecture.data.")
    ] = None,
    tokenizer: Annotated[
        str | None, typer.Option(help="For --text: character, word or bpe; character if none.")
    ] = None,
    language: Annotated[
        str, typer.Option(help="For your own texts: their language's code, such as en.")
    ] = "und",
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
    """Train a recipe, or on your own data; stop with Ctrl-C, go on with the same command.

    For example: python -m lstm_zoo train char-lstm-small.shakespeare, or
    python -m lstm_zoo train --text my.txt, which the page finds by itself, or
    python -m lstm_zoo train --csv mail.csv --text-column body --label-column folder.
    """
    from lstm_zoo.training.loop import Interrupted
    from lstm_zoo.training.machine import end_process, keep_freed_memory
    from lstm_zoo.training.train import train as run

    columns = Columns(text_column, label_column, value_column, date_column, horizon)
    if [recipe is not None, text is not None, csv is not None].count(True) != 1:
        raise UsageError(
            "name a recipe, or give a text of your own as --text my.txt, or a table as --csv my.csv"
        )
    if csv is None and columns.options():
        raise UsageError(f"{' and '.join(columns.options())} only go with --csv")
    if text is None and tokenizer is not None:
        raise UsageError("--tokenizer goes with --text; of a recipe take --set data.tokens=...")
    own = OwnRecipe(recipe or "")
    if text is not None:
        own = own_text(text, name, tokenizer, language, from_)
    elif csv is not None:
        own = own_csv(csv, columns, name, language, from_)
    file = text or csv
    if file is not None:
        if data_file is not None:
            raise UsageError(f"{file} is the data already: leave --data-file out")
        data_dir = file.absolute().parent
    speaks = os.environ.get("RANK", "0") == "0"  # of several processes that train, one does
    for note in own.notes if speaks else ():
        print(f"note: {note}", file=sys.stderr)
    overrides = [*own.overrides, *([f"training.start_from={from_}"] if from_ else [])]
    keep_freed_memory()
    wanted = StopOnSignal()
    try:
        folder, config = run(
            own.recipe,
            overrides=[*overrides, *(set_ or ())],
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
        end_process(EXIT_INTERRUPTED)
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if speaks:
        _report(config)
        print(f"written: {folder}; use it as local-dir:{folder}")
    end_process(0)


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
    rows += [
        *_split_rows(dict(config.data)),
        ("time", duration(facts["seconds"]), "", epochs),
        ("speed", f"{facts['tokens_per_second']:,}", "tokens/s", f"training alone; {machine}"),
        ("memory", f"{facts['peak_memory_megabytes']:,}", "MB", "the most at any time"),
        ("parameters", f"{config.parameters:,}", "", "all of the weights"),
    ]
    print_table(rows, right={"figure"})


def _split_rows(data: dict[str, Any]) -> list[tuple[str, ...]]:
    """How much data there was and how it was split, where the task says it so."""
    from lstm_zoo.training.train import SPLITS

    for key, unit, how in (("characters", "characters", "in order"), ("reviews", "texts", "split")):
        parts = data.get(key)
        if isinstance(parts, dict):
            counts = ", ".join(f"{parts[split]:,} {split}" for split in SPLITS if split in parts)
            return [("data", f"{sum(parts.values()):,}", unit, f"{how}: {counts}")]
    parts = data.get("parts")
    if isinstance(parts, dict) and isinstance(data.get("rows"), int):
        said = ", ".join(f"{name} {rows}" for name, rows in parts.items())
        return [("data", f"{data['rows']:,}", "rows", f"in the order of time: {said}")]
    return []


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
    table: list[tuple[str, ...]] = [("", "figure", "card", "unit", "how it was measured")]
    for row, metric in zip(rows, metrics.values(), strict=True):
        beside = "" if row["card"] is None else f"{row['card']:.4f}"
        figure = f"{row['value']:.4f}"
        table.append((str(row["metric"]), figure, beside, metric.unit, metric.protocol))
    print_table(table, right={"figure", "card"})
