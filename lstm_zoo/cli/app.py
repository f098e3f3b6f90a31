"""The frame of the command line: how it starts, fails and prints."""

from __future__ import annotations

import json
import os
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

Name = Annotated[
    str, typer.Argument(help="A name from `list`, local-dir:PATH or hf-hub:OWNER/NAME.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Device = Annotated[str, typer.Option(help="cpu, cuda, mps, or auto where training may choose.")]
DataDir = Annotated[
    Path | None,
    typer.Option(help="Folder of raw data; LSTM_ZOO_DATA or ~/.cache/lstm_zoo/data if not given."),
]
DataFile = Annotated[
    Path | None, typer.Option(help="A file to read instead of the recipe's data.file.")
]
EXTRAS = {
    "train": ("training", ("arch", "opencc", "pyarrow", "sklearn")),
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
        sys.exit(fail(error))
    except OSError as error:  # a missing file, a full disk, a folder that may not be written
        where = f": {error.filename}" if error.filename else ""
        sys.exit(fail(f"{error.strerror or error}{where}"))
    except ModuleNotFoundError as error:
        for extra, (purpose, modules) in EXTRAS.items():
            if error.name in modules:
                needs = f"this command needs {error.name}, which comes with {purpose}"
                sys.exit(fail(f"{needs}: pip install -e '.[{extra}]'"))
        raise
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)


def fail(error: Any) -> int:
    """Say what went wrong; returns the exit code."""
    if os.environ.get("RANK", "0") == "0":  # of several processes that train, one speaks
        print(f"error: {error}", file=sys.stderr)
    return EXIT_USAGE


def bar(items: Iterable[Any], label: str) -> Iterable[Any]:
    """A progress bar where someone looks."""
    return tqdm(items, desc=label, leave=False, disable=None)


class StopOnSignal:
    """The first Ctrl-C or SIGTERM asks for a stop after the step; the second ends at once."""

    def __init__(self) -> None:
        self.stop = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def _ask(self, number: int, frame: Any) -> None:
        self.stop = True
        signal.signal(number, signal.SIG_DFL)


def print_table(rows: list[tuple[str, ...]], right: set[str]) -> None:
    """Print rows under a head; columns of numbers are set to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(rows[0], row, widths, strict=True)
        line = [cell.rjust(w) if head in right else cell.ljust(w) for head, cell, w in cells]
        print("  ".join(line).rstrip())


def print_json(document: Any) -> None:
    print(json.dumps(document, indent=1, ensure_ascii=False))
