"""Reviews in the files that their publishers gave out: IMDB, SST-2, and Chinese ones.

Nothing is left out or moved here: splitting, repeats and leaks are `split`'s.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from lstm_zoo.errors import UsageError


class Review(NamedTuple):
    """A text and what its writer thinks.

    Attributes:
        text: as it was published.
        label: 0 for negative, 1 for positive.
        domain: what is reviewed, such as hotels.
        subject: the very thing that is reviewed, such as a film; empty where it is not known.
    """

    text: str
    label: int
    domain: str = ""
    subject: str = ""


Parts = dict[str, list[Review]]
"""Official parts: "train", "validation", "test"; or "all" where there is no official split."""
Find = Callable[[str, str | None], Path]
"""The path of a file of the data folder, and where it can be downloaded; raises if it is missing.
"""


@dataclass(frozen=True)
class Collection:
    """Reviews that were published together.

    Attributes:
        read: from the files that the function finds.
        test: what the test part is, for the protocol of a figure.
        read_unlabelled: texts that nobody labelled, where there are some.
    """

    read: Callable[[Find], Parts]
    test: str
    read_unlabelled: Callable[[Find], list[str]] | None = None


IMDB_WHOLE = "imdb/aclImdb_v1.tar.gz"
IMDB_ARCHIVES = ("imdb/aclImdb_train_test.tar.gz", IMDB_WHOLE)
IMDB_UNLABELLED_ARCHIVES = ("imdb/aclImdb_unsup.tar.gz", IMDB_WHOLE)
SST2_FILES = {
    "train": ("sst2/glue/train.tsv.gz", "sst2/sentence/stsa.binary.train"),
    "validation": ("sst2/glue/dev.tsv", "sst2/sentence/stsa.binary.dev"),
    "test": ("sst2/sentence/stsa.binary.test",),
}
"""GLUE's phrases, else whole sentences."""
HOTEL_FILE = "chinese_sentiment/ChnSentiCorp_htl_all.csv"
SHOPPING_FILE = "chinese_sentiment/online_shopping_10_cats.zip"
_CHINESE_URL = "https://raw.githubusercontent.com/SophonPlus/ChineseNlpCorpus/master/datasets"

_IMDB_NAME = re.compile(r".*(train|test)/(pos|neg)/(\d+)_\d+\.txt")
_IMDB_UNLABELLED_NAME = re.compile(r".*train/unsup/(\d+)_\d+\.txt")
_IMDB_URLS = re.compile(r".*(train|test)/urls_(pos|neg)\.txt")
_TITLE = re.compile(r"tt\d+")


def read_imdb(find: Find) -> Parts:
    """The Large Movie Review Dataset (Maas et al. 2011): 25,000 to train by, 25,000 to test by.

    From the publisher's archive, else from the Hub, where nobody says which film a review is of.
    """
    archive = _first_there(find, IMDB_ARCHIVES)
    if archive:
        return _read_imdb_archive(archive)
    parts = ("train", "test")
    other = IMDB_ARCHIVES[0]
    return {part: list(_hub_rows(find, "imdb", "plain_text", part, other)) for part in parts}


def read_imdb_unlabelled(find: Find) -> list[str]:
    """The 50,000 unlabelled reviews of the Large Movie Review Dataset, some of its test part too.

    From the publisher's archive, else from the Hub.
    """
    archive = _first_there(find, IMDB_UNLABELLED_ARCHIVES)
    if archive:
        numbered = {int(name[1]): text for name, text in _archived(archive, _IMDB_UNLABELLED_NAME)}
        return [numbered[number] for number in sorted(numbered)]
    other = IMDB_UNLABELLED_ARCHIVES[0]
    return [row.text for row in _hub_rows(find, "imdb", "plain_text", "unsupervised", other)]


def _read_imdb_archive(path: Path) -> Parts:
    parts: Parts = {"train": [], "test": []}
    found: dict[tuple[str, str, int], str] = {}
    films: dict[tuple[str, str], list[str]] = {}
    for name, content in _archived(path, _IMDB_NAME, _IMDB_URLS):
        if name.re is _IMDB_NAME:
            found[name[1], name[2], int(name[3])] = content
        else:  # line n is the address of review n
            films[name[1], name[2]] = _TITLE.findall(content)
    for (part, label, number), text in sorted(found.items()):
        known = films.get((part, label), [])
        film = known[number] if number < len(known) else ""
        parts[part].append(Review(text, int(label == "pos"), "film", film))
    return parts


def _archived(path: Path, *names: re.Pattern[str]) -> Iterator[tuple[re.Match[str], str]]:
    """The files of a tar archive whose whole name one of the patterns fits, and that fit."""
    with tarfile.open(path) as archive:
        for member in archive:
            fits = filter(None, (pattern.fullmatch(member.name) for pattern in names))
            if (fit := next(fits, None)) is not None:
                file = archive.extractfile(member)
                assert file is not None, member.name
                yield fit, file.read().decode("utf-8")


def _first_there(find: Find, names: Iterable[str]) -> Path | None:
    for name in names:
        try:
            return find(name, None)
        except FileNotFoundError:
            continue
    return None


def _hub_rows(find: Find, name: str, folder: str, part: str, other: str) -> Iterator[Review]:
    """Rows of a data set as the Hub keeps it, `stanfordnlp/NAME`: one parquet file a part.

    Where that is missing too, the `other` file that would do is named.
    """
    file = f"{part}-00000-of-00001.parquet"
    url = f"https://huggingface.co/datasets/stanfordnlp/{name}/resolve/main/{folder}/{file}"
    try:
        path = find(f"{name}/{file}", url)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{error}; or else one that holds {other}") from None
    from pyarrow import parquet  # an extra, for training alone

    for row in parquet.read_table(path).to_pylist():
        yield Review(row.get("text") or row["sentence"].strip(), row["label"], "film")


def read_sst2(find: Find) -> Parts:
    """The Stanford Sentiment Treebank as GLUE has it: phrases to train by, sentences to choose by.

    Without GLUE's files the older ones of whole sentences are read, `stsa.binary.*`, else those of
    the Hub. GLUE keeps the labels of its test sentences back: without `stsa.binary.test` there is
    no test part.
    """
    parts: Parts = {}
    for part, names in SST2_FILES.items():
        path = _first_there(find, names)
        if path:
            read = _stsa_rows if path.name.startswith("stsa") else _glue_rows
            parts[part] = list(read(path))
        elif part != "test":
            parts[part] = list(_hub_rows(find, "sst2", "data", part, names[0]))
    return parts


def _stsa_rows(path: Path) -> Iterator[Review]:
    for line in filter(None, path.read_text("utf-8").splitlines()):
        yield Review(line[2:], int(line[0]), "film")


def _glue_rows(path: Path) -> Iterator[Review]:
    content = path.read_bytes()
    content = gzip.decompress(content) if path.suffix == ".gz" else content
    head, *lines = content.decode("utf-8").splitlines()
    if head != "sentence\tlabel":
        raise UsageError(f"a file of GLUE's SST-2 begins with 'sentence, label', got {head!r:.60}")
    for line in lines:
        sentence, _, label = line.rpartition("\t")
        yield Review(sentence.strip(), int(label), "film")


def read_hotels(find: Find) -> Parts:
    """ChnSentiCorp's hotel reviews, collected by Tan Songbo; no official split."""
    path = find(HOTEL_FILE, f"{_CHINESE_URL}/ChnSentiCorp_htl_all/ChnSentiCorp_htl_all.csv")
    return {"all": list(_csv_reviews(path.read_text("utf-8-sig"), "hotel"))}


def read_shopping(find: Find) -> Parts:
    """Reviews of ten kinds of goods from Chinese shops; no official split."""
    url = f"{_CHINESE_URL}/online_shopping_10_cats/online_shopping_10_cats.zip"
    path = find(SHOPPING_FILE, url)
    with zipfile.ZipFile(path) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith(".csv") and "__MACOSX" not in n)
        return {"all": list(_csv_reviews(archive.read(name).decode("utf-8-sig"), ""))}


def _csv_reviews(text: str, domain: str) -> Iterator[Review]:
    """Rows with a text; the column `cat` names the domain where there is one."""
    rows = csv.DictReader(io.StringIO(text, newline=""))
    if not {"label", "review"} <= set(rows.fieldnames or ()):
        raise UsageError(
            f"a file of reviews has the columns label and review, not {rows.fieldnames}"
        )
    for row in rows:
        review = row["review"].lstrip("\ufeff").strip()
        if review:
            yield Review(review, int(row["label"]), row.get("cat") or domain)


COLLECTIONS: Mapping[str, Collection] = {
    "imdb": Collection(read_imdb, "the 25,000 official test reviews", read_imdb_unlabelled),
    "sst2": Collection(read_sst2, "the sentences of stsa.binary.test"),
    "hotel": Collection(read_hotels, "a fixed part of the hotel reviews, split by hash"),
    "shopping": Collection(read_shopping, "a fixed part of the shopping reviews, split by hash"),
}
"""What a recipe can name."""
