"""Weights that a classifier starts from, when another model has read the language before."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from lstm_zoo.errors import UsageError
from lstm_zoo.sentiment.tokenizer import ReviewTokenizer

KEPT = ("embedding.weight", "layers.")


def starting_weights(folder: Path, tokenizer: ReviewTokenizer) -> dict[str, Tensor]:
    """Embedding and recurrent layers of a trained classifier, for another vocabulary.

    Args:
        folder: of its checkpoint.
        tokenizer: of the model that is to start.

    Returns:
        Weights by name; in the embedding, rows of tokens that the other model lacks are NaN.

    Raises:
        UsageError: there is no such checkpoint.
    """
    files = folder / "model.safetensors", folder / "tokenizer.json"
    if not all(file.is_file() for file in files):
        raise UsageError(
            f"{folder} holds no checkpoint to start from: train that model first, or set"
            " model.start_from to the folder of another, or to null"
        )
    weights = load_file(files[0])
    theirs = ReviewTokenizer.from_json(json.loads(files[1].read_text("utf-8"))).library.get_vocab()
    start = {name: weight for name, weight in weights.items() if name.startswith(KEPT)}
    table = start["embedding.weight"]
    rows = torch.full((len(tokenizer), table.shape[1]), torch.nan)
    for token, number in tokenizer.library.get_vocab().items():
        if token in theirs:
            rows[number] = table[theirs[token]]
    return start | {"embedding.weight": rows}
