"""Small data sets in the published forms, and a classifier trained on one in a second."""

from __future__ import annotations

import csv
import gzip
import io
import random
import zipfile
from pathlib import Path

import pytest

from lstm_zoo.sentiment.predict import SentimentClassifier
from lstm_zoo.zoo import load
from tests.sentiment.made_up import train_made_up, write_small_imdb
from tests.tiny import train_tiny, write_recipe

GOOD = ["很好", "不错", "满意", "干净", "喜欢"]
BAD = ["很差", "糟糕", "失望", "太脏", "讨厌"]
THINGS = ["房间", "早餐", "服务", "位置", "前台", "大堂"]

TINY_RECIPE = {
    "name": "tiny.hotel",
    "task": "sentiment",
    "description": "Tells good hotels from bad ones.",
    "data": {
        "name": "Hotels",
        "language": "zh",
        "licence": "none",
        "source": "made for the tests",
        "collections": ["hotel"],
        "tokens": "characters",
        "vocabulary": 100,
    },
    "batches": {"batch_size": 8, "max_tokens": 20},
    "model": {
        "embedding_size": 8,
        "hidden_size": 6,
        "input_dropout": 0.1,
        "word_dropout": 0.05,
        "pooling": ["last", "max", "mean", "attention"],
    },
    "optimizer": {"learning_rate": 2e-2},
    "schedule": {"kind": "cosine", "warmup_steps": 5},
    "training": {"epochs": 3, "average_decay": 0.9, "save_every": 0},
}


def chinese_reviews(number: int = 300) -> list[tuple[int, str]]:
    """Labels and texts, sorted by label as the published files are, each text once."""
    draw = random.Random(0)
    texts: dict[str, int] = {}
    while len(texts) < number:
        label = int(len(texts) < number * 0.6)
        said = draw.choices(THINGS, k=3), draw.choices(GOOD if label else BAD, k=3)
        texts["，".join(a + b for a, b in zip(*said, strict=True)) + "。"] = label
    return [(label, text) for text, label in texts.items()]


def write_hotels(folder: Path, rows: list[tuple[int, str]]) -> None:
    path = folder / "chinese_sentiment" / "ChnSentiCorp_htl_all.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("label", "review"), *rows])


def write_shopping(folder: Path, rows: list[tuple[str, int, str]]) -> None:
    path = folder / "chinese_sentiment" / "online_shopping_10_cats.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    csv.writer(text).writerows([("cat", "label", "review"), *rows])
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("online_shopping_10_cats.csv", text.getvalue())


def write_sst2(folder: Path, train: list[tuple[str, int]], dev: list[tuple[str, int]]) -> None:
    def table(rows: list[tuple[str, int]]) -> str:
        return "sentence\tlabel\n" + "".join(f"{text} \t{label}\n" for text, label in rows)

    glue = folder / "sst2" / "glue"
    glue.mkdir(parents=True, exist_ok=True)
    (glue / "train.tsv.gz").write_bytes(gzip.compress(table(train).encode("utf-8")))
    (glue / "dev.tsv").write_text(table(dev), "utf-8")


@pytest.fixture(scope="module")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with IMDB's archives, in small."""
    folder = tmp_path_factory.mktemp("data")
    write_small_imdb(folder)
    return folder


@pytest.fixture(scope="session")
def hotels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with 300 hotel reviews."""
    folder = tmp_path_factory.mktemp("data")
    write_hotels(folder, chinese_reviews())
    return folder


@pytest.fixture(scope="session")
def tiny_sentiment_recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_recipe(tmp_path_factory.mktemp("recipes"), TINY_RECIPE)


@pytest.fixture(scope="session")
def tiny_classifier(
    tiny_sentiment_recipe: Path, hotels: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder of a checkpoint trained on them; do not write to it."""
    return train_tiny(tiny_sentiment_recipe, hotels, tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="session")
def classifier_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a checkpoint trained on English reviews that are made up."""
    return train_made_up(tmp_path_factory.mktemp("reviews"))


@pytest.fixture(scope="session")
def classifier(classifier_folder: Path) -> SentimentClassifier:
    """The classifier of that checkpoint."""
    loaded: SentimentClassifier = load(f"local-dir:{classifier_folder}")
    return loaded
