"""What all tasks share where a new model starts from the weights of a trained one."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from lstm_zoo.errors import UsageError


def parameters_of_both(
    model: nn.Module, source: nn.Module, wanted: Callable[[str], bool] = lambda name: True
) -> dict[str, tuple[Tensor, Tensor]]:
    """The parameters of two models of one architecture, side by side; of any shapes.

    Args:
        model: gets weights.
        source: has them.
        wanted: whether a parameter is asked for, by its name.

    Returns:
        By name: that of the model, that of the source.

    Raises:
        UsageError: one has a parameter that the other lacks; names some.
    """
    own = {name: weight for name, weight in model.named_parameters() if wanted(name)}
    given = {name: weight for name, weight in source.named_parameters() if wanted(name)}
    if own.keys() != given.keys():
        raise UsageError(
            "the model to start from is built otherwise: it has"
            f" {', '.join(sorted(own.keys() ^ given.keys())[:3])} or lacks it"
        )
    return {name: (weight, given[name]) for name, weight in own.items()}


def check_alike(name: str, weight: Tensor, start: Tensor, what: str, skip: int = 0) -> None:
    """Refuse two parameters of different shapes.

    Args:
        name: of both.
        weight: that of the model.
        start: that of the source.
        what: is to be taken from the source, so that they are alike.
        skip: leading dimensions that may differ.

    Raises:
        UsageError: the shapes differ; names them.
    """
    if weight.shape[skip:] != start.shape[skip:]:
        raise UsageError(
            f"{name} is {list(start.shape)} in the model to start from and"
            f" {list(weight.shape)} here: take its {what}"
        )
