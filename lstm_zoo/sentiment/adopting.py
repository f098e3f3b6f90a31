"""A new classifier that starts from a trained one, also where labels and vocabulary are others."""

from __future__ import annotations

import logging

import torch

from lstm_zoo.adopting import check_alike, parameters_of_both
from lstm_zoo.sentiment.model import SentimentModel
from lstm_zoo.sentiment.tokenizer import ReviewTokenizer

BY_TOKEN = ("embedding.weight", "next_words.bias")
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
    What predicts the next word is taken only by a model that has such a part too.

    Args:
        model: gets the weights.
        tokenizer: its vocabulary and labels.
        source: has them.
        source_tokenizer: the vocabulary and labels of that.

    Raises:
        UsageError: the two are not of one architecture; names what differs.
    """
    same_labels = tokenizer.labels == source_tokenizer.labels
    theirs = source_tokenizer.library.get_vocab()
    rows = {n: theirs[text] for text, n in tokenizer.library.get_vocab().items() if text in theirs}

    left_out = [*OF_THE_DATA, *([] if same_labels else ["output."])]
    if not model.config.next_words:
        left_out.append("next_words.")

    def wanted(name: str) -> bool:
        return not name.startswith(tuple(left_out))

    for name, (weight, start) in parameters_of_both(model, source, wanted).items():
        by_token = name in BY_TOKEN
        check_alike(name, weight, start, "sizes in the section model", skip=int(by_token))
        if by_token:
            weight[list(rows)] = start[list(rows.values())].to(weight.device)
        else:
            weight.copy_(start)
    logger.info(
        "of %s tokens %s are known to the model to start from, the others start anew%s",
        f"{len(tokenizer):,}",
        f"{len(rows):,}",
        "" if same_labels else ", and so do the labels",
    )
