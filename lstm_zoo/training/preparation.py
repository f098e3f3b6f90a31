"""The two parts of a run, where a task prepares its model before it is trained for the task.

What moves the weights begins anew with each: the optimiser's moments and the schedule are those of
one loss, and mean nothing for the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lstm_zoo.errors import UsageError
from lstm_zoo.task import Preparation, Task
from lstm_zoo.training.recipe import Recipe
from lstm_zoo.training.schedule import Schedule
from lstm_zoo.training.weights import make_optimizer

if TYPE_CHECKING:
    from lstm_zoo.training.loop import Trainer


def preparation_of(recipe: Recipe, task: Task) -> Preparation:
    """What a recipe's run begins with; of no epochs for most.

    Raises:
        UsageError: no epoch is left after it.
    """
    ask = getattr(task, "preparation", None)
    found: Preparation = ask(recipe.batches, recipe.model) if ask else Preparation()
    if found.epochs >= recipe.training.epochs:
        raise UsageError(
            f"the first {found.epochs} epochs prepare the model, and training.epochs is"
            f" {recipe.training.epochs}: set it higher, or no epoch is left to train by"
        )
    return found


def begin_part(run: Trainer) -> None:
    """Make what moves the weights in the part of the run that its epoch is in."""
    recipe, prepared = run.recipe, run.preparation.epochs
    epochs, options = recipe.training.epochs - prepared, recipe.optimizer
    if run.is_preparing:
        rate = run.preparation.learning_rate or options.learning_rate
        epochs, options = prepared, options.model_copy(update={"learning_rate": rate})
    run.steps = len(run.batches(run.epoch))
    run.optimizer = make_optimizer(run.model, options)
    run.schedule = Schedule(run.optimizer, recipe.schedule, run.steps * epochs)


def steps_before(run: Trainer, epoch: int) -> int:
    """How many steps the epochs before this one have together."""
    prepared = min(epoch, run.preparation.epochs)
    steps = prepared * len(run.batches(0))
    return steps + (epoch - prepared) * len(run.batches(run.preparation.epochs))
