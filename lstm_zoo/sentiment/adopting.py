"""A new classifier that starts from a trained one, also where labels and vocabulary are others."""

from __future__ import annotations

import logging

import torch

from lstm_zoo.errors import UsageError
from lstm_zoo.sentiment.model import SentimentModel
from lstm_zoo.sentiment.tokenizer import ReviewTokenizer

EMBEDDING = "embedding.weight"
OF_THE_DATA = ("temperature", "frequencies")
"""Parameters that are fitted or counted, not trained."""

logger = logging.getLogger("lstm_zoo")


@torch.no_grad()
def adopt_weights(
    model: SentimentModel,
    tokenizer: ReviewTokenizer,
    source: SentimentModel,
    source_tokenizer: ReviewTokenizer,
) -> None:
    """Copy the weights of a trained classifier.

    Tokens that it does not know keep their own, and so does the output layer if the labels differ.

    Args:
        model: gets the weights.
        tokenizer: its vocabulary and labels.
        source: has them.
        source_tokenizer: the vocabulary and labels of that.

    Raises:
        UsageError: the two are not of one architecture; names what differs.
    """
    own, given = dict(model.named_parameters()), dict(source.named_parameters())
    for name in OF_THE_DATA:
        own.pop(name, None), given.pop(name, None)
    if tokenizer.labels != source_tokenizer.labels:
        own = {name: weight for name, weight in own.items() if not name.startswith("output.")}
        given = {name: weight for name, weight in given.items() if not name.startswith("output.")}
    if own.keys() != given.keys():
        raise UsageError(
            "the model to start from is built otherwise: it has"
            f" {', '.join(sorted(own.keys() ^ given.keys())[:3])} or lacks it"
        )
    for name, weight in own.items():
        skip = 1 if name == EMBEDDING else 0
        if weight.shape[skip:] != given[name].shape[skip:]:
            raise UsageError(
                f"{name} is {list(given[name].shape)} in the model to start from and"
                f" {list(weight.shape)} here: take its sizes in the section model"
            )
        if not skip:
            weight.copy_(given[name])
    theirs = source_tokenizer.library.get_vocab()
    rows = {n: theirs[text] for text, n in tokenizer.library.get_vocab().items() if text in theirs}
    table = given[EMBEDDING][list(rows.values())]
    own[EMBEDDING][list(rows)] = table.to(own[EMBEDDING].device)
    logger.info(
        "of %s tokens %s are known to the model to start from, the others start anew%s",
        f"{len(tokenizer):,}",
        f"{len(rows):,}",
        "" if tokenizer.labels == source_tokenizer.labels else ", and so do the labels",
    )
