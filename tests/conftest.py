"""What many tests need: a small text, a trained tiny checkpoint, and the real data where it is."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
import torch

from tests.tiny import train_tiny, write_recipe

torch.set_num_threads(1)

if "PYTEST_XDIST_WORKER" in os.environ:  # the programs that tests start share the processor too
    os.environ.setdefault("OMP_NUM_THREADS", "1")

TINY_RECIPE = {
    "name": "tiny.verses",
    "task": "language",
    "description": "Writes verses.",
    "data": {
        "name": "Verses",
        "language": "en",
        "licence": "public domain",
        "source": "made for the tests",
        "file": "verses.txt",
        "validation_fraction": 0.1,
    },
    "batches": {"batch_size": 4, "bptt": 16, "reset_probability": 0.1},
    "model": {
        "embedding_size": 8,
        "hidden_size": 12,
        "num_layers": 2,
        "input_dropout": 0.1,
        "layer_dropout": 0.1,
        "output_dropout": 0.1,
        "weight_drop": 0.2,
    },
    "optimizer": {"learning_rate": 1e-2, "weight_decay": 0.01},
    "schedule": {"kind": "cosine", "warmup_steps": 5},
    "training": {"epochs": 2, "average_decay": 0.9, "save_every": 1e9},
}


@pytest.fixture(scope="session")
def verses(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a small text of words in random order."""
    words = ["the", "sea", "and", "a", "ship", "of", "old", "men", "saw", "no", "land", "days"]
    text = " ".join(random.Random(0).choices(words, k=1500)).replace("days ", "days\n")
    folder = tmp_path_factory.mktemp("data")
    (folder / "verses.txt").write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="session")
def tiny_recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a recipe that trains in a second."""
    return write_recipe(tmp_path_factory.mktemp("recipes"), TINY_RECIPE)


@pytest.fixture(scope="session")
def tiny_checkpoint(
    tiny_recipe: Path, verses: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder of a checkpoint trained with it; do not write to it."""
    return train_tiny(tiny_recipe, verses, tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of raw data sets; skips where there is none."""
    if "LSTM_ZOO_DATA" not in os.environ:
        pytest.skip("LSTM_ZOO_DATA does not name a folder of raw data")
    return Path(os.environ["LSTM_ZOO_DATA"])
