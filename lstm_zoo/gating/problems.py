"""The problems: sequences that are made, not read, and what the right answer to each step is.

Each is a function of a random generator, a number of rows and a length, so that there are always
more of them. Nothing here knows a model.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar, NamedTuple

import torch
from torch import Generator, Tensor
from torch.nn import functional as F


class Examples(NamedTuple):
    """Sequences and their answers.

    Attributes:
        inputs: (batch, time, features).
        targets: (batch, time): the number of the right symbol, int64, or a value, float32.
        asked: bool (batch, time); whether the answer to a step counts.
        allowed: bool (batch, time, symbols), where several symbols are right; else None.
    """

    inputs: Tensor
    targets: Tensor
    asked: Tensor
    allowed: Tensor | None = None


class Problem(ABC):
    """A problem.

    Attributes:
        inputs: what a step reads: symbols, each a character; empty for two numbers a step.
        outputs: what an answer is: symbols, each a character; empty for a number.
        lengths: what a length means, for the protocol of a figure.
    """

    inputs: ClassVar[str]
    outputs: ClassVar[str]
    lengths: ClassVar[str] = "of length {}"

    @abstractmethod
    def draw(self, generator: Generator, rows: int, length: int) -> Examples:
        """New examples.

        Args:
            generator: makes the same examples again if started the same.
            rows: how many.
            length: of each, in the sense of the problem.
        """

    @property
    def input_size(self) -> int:
        """Features of a step's input."""
        return len(self.inputs) or 2

    @property
    def output_size(self) -> int:
        """Numbers in a step's answer."""
        return len(self.outputs) or 1

    def _one_hot(self, symbols: Tensor) -> Tensor:
        return F.one_hot(symbols, len(self.inputs)).float()


class Adding(Problem):
    """The sum of the two numbers that are marked, one in each half of the sequence.

    Hochreiter & Schmidhuber 1997, "Long Short-Term Memory", section 5.4, as in Le, Jaitly & Hinton
    2015, "A Simple Way to Initialize Recurrent Networks of Rectified Linear Units".
    """

    inputs, outputs = "", ""

    def draw(self, generator: Generator, rows: int, length: int) -> Examples:
        values = torch.rand(rows, length, generator=generator)
        half = length // 2
        first = torch.randint(half, (rows, 1), generator=generator)
        second = torch.randint(half, length, (rows, 1), generator=generator)
        marks = torch.zeros(rows, length).scatter_(1, torch.cat([first, second], dim=1), 1.0)
        asked = torch.zeros(rows, length, dtype=torch.bool)
        asked[:, -1] = True
        targets = (values * marks).sum(1, keepdim=True).expand(rows, length)
        return Examples(torch.stack([values, marks], dim=2), targets, asked)


class CopyMemory(Problem):
    """Ten symbols, a long blank, then a sign to say the ten again in order.

    Arjovsky, Shah & Bengio 2016, "Unitary Evolution Recurrent Neural Networks", after Hochreiter &
    Schmidhuber 1997.
    """

    inputs, outputs = "abcdefgh_!", "abcdefgh_"
    lengths = "with a blank of {}"
    symbols: ClassVar[int] = 10

    def draw(self, generator: Generator, rows: int, length: int) -> Examples:
        """`length` is that of the blank."""
        told = torch.randint(8, (rows, self.symbols), generator=generator)
        blank, sign = self.inputs.index("_"), self.inputs.index("!")
        steps = length + 2 * self.symbols
        read = torch.full((rows, steps), blank)
        read[:, : self.symbols] = told
        read[:, -self.symbols - 1] = sign
        targets = torch.full((rows, steps), self.outputs.index("_"))
        targets[:, -self.symbols :] = told
        asked = torch.zeros(rows, steps, dtype=torch.bool)
        asked[:, -self.symbols :] = True
        return Examples(self._one_hot(read), targets, asked)


class Parity(Problem):
    """Whether the ones so far are odd in number.

    Hochreiter & Schmidhuber 1996, "Bridging Long Time Lags by Weight Guessing"; Deletang et al.
    2023, "Neural Networks and the Chomsky Hierarchy".
    """

    inputs, outputs = "01", "01"

    def draw(self, generator: Generator, rows: int, length: int) -> Examples:
        bits = torch.randint(2, (rows, length), generator=generator)
        asked = torch.ones(rows, length, dtype=torch.bool)
        return Examples(self._one_hot(bits), bits.cumsum(1) % 2, asked)


class Brackets(Problem):
    """Which bracket is to be closed next, in well-nested brackets of two kinds (a Dyck language).

    Gers & Schmidhuber 2001, "LSTM Recurrent Networks Learn Simple Context-Free and
    Context-Sensitive Languages".
    """

    inputs, outputs = "()[]", "-)]"
    depth: ClassVar[int] = 6

    def draw(self, generator: Generator, rows: int, length: int) -> Examples:
        opens = (torch.rand(rows, length, generator=generator) < 0.5).tolist()
        kinds = torch.randint(2, (rows, length), generator=generator).tolist()
        read, targets = [], []  # lists: to set the values of a tensor one by one takes far longer
        for row_opens, row_kinds in zip(opens, kinds, strict=True):
            stack: list[int] = []
            symbols, answers = [], []
            for is_open, kind in zip(row_opens, row_kinds, strict=True):
                if not stack or (is_open and len(stack) < self.depth):
                    stack.append(kind)
                    symbols.append(2 * kind)
                else:
                    symbols.append(2 * stack.pop() + 1)
                answers.append(stack[-1] + 1 if stack else 0)
            read.append(symbols)
            targets.append(answers)
        asked = torch.ones(rows, length, dtype=torch.bool)
        return Examples(self._one_hot(torch.tensor(read)), torch.tensor(targets), asked)


class Reber(Problem):
    """What may come next in a string of the embedded Reber grammar.

    The second symbol, T or P, must be said again before the last one, after a stretch of the plain
    grammar that tells nothing of it. Reber 1967; embedded as in Hochreiter & Schmidhuber 1997,
    "Long Short-Term Memory", section 5.1. More than half of the strings have 9 to 11 symbols, few
    more than 30.
    """

    inputs, outputs = "BTPSXVE", "BTPSXVE"
    lengths = "of at most {} symbols"
    arcs: ClassVar[tuple[tuple[tuple[str, int], ...], ...]] = (
        (("T", 1), ("P", 2)),
        (("S", 1), ("X", 3)),
        (("T", 2), ("V", 4)),
        (("X", 2), ("S", 5)),
        (("P", 3), ("V", 5)),
        (("E", 6),),
    )

    def draw(self, generator: Generator, rows: int, length: int) -> Examples:
        """`length` is the longest: a string is drawn anew until it is short enough."""
        choices = _choices(generator)
        strings = [self._string(choices, length) for _ in range(rows)]
        longest = max(len(string) for string, _ in strings)
        codes = torch.tensor(
            [
                [self.inputs.index(symbol) for symbol in string] + [0] * (longest - len(string))
                for string, _ in strings
            ]
        )
        lengths = torch.tensor([len(string) for string, _ in strings])
        asked = torch.arange(longest - 1) < lengths[:, None] - 1
        sets = ["", *dict.fromkeys(symbols for _, following in strings for symbols in following)]
        flags = torch.tensor([[symbol in symbols for symbol in self.outputs] for symbols in sets])
        numbers = [[sets.index(symbols) for symbols in following] for _, following in strings]
        allowed = flags[torch.tensor([row + [0] * (longest - 1 - len(row)) for row in numbers])]
        # After the end all is the first symbol, and nothing is asked.
        read = torch.where(asked, codes[:, :-1], 0)
        return Examples(self._one_hot(read), codes[:, 1:], asked, allowed)

    def _string(self, choices: Iterator[int], longest: int) -> tuple[str, list[str]]:
        """A string, and after each symbol but the last those that may follow."""
        while True:
            outer = "TP"[next(choices)]
            inner, following, node = "B", ["TP", "B"], 0
            while node < 6:
                arcs = self.arcs[node]
                following.append("".join(symbol for symbol, _ in arcs))
                symbol, node = arcs[next(choices) % len(arcs)]
                inner += symbol
            string = "B" + outer + inner + outer + "E"
            if len(string) <= longest:
                return string, [*following, outer, "E"]


def _choices(generator: Generator) -> Iterator[int]:
    """Zeros and ones without end, drawn many at once: one by one they take most of the time."""
    while True:
        yield from torch.randint(2, (1024,), generator=generator).tolist()


PROBLEMS: dict[str, Problem] = {
    "adding": Adding(),
    "copy-memory": CopyMemory(),
    "parity": Parity(),
    "brackets": Brackets(),
    "reber": Reber(),
}
"""All problems by name."""
