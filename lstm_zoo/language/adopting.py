"""A new model that starts from a trained one, also where its vocabulary is another."""

from __future__ import annotations

import torch

from lstm_zoo.adopting import check_alike, parameters_of_both
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
    for name, (weight, start) in parameters_of_both(model, source).items():
        by_token = name in BY_TOKEN
        check_alike(name, weight, start, "sizes in the section model", skip=int(by_token))
        if by_token:
            weight[rows] = start[source_rows].to(weight.device)
        else:
            weight.copy_(start)
