"""The command line: the same verbs as the Python API."""

from __future__ import annotations

import json
import signal
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

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

Name = Annotated[str, typer.Argument(help="A name from `list`, or local-dir:PATH.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Device = Annotated[str, typer.Option(help="cpu, cuda, mps, or auto where training may choose.")]
DataDir = Annotated[
    Path | None,
    typer.Option(help="Folder of raw data; LSTM_ZOO_DATA or ~/.cache/lstm_zoo/data if not given."),
]
TRAINING_EXTRA = ("accelerate", "yaml", "opencc")
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
        if error.name not in TRAINING_EXTRA:
            raise
        needs = f"this command needs {error.name}, which comes with training"
        sys.exit(_fail(f"{needs}: pip install -e '.[train]'"))
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
    as_json: AsJson = False,
    markdown: Annotated[bool, typer.Option(help="Print the table of the README.")] = False,
) -> None:
    """List the models that are here."""
    from lstm_zoo.zoo.card import checkpoint_table
    from lstm_zoo.zoo.checkpoint import read_config
    from lstm_zoo.zoo.names import find_checkpoint, list_models

    configs = [read_config(find_checkpoint(name)) for name in list_models(pattern)]
    if as_json:
        _print_json([config.model_dump(mode="json", exclude={"recipe"}) for config in configs])
    elif markdown:
        print(checkpoint_table(configs))
    else:
        for config in configs:
            print(f"{config.name:32}{config.parameters:>12,} parameters  {config.description}")
        if not configs:
            print(f"no model matches {pattern!r}", file=sys.stderr)


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
def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Names; all models if none.")] = None,
    as_json: AsJson = False,
) -> None:
    """Load models and recompute their fingerprints; exit code 1 if one differs or is not whole."""
    from lstm_zoo.zoo.checkpoint import fingerprint_difference, load_checkpoint
    from lstm_zoo.zoo.names import find_checkpoint, list_models

    rows = []
    for name in names or list_models():
        folder = find_checkpoint(name)
        try:
            difference = fingerprint_difference(load_checkpoint(folder))
            rows.append({"name": name, "whole": True, "difference": difference})
        except CheckpointError as error:
            rows.append({"name": name, "whole": False, "error": str(error)})
    if as_json:
        _print_json(rows)
    else:
        for row in rows:
            verdict = f"differs by {row['difference']:.1e}" if row["whole"] else row["error"]
            print(f"{'ok' if row['whole'] else 'BROKEN':8}{row['name']:32}{verdict}")
    if not all(row["whole"] for row in rows):
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


def _print_json(document: Any) -> None:
    print(json.dumps(document, indent=1, ensure_ascii=False))
