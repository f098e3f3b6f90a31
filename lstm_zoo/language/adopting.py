"""A new model that starts from a trained one, also where its vocabulary is another."""

from __future__ import annotations

import torch

from lstm_zoo.errors import UsageError
from lstm_zoo.language.model import LanguageModel
from lstm_zoo.language.tokenizer import Tokenizer

BY_TOKEN = ("embedding.weight", "output.weight", "output.bias")
"""Parameters that have a row for each token."""


@torch.no_grad()
def adopt_weights(
    model: LanguageModel, tokenizer: Tokenizer, source: LanguageModel, source_tokenizer: Tokenizer
) -> None:
    """Copy the weights of a trained model; tokens that it does not know keep their own.

    Args:
        model: gets the weights.
        tokenizer: its vocabulary.
        source: has them.
        source_tokenizer: the vocabulary of that.

    Raises:
        UsageError: the two are not of one architecture; names what differs.
    """
    theirs = {text: number for number, text in enumerate(source_tokenizer.characters)}
    rows = [number for number, text in enumerate(tokenizer.characters) if text in theirs]
    source_rows = [theirs[tokenizer.characters[number]] for number in rows]
    own, given = dict(model.named_parameters()), dict(source.named_parameters())
    if own.keys() != given.keys():
        raise UsageError(
            "the model to start from is built otherwise: it has"
            f" {', '.join(sorted(own.keys() ^ given.keys())[:3])} or lacks it"
        )
    for name, weight in own.items():
        skip = 1 if name in BY_TOKEN else 0
        if weight.shape[skip:] != given[name].shape[skip:]:
            raise UsageError(
                f"{name} is {list(given[name].shape)} in the model to start from and"
                f" {list(weight.shape)} here: take its sizes in the section model"
            )
        if skip:
            weight[rows] = given[name][source_rows].to(weight.device)
        else:
            weight.copy_(given[name])
