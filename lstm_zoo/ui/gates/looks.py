"""What visitors are looking at: a few traces, kept for a while, each under a name of its own.

The page holds only that name. Gates of a long text are megabytes: they stay here, and the browser
asks for what it shows.
"""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass
from typing import Any

from lstm_zoo.inspection import Trace
from lstm_zoo.ui.states import Mistake
from lstm_zoo.ui.words import sentence

KEPT_BYTES = 1_000_000_000
"""Of all visitors together; the oldest goes first."""
KEPT_SECONDS = 60 * 60


@dataclass(frozen=True)
class Look:
    """A model that has read something.

    Attributes:
        model: its name; "" for uploaded weights.
        source: what it read, as the visitor typed it; a module's input for uploaded weights.
        record: gates and states of each step, of a batch of one.
        labels: what each step is.
        said: for each step the likeliest answers with their probabilities, best first; empty where
            the answers are no symbols.
        once: whether the model answers once, at the end.
    """

    model: str
    source: Any
    record: Trace
    labels: tuple[str, ...]
    said: tuple[tuple[tuple[str, float], ...], ...] = ()
    once: bool = False

    def part(self, number: Any) -> tuple[int, int]:
        """Layer and direction of the part of this number.

        Raises:
            Mistake: there is no such part.
        """
        parts = self.parts
        if not isinstance(number, int) or not 0 <= number < len(parts):
            last = len(parts) - 1
            raise Mistake(sentence("gates_no_layer", value=str(number)[:40], last=last))
        return parts[number]

    @property
    def parts(self) -> list[tuple[int, int]]:
        """(layer, direction) of each part that has gates, from below."""
        layers = next(iter(self.record.values()))
        return [(index, d) for index, layer in enumerate(layers) for d in range(len(layer))]

    @property
    def unit_name(self) -> str:
        """The gate that has a value for each unit: h may be a projection, others be of heads."""
        return next(name for name in ("cell", "new", *self.record) if name in self.record)

    @property
    def size(self) -> int:
        """Bytes of the trace."""
        tensors = (t for layers in self.record.values() for layer in layers for t in layer)
        return sum(t.numel() * t.element_size() for t in tensors)


class LookStore:
    """Looks by name, each until its time is over or there is no more room.

    Args:
        most_bytes: of all traces together; the latest one is kept whatever its size.
        seconds: how long one is kept after it was last asked for.
    """

    def __init__(self, most_bytes: int = KEPT_BYTES, seconds: float = KEPT_SECONDS) -> None:
        self.most_bytes = most_bytes
        self.seconds = seconds
        self._looks: dict[str, tuple[Look, float]] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        with self._lock:
            self._tidy()
            return len(self._looks)

    def put(self, look: Look) -> str:
        """Keep a look; returns its name, which nobody can guess."""
        token = secrets.token_urlsafe(16)
        with self._lock:
            self._looks[token] = (look, time.monotonic())
            self._tidy()
        return token

    def get(self, token: str) -> Look:
        """The look of this name.

        Raises:
            Mistake: it is not kept any more.
        """
        with self._lock:
            self._tidy()
            if token not in self._looks:
                raise Mistake(sentence("gates_gone"))
            look, _ = self._looks.pop(token)
            self._looks[token] = (look, time.monotonic())  # the latest asked for is the last
            return look

    def drop(self, token: str) -> None:
        """Forget a look."""
        with self._lock:
            self._looks.pop(token, None)

    def _tidy(self) -> None:
        now = time.monotonic()
        for token, (_, asked) in list(self._looks.items()):
            if now - asked > self.seconds:
                del self._looks[token]
        while len(self._looks) > 1 and self._size() > self.most_bytes:
            del self._looks[next(iter(self._looks))]

    def _size(self) -> int:
        return sum(look.size for look, _ in self._looks.values())


LOOKS = LookStore()
"""Of all visitors."""
