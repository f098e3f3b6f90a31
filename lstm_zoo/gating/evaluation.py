"""How well a problem is solved, and how well it can be without a memory."""

from __future__ import annotations

import torch
from torch import Tensor

from lstm_zoo.gating.data import GatingData
from lstm_zoo.gating.model import GatingModel
from lstm_zoo.gating.problems import Examples, Problem
from lstm_zoo.task import Metric, Progress, module_device, no_progress

ROWS = 250


@torch.inference_mode()
def model_error(
    model: GatingModel, problem: Problem, examples: Examples, progress: Progress = no_progress
) -> float:
    """The model's error on these examples, see `answer_error`."""
    batches = examples.inputs.split(ROWS)
    answers = [model(x.to(module_device(model)))[0].cpu() for x in progress(batches, "examples")]
    return answer_error(problem, examples, torch.cat(answers))


def answer_error(problem: Problem, examples: Examples, answers: Tensor) -> float:
    """Mean squared error where a number is asked for, else the share of wrong answers.

    Args:
        problem: what was asked.
        examples: the sequences.
        answers: (batch, time, output_size), numbers or scores of symbols.
    """
    asked = examples.asked
    if not problem.outputs:
        return (answers[..., 0] - examples.targets)[asked].double().square().mean().item()
    said = answers.argmax(-1)
    if examples.allowed is None:
        right = said == examples.targets
    else:
        right = examples.allowed.gather(2, said[..., None])[..., 0]
    return 1 - right[asked].double().mean().item()


def memoryless_error(problem: Problem, seen: Examples, examples: Examples) -> float:
    """The error of someone who knows what is asked most after each symbol, and remembers nothing.

    Args:
        problem: what was asked.
        seen: examples to learn from.
        examples: examples to be asked.
    """
    if not problem.outputs:
        mean = seen.targets[seen.asked].mean()
        return answer_error(problem, examples, mean.expand(*examples.asked.shape, 1))
    counts = torch.zeros(len(problem.inputs), len(problem.outputs))
    symbols = seen.inputs.argmax(-1)[seen.asked]
    targets = seen.targets[seen.asked]
    counts.index_put_((symbols, targets), torch.ones(len(targets)), accumulate=True)
    return answer_error(problem, examples, counts[examples.inputs.argmax(-1)])


def gating_metrics(
    model: GatingModel, data: GatingData, split: str, progress: Progress = no_progress
) -> dict[str, Metric]:
    """The error at each length of the recipe, the goal's first, and what chance is there."""
    problem, config = data.problem, data.config
    unit = "mean squared error" if not problem.outputs else "share of wrong answers"
    metrics = {}
    for length in reversed(config.test_lengths):
        examples = data.examples(split, length)
        protocol = f"{config.examples} new examples {problem.lengths.format(length)}"
        name = "error" if length == config.test_lengths[-1] else f"error_{length}"
        metrics[name] = Metric(model_error(model, problem, examples, progress), unit, protocol)
        if name == "error":
            error = memoryless_error(problem, data.examples("train", length), examples)
            memoryless = f"{protocol}, by the likeliest answer to each symbol, without a memory"
            metrics["error_memoryless"] = Metric(error, unit, memoryless)
    return metrics
