"""A corpus read a chunk at a time, split by position: of a large file never more is in memory."""

from __future__ import annotations

import gzip
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lstm_zoo.errors import UsageError
from lstm_zoo.language.poems import read_tang_poems
from lstm_zoo.language.tokenizer import Tokenizer, show_character

CHUNK = 2**22  # characters
IN_MEMORY = 2**26
"""Tokens of a part that are kept in memory, as int64; the tokens of a longer one lie in a file."""


@dataclass(frozen=True)
class Part:
    """A stretch of a corpus.

    Attributes:
        length: in characters.
        chunks: reads it, from the start each time.
    """

    length: int
    chunks: Callable[[], Iterator[str]]


def read_parts(
    path: Path,
    format: str,
    test_fraction: float,
    validation_fraction: float,
    test_path: Path | None,
    validation_first: bool = False,
) -> dict[str, Part]:
    """The parts "train", "validation" and "test", each a stretch of the corpus.

    Args:
        path: one UTF-8 text, also as .gz, split by character; or poems, shuffled and split by poem.
        format: "text" or "tang-poems".
        test_fraction: share of the corpus that is test; left out where there is a `test_path`.
        validation_fraction: share of the rest.
        test_path: a file of its own for the test part.
        validation_first: the validation part opens the corpus, and the train part ends where the
            test part begins; else it is what stands between the two.

    Raises:
        UsageError: a file is not UTF-8, empty, or too short to split.
    """
    if format == "tang-poems":
        poems = read_tang_poems(path)
        random.Random(0).shuffle(poems)
        length = len(poems)
    else:
        length = sum(map(len, _chunks(path)))
        if not length:
            raise UsageError(f"{path} is empty: it is too short to split")
    rest = int(length * (1 - (0 if test_path else test_fraction)))
    train = int(rest * (1 - validation_fraction))
    bounds = {"train": (0, train), "validation": (train, rest), "test": (rest, length)}
    if validation_first:
        bounds |= {"validation": (0, rest - train), "train": (rest - train, rest)}
    if format == "tang-poems":
        parts = {name: _in_memory("".join(poems[a:b])) for name, (a, b) in bounds.items()}
    else:
        parts = {name: _stretch(path, first, last) for name, (first, last) in bounds.items()}
    if test_path:
        parts["test"] = _stretch(test_path, 0, sum(map(len, _chunks(test_path))))
    if min(part.length for part in parts.values()) < 2:
        raise UsageError(f"{path} is too short to split: each part needs two characters at least")
    return parts


def count_characters(part: Part) -> Counter[str]:
    """How often each character stands in a part, in the order of their code points."""
    counts = np.zeros(sys.maxunicode + 1, dtype=np.int64)
    for chunk in part.chunks():  # a `Counter` of the text itself takes five times as long
        points = np.frombuffer(chunk.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        seen = np.bincount(points)
        counts[: len(seen)] += seen
    return Counter({chr(point): int(counts[point]) for point in counts.nonzero()[0]})


def check_variety(path: Path, counts: Counter[str]) -> None:
    """Raises `UsageError` if there is nothing to predict."""
    if len(counts) == 1:
        character = show_character(next(iter(counts)))
        raise UsageError(f"{path} holds the character {character} and no other to be told from it")


def encode(part: Part, tokenizer: Tokenizer) -> Tensor:
    """A part as token numbers, (length,): int64, or of a long one uint8 or int32 in a file."""
    chunks = part.chunks() if tokenizer.cuts_anywhere else whole_lines(part.chunks())
    kind = np.dtype(np.uint8 if len(tokenizer) <= 256 else np.int32)
    # It has no name, and is gone when the last who reads it is.
    with tempfile.TemporaryFile() as file:
        for chunk in chunks:
            tokenizer.encode(chunk).numpy().astype(kind).tofile(file)
        length = file.tell() // kind.itemsize
        if length > IN_MEMORY:
            return torch.from_numpy(np.memmap(file, kind, mode="r+", shape=(length,)))
        file.seek(0)
        return torch.from_numpy(np.fromfile(file, kind).astype(np.int64))


def _in_memory(text: str) -> Part:
    return Part(len(text), lambda: iter([text]))


def _stretch(path: Path, first: int, last: int) -> Part:
    def chunks() -> Iterator[str]:
        position = 0
        for chunk in _chunks(path):
            piece = chunk[max(0, first - position) : max(0, last - position)]
            position += len(chunk)
            if piece:
                yield piece
            if position >= last:
                return

    return Part(last - first, chunks)


def _chunks(path: Path) -> Iterator[str]:
    """The text without a byte-order mark, all line ends as "\\n"."""
    try:
        with _open(path)(path, "rt", encoding="utf-8-sig") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except UnicodeDecodeError:
        raise UsageError(_not_utf8(path)) from None


def _open(path: Path) -> Any:
    return gzip.open if path.suffix == ".gz" else open


def _not_utf8(path: Path) -> str:
    with _open(path)(path, "rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                byte = f"the byte 0x{line[error.start]:02x}"
                return f"{path} is not UTF-8 text: line {number} has {byte}; save it as UTF-8"
    return f"{path} is not UTF-8 text"


def whole_lines(chunks: Iterable[str]) -> Iterator[str]:
    """The same text, cut at line ends alone, so that no word is cut."""
    rest = ""
    for chunk in chunks:
        head, line_end, tail = chunk.rpartition("\n")
        if line_end:
            yield rest + head + line_end
            rest = tail
        else:
            rest += chunk
    if rest:
        yield rest
