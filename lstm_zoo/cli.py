"""The command line: the same verbs as the Python API."""

from __future__ import annotations

import json
import signal
import sys
import warnings
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from tqdm import tqdm

from lstm_zoo.errors import CheckpointError, UsageError

app = typer.Typer(
    help="Trained LSTMs to run, look into, retrain and share.",
    epilog="Start with: python -m lstm_zoo list",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Name = Annotated[
    str, typer.Argument(help="A name from `list`, local-dir:PATH or hf-hub:OWNER/NAME.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Device = Annotated[str, typer.Option(help="cpu, cuda, mps, or auto where training may choose.")]
DataDir = Annotated[
    Path | None,
    typer.Option(help="Folder of raw data; LSTM_ZOO_DATA or ~/.cache/lstm_zoo/data if not given."),
]
EXTRAS = {
    "train": ("training", ("accelerate", "yaml", "opencc")),
    "export": ("export to ONNX", ("onnx", "onnxruntime")),
}
"""Extras of the package: what they are for, and the modules that come with them."""
EXIT_USAGE, EXIT_DIFFERS, EXIT_INTERRUPTED = 2, 1, 130


def main() -> None:
    """Run the command line; known errors end it with one sentence and exit code 2."""
    warnings.showwarning = lambda message, *_: print(f"note: {message}", file=sys.stderr)
    try:
        app()
    except (UsageError, CheckpointError) as error:
        sys.exit(_fail(error))
    except OSError as error:  # a missing file, a full disk, a folder that may not be written
        where = f": {error.filename}" if error.filename else ""
        sys.exit(_fail(f"{error.strerror or error}{where}"))
    except ModuleNotFoundError as error:
        for extra, (purpose, modules) in EXTRAS.items():
            if error.name in modules:
                needs = f"this command needs {error.name}, which comes with {purpose}"
                sys.exit(_fail(f"{needs}: pip install -e '.[{extra}]'"))
        raise
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)


def _fail(error: Any) -> int:
    print(f"error: {error}", file=sys.stderr)
    return EXIT_USAGE


def _bar(items: Iterable[Any], label: str) -> Iterable[Any]:
    return tqdm(items, desc=label, leave=False, disable=None)


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
    """List the models that ship with the code, and those in the Hub's local cache.

    For example: python -m lstm_zoo list "char-*" --language zh --max-parameters 5000000
    """
    from lstm_zoo.zoo.checkpoint import read_config
    from lstm_zoo.zoo.names import WEIGHTS_DIR, find_checkpoint, list_models
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
    places = ["shipped" if folder.parent == WEIGHTS_DIR else "cached" for folder in folders]
    if as_json:
        _print_json(
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
        sizes = [f"{int(row['bytes']) / 1e6:.1f}" for row in result_rows(folders)]
        rows = [
            (c.name, c.task, c.language, c.data["name"], f"{c.parameters:,}", size, place)
            for c, size, place in zip(configs, sizes, places, strict=True)
        ]
        _print_table([head, *rows], right={"parameters", "MB"})


@app.command()
def show(name: Name, as_json: AsJson = False) -> None:
    """Print a model's card."""
    from lstm_zoo.zoo.checkpoint import CARD, read_config
    from lstm_zoo.zoo.names import find_checkpoint

    folder = find_checkpoint(name)
    config = read_config(folder)
    if as_json:
        _print_json(config.model_dump(mode="json"))
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
        _print_json([{"name": name, **asdict(result)} for name, result in results.items()])
    else:
        for name, result in results.items():
            word = "ok" if result.passed else result.verdict.upper()
            print(f"{word:8} {name:32} {result.explanation}")
    if not all(result.passed for result in results.values()):
        raise typer.Exit(EXIT_DIFFERS)


@app.command()
def generate(
    name: Name,
    prompt: Annotated[str, typer.Argument(help="What the text starts with; - reads it.")] = "",
    max_new_tokens: Annotated[int, typer.Option(help="How much to write.")] = 300,
    samples: Annotated[int, typer.Option(help="How many texts.")] = 1,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same text.")] = None,
    temperature: Annotated[
        float, typer.Option(help="Under 1 safer, over 1 bolder; 0 takes the likeliest.")
    ] = 0.8,
    top_k: Annotated[int, typer.Option(help="Keep the k likeliest; 0 is off.")] = 0,
    top_p: Annotated[float, typer.Option(help="Keep the likeliest with this share.")] = 1.0,
    min_p: Annotated[float, typer.Option(help="Drop those under this share of the best.")] = 0.0,
    typical_p: Annotated[float, typer.Option(help="Keep tokens of typical surprise.")] = 1.0,
    repetition_penalty: Annotated[float, typer.Option(help="Over 1 repeats less.")] = 1.0,
    stop: Annotated[list[str] | None, typer.Option(help="End before this string.")] = None,
    rivals: Annotated[int, typer.Option(help="With --json: the likeliest beside each.")] = 0,
    device: Device = "cpu",
    as_json: AsJson = False,
) -> None:
    """Write text with a language model, as it comes.

    For example: python -m lstm_zoo generate char-lstm.shakespeare "ROMEO:" --seed 1
    """
    from lstm_zoo.zoo.names import load

    model = load(name, device)
    if prompt == "-":
        prompt = sys.stdin.read()
    steps = model.stream_samples(
        prompt,
        num_samples=samples,
        max_new_tokens=max_new_tokens,
        seed=seed,
        stop=stop or (),
        rivals=rivals,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        min_p=min_p,
        typical_p=typical_p,
        repetition_penalty=repetition_penalty,
    )
    if samples == 1 and not as_json:
        print(prompt, end="")
        for step in steps:
            print(*step[0], sep="", end="", flush=True)
        print()
        return
    texts: list[list[Any]] = [[] for _ in range(samples)]
    for step in steps:
        for text, pieces in zip(texts, step, strict=True):
            text.extend(pieces)
    if as_json:
        _print_json(
            [
                {
                    "text": "".join(text),
                    "pieces": [[piece, piece.probability, piece.rivals] for piece in text],
                }
                for text in texts
            ]
        )
    else:
        print("\n\n".join(f"--- {k + 1}\n{prompt}{''.join(t)}" for k, t in enumerate(texts)))


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

    wanted = _StopOnSignal()
    try:
        folder, config = run(
            recipe,
            overrides=set_ or (),
            data_dir=data_dir,
            runs_dir=runs_dir,
            device=device,
            restart=restart,
            should_stop=lambda: wanted.stop,
            progress=_bar,
        )
    except Interrupted:
        print("\nstopped, and saved: the same command goes on from here", file=sys.stderr)
        raise typer.Exit(EXIT_INTERRUPTED) from None
    for key, metric in config.metrics.items():
        print(f"{key:14}{metric.value:.4f} {metric.unit}, {metric.split} part")
    print(f"written: {folder}; use it as local-dir:{folder}")


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

    checkpoint, metrics = measure(
        name, split=split, data_dir=data_dir, device=device, progress=_bar
    )
    rows = []
    for key, metric in metrics.items():
        entry = checkpoint.config.metrics.get(key)
        card = entry.value if entry and entry.split == split else None
        rows.append({"metric": key, "value": metric.value, "card": card, "unit": metric.unit})
    if as_json:
        _print_json(rows)
        return
    for row, metric in zip(rows, metrics.values(), strict=True):
        beside = "" if row["card"] is None else f" (card: {row['card']:.4f})"
        print(f"{row['metric']:14}{row['value']:.4f} {row['unit']}{beside}: {metric.protocol}")


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
            _fail(error)
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


def _print_table(rows: list[tuple[str, ...]], right: set[str]) -> None:
    """Print rows under a head; columns of numbers are set to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(rows[0], row, widths, strict=True)
        line = [cell.rjust(w) if head in right else cell.ljust(w) for head, cell, w in cells]
        print("  ".join(line).rstrip())


def _print_json(document: Any) -> None:
    print(json.dumps(document, indent=1, ensure_ascii=False))
