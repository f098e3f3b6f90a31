"""What the tab says of a series and of a backtest, in both languages, and never as HTML."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lstm_zoo.errors import UsageError
from lstm_zoo.forecasting.baselines import level_baselines
from lstm_zoo.forecasting.example_series import example_names
from lstm_zoo.forecasting.familiarity import WORDS as STATISTICS
from lstm_zoo.forecasting.fit import tuning_overrides
from lstm_zoo.forecasting.prices import closing_prices, split_notes
from lstm_zoo.forecasting.series import read_series
from lstm_zoo.forecasting.verdict import SENTENCES, Verdict
from lstm_zoo.forecasting.volatility import volatility_baselines
from lstm_zoo.ui.forecast.answers import answer, run_backtest
from lstm_zoo.ui.forecast.charts import positions
from lstm_zoo.ui.forecast.own_models import train_own
from lstm_zoo.ui.forecast.running import run, tune
from lstm_zoo.ui.forecast.sources import EXAMPLES, may_be_prices, series_of
from lstm_zoo.ui.forecast.tables import (
    forecast_table,
    forecaster_name,
    notes_list,
    verdict_words,
)
from lstm_zoo.ui.states import told
from lstm_zoo.ui.words import WORDS
from lstm_zoo.ui.words.messages import message
from tests.forecasting.makers import HORIZON, preprocessing, random_forecaster


def is_translated(text: dict[str, str]) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text["zh-CN"])


def test_every_example_has_a_button_and_says_where_it_is_from() -> None:
    assert set(EXAMPLES) == set(example_names())
    assert all({f"example_{name}", f"about_{name}"} <= WORDS.keys() for name in EXAMPLES)


def test_tables_of_prices_are_known_by_the_names_of_their_columns() -> None:
    for names in (["Date", "Adj Close"], ["date", "close", "volume"], ["日期", "收盘价"]):
        assert may_be_prices(names)
    for names in (["date", "temperature"], ["day", "closed", "enclosed"]):
        assert not may_be_prices(names)


def test_every_forecaster_of_a_backtest_has_a_name_of_its_own() -> None:
    names = [*level_baselines(12), *volatility_baselines(5), "model", "model, corrected"]
    said = [forecaster_name(name) for name in names]
    assert all(
        text["en"] != name or name == "drift" for text, name in zip(said, names, strict=True)
    )
    assert len({text["zh-CN"] for text in said}) == len(names)


@pytest.mark.parametrize("key", SENTENCES)
def test_every_verdict_is_said_in_both_languages(key: str) -> None:
    values = {"origins": 40, "baseline": "theta", "measure": "CRPS", "percent": "3.0"}
    values |= {"direction": "lower", "p": "0.2"}
    said = verdict_words(Verdict(key, values))
    assert is_translated(said)
    assert "theta method" in said["en"]
    assert "Theta 法" in said["zh-CN"]


def test_every_note_on_a_series_is_translated() -> None:
    days = list(pd.date_range("2020-01-01", periods=60).strftime("%Y-%m-%d"))
    values: list[float | None] = [None, *(40.0 + k % 7 for k in range(59))]
    values[20:23] = [None] * 3
    table = pd.DataFrame({"date": days, "value": values, "shop": "corner"})
    table = pd.concat([table.iloc[:30], table.iloc[29:40], table.iloc[45:]])
    notes = [*read_series(table.iloc[::-1]).notes]
    jumps = pd.DataFrame({"date": days, "price": np.where(np.arange(60) < 30, 100.0, 10.0)})
    notes += split_notes(read_series(jumps))
    notes += split_notes(read_series(jumps.price))
    irregular = pd.to_datetime(jumps.date) + pd.to_timedelta(np.arange(60) ** 2, "h")
    notes += read_series(jumps.assign(date=irregular)).notes
    seen = "lies outside what was seen in training (0 to 1)."
    notes += [f"shop: {words} (3) {seen}" for words in STATISTICS.values()]
    notes += ["The model was trained on steps of 'MS', these are of 'D'."]
    notes += read_series(jumps.assign(price=jumps.price.map("${:,.2f}".format))).notes
    assert len(notes) >= 14
    for note in notes:
        assert is_translated(message(note)), note


DAYS = "".join(f"2024-01-{day:02},{day % 5}\n" for day in range(1, 31))
BROKEN_FILES = {
    "a zip": "PK\x03\x04 and so on",
    "no csv": '"',
    "a number among text": "date,value\n" + DAYS + "2024-02-01,n/k\n",
    "no numbers": "name\n" + "a\n" * 20,
    "an empty column": "date,value\n" + "".join(f"2024-01-{d:02},\n" for d in range(1, 31)),
    "infinity": "date,value\n" + DAYS + "2024-02-01,inf\n",
    "two kinds of dates": "date,value\n" + DAYS + "1/2/24,5\n",
    "five points": "value\n1\n2\n3\n4\n5\n",
}


@pytest.mark.parametrize("kind", BROKEN_FILES)
def test_what_is_wrong_with_a_file_is_said_in_both_languages(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "series.csv"
    file.write_text(BROKEN_FILES[kind])
    with pytest.raises(UsageError) as caught:
        series_of({"file": str(file)}, None, ["value"] if "value" in BROKEN_FILES[kind] else None)
    said = told(caught.value)
    assert "series.csv" in said["zh-CN"]
    assert is_translated(said), said


def test_numbers_that_are_too_few_are_told_so_in_both_languages() -> None:
    with pytest.raises(UsageError) as caught:
        read_series([1.0, 2.0, 3.0])
    assert told(caught.value) == {
        "en": "the series has 3 rows of numbers: at least 10 needed",
        "zh-CN": "序列只有 3 行数字，至少要 10 行。",
    }


def days(count: int) -> Any:
    dates = pd.date_range("2020-01-01", periods=count)
    return read_series(pd.DataFrame({"date": dates, "value": np.arange(count) % 7 - 1.0}))


REQUESTS: dict[str, Callable[[], Any]] = {
    "no series": lambda: series_of({}, None, None),
    "too far": lambda: answer(random_forecaster(), days(90), HORIZON + 1, hide=False),
    "too far to hide": lambda: answer(random_forecaster(), days(12), HORIZON, hide=True),
    "too far to test": lambda: run_backtest(random_forecaster(), days(90), HORIZON + 1),
    "too short to test": lambda: run_backtest(random_forecaster(), days(24), HORIZON),
    "prices below zero": lambda: closing_prices(days(90)),
    "too far to learn": lambda: next(train_own({"file": "x.csv"}, days(90), 80, None, None)),
    "too short to go on from": lambda: tuning_overrides("a.b", {}, preprocessing(1), days(40)),
    "other columns to go on from": lambda: tuning_overrides(
        "a.b", {"channels": "joint"}, preprocessing(2), days(300)
    ),
    "no dates to go on from": lambda: tuning_overrides(
        "a.b", {"calendar": True}, preprocessing(1), read_series(np.arange(300) % 7)
    ),
    "too short to learn": lambda: next(train_own({"file": "x.csv"}, days(20), 5, None, None)),
}


@pytest.mark.parametrize("kind", REQUESTS)
def test_what_cannot_be_done_is_said_in_both_languages(kind: str) -> None:
    with pytest.raises(UsageError) as caught:
        REQUESTS[kind]()
    said = told(caught.value)
    assert is_translated(said), said


@pytest.mark.parametrize(("horizon", "said"), [(None, "须为数字"), (2.5, "须为整数")])
def test_the_steps_ahead_are_a_whole_number(horizon: float | None, said: str) -> None:
    own = "own:of-yesterday"
    *_, (status, *_) = run(own, {"example": "co2"}, None, None, 12, False)
    assert "请重新训练" in status
    *_, (status, *_) = run(own, {"example": "co2"}, None, None, horizon, False)
    assert said in status


@pytest.mark.parametrize("start", ["local-dir:/tmp", "own:of-yesterday", "prob-lstm.sp500"])
def test_only_a_model_of_series_that_is_here_is_trained_further(start: str) -> None:
    *_, (status, _) = tune({"example": "co2"}, None, None, start)
    assert "请先选一个单序列模型" in status


def test_names_of_columns_are_never_html() -> None:
    code = "<img src=x onerror=run()>"
    table = pd.DataFrame({"series": [code], "step": [1], code: [2.0]})
    shown = forecast_table(table, code) + notes_list([f"The column '{code}' holds text."])
    assert "<img" not in shown


def test_a_thousand_notes_do_not_fill_the_page() -> None:
    shown = notes_list([f"The column '{k}' holds text: it was left out." for k in range(1000)])
    assert "(1000)" in shown
    assert shown.count("<li>") == 21
    assert "And 980 more." in shown
    assert "还有 980 条。" in shown


def test_a_forecast_continues_the_dates_or_the_numbers_of_rows() -> None:
    dates = pd.date_range("2020-01-01", periods=40, freq="MS")
    series = read_series(pd.DataFrame({"date": dates, "value": np.arange(40.0)}))
    past, ahead = positions(series, 40, 2)
    assert (past[-1], ahead[0]) == (pd.Timestamp("2023-04-01"), pd.Timestamp("2023-05-01"))
    past, ahead = positions(series, 38, 2)
    assert list(ahead) == list(dates[-2:])
    assert positions(read_series(np.arange(40.0)), 40, 2)[1] == [40, 41]
