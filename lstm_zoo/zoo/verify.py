"""Fingerprints computed again on this machine: what differs, by how much, and whether it matters.

The same weights on another machine give outputs that are rounded otherwise; other weights give
other outputs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lstm_zoo.errors import CheckpointError
from lstm_zoo.zoo.checkpoint import fingerprint_difference, read_checkpoint

ROUNDING = 1e-5
"""Largest difference that passes for rounding, as a share of the largest output."""


@dataclass(frozen=True)
class Verification:
    """What became of a checkpoint's fingerprint.

    Attributes:
        verdict: "same" to the last bit; "rounding"; "differs", by more than rounding explains;
            "broken": it cannot be read.
        whole: whether it loads.
        difference: the largest between outputs here and in the config; None if there is no number.
        relative: `difference` as a share of the largest output in the config.
        explanation: the verdict in words.
    """

    verdict: Literal["same", "rounding", "differs", "broken"]
    whole: bool
    difference: float | None
    relative: float | None
    explanation: str

    @property
    def passed(self) -> bool:
        """Whether the model computes here what it did where it was written."""
        return self.verdict in ("same", "rounding")


def verify_checkpoint(folder: Path) -> Verification:
    """Read a checkpoint and compute its fingerprint, whether or not it comes out."""
    try:
        checkpoint = read_checkpoint(folder)
    except CheckpointError as error:
        return Verification("broken", False, None, None, str(error))
    fingerprint = checkpoint.config.fingerprint
    difference = fingerprint_difference(checkpoint)
    if math.isinf(difference):
        return Verification(
            "differs", False, None, None, "the outputs are not numbers, or not as many"
        )
    whole = difference <= fingerprint.tolerance
    relative = difference / max(1e-9, *map(abs, fingerprint.outputs))
    amount = f"by {difference:.1e}, which is {relative:.1e} of the largest output"
    if difference == 0:
        return Verification("same", True, 0.0, 0.0, "the same to the last bit")
    if whole and relative <= ROUNDING:
        return Verification(
            "rounding", True, difference, relative, f"the same up to rounding: differs {amount}"
        )
    rest = "" if whole else f"; it does not load, the tolerance is {fingerprint.tolerance:.1e}"
    return Verification(
        "differs", whole, difference, relative, f"differs {amount}: more than rounding{rest}"
    )
