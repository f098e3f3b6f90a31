"""What takes a moment to find out about a look: what a prediction hangs on, which units track what.

As in `answers`, each takes one dictionary and returns one.
"""

from __future__ import annotations

import functools
from typing import Any

from torch import Tensor

from lstm_zoo.inspection import Trace, trace
from lstm_zoo.inspection.connectivity import connectivity
from lstm_zoo.inspection.corpus import TEXTS, corpus_text
from lstm_zoo.inspection.neurons import UnitScore, rank_units
from lstm_zoo.inspection.statistics import SIGNED, saturation, time_scales
from lstm_zoo.inspection.stretches import select, where
from lstm_zoo.ui.gates.answers import Answer, Asked, answering
from lstm_zoo.ui.gates.looking import predictor_of, remembers
from lstm_zoo.ui.gates.looks import LOOKS
from lstm_zoo.ui.gates.source import STEP_LIMIT
from lstm_zoo.ui.models import find_models
from lstm_zoo.ui.states import Mistake
from lstm_zoo.ui.words import Sentence, same, sentence
from lstm_zoo.ui.words.gates_views import FEATURES
from lstm_zoo.ui.zero_gpu import on_gpu

RANKED_SHOWN = 20
STRETCH_UNITS, STRETCHES_SHOWN = 6, 6
FOREVER = 1e6
CONTEXT = 24
"""Characters around a stretch of the corpus."""


@answering
def reach(asked: Asked) -> Answer:
    """How much the prediction after a step hangs on each step, the most taken as 1."""
    look = LOOKS.get(asked["token"])
    step = asked["step"]
    if not isinstance(step, int) or not 0 <= step < len(look.labels):
        raise Mistake(sentence("gates_no_step", value=str(step)[:40], last=len(look.labels) - 1))
    sizes = _connectivity(look.model, look.source, step).float().cpu()
    if not look.once:
        sizes[step + 1 :] = 0
    passed = sizes[: None if look.once else step + 1].flip(0).cumsum(0)
    half = int((passed < sizes.sum() / 2).sum()) + 1
    shares = sizes / sizes.max().clamp_min(1e-30)
    expected = look.said[step] if look.said else None
    return {
        "sizes": [round(share, 4) for share in shares.tolist()],
        "half": half,
        "once": look.once,
        "next": expected[0][0] if expected else None,
    }


@on_gpu
def _connectivity(name: str, source: Any, step: int) -> Tensor:
    return connectivity(predictor_of(name), source, step).cpu()


@answering
def glance(asked: Asked) -> Answer:
    """How often the gates of each unit are shut and open, and how long it remembers."""
    look = LOOKS.get(asked["token"])
    layer, direction = look.part(asked["part"])
    gates = [name for name in look.record if name not in SIGNED]
    answer: Answer = {"saturation": {}}
    for name in gates:
        left, right = saturation(look.record, name)[layer][direction]
        answer["saturation"][name] = {"left": _rounded(left), "right": _rounded(right)}
    if remembers(look.record):
        answer["time_scales"] = _rounded(time_scales(look.record)[layer][direction])
    return answer


def _rounded(values: Tensor) -> list[float]:
    # JSON has no infinity: a gate that was always open.
    return [round(value, 4) for value in values.clamp(max=FOREVER).tolist()]


@answering
def ranked(asked: Asked) -> Answer:
    """For each thing that a reader can name the unit that goes along with it, beside chance."""
    look = LOOKS.get(asked["token"])
    record: Trace = look.record
    if asked.get("corpus"):
        _, record = _corpus(look.model)
    scores = _rank(record)
    parts = {where: index for index, where in enumerate(look.parts)}
    return {
        "units": [
            {
                "feature": feature_name(score.feature),
                "part": parts[score.unit.layer, score.unit.direction],
                "unit": score.unit.unit,
                "score": round(score.correlation, 3),
                "chance": round(score.chance_correlation, 3),
                "held_out": round(score.held_out, 3),
                "information": round(score.information, 3),
            }
            for score in scores[:RANKED_SHOWN]
        ]
    }


def _rank(record: Trace) -> list[UnitScore]:
    state = "c" if "c" in record else "h"
    scores = rank_units(record, state=state, best=1, control=5)
    return [score for score in scores if abs(score.correlation) > score.chance_correlation]


@answering
def stretch(asked: Asked) -> Answer:
    """The units that are on in a stretch and off around it, and where else they are on."""
    look = LOOKS.get(asked["token"])
    start, stop = int(asked["start"]), int(asked["stop"])
    chosen = select(look.record, start, stop, best=STRETCH_UNITS)
    parts = {where: index for index, where in enumerate(look.parts)}
    units = [
        {"part": parts[each.unit.layer, each.unit.direction], "unit": each.unit.unit}
        for each in chosen
    ]
    text, record = _corpus(look.model)
    found = where(record, chosen, shortest=2, best=STRETCHES_SHOWN)
    elsewhere = [
        [text[max(0, s.start - CONTEXT) : s.start], s.text, text[s.stop : s.stop + CONTEXT]]
        for s in found
    ]
    return {"units": units, "start": start, "stop": stop, "elsewhere": elsewhere}


@functools.lru_cache(maxsize=2)
def _corpus(name: str) -> tuple[str, Trace]:
    """A text of the corpus in the model's language, and its states there."""
    config = find_models()[0].get(name)
    fitting = [each for each, language in TEXTS.items() if config and language == config.language]
    if not fitting:
        raise Mistake(sentence("gates_no_corpus"))
    text = corpus_text(fitting[0])[:STEP_LIMIT]
    record = _states(name, text)
    return "".join(record.labels or text), record


@on_gpu
def _states(name: str, text: str) -> Trace:
    return trace(predictor_of(name), text, gates=("c", "h"))


def feature_name(name: str) -> Sentence:
    """What a feature is called on the page."""
    if name in FEATURES:
        return {"en": name, "zh-CN": FEATURES[name]}
    if name.startswith("next is "):
        return {"en": name, "zh-CN": f"下一个是 {name.removeprefix('next is ')}"}
    return same(name)
