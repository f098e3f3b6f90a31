"""Some units of a gate held at a value: how a model goes on with and without."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from lstm_zoo.inspection import Hold, intervene
from lstm_zoo.ui.gates.looking import predictor_of
from lstm_zoo.ui.gates.source import parse
from lstm_zoo.ui.states import Mistake, State, new_state
from lstm_zoo.ui.words import Sentence, sentence
from lstm_zoo.ui.zero_gpu import on_gpu

LENGTHS, SEEDS = (1, 1_000), (0, 2**53 - 1)
MOST_UNITS, LONGEST_UNITS = 8192, 500
"""Numbers under which all units lie, and characters that name them."""
SPANS = {"c": (-20.0, 20.0), "h": (-1.0, 1.0), "cell": (-1.0, 1.0)}
"""From where to where a value can be held; all other gates from 0 to 1."""


@dataclass(frozen=True)
class Held:
    """What is held.

    Attributes:
        name: of the gate or state.
        layer: its number, from 0.
        units: their numbers; None for all.
        value: where.
        start, stop: the steps; None for the end.
    """

    name: str
    layer: int
    units: tuple[int, ...] | None
    value: float
    start: int = 0
    stop: int | None = None


def span(name: str) -> tuple[float, float]:
    """From where to where this gate or state can be held."""
    return SPANS.get(name, (0.0, 1.0))


def parse_units(text: Any) -> tuple[int, ...] | None:
    """Numbers of units, such as "3, 17 40-45"; None for "all".

    Raises:
        Mistake: it is something else.
    """
    text = str(text).strip()[:LONGEST_UNITS]
    if text.lower() in ("all", "全部"):
        return None
    units: list[int] = []
    for word in filter(None, re.split(r"[\s,，;、]+", text)):
        match = re.fullmatch(r"(\d{1,6})(?:-(\d{1,6}))?", word)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if last < first or last >= MOST_UNITS:
            raise Mistake(sentence("gates_hold_bad_units", value=word[:40]))
        units += range(first, last + 1)
    if not units:
        raise Mistake(sentence("gates_hold_bad_units", value=text[:40]))
    return tuple(dict.fromkeys(units))


def finite(key: str, value: Any) -> float:
    """A number.

    Raises:
        Mistake: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Mistake(sentence("not_number", name=sentence(key)))
    return value


def whole(key: str, value: Any, low: int, high: int) -> int:
    """A whole number between limits.

    Raises:
        Mistake: it is none.
    """
    name, value = sentence(key), finite(key, value)
    if value != int(value):
        raise Mistake(sentence("not_whole", name=name, value=value))
    if not low <= value <= high:
        told = {"low": low, "high": f"{high:,}", "value": f"{value:g}"}
        raise Mistake(sentence("out_of_range", name=name, **told))
    return int(value)


def before_and_after(
    model: str, text: str, held: Held, length: int = 200, seed: int = 1
) -> tuple[str, str]:
    """How a model goes on from a text, or answers it, as it is and with units held.

    Args:
        model: its name.
        text: as it was typed.
        held: what is held.
        length: characters to write, for a model that writes.
        seed: of both.

    Returns:
        Both texts.

    Raises:
        UsageError: there is no such model, gate, layer or unit, or it cannot read this.
        CheckpointError: the model's files are not whole.
    """
    source, _ = parse(predictor_of(model), text)
    return _both(model, source, held, length, seed)


@on_gpu
def _both(model: str, source: Any, held: Held, length: int, seed: int) -> tuple[str, str]:
    predictor = predictor_of(model)
    units = None if held.units is None else list(held.units)
    change = Hold(
        held.name,
        layer=held.layer,
        units=units,
        steps=slice(held.start, held.stop),
        value=held.value,
    )
    with intervene(predictor, [change]):  # first: it refuses what the model does not have
        after = _goes_on(predictor, source, length, seed)
    return _goes_on(predictor, source, length, seed), after


def _goes_on(predictor: Any, source: Any, length: int, seed: int) -> str:
    if hasattr(predictor, "generate"):
        text: str = predictor.generate(source, max_new_tokens=length, seed=seed)
        return text
    if hasattr(predictor, "classify"):
        chances = predictor.classify(source).probabilities
        return "\n".join(f"{name} {chance:.4f}" for name, chance in chances.items())
    answer = (
        predictor.forecast(source)["mean"].tolist()
        if hasattr(predictor, "forecast")
        else predictor.answer(source)
    )
    return answer if isinstance(answer, str) else " ".join(f"{value:.4g}" for value in answer)


def held_state(source: str, both: tuple[str, str], units: str) -> State:
    """What the page shows of it."""
    before, after = both
    same = next((k for k, (a, b) in enumerate(zip(*both, strict=False)) if a != b), None)
    if same is None:
        same = min(len(before), len(after))
    status: Sentence = (
        sentence("gates_held_same", units=units)
        if before == after
        else sentence("gates_held_differs", same=same)
    )
    known = {"prompt": source, "before": before, "after": after, "same": same}
    return new_state(**known, status=status, done=True)
