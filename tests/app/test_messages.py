"""What the package says of a visitor's files is said in both languages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lstm_zoo.errors import UsageError
from lstm_zoo.forecasting.series import read_series
from lstm_zoo.inspection.uploads import read_state_dict
from lstm_zoo.sentiment.tables import open_table
from lstm_zoo.ui.states import told
from tests.inspection.test_uploads import BAD as BAD_WEIGHTS
from tests.sentiment.test_tables import BAD as BAD_TABLES


def is_translated(error: UsageError) -> bool:
    said = told(error)
    assert said["en"] == str(error)
    return any("\u4e00" <= letter <= "\u9fff" for letter in said["zh-CN"])


BAD_FILES: list[tuple[Callable[[Path], Any], bytes]] = [
    (open_table, data) for data, _ in BAD_TABLES
]
BAD_FILES += [(read_series, data) for data in (b"", b"\x00\x01\x02 and so on")]


@pytest.mark.parametrize(("read", "data"), BAD_FILES)
def test_what_is_wrong_with_a_table(
    read: Callable[[Path], Any], data: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(data)
    with pytest.raises(UsageError) as caught:
        read(file)
    assert is_translated(caught.value)


@pytest.mark.parametrize("name", ["reveiw", "text"])
def test_what_is_wrong_with_a_column_of_reviews(name: str, tmp_path: Path) -> None:
    file = tmp_path / "reviews.csv"
    file.write_text("text,text,review\na,b,c\n")
    with pytest.raises(UsageError) as caught:
        open_table(file).column(name)
    assert is_translated(caught.value)


@pytest.mark.parametrize("case", BAD_WEIGHTS)
def test_what_is_wrong_with_weights(case: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_state_dict(BAD_WEIGHTS[case][0])
    assert is_translated(caught.value)
