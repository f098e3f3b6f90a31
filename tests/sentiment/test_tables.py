"""csv files of all kinds: recognised, or refused in a sentence."""

from __future__ import annotations

import csv
import io
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lstm_zoo.errors import UsageError
from lstm_zoo.sentiment.tables import open_table

ROWS = [
    ["id", "review", "标签"],
    ["1", 'She said "no", twice.\nThen left; really', "差"],
    ["2", "房间很干净，服务员也很热情。", "好"],
    ["3", "émigré | naïve", ""],
]


def content(rows: list[list[str]], delimiter: str = ",") -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()


def file(folder: Path, data: bytes) -> Path:
    path = folder / "reviews.csv"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030"],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_recognises_encoding_and_delimiter(tmp_path: Path, encoding: str, delimiter: str) -> None:
    table = open_table(file(tmp_path, content(ROWS, delimiter).encode(encoding)))
    assert table.delimiter == delimiter
    assert list(table.columns) == ROWS[0]
    assert list(table.read()) == ROWS[1:]
    assert table.rows == 3
    assert table.columns[table.text_column] == "review"


def test_recognises_utf_16_that_starts_with_its_high_byte(tmp_path: Path) -> None:
    data = b"\xfe\xff" + content(ROWS).encode("utf-16-be")
    assert list(open_table(file(tmp_path, data)).read()) == ROWS[1:]


def test_chinese_in_gb18030_is_not_taken_for_anything_else(tmp_path: Path) -> None:
    data = "label,review\n1,早餐太差，无论去多少人，那边也不加食品的。\n".encode("gb18030")
    table = open_table(file(tmp_path, data))
    assert table.encoding == "gb18030"
    assert next(table.read()) == ["1", "早餐太差，无论去多少人，那边也不加食品的。"]


def test_traditional_characters_in_gb18030_are_common_too(tmp_path: Path) -> None:
    row = ["1", "這間酒店的環境還不錯，但是服務態度讓人覺得難受。"]
    data = f"label,review\n{','.join(row)}\n".encode("gb18030")
    assert next(open_table(file(tmp_path, data)).read()) == row


def test_a_zero_byte_does_not_make_a_file_utf_16(tmp_path: Path) -> None:
    rows = [["id", "text"], ["1", "a great\0 film"], ["2", "awful"]]
    table = open_table(file(tmp_path, content(rows).encode()))
    assert table.encoding == "utf-8"
    assert list(table.read()) == rows[1:]


BAD = [
    (b"", "is empty"),
    (b"\xef\xbb\xbf", "no first row"),
    (b"\n\n", "is empty"),
    (
        "text\ncafé, naïve\n".encode("latin-1"),
        "not UTF-8, UTF-16 or GB18030 .*save it as UTF-8",
    ),
    ("text\nécole, Zoë, dépôt\n".encode("latin-1"), "not UTF-8, UTF-16 or GB18030"),
    (b"PK\x03\x04" + bytes(200), "a spreadsheet or a zip file: save it as csv"),
    (bytes(range(256)) * 20, "not UTF-8, UTF-16 or GB18030"),
    (b"text\n" + b"fine\n" * 300_000 + b"\xff\n", "not UTF-8, UTF-16 or GB18030"),
    (
        b'id,text\n1,"never closed\n2,more\n',
        "line 3: a quotation mark opens a cell",
    ),
    (
        b'id,text\n1,"closed" and on\n',
        "line 2: a cell goes on after its closing quot",
    ),
    (b"id,text\n1,fine\n2,good, but long\n", "line 3: the row has 3 cells, the first one 2"),
]


@pytest.mark.parametrize(("data", "message"), BAD)
def test_refuses_what_it_cannot_read(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        open_table(file(tmp_path, data))


def test_a_column_is_found_by_its_name_or_the_nearest_is_named(tmp_path: Path) -> None:
    table = open_table(file(tmp_path, content([*ROWS]).encode()))
    assert table.column("标签") == 2
    assert table.column(None) == 1
    with pytest.raises(UsageError, match="no column 'reveiw'; did you mean 'review'?"):
        table.column("reveiw")
    twice = open_table(file(tmp_path, b"text,text\na,b\n"))
    with pytest.raises(UsageError, match="2 columns 'text'"):
        twice.column("text")


def test_the_named_column_tells_the_delimiter(tmp_path: Path) -> None:
    path = file(tmp_path, b"a,b;text\n1,2;x\n")
    assert open_table(path, "text").columns == ("a,b", "text")
    assert open_table(path, "b;text").columns == ("a", "b;text")


def test_without_a_known_name_the_longest_cells_are_the_texts(tmp_path: Path) -> None:
    table = open_table(file(tmp_path, b"stars,what they said\n5,long enough to be a text\n"))
    assert table.text_column == 1


def test_one_column_of_unquoted_sentences_is_one_column(tmp_path: Path) -> None:
    table = open_table(file(tmp_path, b"review\nGood, but long\nBad\nFunny, warm, short\n"))
    assert [row for row, *more in table.read()] == ["Good, but long", "Bad", "Funny, warm, short"]


def test_empty_lines_are_no_rows_and_short_rows_are_filled(tmp_path: Path) -> None:
    table = open_table(file(tmp_path, b"\nid,text,note\n\n1,a\n\n2,b,c\n\n"))
    assert list(table.read()) == [["1", "a", ""], ["2", "b", "c"]]
    assert table.rows == 2


def test_a_cell_of_a_megabyte_is_read(tmp_path: Path) -> None:
    text = "word " * 200_000
    table = open_table(file(tmp_path, content([["text"], [text]]).encode()))
    assert list(table.read()) == [[text]]


def test_a_long_file_takes_little_memory(tmp_path: Path) -> None:
    path, text = tmp_path / "long.csv", "a review, of some length; " * 10
    with path.open("w", encoding="utf-8") as stream:
        stream.write("id,text\n")
        for number in range(60_000):
            stream.write(f'{number},"{text}"\n')
    tracemalloc.start()
    table = open_table(path)
    assert sum(1 for _ in table.read()) == table.rows == 60_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < path.stat().st_size


cells = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\0"), max_size=12
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.lists(cells, min_size=3, max_size=3), max_size=5), st.sampled_from(",;\t|"))
def test_reads_back_every_cell(tmp_path: Path, rows: list[list[str]], delimiter: str) -> None:
    table = open_table(file(tmp_path, content([["a", "text", "b"], *rows], delimiter).encode()))
    assert list(table.read()) == rows
