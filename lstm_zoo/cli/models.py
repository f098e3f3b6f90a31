"""What there is, and whether it is whole: list, show, cards, verify."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from lstm_zoo.cli.app import EXIT_DIFFERS, AsJson, Name, app, print_json, print_table


@app.command("list")
def list_command(
    pattern: Annotated[str, typer.Argument(help="Wildcards: char-*, *.tang-*")] = "*",
    task: Annotated[str | None, typer.Option(help="Only for this task.")] = None,
    language: Annotated[str | None, typer.Option(help="Only in this language, such as en.")] = None,
    data: Annotated[str | None, typer.Option(help="Only from this data; wildcards.")] = None,
    max_parameters: Annotated[int | None, typer.Option(help="Only up to this size.")] = None,
    as_json: AsJson = False,
    markdown: Annotated[bool, typer.Option(help="Print the table of the README.")] = False,
) -> None:
    """List the models that ship with the code, those trained here, and the Hub's local cache.

    For example: python -m lstm_zoo list "char-*" --language zh --max-parameters 5000000
    """
    from lstm_zoo.zoo.checkpoint import read_config
    from lstm_zoo.zoo.names import RUNS_DIR, WEIGHTS_DIR, find_checkpoint, list_models
    from lstm_zoo.zoo.results import checkpoint_table, result_rows

    names = list_models(
        pattern,
        task=task,
        language=language,
        data=data,
        max_parameters=max_parameters,
        cached=not markdown,
    )
    folders = [find_checkpoint(name) for name in names]
    configs = [read_config(folder) for folder in folders]
    known = {WEIGHTS_DIR: "shipped", RUNS_DIR: "trained"}
    places = [
        known.get(folder.parent, known.get(folder.parents[1], "cached")) for folder in folders
    ]
    if as_json:
        print_json(
            [
                config.model_dump(mode="json", exclude={"recipe", "history"}) | {"where": place}
                for config, place in zip(configs, places, strict=True)
            ]
        )
    elif not names:
        print("no model matches", file=sys.stderr)
    elif markdown:
        print(checkpoint_table(result_rows(folders)))
    else:
        head = ("name", "task", "language", "data", "parameters", "MB", "where")
        sizes = [f"{int(row['bytes']) / 1e6:.2f}" for row in result_rows(folders)]
        rows = [
            (c.name, c.task, c.language, c.data["name"], f"{c.parameters:,}", size, place)
            for c, size, place in zip(configs, sizes, places, strict=True)
        ]
        print_table([head, *rows], right={"parameters", "MB"})


@app.command()
def show(name: Name, as_json: AsJson = False) -> None:
    """Print a model's card."""
    from lstm_zoo.zoo.checkpoint import CARD, read_config
    from lstm_zoo.zoo.names import find_checkpoint

    folder = find_checkpoint(name)
    config = read_config(folder)
    if as_json:
        print_json(config.model_dump(mode="json"))
    else:
        card = (folder / CARD).read_text("utf-8")
        print(card.split("---\n", 2)[-1].strip())


@app.command()
def cards(
    runs_dir: Annotated[
        Path, typer.Option(help="Folders of runs, for learning curves that are missing.")
    ] = Path("runs"),
) -> None:
    """Write the cards of the shipped models, results.csv and the README's table anew."""
    from lstm_zoo.zoo.names import WEIGHTS_DIR
    from lstm_zoo.zoo.results import rewrite_all

    for name in rewrite_all(WEIGHTS_DIR, runs_dir):
        print(f"written: the card of {name}")


@app.command()
def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Names; all models if none.")] = None,
    as_json: AsJson = False,
) -> None:
    """Recompute fingerprints here; exit code 1 if one differs by more than rounding.

    Says of each model by how much its outputs differ from those of the machine that wrote it.
    """
    from lstm_zoo.zoo.names import find_checkpoint, list_models
    from lstm_zoo.zoo.verify import verify_checkpoint

    results = {name: verify_checkpoint(find_checkpoint(name)) for name in names or list_models()}
    if as_json:
        print_json([{"name": name, **asdict(result)} for name, result in results.items()])
    else:
        for name, result in results.items():
            word = "ok" if result.passed else result.verdict.upper()
            print(f"{word:8} {name:32} {result.explanation}")
    if not all(result.passed for result in results.values()):
        raise typer.Exit(EXIT_DIFFERS)
