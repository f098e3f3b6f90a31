"""What the views ask the server while a visitor looks around.

Each takes one dictionary and returns one; what goes wrong is its "error", a sentence.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from lstm_zoo.errors import CheckpointError, UsageError
from lstm_zoo.ui.gates import arrays
from lstm_zoo.ui.gates.looks import LOOKS
from lstm_zoo.ui.states import told

Asked = dict[str, Any]
Answer = dict[str, Any]


def answering(function: Callable[[Asked], Answer]) -> Callable[[Asked], Answer]:
    """A function for the page: what it raises becomes its answer."""

    @functools.wraps(function)
    def answer(asked: Asked) -> Answer:
        try:
            return function(asked)
        except (UsageError, CheckpointError) as error:
            return {"error": told(error)}
        except (KeyError, TypeError, AttributeError, ValueError):  # not asked by our own page
            return {"error": told(UsageError("the question was not understood"))}

    return answer


@answering
def heat_map(asked: Asked) -> Answer:
    """One gate of one layer: see `arrays.heat_map`."""
    look = LOOKS.get(asked["token"])
    return arrays.heat_map(look, asked["name"], asked["part"], asked["order"])


@answering
def unit_curves(asked: Asked) -> Answer:
    """All gates of one unit, by name."""
    look = LOOKS.get(asked["token"])
    units = arrays.values(look, look.unit_name, asked["part"]).shape[1]
    unit = arrays.check_unit(asked["unit"], units)
    return {"curves": arrays.unit_curves(look, asked["part"], unit)}


@answering
def table(asked: Asked) -> Answer:
    """One gate of one layer as CSV."""
    look = LOOKS.get(asked["token"])
    units = arrays.values(look, asked["name"], asked["part"]).shape[1]
    return {"csv": arrays.table(look, asked["part"], [asked["name"]], range(units))}
