"""Looking inside a model: inspect."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from lstm_zoo.cli.app import AsJson, Device, Name, app, print_json, print_table
from lstm_zoo.errors import UsageError


@app.command()
def inspect(
    name: Name,
    input: Annotated[str, typer.Argument(help="What the model reads, such as a text.")],
    to: Annotated[
        Path | None, typer.Option(help="Save every step here: a .safetensors or .csv file.")
    ] = None,
    gate: Annotated[
        list[str] | None, typer.Option(help="Keep only this gate or state; can be repeated.")
    ] = None,
    layer: Annotated[list[int] | None, typer.Option(help="Keep only this layer.")] = None,
    unit: Annotated[list[int] | None, typer.Option(help="Keep only this unit.")] = None,
    half: Annotated[bool, typer.Option("--float16", help="Keep half the precision.")] = False,
    numbers: Annotated[
        bool, typer.Option("--numbers", help="INPUT is JSON: a list of numbers, or of pairs.")
    ] = False,
    device: Device = "cpu",
    as_json: AsJson = False,
) -> None:
    """Trace every gate of every step of a model, and say what the gates do.

    For example: python -m lstm_zoo inspect char-lstm.shakespeare "ROMEO:" --to romeo.csv
    """
    import torch

    from lstm_zoo.files import whole_file
    from lstm_zoo.inspection import trace
    from lstm_zoo.inspection.statistics import summary
    from lstm_zoo.zoo.names import load

    if to is not None and to.suffix not in (".safetensors", ".csv"):
        raise UsageError(f"--to takes a .safetensors or a .csv file, got {str(to)!r}")
    given: Any = _numbers(input) if numbers else input
    record = trace(
        load(name, device),
        given,
        gates=gate,
        layers=layer,
        units=unit,
        dtype=torch.float16 if half else None,
    )
    if to is not None and to.suffix == ".csv":
        with whole_file(to) as temporary:
            record.frame().to_csv(temporary, index=False)
    elif to is not None:
        record.save(to)
    rows = summary(record)
    if as_json:
        facts = {"cell": record.cell, "steps": record.steps, "labels": record.labels}
        print_json(facts | {"values": rows})
        return
    table = [tuple(rows[0]), *(tuple(map(_shown, row.values())) for row in rows)]
    print_table(table, set(rows[0]) - {"value"})


def _numbers(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UsageError(f"--numbers takes JSON such as [1.5, 2] or [[0.3, 1]]: {error}") from None


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if isinstance(value, float) else str(value)
