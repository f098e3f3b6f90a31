"""A new forecaster that starts from a trained one, also where the series are others."""

from __future__ import annotations

import torch
from torch import nn

from lstm_zoo.adopting import check_alike, parameters_of_both

BY_CHANNEL = "decoder.channel"
"""The parameter that has a row for each series."""
FITTED = "linear.weight"
"""The linear branch, which is kept where it was fitted to the data."""


@torch.no_grad()
def adopt_weights(model: nn.Module, source: nn.Module) -> None:
    """Copy the weights of a trained forecaster.

    Where there are as many series as it was trained on, they are taken to be the same in order;
    else each starts as the mean of those. A linear branch that was fitted to the new data stays.

    Args:
        model: gets the weights.
        source: has them.

    Raises:
        UsageError: the two are not of one architecture; names what differs.
    """
    for name, (weight, start) in parameters_of_both(model, source).items():
        if name == FITTED and not weight.requires_grad:
            continue
        if name == BY_CHANNEL and len(start) != len(weight):
            start = start.mean(0, keepdim=True).expand(len(weight), -1)
        check_alike(name, weight, start, "look-back, horizons and section model")
        weight.copy_(start)
