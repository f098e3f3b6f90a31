"""Models out and in: export, import, push, pull, space."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from lstm_zoo.cli.app import EXIT_DIFFERS, Name, app, fail
from lstm_zoo.errors import CheckpointError, UsageError


@app.command()
def export(
    name: Name,
    out: Annotated[Path, typer.Argument(help="The file to write: OUT.onnx or OUT.safetensors.")],
    to: Annotated[
        Literal["onnx", "torch"],
        typer.Option(help="torch: a state dict of plain nn.Embedding, nn.LSTM and nn.Linear."),
    ],
) -> None:
    """Write a model for use without this package.

    For example: python -m lstm_zoo export char-lstm.shakespeare --to onnx shakespeare.onnx
    """
    from lstm_zoo.zoo.checkpoint import load_checkpoint
    from lstm_zoo.zoo.export import export_onnx, export_torch
    from lstm_zoo.zoo.names import find_checkpoint

    checkpoint = load_checkpoint(find_checkpoint(name))
    if to == "onnx":
        difference = export_onnx(checkpoint, out)
        print(f"written: {out}; ONNX Runtime's outputs differ from PyTorch's by {difference:.1e}")
    else:
        print(f"written: {out}, {export_torch(checkpoint, out)}")


@app.command("import")
def import_command(
    weights: Annotated[Path, typer.Argument(help="A safetensors file with the state dict.")],
    vocabulary: Annotated[
        Path, typer.Argument(help="A JSON list or object, or a text file of the characters.")
    ],
    name: Annotated[str, typer.Argument(help="What to call it, as architecture.data.")],
    out: Annotated[Path | None, typer.Option(help="The folder to write; ./NAME if none.")] = None,
    description: Annotated[str | None, typer.Option(help="One sentence for the card.")] = None,
    licence: Annotated[str, typer.Option(help="Of the weights, in the Hub's words.")] = "unknown",
    language: Annotated[str, typer.Option(help="The language's code, such as en.")] = "und",
    data: Annotated[str, typer.Option(help="Name of the data it was trained on.")] = "unknown",
    start: Annotated[
        str | None, typer.Option(help="What a text starts from; a line break if none.")
    ] = None,
    unknown: Annotated[
        str | None, typer.Option(help="The token for characters never seen, such as <unk>.")
    ] = None,
) -> None:
    """Make a checkpoint of a language model from elsewhere: embedding, nn.LSTM and output layer.

    With --out weights/NAME the page and `list` have it too. For example:
    python -m lstm_zoo import model.safetensors characters.json char-lstm.mine
    """
    from lstm_zoo.task import get_task
    from lstm_zoo.zoo.foreign import import_model

    folder = out or Path(name)
    config = import_model(
        weights,
        vocabulary,
        folder,
        get_task("language"),
        name=name,
        description=description,
        licence=licence,
        language=language,
        data=data,
        options={"start": start, "unknown": unknown},
    )
    print(f"written: {folder}, {config.parameters:,} parameters; use it as local-dir:{folder}")


@app.command()
def push(
    name: Name,
    to: Annotated[str, typer.Option(help="Where on the Hub: owner/name.")],
    private: Annotated[bool, typer.Option(help="Only those whom you allow may see it.")] = False,
    revision: Annotated[str | None, typer.Option(help="A branch; made if there is none.")] = None,
    dry_run: Annotated[bool, typer.Option(help="Say what would be published, and stop.")] = False,
) -> None:
    """Publish a model on the Hub: its own files, all in one commit.

    For example: python -m lstm_zoo push local-dir:runs/mine/checkpoint --to me/char-lstm.mine
    """
    from lstm_zoo.zoo.push import checkpoint_files, describe, publish

    files = checkpoint_files(name, to)
    print(f"{'private' if private else 'public'}, to {to}:\n{describe(files)}", flush=True)
    if not dry_run:
        message = "A checkpoint of LSTM Zoo"
        print(publish(files, to, message=message, private=private, revision=revision))


@app.command()
def pull(
    names: Annotated[list[str] | None, typer.Argument(help="Names, or hf-hub:owner/name.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="All of the zoo's models.")] = False,
) -> None:
    """Download models to the Hub's local cache, or repair them there.

    For example: python -m lstm_zoo pull hf-hub:me/char-lstm.mine@main
    """
    from lstm_zoo.zoo.hub import hub_models
    from lstm_zoo.zoo.hub import pull as download

    if bool(names) == all_:
        raise UsageError("name the models to pull, or write --all")
    broken = False
    for name in hub_models() if all_ else names or []:
        try:
            print(f"{name} is whole: {download(name)}")
        except CheckpointError as error:  # the others may be whole
            broken = True
            fail(error)
    if broken:
        raise typer.Exit(EXIT_DIFFERS)


@app.command()
def space(
    to: Annotated[str, typer.Option(help="Where on the Hub: owner/name.")],
    private: Annotated[bool, typer.Option(help="Only those whom you allow may see it.")] = False,
    dry_run: Annotated[bool, typer.Option(help="Say what would be published, and stop.")] = False,
) -> None:
    """Put the page on the Hub as a Space: the code and the models that ship with it."""
    from lstm_zoo.zoo.push import describe, publish
    from lstm_zoo.zoo.space import MIRRORED, space_files

    files = space_files()
    print(f"{'private' if private else 'public'}, to {to}:\n{describe(files)}", flush=True)
    if not dry_run:
        message = "The page, with its models"
        print(
            publish(
                files, to, message=message, private=private, repo_type="space", mirrored=MIRRORED
            )
        )
