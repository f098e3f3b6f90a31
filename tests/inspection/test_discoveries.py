"""The page of discoveries says what the shipped models show, and the tour reads the same."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

import lstm_zoo as zoo
from lstm_zoo.inspection.association import correlations
from lstm_zoo.inspection.corpus import corpus_text
from lstm_zoo.inspection.discoveries import Discovery, discoveries
from lstm_zoo.inspection.features import features_of

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs/discoveries.md").read_text("utf-8")
FOUND = discoveries()


@pytest.fixture(scope="module")
def command() -> Iterator[ModuleType]:
    """The command's module, and beside it `findings` and `svg`."""
    folder = str(ROOT / "benchmarks")
    sys.path.insert(0, folder)
    yield importlib.import_module("discoveries")
    sys.path.remove(folder)


def of(name: str) -> Discovery:
    return next(discovery for discovery in FOUND if discovery.name == name)


@pytest.mark.parametrize(
    ("name", "finder", "words"),
    [
        ("bracket-depth", "bracket_depth", "bracket_words"),
        ("parity", "parity_is_spread", "parity_words"),
    ],
)
def test_the_page_has_the_numbers_of_the_command(
    command: ModuleType, name: str, finder: str, words: str
) -> None:
    finding = getattr(command, finder)()
    for text in getattr(command, words)(finding).values():
        assert text in PAGE, "run: python benchmarks/discoveries.py"
    told = of(name)
    assert finding.discovery.text == told.text
    for now, then in zip(finding.discovery.experiments, told.experiments, strict=True):
        assert now.figures == pytest.approx(then.figures, abs=1e-3)
        assert [held.value for held in now.held] == pytest.approx(
            [h.value for h in then.held], rel=1e-3
        )


@pytest.mark.parametrize(
    "discovery",
    [d for d in FOUND if d.model.startswith("char-")],
    ids=lambda discovery: discovery.model,
)
def test_the_units_are_those_of_the_shipped_weights(
    command: ModuleType, discovery: Discovery
) -> None:
    text = corpus_text("tang-poems" if discovery.name == "verse-form" else "shakespeare")
    record = zoo.trace(zoo.load(discovery.model), text, gates=["c"])
    assert record.labels is not None
    if discovery.name == "verse-form":
        feature = importlib.import_module("findings").verse_form_of("".join(record.labels))
    else:
        feature = features_of(record.labels)["position in line"]
    told, steps = discovery.units[0], ~feature.isnan()
    values = record["c"][told.unit.layer][0][0][steps]
    found = correlations(values, feature[steps, None])[:, 0]
    assert int(found.abs().argmax()) == told.unit.unit, "run: python benchmarks/discoveries.py"
    assert float(found[told.unit.unit]) == pytest.approx(told.correlation, abs=0.005)


@pytest.mark.parametrize("discovery", FOUND, ids=lambda d: f"{d.name}-{d.model}")
def test_the_evidence_is_far_from_chance_and_on_the_page(discovery: Discovery) -> None:
    for score in discovery.units:
        assert abs(score.correlation) > 2 * score.chance_correlation
        assert score.information > 2 * score.chance_information
        assert f"| layer {score.unit.layer}, unit {score.unit.unit} | {score.feature}" in PAGE
    plain, *held = discovery.experiments
    assert not plain.held
    assert all(experiment.held for experiment in held)


def test_holding_does_what_the_page_says() -> None:
    def figure(name: str, label: str, key: str) -> float:
        (found,) = [e for e in of(name).experiments if e.label == label]
        return found.figures[key]

    lengths = [
        figure("line-counter", label, "characters a line")
        for label in ("as if the line were long", "nothing held", "as if the line had just begun")
    ]
    assert 2 * lengths[0] < lengths[1] < lengths[2] / 2
    other = figure("line-counter", "another unit, at its highest", "characters a line")
    assert other == pytest.approx(lengths[1], rel=0.2)
    assert figure("verse-form", "nothing held", "verses of 7") < 0.3
    assert figure("verse-form", "both as in verses of 7", "verses of 7") > 0.6
    assert figure("verse-form", "another unit, at its highest", "verses of 7") < 0.3


def test_its_pictures_are_whole() -> None:
    links = re.findall(r"\]\((discoveries/.*?\.svg)\)", PAGE)
    pictures = {path.name for path in (ROOT / "docs/discoveries").glob("*")}
    assert pictures == {Path(link).name for link in links}
    for link in links:
        root = ElementTree.fromstring((ROOT / "docs" / link).read_text("utf-8"))
        assert root.findall("{http://www.w3.org/2000/svg}path")


def test_what_was_held_can_be_held_again() -> None:
    model = zoo.load("lstm.brackets")
    (experiment, *_) = [e for e in of("bracket-depth").experiments if e.held]
    with zoo.intervene(model, [held.intervention() for held in experiment.held]):
        held = model.answer("([])")
    assert held != model.answer("([])") == ")])-"
