"""Recipes and their figures: train, evaluate."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from lstm_zoo.cli.app import EXIT_INTERRUPTED, AsJson, DataDir, Device, Name, app, bar, print_json


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
    data_file: Annotated[
        Path | None, typer.Option(help="Another file of the same form, instead of the recipe's.")
    ] = None,
) -> None:
    """Train a recipe; stop with Ctrl-C, go on with the same command.

    For example: python -m lstm_zoo train char-lstm-small.shakespeare
    """
    from lstm_zoo.training.loop import Interrupted
    from lstm_zoo.training.train import train as run

    wanted = _StopOnSignal()
    try:
        folder, config = run(
            recipe,
            overrides=[*_of_file(data_file), *(set_ or ())],
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


def _of_file(path: Path | None) -> list[str]:
    """The overrides that name a data file; another file has another checksum."""
    if path is None:
        return []
    return [f"data.file={json.dumps(str(path.resolve()))}", "data.sha256=null", "data.url=null"]


class _StopOnSignal:
    """The first Ctrl-C or SIGTERM asks for a stop after the step; the second ends at once."""

    def __init__(self) -> None:
        self.stop = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def _ask(self, number: int, frame: Any) -> None:
        self.stop = True
        signal.signal(number, signal.SIG_DFL)


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
