"""Writing with a language model: generate."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from lstm_zoo.cli.app import AsJson, Device, Name, app, print_json


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
        print_json(
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
