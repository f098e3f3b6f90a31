"""What was found in the zoo's own models: which unit, by what evidence, and what holding it does.

`python benchmarks/discoveries.py` computes `discoveries.json` and docs/discoveries.md anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

from pydantic import TypeAdapter

from lstm_zoo.inspection.interventions import Hold
from lstm_zoo.inspection.neurons import UnitScore


@dataclass(frozen=True)
class Held:
    """A state of a unit, and the value at which it was held."""

    name: str
    layer: int
    unit: int
    value: float

    def intervention(self) -> Hold:
        """The same for `lstm_zoo.intervene`."""
        return Hold(self.name, layer=self.layer, units=self.unit, value=self.value)


@dataclass(frozen=True)
class Experiment:
    """What was held, and the figures that came of it.

    Attributes:
        label: what was done, in a few words.
        held: what was held at once; nothing for the plain run.
        figures: name -> value.
    """

    label: str
    held: list[Held]
    figures: dict[str, float]


@dataclass(frozen=True)
class Discovery:
    """A discovery.

    Attributes:
        name: "bracket-depth", "line-counter" or "verse-form"; "parity" shows what evidence does not
            prove.
        model: name of the checkpoint.
        text: an input that shows it.
        units: the units and their evidence, the one to look at first.
        experiments: the plain run first.
    """

    name: str
    model: str
    text: str
    units: list[UnitScore]
    experiments: list[Experiment]


def discoveries() -> list[Discovery]:
    """All discoveries, in the order of the page."""
    document = (files(__package__) / "discoveries.json").read_text("utf-8")
    return TypeAdapter(list[Discovery]).validate_json(document)
