"""English reviews that are made up, and a small classifier of them."""

from __future__ import annotations

import csv
import io
import random
import tarfile
from pathlib import Path

from tests.tiny import train_tiny, write_recipe

GOOD = ["good", "great", "warm", "funny", "lovely", "superb", "clever", "moving"]
BAD = ["bad", "dull", "cold", "boring", "awful", "clumsy", "stupid", "flat"]
NEUTRAL = (
    "the film was a story of this man and his house with one long scene that you could see from"
    " here while they were in it for what it is worth but there is more to say about the end"
)

RECIPE = {
    "name": "tiny.reviews",
    "task": "sentiment",
    "description": "Tells whether a made-up review is for or against.",
    "data": {
        "name": "Made-up reviews",
        "language": "en",
        "licence": "public domain",
        "source": "made for the tests",
        "collections": ["hotel"],
        "tokens": "words",
        "min_count": 1,
    },
    "batches": {"batch_size": 32, "max_tokens": 60},
    "model": {
        "embedding_size": 16,
        "hidden_size": 16,
        "pooling": ["last", "max", "mean", "attention"],
        "max_tokens": 200,
        "output_dropout": 0.2,
        "label_smoothing": 0.05,
    },
    "optimizer": {"learning_rate": 1e-2},
    "schedule": {"kind": "cosine"},
    "training": {"epochs": 3, "save_every": 0},
}


def made_up(count: int, seed: int) -> list[tuple[int, str]]:
    """Labels and texts: a few words that tell, among many that do not."""
    generator = random.Random(seed)
    rows = []
    for _ in range(count):
        label = generator.randrange(2)
        words = generator.choices(NEUTRAL.split(), k=generator.randint(6, 25))
        words += generator.choices(GOOD if label else BAD, k=generator.randint(1, 3))
        generator.shuffle(words)
        rows.append((label, " ".join(words) + "."))
    return rows


def write_imdb(
    folder: Path, files: dict[str, str], archive_name: str = "aclImdb_train_test.tar.gz"
) -> None:
    """An archive of files, by name below `aclImdb/`."""
    path = folder / "imdb" / archive_name
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            content = text.encode("utf-8")
            member = tarfile.TarInfo(f"aclImdb/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def write_small_imdb(folder: Path) -> None:
    """The archives of IMDB as published, with made-up reviews."""
    files = {}
    for part, seed in (("train", 1), ("test", 2)):
        for number, (label, text) in enumerate(made_up(300, seed)):
            files[f"{part}/{('neg', 'pos')[label]}/{number}_{2 + 6 * label}.txt"] = text
    write_imdb(folder, files)
    more = enumerate(made_up(200, seed=3))
    unlabelled = {f"train/unsup/{number}_0.txt": text for number, (_, text) in more}
    write_imdb(folder, unlabelled, "aclImdb_unsup.tar.gz")


def train_made_up(folder: Path) -> Path:
    """Train a classifier of made-up reviews, in seconds, by the real loop.

    Returns:
        The checkpoint's folder, somewhere below `folder`.
    """
    path = folder / "data/chinese_sentiment/ChnSentiCorp_htl_all.csv"
    path.parent.mkdir(parents=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("label", "review"), *made_up(600, seed=1)])
    return train_tiny(write_recipe(folder, RECIPE), folder / "data", folder / "runs")
