"""A recipe for a text of one's own: the sizes come from the size of the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lstm_zoo.errors import UsageError
from lstm_zoo.files import sha256_of, slug


@dataclass(frozen=True)
class Size:
    """What suits files up to `bytes`: more text bears more units and needs fewer passes."""

    bytes: float
    batch_size: int
    hidden_size: int
    num_layers: int
    dropout: float
    epochs: int
    steps: int | None = None  # of an epoch; None: it is the whole text


SIZES = (
    Size(100e3, 8, 128, 1, 0.2, 40),
    Size(500e3, 32, 192, 2, 0.25, 25),
    Size(5e6, 64, 320, 2, 0.2, 12),
    Size(50e6, 64, 512, 2, 0.1, 4),
    Size(float("inf"), 128, 512, 2, 0.0, 50, 2000),
)
MOST_TEST, MOST_VALIDATION = 2e6, 5e5
"""Bytes that suffice to measure a model by, and to choose it by."""
ARCHITECTURES = {"character": "char-lstm", "word": "word-lstm", "bpe": "bpe-lstm"}


def text_recipe(
    path: Path,
    name: str | None = None,
    tokenizer: str = "character",
    language: str = "und",
    start: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A recipe that trains a language model on a file.

    Args:
        path: a text in UTF-8.
        name: of the recipe and its checkpoint; None for one after the file.
        tokenizer: "character", "word" or "bpe".
        language: ISO 639-1 code; "und": not said.
        start: the `model` section of the checkpoint to start from; None for a new model.

    Raises:
        UsageError: there is no such file or tokenizer.
    """
    if not path.is_file():
        raise UsageError(f"there is no file {str(path)!r}")
    if tokenizer not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise UsageError(f"there is no tokenizer {tokenizer!r}; known: {known}")
    length = path.stat().st_size
    size = next(size for size in SIZES if length <= size.bytes)
    by_character = tokenizer == "character"
    model = (
        dict(start)
        if start is not None
        else {
            "embedding_size": 64 if by_character else size.hidden_size,
            "hidden_size": size.hidden_size,
            "num_layers": size.num_layers,
            "tie_embeddings": not by_character,
            "layer_dropout": size.dropout,
            "output_dropout": size.dropout,
            "weight_drop": size.dropout / 2,
        }
    )
    return {
        "name": name or f"{ARCHITECTURES[tokenizer]}.{slug(path.stem, 'text')}",
        "task": "language",
        "description": f"Writes on from {path.name}.",
        "licence": "unknown",
        "data": {
            "name": path.name,
            "language": language,
            "licence": "unknown",
            "source": "a file of its maker",
            "file": path.name,
            "sha256": sha256_of(path),  # a run of another text is not resumed
            "tokenizer": tokenizer,
            # A piece should be seen some hundred times.
            "vocabulary": min(8000, max(256, length // 500)) if tokenizer == "bpe" else None,
            "min_count": 2 if tokenizer == "word" else 1,
            "start": "\n",
            "test_fraction": min(0.1, MOST_TEST / max(1, length)),
            "validation_fraction": min(0.05, MOST_VALIDATION / max(1, length)),
        },
        "batches": {
            "batch_size": size.batch_size,
            "bptt": 64,
            "reset_probability": 0.1,
            "steps": size.steps,
        },
        "model": model,
        "optimizer": {"learning_rate": 1e-3 if start is not None else 4e-3, "weight_decay": 0.02},
        "schedule": {"kind": "cosine", "warmup_steps": 50},
        "training": {"epochs": size.epochs, "average_decay": 0.99, "stop_after": 5},
    }
