"""The experiments behind docs/discoveries.md: a unit is found by what it tracks, then held still.

Each function chooses its units by the evidence, so that new weights give new units without a change
here. `python benchmarks/discoveries.py` runs them all and writes the page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import mean, median

import torch
from torch import Tensor

import lstm_zoo as zoo
from lstm_zoo.gating.evaluation import model_error
from lstm_zoo.gating.problems import Examples
from lstm_zoo.inspection import Trace, intervene
from lstm_zoo.inspection.connectivity import connectivity, gradient_by_distance
from lstm_zoo.inspection.corpus import corpus_text
from lstm_zoo.inspection.discoveries import Discovery, Experiment, Held
from lstm_zoo.inspection.features import features_of
from lstm_zoo.inspection.neurons import UnitScore, rank_units

CONTROL = 20
"""How often a feature is turned to see what chance gives."""

LINES = 40
"""Lines whose ends are looked at."""

SAMPLES, LONG, SHORT = 16, 500, 80
"""Texts that are written under each change, and their lengths in characters."""


@dataclass(frozen=True)
class Finding:
    """A discovery, and what the page shows of it.

    Attributes:
        discovery: what goes into the package.
        curves: values over the steps of a stretch, for the picture.
        marks: steps of the picture with a word each.
        samples: texts written under an experiment, by its label.
        rows: figures of the discovery's own.
    """

    discovery: Discovery
    curves: dict[str, list[float]]
    marks: list[tuple[float, str]] = field(default_factory=list)
    samples: dict[str, str] = field(default_factory=dict)
    rows: dict[str, float] = field(default_factory=dict)


def bracket_depth() -> Finding:
    """The unit of `lstm.brackets` that counts how deep the brackets are."""
    model = zoo.load("lstm.brackets")
    examples = model.problem.draw(torch.Generator().manual_seed(1), 300, 40)
    record = zoo.trace(model.model, examples.inputs)
    symbols = examples.inputs.argmax(-1)
    depth = (1 - 2 * (symbols % 2)).cumsum(1)
    (score, *_) = rank_units(record, {"bracket depth": depth.float()}, control=CONTROL)
    values = _values(record, score)
    by_depth = [values[depth == d].mean().item() for d in range(int(depth.max()) + 1)]

    plain = model_error(model.model, model.problem, examples)
    others = [
        _error(model, examples, [_held(record, score.unit.layer, unit)])
        for unit in range(values_of_layer(record, 0).shape[2])
        if unit != score.unit.unit
    ]
    experiments = [Experiment("nothing held", [], {"wrong answers": plain})]
    levels = {"as if nothing were open": by_depth[0], "as if six were open": by_depth[-1]}
    for label, level in levels.items():
        holds = [Held("c", score.unit.layer, score.unit.unit, level)]
        with _holding(model, holds):
            said = model.model(examples.inputs)[0].argmax(-1)
        wrong = said != examples.targets
        figures = {
            "wrong answers": wrong.float().mean().item(),
            "wrong where none is open": wrong[depth == 0].float().mean().item(),
            "wrong where one is open": wrong[depth == 1].float().mean().item(),
            "wrong where six are open": wrong[depth == 6].float().mean().item(),
        }
        experiments.append(Experiment(label, holds, figures))
    held = _held(record, score.unit.layer, score.unit.unit)
    experiments.append(
        Experiment("at its mean", [held], {"wrong answers": _error(model, examples, [held])})
    )
    rows = {
        "units": 1 + len(others),
        "steps": depth.numel(),
        "median of the other units": median(others),
        "largest of the other units": max(others),
        **{f"mean at depth {d}": value for d, value in enumerate(by_depth)},
    }
    row = int((depth == 6).sum(1).argmax())
    shown = "".join(model.problem.inputs[symbol] for symbol in symbols[row])
    curves = {f"c of unit {score.unit.unit}": values[row].tolist(), "depth": depth[row].tolist()}
    marks = [(float(step), symbol) for step, symbol in enumerate(shown)]
    found = Discovery("bracket-depth", "lstm.brackets", shown, [score], experiments)
    return Finding(found, curves, marks, rows=rows)


def parity_is_spread() -> Finding:
    """Units of `lstm.parity` that track the answer, and the one without which it fails."""
    model = zoo.load("lstm.parity")
    examples = model.problem.draw(torch.Generator().manual_seed(1), 200, 40)
    record = zoo.trace(model.model, examples.inputs)
    scores = rank_units(record, {"odd": examples.targets.float()}, control=CONTROL, best=32)
    tracking = {score.unit.unit: abs(score.correlation) for score in scores}
    errors = {unit: _error(model, examples, [_held(record, 0, unit)]) for unit in tracking}
    needed = max(errors, key=lambda unit: errors[unit])
    best = scores[0].unit.unit
    plain = model_error(model.model, model.problem, examples)
    experiments = [Experiment("nothing held", [], {"wrong answers": plain})]
    for label, unit in {"the unit that tracks it best": best, "the unit it needs": needed}.items():
        holds = [_held(record, 0, unit)]
        experiments.append(
            Experiment(f"{label}, at its mean", holds, {"wrong answers": errors[unit]})
        )
    rows = {
        "units": len(errors),
        "units above chance": sum(
            abs(score.correlation) > score.chance_correlation for score in scores
        ),
        "units that are needed": sum(error > 0.001 for error in errors.values()),
        "rank of the needed unit": 1 + sorted(tracking, key=lambda u: -tracking[u]).index(needed),
    }
    units = [scores[0], *(score for score in scores if score.unit.unit == needed)]
    symbols = examples.inputs[0].argmax(-1).tolist()
    curves = {
        f"c of unit {unit}": _values(record, score)[0].tolist()
        for unit, score in {best: scores[0]}.items()
    }
    curves["odd"] = examples.targets[0].float().tolist()
    text = "".join(model.problem.inputs[symbol] for symbol in symbols)
    found = Discovery("parity", "lstm.parity", text, units, experiments)
    return Finding(found, curves, rows=rows)


def line_counter(name: str) -> Finding:
    """The unit of a model of Shakespeare that counts the characters of the line."""
    model = zoo.load(name)
    record = zoo.trace(model, corpus_text("shakespeare"))
    assert record.labels is not None
    feature = "position in line"
    position = features_of(record.labels)[feature]
    scores = rank_units(record, {feature: position}, control=CONTROL, best=50)
    # Of the last layer, since what a lower one knows is read off by others before it is said.
    score = next(s for s in scores if s.unit.layer == record.num_layers - 1)
    values = _values(record, score)[0]
    late = position.quantile(0.9)
    levels = {
        "as if the line had just begun": values[position <= 3].mean().item(),
        "as if the line were long": values[position >= late].mean().item(),
    }
    experiments, samples = [], {}
    plan = {"nothing held": []}
    plan |= {
        label: [Held("c", score.unit.layer, score.unit.unit, value)]
        for label, value in levels.items()
    }
    control = _least(record, score, position)
    highest = _values(record, control).max().item()
    plan["another unit, at its highest"] = [
        Held("c", control.unit.layer, control.unit.unit, highest)
    ]
    for label, holds in plan.items():
        with _holding(model, holds):
            texts = model.generate_samples(
                "", num_samples=SAMPLES, max_new_tokens=LONG, temperature=0.8, seed=1
            )
        lengths = [len(line) for text in texts for line in spoken_lines(text)]
        experiments.append(
            Experiment(label, holds, {"characters a line": mean(lengths), "lines": len(lengths)})
        )
        samples[label] = texts[0][:160]
    stop = 280
    labels = record.labels
    curves = {
        f"c of unit {score.unit.unit}": values[:stop].tolist(),
        "position in line, of the longest": (
            values.min() + position / position.max() * (values.max() - values.min())
        )[:stop].tolist(),
    }
    marks = [(float(step), "⏎") for step, label in enumerate(labels[:stop]) if label == "\n"]
    shown = corpus_text("shakespeare")[:600]
    found = Discovery("line-counter", name, shown, [score], experiments)
    return Finding(found, curves, marks, samples)


def verse_form() -> Finding:
    """The two units of the poems' model that keep whether verses have five or seven characters."""
    model = zoo.load("char-lstm.tang-poems")
    record = zoo.trace(model, corpus_text("tang-poems"))
    assert record.labels is not None
    form = verse_form_of("".join(record.labels))
    scores = rank_units(record, {"five or seven": form}, control=CONTROL, best=10)
    layer = scores[0].unit.layer
    pair = [score for score in scores if score.unit.layer == layer][:2]
    control = _least(record, pair[0], form)
    means = {
        number: [_values(record, score)[0][form == number].mean().item() for score in pair]
        for number in (5, 7)
    }
    plan: dict[str, list[Held]] = {"nothing held": []}
    for number, levels in means.items():
        plan[f"both as in verses of {number}"] = [
            Held("c", score.unit.layer, score.unit.unit, level)
            for score, level in zip(pair, levels, strict=True)
        ]
    plan["the first alone, as in verses of 7"] = plan["both as in verses of 7"][:1]
    highest = _values(record, control).max().item()
    plan["another unit, at its highest"] = [
        Held("c", control.unit.layer, control.unit.unit, highest)
    ]
    prompt = "白日依山盡，"
    experiments, samples = [], {}
    for label, holds in plan.items():
        with _holding(model, holds):
            texts = model.generate_samples(
                prompt, num_samples=SAMPLES, max_new_tokens=SHORT, temperature=0.8, seed=1
            )
        lengths = [length for text in texts for length in verse_lengths(text)]
        figures = {f"verses of {n}": lengths.count(n) / len(lengths) for n in (5, 7)}
        experiments.append(Experiment(label, holds, figures | {"verses": len(lengths)}))
        samples[label] = prompt + texts[0][:60]
    stop = 420
    curves = {f"c of unit {s.unit.unit}": _values(record, s)[0][:stop].tolist() for s in pair}
    curves["characters of the verse"] = form[:stop].tolist()
    rows = {
        f"mean of unit {score.unit.unit} in verses of {number}": level
        for number, levels in means.items()
        for score, level in zip(pair, levels, strict=True)
    }
    shown = corpus_text("tang-poems")[:300]
    found = Discovery("verse-form", "char-lstm.tang-poems", shown, pair, experiments)
    return Finding(found, curves, samples=samples, rows=rows)


def line_end_hangs_on(name: str, around: int = 15) -> list[float]:
    """What the chance of a line break hangs on, around the line break before it.

    Returns:
        Gradient norms from `around` characters before the last line break to as many after it, each
        beside the mean of its stretch, and the mean of that over the lines of the corpus.
    """
    model = zoo.load(name)
    text, target = corpus_text("shakespeare"), model.tokenizer.characters.index("\n")
    profiles = []
    for end in (found.start() for found in re.finditer("(?<![:\n])\n", text)):
        before = text.rfind("\n", 0, end)
        if before < 200 or not 35 <= end - before <= 60:
            continue
        start = before - 100
        tokens = model.tokenizer.encode(text[start:end])[None]
        sizes = connectivity(model.model, tokens, target=target)
        stretch = sizes[before - start - around : before - start + around + 1]
        profiles.append(stretch / stretch.mean())
        if len(profiles) == LINES:
            break
    return torch.stack(profiles).mean(0).tolist()


def gradients() -> dict[str, list[float]]:
    """The size of dh_T/dx_(T-d) by d: layers as they start, and one that has learned."""
    solver = zoo.load("lstm.adding")
    length, hidden = 200, solver.model.layer.hidden_size
    examples = solver.problem.draw(torch.Generator().manual_seed(1), 16, length)
    curves = {}
    for label, cell, recurrent in (
        ("plain RNN", "rnn", "pytorch"),
        ("plain RNN, orthogonal", "rnn", "orthogonal"),
        ("LSTM", "lstm", "pytorch"),
        ("LSTM, orthogonal", "lstm", "orthogonal"),
    ):
        torch.manual_seed(0)
        layer = zoo.LSTM(2, hidden, batch_first=True, cell=cell)
        zoo.initialize(layer, recurrent=recurrent, forget_bias=1.0)
        curves[label] = gradient_by_distance(layer, examples.inputs).tolist()
    curves["lstm.adding, trained"] = gradient_by_distance(solver.model, examples.inputs).tolist()
    return curves


def spoken_lines(text: str) -> list[str]:
    """Whole lines of speech: no empty one, no speaker's name, and not the last, which was cut."""
    return [line for line in text.split("\n")[1:-1] if line and not line.endswith(":")]


def verse_lengths(text: str) -> list[int]:
    """Characters of each whole verse, without titles."""
    verses = re.split("[，。！？；、]|\n", re.sub("《.*?》", "", text))[:-1]
    return [len(verse) for verse in verses if verse]


def verse_form_of(text: str) -> Tensor:
    """5 or 7 where a poem's second verse has begun, so that its form can be known; else NaN."""
    lengths = features_of(text)["clause length"]
    form = torch.full_like(lengths, torch.nan)
    for poem in re.finditer(r"(?:^|(?<=\n\n))(?:《.*》\n)?([^《》]+?)\n\n", text):
        second = poem.start(1) + 1 + re.search("[，。！？]", poem[1]).end()  # type: ignore[union-attr]
        form[second : poem.end(1)] = lengths[second]
    form[(form != 5) & (form != 7)] = torch.nan
    return form


def _holding(model: object, holds: Sequence[Held]):  # type: ignore[no-untyped-def]
    return intervene(model, [held.intervention() for held in holds])


def _error(model: object, examples: Examples, holds: Sequence[Held]) -> float:
    with _holding(model, holds):
        return model_error(model.model, model.problem, examples)  # type: ignore[attr-defined]


def _held(record: Trace, layer: int, unit: int) -> Held:
    """A unit at its mean over all steps: no news from it, and nothing that it never said."""
    return Held("c", layer, unit, values_of_layer(record, layer)[..., unit].mean().item())


def values_of_layer(record: Mapping[str, list[list[Tensor]]], layer: int) -> Tensor:
    """c of a layer, (batch, time, units)."""
    return record["c"][layer][0]


def _values(record: Trace, score: UnitScore) -> Tensor:
    """c of the unit, (batch, time)."""
    return values_of_layer(record, score.unit.layer)[..., score.unit.unit]


def _least(record: Trace, score: UnitScore, feature: Tensor) -> UnitScore:
    """The unit of the same layer that tracks the feature least, for a control."""
    everything = rank_units(record, {score.feature: feature}, control=1, best=10**6)
    return [other for other in everything if other.unit.layer == score.unit.layer][-1]
