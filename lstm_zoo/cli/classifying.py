"""What a writer thinks: classify."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from tqdm import tqdm

from lstm_zoo.cli.app import (
    EXIT_INTERRUPTED,
    AsJson,
    Device,
    Name,
    StopOnSignal,
    app,
    bar,
    print_json,
)
from lstm_zoo.errors import UsageError

if TYPE_CHECKING:
    from lstm_zoo.sentiment.attribution import Explanation
    from lstm_zoo.sentiment.flip import Flip
    from lstm_zoo.sentiment.predict import SentimentClassifier, Verdict


@app.command()
def classify(
    name: Name,
    texts: Annotated[list[str] | None, typer.Argument(help="Texts; - reads one.")] = None,
    file: Annotated[Path | None, typer.Option(help="A file with a text on each line.")] = None,
    csv: Annotated[Path | None, typer.Option(help="A csv file; its columns are kept.")] = None,
    text_column: Annotated[
        str | None, typer.Option(help="With --csv: the texts' column; else it is guessed.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="With --csv: the file to write, else FILE.classified.csv."),
    ] = None,
    why: Annotated[
        bool, typer.Option(help="What each token contributes, and what would flip the verdict.")
    ] = False,
    device: Device = "cpu",
    as_json: AsJson = False,
) -> None:
    """Say whether texts are for or against what they speak of.

    For example: python -m lstm_zoo classify bilstm.imdb "A dull film." --why
    """
    from lstm_zoo.sentiment.tables import read_lines
    from lstm_zoo.sentiment.tokenizer import well_formed
    from lstm_zoo.zoo.names import load

    if [bool(texts), file is not None, csv is not None].count(True) != 1:
        raise UsageError("give either texts, or --file with a text on each line, or --csv")
    if csv is None and (text_column or out):
        raise UsageError("--text-column and --out go with --csv")
    if csv and why:
        raise UsageError("--why explains single texts, not a csv file")
    model = load(name, device)
    if not hasattr(model, "classify"):
        raise UsageError(f"{name} is no classifier: `list --task sentiment` names those")
    if csv:
        _classify_csv(model, csv, text_column, out or csv.with_suffix(".classified.csv"), as_json)
        return
    if file:
        texts = read_lines(file)
    else:
        given = [_standard_input() if text == "-" else text for text in texts or []]
        texts = [well_formed(text) for text in given]
    if why:
        _explain(model, texts, as_json)
        return
    verdicts = [model.classify(texts[0])] if len(texts) == 1 else model.classify(texts, bar)
    if as_json:
        print_json([_document(t, v) for t, v in zip(texts, verdicts, strict=True)])
        return
    for text, verdict in zip(texts, verdicts, strict=True):
        print(_line(text, verdict))


def _standard_input() -> str:
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        from lstm_zoo.sentiment.tables import ENCODINGS

        raise UsageError(
            f"standard input is not {error.encoding}: give the text as --file, which is read in"
            f" {ENCODINGS}"
        ) from None


def _classify_csv(
    model: SentimentClassifier, source: Path, column: str | None, out: Path, as_json: bool
) -> None:
    from lstm_zoo.sentiment.batch import classify_table
    from lstm_zoo.sentiment.tables import open_table

    if out.exists():
        raise UsageError(f"{out} is there already: name another file with --out")
    table = open_table(source, column)
    number = table.column(column)
    if column is None:
        print(f"note: the texts are those of the column {table.columns[number]!r}", file=sys.stderr)
    wanted = StopOnSignal()
    with tqdm(total=table.rows, desc="texts", leave=False, disable=None) as progress:
        for done in classify_table(model, table, number, out, lambda: wanted.stop):
            progress.update(done.rows - progress.n)
    counts = ", ".join(f"{count:,} {label}" for label, count in done.counts.items())
    if as_json:
        print_json({"out": str(out), **asdict(done)})
    else:
        rows = f"{done.rows:,} of {done.total:,} rows"
        print(f"written: {out}, {rows}: {counts}, {done.blank:,} without a text")
    if done.rows < done.total:
        print("stopped: the file holds the rows so far", file=sys.stderr)
        raise typer.Exit(EXIT_INTERRUPTED)


def _explain(model: SentimentClassifier, texts: list[str], as_json: bool) -> None:
    from lstm_zoo.sentiment.attribution import explain
    from lstm_zoo.sentiment.flip import nearest_flip

    documents = []
    for text in texts:
        if not model.encode(text).ids:  # a verdict with a warning, and nothing to explain
            verdict = model.classify(text)
            documents.append(_document(text, verdict))
            if not as_json:
                print(_line(text, verdict))
            continue
        explanation, flip = explain(model, text), nearest_flip(model, text)
        documents.append(_explained(text, explanation, flip))
        if as_json:
            continue
        print(_line(text, explanation.verdict))
        print(f"  for {explanation.label!r}, in log-odds:")
        for (start, end), value in zip(
            explanation.spans, explanation.contributions.values, strict=True
        ):
            print(f"  {value:+8.2f}  {text[start:end]}")
        if not explanation.contributions.complete:
            missing = explanation.contributions.missing
            print(f"  {missing:+8.2f}  is what the contributions lack to add up")
        if flip is None:
            print("  no change of a few words was found that flips it")
        else:
            label = flip.verdict.label
            print(f"  {label} ({flip.verdict.probabilities[label]:.1%}) would be: {flip.text}")
    if as_json:
        print_json(documents)


def _line(text: str, verdict: Verdict) -> str:
    shown = " ".join(text.split())
    if len(shown) > 100:
        shown = shown[:99] + "…"
    lines = [f"{verdict.label:10} {verdict.probabilities[verdict.label]:6.1%}  {shown}"]
    return "\n".join([*lines, *(f"  but: {warning}" for warning in verdict.warnings)])


def _document(text: str, verdict: Verdict) -> dict[str, Any]:
    document = {"text": text, **asdict(verdict)}
    document["warnings"] = [
        {"key": doubt.key, **doubt.values, "text": str(doubt)} for doubt in verdict.warnings
    ]
    return document


def _explained(text: str, explanation: Explanation, flip: Flip | None) -> dict[str, Any]:
    document = asdict(explanation)
    del document["verdict"]
    tokens = [text[start:end] for start, end in explanation.spans]
    flipped = None if flip is None else asdict(flip) | _document(flip.text, flip.verdict)
    if flipped:
        del flipped["verdict"]
    return _document(text, explanation.verdict) | {"tokens": tokens, **document, "flip": flipped}
