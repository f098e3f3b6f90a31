"""Published files are read as they are, and no text stands on two sides of a split."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_zoo.errors import UsageError
from lstm_zoo.sentiment.data import (
    SentimentDataConfig,
    load_reviews,
    read_split,
    read_unlabelled,
)
from lstm_zoo.sentiment.reviews import Parts, Review
from lstm_zoo.sentiment.split import split_reviews, text_key

from .conftest import chinese_reviews, write_hotels, write_shopping, write_sst2
from .made_up import write_imdb


def config(*collections: str, **options: object) -> SentimentDataConfig:
    document = {"name": "x", "language": "en", "licence": "x", "source": "x"}
    return SentimentDataConfig.model_validate(document | {"collections": collections} | options)


def texts(parts: Parts, name: str) -> set[str]:
    return {review.text for review in parts[name]}


FILMS = 40


@pytest.fixture
def imdb(tmp_path: Path) -> Path:
    """An archive as published: 4 reviews of each of 40 films to train by, 2 leaks, a repeat."""
    files = {"README": "about", "imdb.vocab": "the"}
    for part in ("train", "test"):
        for label, rating in (("pos", 8), ("neg", 2)):
            addresses = []
            for number in range(2 * FILMS):
                text = f"{part} {label} review {number}<br />end"
                files[f"{part}/{label}/{number}_{rating}.txt"] = text
                title = f"tt{number // 2:07}"
                addresses.append(f"http://www.imdb.com/title/{title}/usercomments\n")
            files[f"{part}/urls_{label}.txt"] = "".join(addresses)
    files["train/pos/80_9.txt"] = "test pos review 3<br />end"  # also in test
    files["train/neg/80_1.txt"] = "test neg review  5<br />end "  # but for white space
    files["train/neg/81_1.txt"] = files["train/neg/7_2.txt"]
    files["train/unsup/0_0.txt"] = "never read"
    write_imdb(tmp_path, files)
    return tmp_path


def test_imdb_keeps_its_official_test_part_and_loses_leaks_and_repeats(imdb: Path) -> None:
    parts, left_out, _ = read_split(config("imdb"), imdb)
    assert len(parts["test"]) == 4 * FILMS
    assert left_out == {"repeats": 1, "texts with both labels": 0, "also in an official part": 2}
    assert len(parts["train"]) + len(parts["validation"]) == 4 * FILMS
    seen = {text_key(text) for name in ("train", "validation") for text in texts(parts, name)}
    assert not seen & {text_key(text) for text in texts(parts, "test")}
    assert not any("never read" in text for text in seen)


def test_labels_of_imdb_are_those_of_the_folders(imdb: Path) -> None:
    parts, _, _ = read_split(config("imdb"), imdb)
    for review in (review for part in parts.values() for review in part):
        assert (" pos " in review.text) == (review.label == 1)


def test_validation_reviews_of_imdb_are_of_films_that_training_never_saw(imdb: Path) -> None:
    parts, _, _ = read_split(config("imdb", validation_fraction=0.3), imdb)
    train, validation = ({r.subject for r in parts[name]} for name in ("train", "validation"))
    assert not train & validation
    assert len(validation) > 3
    assert all(subject.startswith("tt") for subject in train)


@pytest.fixture
def unlabelled(imdb: Path) -> Path:
    """The same, and an archive of unlabelled reviews: two new ones, leaks and repeats."""
    files = {
        "train/urls_unsup.txt": "http://www.imdb.com/title/tt0000001/usercomments\n",
        "train/unsup/10_0.txt": "zebras never seen elsewhere",
        "train/unsup/2_0.txt": "quaggas never seen elsewhere",
        "train/unsup/3_0.txt": "zebras  never seen elsewhere ",
        "train/unsup/4_0.txt": "test pos review 3<br />end",
        "train/unsup/5_0.txt": "test  neg review 5<br />end",
        "train/unsup/6_0.txt": "train neg review 7<br />end",
        "train/pos/0_9.txt": "labelled, and read elsewhere",
    }
    write_imdb(imdb, files, "aclImdb_unsup.tar.gz")
    return imdb


def test_unlabelled_reviews_lose_those_that_are_in_a_part(unlabelled: Path) -> None:
    data = load_reviews(config("imdb", unlabelled=True, min_count=1), unlabelled)
    read = [" ".join(data.preprocessing.tokens(ids)) for ids in data.unlabelled]
    assert read == ["quaggas never seen elsewhere", "zebras never seen elsewhere"]
    assert data.facts["unlabelled reviews"] == 2
    assert data.facts["left out of unlabelled"] == {
        "repeats": 1,
        "also in the test part": 2,
        "also in the validation part": 0,
        "also in the train part": 1,
    }


def test_the_vocabulary_is_that_of_the_train_part_and_the_unlabelled_reviews(
    unlabelled: Path,
) -> None:
    with_them = load_reviews(config("imdb", unlabelled=True, min_count=1), unlabelled)
    without = load_reviews(config("imdb", min_count=1), unlabelled)
    number = with_them.preprocessing.library.token_to_id
    assert without.preprocessing.library.token_to_id("zebras") is None
    assert without.unlabelled == []
    assert "unlabelled reviews" not in without.facts
    for word in ("zebras", "review", "train"):
        assert number(word) is not None
    assert number("test") is None  # the test part is never read
    frequencies = with_them.preprocessing.frequencies
    assert frequencies is not None
    assert frequencies[number("zebras")] > 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"collections": ("hotel",)}, "there are no unlabelled texts of hotel"),
        (
            {"collections": (), "file": "a.csv", "text_column": "a", "label_column": "b"},
            "there are no unlabelled texts of a file",
        ),
    ],
)
def test_unlabelled_reviews_that_nobody_published_are_refused(
    options: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        config(unlabelled=True, **options)


def test_missing_reviews_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"imdb/train-00000-of-00001\.parquet is missing"):
        read_split(config("imdb"), tmp_path)


def test_missing_files_are_named_as_they_are_published(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"holds sst2/glue/train\.tsv\.gz$"):
        read_split(config("sst2"), tmp_path)


def test_missing_unlabelled_reviews_are_named(imdb: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"unsupervised-00000-of-00001\.parquet is missing"):
        load_reviews(config("imdb", unlabelled=True), imdb)


def test_sst2_takes_test_and_dev_sentences_out_of_the_phrases(tmp_path: Path) -> None:
    phrases = [(f"phrase {i}", i % 2) for i in range(20)]
    twice = [("phrase 3", 1), ("both ways", 0), ("both ways", 1), ("a dev one", 1)]
    write_sst2(tmp_path, phrases + twice, [("a dev one", 1), ("another", 0)])
    parts, left_out, test = read_split(config("sst2"), tmp_path)
    assert texts(parts, "train") == {text for text, _ in phrases}
    assert left_out == {"repeats": 2, "texts with both labels": 1, "also in an official part": 1}
    assert parts["test"] == parts["validation"]
    assert "by which the weights were chosen too" in test

    sentences = tmp_path / "sst2" / "sentence"
    sentences.mkdir()
    (sentences / "stsa.binary.test").write_text("1 phrase 5\n0 dreadful , really\n", "utf-8")
    parts, left_out, test = read_split(config("sst2"), tmp_path)
    assert [(r.text, r.label) for r in parts["test"]] == [
        ("phrase 5", 1),
        ("dreadful , really", 0),
    ]
    assert "phrase 5" not in texts(parts, "train")
    assert left_out["also in an official part"] == 2
    assert test == "the sentences of stsa.binary.test"

    (tmp_path / "sst2" / "glue" / "train.tsv.gz").unlink()
    (tmp_path / "sst2" / "glue" / "dev.tsv").unlink()
    (sentences / "stsa.binary.train").write_text("1 fine , all in all\n0 phrase 5\n", "utf-8")
    (sentences / "stsa.binary.dev").write_text("0 not so fine\n", "utf-8")
    parts, _, _ = read_split(config("sst2"), tmp_path)
    assert texts(parts, "train") == {"fine , all in all"}
    assert texts(parts, "validation") == {"not so fine"}


def test_the_forms_that_the_hub_keeps_are_read_where_there_is_no_other(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    def write(name: str, part: str, rows: dict[str, list[object]]) -> None:
        (tmp_path / name).mkdir(exist_ok=True)
        path = tmp_path / name / f"{part}-00000-of-00001.parquet"
        parquet.write_table(pyarrow.table(rows), path)

    for part in ("train", "test"):
        write("imdb", part, {"text": [f"{part} {i}" for i in range(60)], "label": [0, 1] * 30})
    parts, _, _ = read_split(config("imdb"), tmp_path)
    assert {name: len(part) for name, part in parts.items()} == {
        "train": 54,
        "validation": 6,
        "test": 60,
    }
    write("imdb", "unsupervised", {"text": ["more", "train 7"], "label": [-1, -1]})
    data = load_reviews(config("imdb", unlabelled=True, min_count=1), tmp_path)
    assert [data.preprocessing.tokens(ids) for ids in data.unlabelled] == [["more"]]
    rows: dict[str, list[object]] = {"idx": [0, 1], "sentence": ["dull ", "fine "], "label": [0, 1]}
    write("sst2", "train", rows)
    write("sst2", "validation", rows | {"sentence": ["a dull one ", "a fine one "]})
    parts, _, _ = read_split(config("sst2"), tmp_path)
    assert [(r.text, r.label) for r in parts["train"]] == [("dull", 0), ("fine", 1)]
    assert texts(parts, "validation") == {"a dull one", "a fine one"}


def test_chinese_files_lose_repeats_and_contradictions_and_split_by_label(tmp_path: Path) -> None:
    rows = chinese_reviews(200)
    extra = [(1, ""), (0, "又好又坏"), (1, "又好又坏"), rows[0]]
    write_hotels(tmp_path, rows + extra)
    parts, left_out, _ = read_split(config("hotel"), tmp_path)
    assert left_out["repeats"] == 2
    assert left_out["texts with both labels"] == 1
    assert {name: len(part) for name, part in parts.items()} == {
        "train": 150,
        "validation": 20,
        "test": 30,
    }
    for part in parts.values():
        assert sum(review.label for review in part) == pytest.approx(0.6 * len(part), abs=1)


def test_a_text_has_the_same_part_whatever_is_read_beside_it(tmp_path: Path) -> None:
    rows = chinese_reviews(200)
    write_hotels(tmp_path, rows)
    alone, _, _ = read_split(config("hotel"), tmp_path)
    write_hotels(tmp_path, rows[::-1])
    write_shopping(tmp_path, [("书籍", label, f"书：{text}") for label, text in rows])
    both, _, test = read_split(config("hotel", "shopping"), tmp_path)
    for name, part in alone.items():
        assert {r.text for r in part} == {r.text for r in both[name] if r.domain == "hotel"}
    assert {r.domain for r in both["test"]} == {"hotel", "书籍"}
    assert test.count("split by hash") == 2


def test_a_file_with_other_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "chinese_sentiment"
    path.mkdir()
    (path / "ChnSentiCorp_htl_all.csv").write_text("stars,text\n1,x\n", "utf-8")
    with pytest.raises(UsageError, match=r"columns label and review, not \['stars', 'text'\]"):
        read_split(config("hotel"), tmp_path)


def test_another_file_than_the_recipe_means_is_refused(hotels: Path) -> None:
    wrong = {"chinese_sentiment/ChnSentiCorp_htl_all.csv": "0" * 64}
    with pytest.raises(UsageError, match="is not the expected file"):
        read_split(config("hotel", sha256=wrong), hotels)


def test_too_few_reviews_to_split_are_refused(tmp_path: Path) -> None:
    write_hotels(tmp_path, [(1, "好"), (0, "差")])
    with pytest.raises(UsageError, match="part is empty: there are too few reviews"):
        read_split(config("hotel"), tmp_path)


@settings(max_examples=30, deadline=None)
@given(
    labels=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 1)), min_size=40, max_size=200),
    seed=st.integers(0, 5),
)
def test_the_order_of_the_file_does_not_matter(labels: list[tuple[int, int]], seed: int) -> None:
    reviews = [Review(f"text {number}", label) for number, label in labels]
    reviews += [Review(f"more {number}", number % 2) for number in range(40)]
    shuffled = random.Random(seed).sample(reviews, len(reviews))
    one, _ = split_reviews({"all": reviews}, 0.1, 0.2)
    other, _ = split_reviews({"all": shuffled}, 0.1, 0.2)
    for name in ("train", "validation", "test"):
        assert texts(one, name) == texts(other, name)
    names = ("train", "validation", "test")
    every = [text for name in names for text in texts(one, name)]
    assert len(every) == len(set(every))


REPEATS, BOTH, OFFICIAL = "repeats", "texts with both labels", "also in an official part"
PUBLISHED = {
    "imdb": (25_000 + 25_000, {"test": 25_000}, {REPEATS: 96, BOTH: 0, OFFICIAL: 123}),
    "sst2": (67_349 + 872, {"validation": 872}, {REPEATS: 371, BOTH: 5, OFFICIAL: 0}),
    "hotel": (7_765, {"test": 1_164, "validation": 776}, {REPEATS: 0, BOTH: 0, OFFICIAL: 0}),
    # Two repeats more than letter by letter: but for white space.
    "shopping": (62_773, {"test": 9_407, "validation": 6_270}, {REPEATS: 51, BOTH: 18}),
}
"""Texts in the files, sizes of parts, and what is left out of training."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_files_hold_what_is_known_of_them(name: str, real_data: Path) -> None:
    parts, left_out, test = read_split(config(name), real_data)
    total, sizes, expected = PUBLISHED[name]
    if "chosen too" in test:
        del parts["test"]
    for part, size in sizes.items():
        assert len(parts[part]) == size
    assert left_out.items() >= expected.items()
    assert sum(len(part) for part in parts.values()) + sum(left_out.values()) == total


def test_of_the_published_unlabelled_reviews_those_of_the_test_part_are_left_out(
    real_data: Path,
) -> None:
    options = config("imdb", unlabelled=True)
    parts, _, _ = read_split(options, real_data)
    kept, left_out = read_unlabelled(options, real_data, parts)
    assert left_out["repeats"] == 50_000 - 49_507
    assert left_out["also in the test part"] == 266
    assert left_out["also in the train part"] + left_out["also in the validation part"] == 354
    assert len(kept) == 49_507 - 266 - 354
