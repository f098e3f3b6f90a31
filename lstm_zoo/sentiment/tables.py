"""csv files as they come: which encoding, which delimiter, which columns; read row by row.

The whole file is gone through once before anything else is done with it, so that what is wrong in
its last row is said at once and not after an hour. Never more than a row is in memory.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from lstm_zoo.errors import UsageError
from lstm_zoo.task import did_you_mean

DELIMITERS = ",;\t|"
ENCODINGS = "UTF-8, UTF-16 or GB18030"
TEXT_COLUMNS = ("text", "review", "sentence", "comment", "content", "评论", "文本", "内容", "评价")
"""Names by which a column of texts is known, the likeliest first."""
LARGEST_CELL = 8_000_000
"""Characters; a quote that is never closed would make the rest of a file one cell."""
SAMPLE_BYTES = 1 << 19
SAMPLE_ROWS = 200
ZIP_MARK = b"PK\x03\x04"

_MARKS = (
    # longest first: UTF-16's mark begins UTF-32's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Table:
    """A csv file that was gone through and is sound.

    Attributes:
        path: where it is.
        encoding: Python's name of its encoding.
        delimiter: what stands between cells.
        columns: the cells of its first row.
        rows: how many follow; empty lines are none.
        text_column: number of the column that seems to hold the texts.
    """

    path: Path
    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    rows: int
    text_column: int

    def column(self, name: str | None) -> int:
        """The number of a column.

        Args:
            name: as in the first row; None for the one that seems to hold the texts.

        Raises:
            UsageError: there is none of this name, or several.
        """
        if name is None:
            return self.text_column
        found = [number for number, column in enumerate(self.columns) if column == name]
        if not found:
            near = did_you_mean(name, self.columns)
            raise UsageError(f"{self.path.name} has no column {name!r}{near}")
        if len(found) > 1:
            count = len(found)
            raise UsageError(f"{self.path.name} has {count} columns {name!r}: rename all but one")
        return found[0]

    def read(self) -> Generator[list[str], None, None]:
        """The rows after the first, each with a cell for every column."""
        with open_text(self.path, self.encoding) as file:
            rows = filter(None, csv.reader(file, delimiter=self.delimiter))
            next(rows)
            for row in rows:
                yield row + [""] * (len(self.columns) - len(row))


def open_text(path: Path, encoding: str) -> TextIO:
    """The file with its line ends as they are, for they may be inside of cells."""
    csv.field_size_limit(LARGEST_CELL)  # of the whole process: Python has no other
    return open(path, encoding=encoding, newline="")


def read_lines(path: Path) -> list[str]:
    """The lines of a text file that hold any text, in any encoding that a csv file may have.

    Raises:
        UsageError: there is none, or it is not text of a known encoding.
    """
    text = path.read_text(_find_encoding(path))
    return [line for line in text.splitlines() if line.strip()]


def open_table(path: Path, text_column: str | None = None) -> Table:
    """Go through a csv file.

    Args:
        path: the file; its first row names the columns.
        text_column: helps to tell the delimiter, where it is known.

    Raises:
        UsageError: it is empty, not text of a known encoding, or a row has more cells than the
            first one or none that ends; names the line.
    """
    encoding = _find_encoding(path)
    delimiter, text_number = _find_shape(path, encoding, text_column)
    with open_text(path, encoding) as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            filled = filter(None, reader)
            columns = tuple(next(filled))
            rows = 0
            for row in filled:
                rows += 1
                if len(row) > len(columns):
                    raise UsageError(
                        f"{path.name}, line {reader.line_num}: the row has {len(row)} cells, the"
                        f" first one {len(columns)}; a text that holds {delimiter!r} must stand in"
                        " quotation marks"
                    )
        except csv.Error as error:
            raise UsageError(f"{path.name}, line {reader.line_num}: {_reason(error)}") from None
    return Table(path, encoding, delimiter, columns, rows, text_number)


def _reason(error: csv.Error) -> str:
    reason = str(error)
    if "unexpected end" in reason or "field larger" in reason:
        return "a quotation mark opens a cell that is never closed"
    if "expected after" in reason:
        return "a cell goes on after its closing quotation mark; inside of a cell write it twice"
    return reason


def _find_encoding(path: Path) -> str:
    """The encoding in which the whole file can be read.

    UTF-8 is hardly ever right by chance. GB18030 often is: of other 8-bit text it makes rare
    characters, of Chinese text common ones, which GB 2312 has too.
    """
    with open(path, "rb") as file:
        start = file.read(SAMPLE_BYTES)
    if not start.strip():
        raise UsageError(f"{path.name} is empty")
    if start.startswith(ZIP_MARK):
        raise UsageError(f"{path.name} is a spreadsheet or a zip file: save it as csv")
    marked = next((encoding for mark, encoding in _MARKS if start.startswith(mark)), None)
    if marked:
        candidates = [marked]
    elif b"\0" in start:
        # UTF-16 without a mark: what stands between cells and rows has a zero byte on one side.
        even, odd = start[::2].count(0), start[1::2].count(0)
        one_sided = 4 * min(even, odd) < max(even, odd)
        candidates = ["utf-16-le" if odd > even else "utf-16-be"] if one_sided else []
        if 8 * max(even, odd) < len(start):  # Chinese, or some other text with a zero byte in it
            candidates.insert(0, "utf-8")
    else:
        candidates = ["utf-8", "gb18030"]
    fault = "it has bytes that are no text"
    for encoding in candidates:
        try:
            rare, foreign = _count_characters(path, encoding)
        except UnicodeDecodeError as error:
            fault = f"byte {error.object[error.start]:#04x} is not of {encoding}"
            continue
        if encoding != "gb18030" or 5 * rare <= foreign:
            return encoding
        fault = "as GB18030 it would be rare Chinese characters"
    raise UsageError(f"{path.name} is not {ENCODINGS} ({fault}): save it as UTF-8")


def _count_characters(path: Path, encoding: str) -> tuple[int, int]:
    """Rare characters, and all beyond ASCII; raises `UnicodeDecodeError`.

    Those of GB 2312 are common, and of traditional ones the first level of Big5.
    """
    counted: Counter[str] = Counter()
    with open_text(path, encoding) as file:
        while block := file.read(SAMPLE_BYTES):
            if encoding == "gb18030":
                counted.update(block)
    foreign = {character: times for character, times in counted.items() if character > "\x7f"}
    rare = [times for character, times in foreign.items() if not _is_common(character)]
    return sum(rare), sum(foreign.values())


def _is_common(character: str) -> bool:
    if character.encode("gb2312", "ignore"):
        return True
    return b"\xa4" <= character.encode("big5", "ignore")[:1] <= b"\xc6"


def _find_shape(path: Path, encoding: str, text_column: str | None) -> tuple[str, int]:
    """Delimiter, and the number of the column that seems to hold the texts."""
    with open_text(path, encoding) as file:
        sample = file.read(SAMPLE_BYTES)
    best: tuple[tuple[bool, float, int], str, int] | None = None
    for delimiter in DELIMITERS:
        rows = _sample_rows(sample, delimiter)
        if not rows:
            continue
        width = len(rows[0])
        alike = sum(len(row) == width for row in rows) / len(rows)
        # The named column decides; else the delimiter that splits most rows like the first, if it
        # splits that at all.
        rank = (text_column in rows[0], alike - (width == 1), width)
        if best is None or rank > best[0]:
            best = rank, delimiter, _text_number(rows)
    if best is None:
        raise UsageError(f"{path.name} has no first row that names its columns")
    return best[1], best[2]


def _sample_rows(sample: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    rows = []
    try:
        for row in reader:
            if row:
                rows.append(row)
            if len(rows) == SAMPLE_ROWS:
                break
    except csv.Error:
        pass
    ends_inside_a_row = len(sample) == SAMPLE_BYTES and len(rows) < SAMPLE_ROWS
    return rows[:-1] if ends_inside_a_row else rows


def _text_number(rows: list[list[str]]) -> int:
    """By its name, else the column with the longest cells."""
    names = [name.strip().lower() for name in rows[0]]
    for known in TEXT_COLUMNS:
        if known in names:
            return names.index(known)
    lengths = [
        sum(len(row[number]) for row in rows[1:] if number < len(row))
        for number in range(len(names))
    ]
    return max(range(len(names)), key=lengths.__getitem__)
