"""Writes docs/discoveries.md, its pictures, and what the page's tour reads, from shipped models.

python benchmarks/discoveries.py

A minute on one CPU core. The words are those of discoveries.template.md; each number, text
and picture is made here: the units are found anew, held anew and drawn anew.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import mean
from string import Template

import torch
from findings import (
    LINES,
    Finding,
    bracket_depth,
    gradients,
    line_counter,
    line_end_hangs_on,
    parity_is_spread,
    verse_form,
)
from svg import line_chart

from lstm_zoo.inspection.discoveries import Experiment
from lstm_zoo.inspection.neurons import UnitScore

ROOT = Path(__file__).parent.parent
TEMPLATE = Path(__file__).parent / "discoveries.template.md"
PAGE = ROOT / "docs/discoveries.md"
PICTURES = ROOT / "docs/discoveries"
FACTS = ROOT / "lstm_zoo/inspection/discoveries.json"
SMALL, LARGE = "char-lstm-small.shakespeare", "char-lstm.shakespeare"


def main() -> None:
    """Compute, and write the page, its pictures and the facts."""
    torch.set_num_threads(1)
    brackets, parity = bracket_depth(), parity_is_spread()
    small, large, verses = line_counter(SMALL), line_counter(LARGE), verse_form()
    hangs, sizes = line_end_hangs_on(SMALL), gradients()
    words = line_words("small", small) | line_words("large", large) | hanging_words(hangs)
    words |= verse_words(verses) | bracket_words(brackets) | parity_words(parity)
    words["gradient_table"] = gradient_table(sizes)
    page = Template(TEMPLATE.read_text("utf-8")).substitute(words)
    PAGE.write_text(page, "utf-8")
    first = -(len(hangs) // 2)
    pictures = {
        "bracket-depth": line_chart(
            "lstm.brackets", brackets.curves, "symbol read", "c", brackets.marks
        ),
        "parity": line_chart("lstm.parity", parity.curves, "symbol read", "c"),
        "line-counter": line_chart(SMALL, small.curves, "character", "c", small.marks),
        "verse-form": line_chart("char-lstm.tang-poems", verses.curves, "character", "c"),
        "line-end-connectivity": line_chart(
            SMALL, {"gradient": hangs}, "characters from the line break", "relative", first=first
        ),
        "gradient-by-distance": line_chart("|dh_T / dx_(T-d)|", sizes, "d", "size", log=True),
    }
    PICTURES.mkdir(exist_ok=True)
    for name, picture in pictures.items():
        (PICTURES / f"{name}.svg").write_text(picture, "utf-8")
    facts = [asdict(f.discovery) for f in (small, large, verses, brackets, parity)]
    FACTS.write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(f"written: {PAGE}, {PICTURES}, {FACTS}")


def line_words(which: str, finding: Finding) -> dict[str, str]:
    """What the page says of a unit that counts the characters of a line."""
    samples = finding.samples
    return {
        f"{which}_model": finding.discovery.model,
        f"{which}_evidence": evidence(finding.discovery.units),
        f"{which}_outcome": outcome(finding.discovery.experiments),
        f"{which}_long": quoted(samples["as if the line had just begun"]),
        f"{which}_short": quoted(samples["as if the line were long"]),
    }


def hanging_words(hangs: Sequence[float]) -> dict[str, str]:
    """What the page says of the gradient around the last line break."""
    middle = len(hangs) // 2
    return {
        "lines": str(LINES),
        "hangs_before": f"{mean(hangs[: middle - 4]):.2f}",
        "hangs_at": f"{hangs[middle]:.2f}",
        "hangs_after": f"{mean(hangs[middle + 5 :]):.2f}",
    }


def verse_words(finding: Finding) -> dict[str, str]:
    """What the page says of the units that keep the form of a poem."""
    levels = (f"- {name}: {value:.2f}" for name, value in finding.rows.items())
    return {
        "verse_layer": str(finding.discovery.units[0].unit.layer),
        "verse_levels": "\n".join(levels),
        "verse_evidence": evidence(finding.discovery.units),
        "verse_outcome": outcome(finding.discovery.experiments),
        "verse_plain": quoted(finding.samples["nothing held"]),
        "verse_seven": quoted(finding.samples["both as in verses of 7"]),
    }


def bracket_words(finding: Finding) -> dict[str, str]:
    """What the page says of the unit that counts brackets."""
    rows = finding.rows
    levels = [value for name, value in rows.items() if name.startswith("mean at depth")]
    return {
        "bracket_units": f"{rows['units']:.0f}",
        "bracket_steps": f"{rows['steps']:,.0f}",
        "bracket_deepest": str(len(levels) - 1),
        "bracket_levels": ", ".join(f"{level:.2f}" for level in levels),
        "bracket_evidence": evidence(finding.discovery.units),
        "bracket_outcome": outcome(finding.discovery.experiments),
        "bracket_median": percent(rows["median of the other units"]),
        "bracket_largest": percent(rows["largest of the other units"]),
    }


def parity_words(finding: Finding) -> dict[str, str]:
    """What the page says of the units that track parity."""
    rows = finding.rows
    return {
        "parity_units": f"{rows['units']:.0f}",
        "parity_above": f"{rows['units above chance']:.0f}",
        "parity_needed": f"{rows['units that are needed']:.0f}",
        "parity_unit": str(finding.discovery.units[-1].unit.unit),
        "parity_rank": f"{rows['rank of the needed unit']:.0f}",
        "parity_evidence": evidence(finding.discovery.units),
        "parity_outcome": outcome(finding.discovery.experiments),
    }


def gradient_table(curves: dict[str, list[float]]) -> str:
    """Sizes of the gradient at some distances."""
    rows = ["| layer | 0 steps back | 50 | 100 | 199 |", "|---|---:|---:|---:|---:|"]
    for name, sizes in curves.items():
        cells = (f"{sizes[back]:.0e}" for back in (0, 50, 100, 199))
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(rows)


def evidence(units: Sequence[UnitScore]) -> str:
    """The table of units and how well they track their feature."""
    rows = [
        "| unit | tracks | correlation | chance | information | chance | held out | chance |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for score in units:
        rows.append(
            f"| layer {score.unit.layer}, unit {score.unit.unit} | {score.feature}"
            f" | {score.correlation:.2f} | {score.chance_correlation:.2f}"
            f" | {score.information:.2f} bits | {score.chance_information:.2f}"
            f" | {score.held_out:.2f} | {score.chance_held_out:.2f} |"
        )
    return "\n".join(rows)


def outcome(experiments: Sequence[Experiment]) -> str:
    """The table of what was held and what came of it."""
    names = list(dict.fromkeys(name for e in experiments for name in e.figures))
    rows = [f"| held | {' | '.join(names)} |", f"|---|{'---:|' * len(names)}"]
    for experiment in experiments:
        at = ", ".join(f"{held.unit} at {held.value:.2f}" for held in experiment.held)
        cells = [figure(name, experiment.figures.get(name)) for name in names]
        rows.append(f"| {experiment.label}{f' ({at})' if at else ''} | {' | '.join(cells)} |")
    return "\n".join(rows)


def figure(name: str, value: float | None) -> str:
    """A figure as its name asks: a count, a length or a share."""
    if value is None:
        return ""
    if name in ("lines", "verses"):
        return f"{value:.0f}"
    return f"{value:.1f}" if name == "characters a line" else percent(value)


def percent(share: float) -> str:
    """A share; the rounding of a share of nothing has no sign."""
    return f"{100 * abs(share):.1f} %"


def quoted(text: str) -> str:
    """A text as an indented block."""
    return "\n".join(f"    {line}".rstrip() for line in text.strip("\n").split("\n"))


if __name__ == "__main__":
    main()
