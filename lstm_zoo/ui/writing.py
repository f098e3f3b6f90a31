"""From what a visitor asked for to states of the text view, a few a second."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Sequence
from typing import Any

from lstm_zoo.errors import CheckpointError, UsageError
from lstm_zoo.language.predict import Piece, TextGenerator
from lstm_zoo.ui.models import get_model
from lstm_zoo.ui.states import Mistake, State, new_state, told, unseen_notices
from lstm_zoo.ui.words import sentence
from lstm_zoo.ui.zero_gpu import on_gpu

TASK = "language"
PROMPT_LIMIT = 200_000
PROMPT_SHOWN = 1_000
"""Characters of a prompt that are shown before the new text: its end."""
RIVALS = 4
UPDATE_SECONDS = 0.15
"""The page's updates cost more than the model's steps: several steps go into one chunk."""
CHUNKS_SENT = 8
"""The latest chunks are in each state, so that a browser may miss a few, but not the whole text:
Gradio goes through all of a value at each update."""

LIMITS: dict[str, tuple[float, float]] = {
    "length": (1, 10_000),
    "temperature": (0, 2),
    "samples": (1, 4),
    "seed": (0, 2**53 - 1),  # the largest whole number that a browser keeps exact
    "top_k": (0, 200),
    "top_p": (0.01, 1),
    "min_p": (0, 1),
    "typical_p": (0.01, 1),
    "repetition_penalty": (1, 2),
}
WHOLE = ("length", "samples", "seed", "top_k")


def check(values: dict[str, Any]) -> dict[str, Any]:
    """The values as options of `TextGenerator.stream_samples`.

    Args:
        values: the keys of `LIMITS`, whose seed may be None, `prompt`, and `stop_strings`, one a
            line.

    Raises:
        Mistake: a value is not a number, not whole, or out of its limits.
    """
    numbers = {key: _number(key, values[key]) for key in LIMITS}
    # Half of a surrogate pair is no character, and cannot be sent back to the page.
    prompt = (values["prompt"] or "").encode("utf-8", "replace").decode()
    if len(prompt) > PROMPT_LIMIT:
        length, limit = f"{len(prompt):,}", f"{PROMPT_LIMIT:,}"
        raise Mistake(sentence("prompt_too_long", length=length, limit=limit))
    return {
        "prompt": prompt,
        "max_new_tokens": numbers.pop("length"),
        "num_samples": numbers.pop("samples"),
        "stop": [line for line in (values["stop_strings"] or "").splitlines() if line],
        **numbers,
    }


def _number(key: str, value: Any) -> float | None:
    if key == "seed":
        value = _seed(value)
        if value is None:
            return None
    name = sentence(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise Mistake(sentence("not_number", name=name))
    low, high = LIMITS[key]
    if not low <= value <= high:
        raise Mistake(
            sentence("out_of_range", name=name, low=low, high=f"{high:,}", value=f"{value:g}")
        )
    if key not in WHOLE:
        return value
    if value != int(value):
        raise Mistake(sentence("not_whole", name=name, value=value))
    return int(value)


def _seed(value: Any) -> Any:
    """A seed as the page has it, text that may be empty, as a number or None."""
    if not isinstance(value, str):
        return value
    try:
        return float(value) if value.strip() else None
    except ValueError:
        return math.nan


def blank(**known: Any) -> State:
    """A state of the text view with nothing in it but what is given."""
    empty = new_state(model="", prompt="", prompt_is_cut=False, samples=0, chunks={}, notices=[])
    return empty | known


@on_gpu
def write(model: str, values: dict[str, Any]) -> Iterator[State]:
    """Write, and report in states of the text view.

    Args:
        model: a name from `find_models`.
        values: those of `check`.

    Yields:
        States a few times a second, with the latest chunks; the last is `done` and has all of
        them. What goes wrong is in the last state's `error`.
    """
    try:
        options = check(values)
        generator = get_model(model, TASK)
        prompt = options["prompt"]
        state = blank(
            model=model,
            prompt=prompt[-PROMPT_SHOWN:],
            prompt_is_cut=len(prompt) > PROMPT_SHOWN,
            notices=unseen_notices(generator, prompt),
            samples=options["num_samples"],
        )
        yield from _stream(generator, options, state)
    except (UsageError, CheckpointError) as error:
        yield blank(error=told(error), done=True)


def _stream(generator: TextGenerator, options: dict[str, Any], state: State) -> Iterator[State]:
    yield state
    chunks: dict[str, list[str]] = {}
    fresh: list[list[Piece]] = [[] for _ in range(options["num_samples"])]
    count, start = 0, time.perf_counter()
    due = start + UPDATE_SECONDS

    def now() -> State:
        chunks[str(len(chunks))] = [encode(pieces) for pieces in fresh]
        for pieces in fresh:
            pieces.clear()
        speed = count / max(time.perf_counter() - start, 1e-9)
        figures = sentence("figures", count=f"{count:,}", speed=f"{round(speed):,}")
        return state | {"chunks": dict(list(chunks.items())[-CHUNKS_SENT:]), "status": figures}

    for step in generator.stream_samples(**options, rivals=RIVALS):
        for pieces, new in zip(fresh, step, strict=True):
            pieces.extend(new)
            count += sum(map(len, new))
        if time.perf_counter() >= due:
            yield now()
            due = time.perf_counter() + UPDATE_SECONDS
    yield now() | {"chunks": chunks, "done": True}


def encode(pieces: Sequence[Piece]) -> str:
    """Pieces as JSON: a list of [text, chance, rival, its chance, rival, ...].

    Chances are in thousandths. A string, since Gradio walks through lists element by element.
    """
    rows = []
    for piece in pieces:
        row: list[str | int] = [str(piece), round(1000 * piece.probability)]
        for text, probability in piece.rivals:
            row += [text, round(1000 * probability)]
        rows.append(row)
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
