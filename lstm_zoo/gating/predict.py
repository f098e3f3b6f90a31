"""What a user calls: a problem solver."""

from __future__ import annotations

from collections.abc import Sequence, Sized

import torch
from torch import Tensor

from lstm_zoo.errors import UsageError
from lstm_zoo.gating.model import GatingModel
from lstm_zoo.gating.problems import PROBLEMS
from lstm_zoo.task import Reading, module_device


class ProblemSolver:
    """A model with its problem.

    Args:
        model: in eval mode.
        problem: its name.
    """

    def __init__(self, model: GatingModel, problem: str) -> None:
        self.model = model
        self.name = problem
        self.problem = PROBLEMS[problem]

    @torch.inference_mode()
    def answer(self, sequence: str | Sequence[tuple[float, float]]) -> str | list[float]:
        """Answer at each step.

        Args:
            sequence: symbols, such as "10110"; for the adding problem pairs of a value and a mark.

        Returns:
            A symbol for each step; for the adding problem a number for each step.

        Raises:
            UsageError: the sequence is empty, or has what the problem does not know.
        """
        answers = self.model(*self.reading(sequence).inputs)[0][0]
        if not self.problem.outputs:
            return [round(value, 6) for value in answers[:, 0].tolist()]
        return "".join(self.problem.outputs[symbol] for symbol in answers.argmax(-1).tolist())

    def reading(self, sequence: str | Sequence[tuple[float, float]]) -> Reading:
        """The sequence as the model reads it, step by step; raises as `answer` does."""
        encoded = self.encode(sequence)[None].to(module_device(self.model))
        if self.problem.inputs:
            return Reading((encoded,), tuple(map(str, sequence)))
        marked = (f"{value:.3f}{' *' if mark else ''}" for value, mark in encoded[0].tolist())
        return Reading((encoded,), tuple(marked))

    def encode(self, sequence: str | Sequence[tuple[float, float]]) -> Tensor:
        """The sequence as the model reads it, (time, input_size); raises as `answer` does."""
        symbols = self.problem.inputs
        if isinstance(sequence, str) != bool(symbols) or not isinstance(sequence, Sized):
            wanted = f"a text of {' '.join(symbols)}" if symbols else "pairs of a value and a mark"
            raise UsageError(f"the problem {self.name!r} reads {wanted}")
        if len(sequence) == 0:
            raise UsageError("the sequence is empty: give one step at least")
        if not isinstance(sequence, str):
            pairs = torch.as_tensor(sequence, dtype=torch.float32)
            if pairs.dim() != 2 or pairs.shape[1] != 2:
                raise UsageError(f"give a value and a mark for each step, got {sequence!r:.60}")
            return pairs
        unknown = sorted(set(sequence) - set(symbols))
        if unknown:
            raise UsageError(
                f"the problem {self.name!r} does not know {unknown[0]!r}: its symbols are"
                f" {' '.join(symbols)}"
            )
        codes = torch.tensor([symbols.index(symbol) for symbol in sequence])
        return torch.nn.functional.one_hot(codes, len(symbols)).float()
