"""Series from tables: what is mended, what is said, what is refused."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lstm_zoo.errors import UsageError
from lstm_zoo.forecasting import tables
from lstm_zoo.forecasting.series import read_series


def hourly(rows: int = 48, **columns: object) -> pd.DataFrame:
    dates = pd.date_range("2024-01-01", periods=rows, freq="h")
    return pd.DataFrame({"date": dates, **(columns or {"load": np.arange(float(rows))})})


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet"])
def test_a_file_gives_the_same_series_as_its_table(suffix: str, tmp_path: Path) -> None:
    table, path = hourly(), tmp_path / f"load.{suffix}"
    table.to_parquet(path) if suffix == "parquet" else table.to_csv(path, index=False)
    read, direct = read_series(path), read_series(table)
    assert np.array_equal(read.values, direct.values)
    assert read.dates.equals(direct.dates)
    assert (read.frequency, read.names, read.notes) == ("h", ("load",), ())


def test_rows_are_put_in_the_order_of_time_and_the_last_of_a_date_counts() -> None:
    table = hourly().iloc[::-1]
    again = table.iloc[[5]].assign(load=-1.0)
    series = read_series(pd.concat([table, again]))
    assert series.values[42, 0] == -1
    assert np.array_equal(np.delete(series.values[:, 0], 42), np.delete(np.arange(48.0), 42))
    assert any("sorted" in note for note in series.notes)
    assert any("date of another" in note for note in series.notes)


def test_missing_rows_and_values_are_the_last_ones_before_them() -> None:
    table = hourly().drop(index=[10, 11])
    table.loc[20, "load"] = np.nan
    series = read_series(table)
    assert len(series) == 48
    assert series.values[9:13, 0].tolist() == [9, 9, 9, 12]
    assert series.values[20, 0] == 19
    assert any("2 rows were missing, the first on 2024-01-01 10:00" in n for n in series.notes)


def test_rows_before_the_first_value_are_left_out() -> None:
    table = hourly()
    table.loc[:3, "load"] = np.nan
    series = read_series(table)
    assert (len(series), series.values[0, 0]) == (44, 4)
    assert any("first 4 rows were left out" in note for note in series.notes)


def test_what_comes_later_never_changes_what_was_read() -> None:
    table = hourly()
    table.loc[[7, 30], "load"] = np.nan
    early = read_series(table.iloc[:29]).values
    assert np.array_equal(read_series(table).values[:29], early)


@pytest.mark.parametrize(
    ("frequency", "word"),
    [("h", "h"), ("15min", "15min"), ("D", "D"), ("B", "B"), ("MS", "MS"), ("W-SUN", "W-SUN")],
)
def test_the_step_is_found_with_rows_missing_too(frequency: str, word: str) -> None:
    dates = pd.date_range("2020-01-01", periods=80, freq=frequency)
    table = pd.DataFrame({"when": dates.astype(str), "x": np.arange(80.0)})
    assert read_series(table).frequency == word
    series = read_series(table.drop(index=[33, 50]))
    expected = ["7D", word] if frequency == "W-SUN" else [word]
    assert series.frequency in expected
    assert len(series) == (78 if frequency == "B" else 80)


def test_holidays_are_no_missing_rows_of_prices() -> None:
    days = pd.date_range("2023-01-02", periods=60, freq="B").delete([10, 30])
    price = np.linspace(100, 120, 58)
    columns = dict.fromkeys(["Open", "High", "Low", "Close"], price)
    table = pd.DataFrame({"Date": days.strftime("%m/%d/%Y"), **columns, "Adj Close": price})
    series = read_series(table)
    assert series.is_prices
    assert series.names == ("open", "high", "low", "close")
    assert (len(series), series.frequency) == (58, "B")


def test_days_before_months_are_read_as_such() -> None:
    days = pd.date_range("2024-01-01", periods=40, freq="D")
    series = read_series(pd.DataFrame({"day": days.strftime("%d.%m.%Y"), "x": range(40)}))
    assert series.dates.equals(pd.DatetimeIndex(days))


def test_months_and_years_are_dates() -> None:
    months = pd.date_range("1949-01", periods=24, freq="MS").strftime("%Y-%m")
    assert read_series(pd.DataFrame({"Month": months, "x": range(24)})).frequency == "MS"
    series = read_series(pd.DataFrame({"year": range(1900, 1930), "x": range(30)}))
    assert str(series.dates[0].date()) == "1900-01-01"
    assert series.names == ("x",)


def test_prices_as_exports_write_them_are_numbers() -> None:
    numbers = 1000.5 - np.arange(48)
    for shape in ("{:,.2f}", "${:,.2f}", "-€ {:,.2f}", "￥{:.1f}"):
        series = read_series(hourly(48, price=[*map(shape.format, numbers[:-1]), None]))
        sign = -1 if shape[0] == "-" else 1
        assert series.values[:-1, -1].tolist() == (sign * numbers[:-1]).tolist()
        assert f"thousands: {shape.format(1000.5)!r} is {sign * 1000.5}." in series.notes[0]
    alone = read_series(pd.DataFrame({"price": [f"{k:,}" for k in range(1000, 1040)]}))
    assert alone.dates is None
    assert alone.values[:, 0].tolist() == list(range(1000, 1040))


def test_commas_that_group_no_thousands_are_no_numbers() -> None:
    for wrong in ("1,5", "1,23,456", "12,3456", "$", "1.5 $", "$1,5"):
        with pytest.raises(UsageError, match="no column of numbers"):
            read_series(pd.DataFrame({"price": [wrong] * 40}))


def test_numbers_alone_are_a_series_without_dates() -> None:
    series = read_series(np.arange(20))
    assert (series.values.shape, series.dates, series.frequency) == ((20, 1), None, None)


def test_the_future_goes_on_at_the_same_step() -> None:
    assert read_series(hourly()).future_dates(2)[-1] == pd.Timestamp("2024-01-03 01:00")


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (hourly(48, x=[1.0] * 30 + ["many"] + [2.0] * 17), "'x'.*'many' in row 31"),
        (hourly(48, x=[1.0] * 30 + [np.inf] + [2.0] * 17), "infinite number in column 'x', row 31"),
        (hourly(5), "has 5 rows of numbers: at least 10"),
        (hourly(48, x=["a"] * 48), "no column of numbers"),
        (hourly(48, x=[None] * 48), "no number"),
        (hourly(48).assign(date=["2024-01-01", "3/4/2024", "7 May 24"] * 16), "date '3/4/2024'"),
        (np.zeros((2, 3, 4)), r"the shape \(2, 3, 4\)"),
        ("nowhere.csv", "there is no file nowhere.csv"),
    ],
)
def test_what_is_no_series_is_refused_in_a_sentence(table: object, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        read_series(table)


def test_a_wrong_column_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="no column 'laod'; did you mean 'load'"):
        read_series(hourly(), values="laod")
    with pytest.raises(UsageError, match="no column 'dat'; did you mean 'date'"):
        read_series(hourly(), date="dat")


def test_a_zip_and_a_huge_file_are_refused(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "series.csv"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "1,2")
    with pytest.raises(UsageError, match="zip archive, not a csv"):
        read_series(path)
    monkeypatch.setattr(tables, "LARGEST_FILE", 2**20)
    path.write_bytes(b"1,2\n" * 2**19)
    with pytest.raises(UsageError, match="has 2 MB, at most 1 are read"):
        read_series(path)


def test_bytes_that_are_no_table_give_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "noise.csv"
    noise = np.random.default_rng(0).bytes(4000)
    # Some zero bytes are not yet UTF-16, which has one beside each digit.
    for content in (noise, bytes(range(256)) * 16, b"\x89PNG\r\n\x1a\n\0" + noise[:300]):
        path.write_bytes(content)
        with pytest.raises(
            UsageError, match=r"noise\.csv is neither csv nor parquet: it has bytes"
        ):
            read_series(path)


def test_a_long_name_does_not_flood_the_sentence(tmp_path: Path) -> None:
    path = tmp_path / "words.csv"
    path.write_text("date," + "x" * 9000 + "\n2024-01-01,red\n")
    with pytest.raises(UsageError, match="no column of numbers; its columns: date, xxx") as told:
        read_series(path)
    assert len(str(told.value)) < 200
