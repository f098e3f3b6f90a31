"""What the package says of a visitor's files is said in both languages."""

from __future__ import annotations

from pathlib import Path

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


@pytest.mark.parametrize("data", [data for data, _ in BAD_TABLES], ids=lambda data: data[:20])
def test_what_is_wrong_with_a_table_of_reviews(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "reviews.csv"
    file.write_bytes(data)
    with pytest.raises(UsageError) as caught:
        open_table(file)
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


@pytest.mark.parametrize("data", [b"", b"\x00\x01\x02 and so on"], ids=["empty", "binary"])
def test_what_is_wrong_with_a_series(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "series.csv"
    file.write_bytes(data)
    with pytest.raises(UsageError) as caught:
        read_series(file)
    assert is_translated(caught.value)
