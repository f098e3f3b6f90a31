"""`forecast` and `backtest`: what they print, and one sentence for each kind of bad input."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import lstm_zoo as zoo
from lstm_zoo.errors import UsageError
from lstm_zoo.forecasting.example_series import FOLDER, example_names, example_series
from lstm_zoo.training.refit import refitter
from tests.test_cli import run

CO2 = FOLDER / "co2.csv"


@pytest.fixture(scope="module")
def model(tiny_forecaster: Path) -> str:
    return f"local-dir:{tiny_forecaster}"


def test_forecasts_as_csv_what_the_package_forecasts(model: str) -> None:
    done = run("forecast", model, CO2, "--horizon", "6")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    expected = zoo.load(model).forecast(CO2, 6)
    assert [float(row["0.5"]) for row in rows] == pytest.approx(list(expected["0.5"]))
    assert rows[0]["date"] == "2002-01-01"
    again = run("forecast", model, "example:co2", "--horizon", "6")
    assert again.stdout == done.stdout
    piped = run("forecast", model, "-", "--horizon", "6", stdin=CO2.read_text())
    assert piped.stdout == done.stdout


def test_forecasts_as_json_and_into_a_file(model: str, tmp_path: Path) -> None:
    options = ("--horizon", "3", "--quantile", "0.1", "--quantile", "0.9", "--samples", "2")
    rows = json.loads(run("forecast", model, CO2, *options, "--json").stdout)
    assert set(rows[0]) == {"series", "step", "date", "mean", "0.1", "0.9", "path 1", "path 2"}
    out = tmp_path / "forecast.csv"
    done = run("forecast", model, CO2, *options, "--out", out)
    assert (done.stdout, f"written: {out}" in done.stderr) == ("", True)
    assert len(out.read_text().splitlines()) == 4


def test_backtests_beside_baselines_and_gives_a_verdict(model: str) -> None:
    options = ("--horizon", "6", "--origins", "12", "--baseline", "drift")
    options += ("--baseline", "seasonal-naive")
    done = run("backtest", model, CO2, *options)
    assert done.returncode == 0, done.stderr
    assert "MASE" in done.stdout
    assert "over 12 origins" in done.stdout.splitlines()[-1]
    document = json.loads(run("backtest", model, CO2, *options, "--json").stdout)
    assert document["verdict"] == done.stdout.splitlines()[-1]
    names = [row["forecaster"] for row in document["scores"]]
    assert names == ["model", "model, corrected", "drift", "seasonal-naive"]


def test_a_backtest_trains_the_recipe_anew_on_what_was_known(model: str) -> None:
    options = ("--horizon", "12", "--origins", "4", "--stride", "12", "--baseline", "drift")
    done = run("backtest", model, CO2, *options, "--refit-every", "2")
    assert done.returncode == 0, done.stderr
    first, second = (len(example_series("co2")) - 12 * back for back in (4, 2))
    said = [f"training anew on the first {rows} rows" for rows in (first, second)]
    assert [line for line in done.stderr.splitlines() if "anew" in line] == said
    known = example_series("co2").first(second)
    anew = refitter(model)(known)
    assert anew.preprocessing.mean[0] == pytest.approx(known.values[: -12 - 75].mean())
    assert np.isfinite(anew.forecast(known, 12)["0.5"]).all()


@pytest.mark.skipif("prob-lstm.sp500" not in zoo.list_models(), reason="it is not in weights/")
def test_a_pooled_model_of_prices_is_not_trained_on_one_series() -> None:
    with pytest.raises(UsageError, match="prob-lstm.sp500 cannot be trained anew on one series"):
        refitter("prob-lstm.sp500")


def test_a_model_of_text_forecasts_nothing(tiny_checkpoint: Path) -> None:
    done = run("forecast", f"local-dir:{tiny_checkpoint}", CO2)
    assert (done.returncode, "is no forecasting model" in done.stderr) == (2, True)


@pytest.mark.parametrize("name", example_names())
def test_each_example_is_whole_and_its_source_is_named(name: str) -> None:
    series = example_series(name)
    assert np.isfinite(series.values).all()
    assert series.notes == ()
    assert series.frequency is not None
    assert f"`{name}.csv`" in (FOLDER / "README.md").read_text("utf-8")


# ---- bad input ---------------------------------------------------------------------------------


def table(values: list[object], dates: list[str] | None = None) -> str:
    dates = dates or [f"2020-01-{day + 1:02}" for day in range(len(values))]
    return "date,value\n" + "".join(f"{d},{v}\n" for d, v in zip(dates, values, strict=True))


def write_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("series.csv", table(list(range(30))))


GOOD: list[object] = [float(k % 7) for k in range(28)]
MIXED_DATES = [f"2020-01-{d:02}" for d in range(1, 10)] + [f"{d}/01/2020" for d in range(10, 20)]
MIXED_DATES += [f"Jan {d} 2020" for d in range(20, 29)]
WRONG: dict[str, tuple[str | Callable[[Path], None], str]] = {
    "text in the value column": (table([*GOOD[:20], "many", *GOOD[21:]]), "'many' in row 21"),
    "dates in three formats": (table(GOOD, MIXED_DATES), "date"),
    "five points": (table(GOOD[:5]), "5 rows"),
    "an infinite number": (table([*GOOD[:20], "inf", *GOOD[21:]]), "infinite"),
    "a zip named csv": (write_zip, "zip"),
    "nothing": ("", "cannot be read"),
    "no numbers": ("a,b\nx,y\nz,w\n", "no column of numbers"),
    "100 MB": (lambda path: path.write_bytes(b"1,2\n" * (26 * 2**20)), "MB"),
}


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("verb", ["forecast", "backtest"])
def test_bad_input_is_answered_by_one_sentence(
    model: str, tmp_path: Path, kind: str, verb: str
) -> None:
    content, message = WRONG[kind]
    path = tmp_path / "series.csv"
    if isinstance(content, str):
        path.write_text(content)
    else:
        content(path)
    done = run(verb, model, path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("verb", "options", "message"),
    [
        ("forecast", ["--horizon", "13"], "1 to 12 steps"),
        ("backtest", ["--horizon", "13"], "1 to 12 steps"),
        ("backtest", ["--horizon", "12"], "take fewer origins or a shorter horizon"),
        ("forecast", ["--quantile", "1.5"], "between 0 and 1"),
        ("forecast", ["--column", "valeu"], "did you mean 'value'"),
    ],
)
def test_a_request_out_of_reach_is_answered_by_one_sentence(
    model: str, tmp_path: Path, verb: str, options: list[str], message: str
) -> None:
    path = tmp_path / "series.csv"
    path.write_text(table(GOOD))
    done = run(verb, model, path, *options)
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)
    assert message in done.stderr


def test_what_can_be_mended_is_mended_and_said(model: str, tmp_path: Path) -> None:
    path = tmp_path / "series.csv"
    rows = table(GOOD).splitlines()
    path.write_text("\n".join([rows[0], *rows[1:10], *rows[15:]]) + "\n")
    done = run("forecast", model, path, "--horizon", "3")
    assert done.returncode == 0
    assert "5 rows were missing" in done.stderr


def prices(rows: int, split: int | None = None) -> str:
    """Closing prices that rise and fall by a percent; divided by ten from a day on."""
    days = pd.bdate_range("2022-01-03", periods=rows).strftime("%Y-%m-%d")
    closes = [
        f"{100 * 1.01 ** (row % 2) / (10 if split and row >= split else 1):.4f}"
        for row in range(rows)
    ]
    return "date,close\n" + "".join(f"{d},{v}\n" for d, v in zip(days, closes, strict=True))


needs_prices = pytest.mark.skipif(
    "prob-lstm.sp500" not in zoo.list_models(), reason="it is not in weights/"
)


@needs_prices
@pytest.mark.parametrize("verb", ["forecast", "backtest"])
def test_a_split_of_prices_is_pointed_out(verb: str, tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(prices(400, split=300))
    done = run(verb, "prob-lstm.sp500", path, "--horizon", "5")
    assert done.returncode == 0, done.stderr
    assert re.search(r"note: The price changes by a factor of .* if that is a split", done.stderr)


@needs_prices
@pytest.mark.parametrize("verb", ["forecast", "backtest"])
def test_a_price_below_zero_is_named(verb: str, tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(prices(400) + "2030-01-01,-3\n")
    done = run(verb, "prob-lstm.sp500", path, "--horizon", "5")
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)
    assert "the price -3 in row " in done.stderr


@needs_prices
def test_a_column_of_prices_may_be_chosen() -> None:
    options = ("--column", "open", "--horizon", "5", "--origins", "5")
    done = run("backtest", "prob-lstm.sp500", FOLDER / "sp500.csv", *options)
    assert done.returncode == 0, done.stderr
    assert "over 5 origins" in done.stdout


@pytest.mark.parametrize("verb", ["forecast", "backtest"])
def test_a_series_unlike_those_of_training_is_said_to_be(
    model: str, tmp_path: Path, verb: str
) -> None:
    path = tmp_path / "series.csv"
    path.write_text(table([(-1) ** day for day in range(90)], days(90)))
    done = run(verb, model, path, "--horizon", "3")
    assert done.returncode == 0, done.stderr
    assert "note: The model was trained on steps of 'MS', these are of 'D'." in done.stderr
    assert "note: value: how much it moves from step to step" in done.stderr


def days(count: int) -> list[str]:
    return [f"{day:%Y-%m-%d}" for day in pd.date_range("2020-01-01", periods=count)]


def test_a_constant_series_is_forecast_and_the_backtest_says_what_it_is(
    model: str, tmp_path: Path
) -> None:
    path = tmp_path / "series.csv"
    path.write_text("value\n" + "4\n" * 90)
    rows = json.loads(run("forecast", model, path, "--json").stdout)
    assert all(row["0.5"] == pytest.approx(4) for row in rows)
    done = run("backtest", model, path, "--horizon", "2", "--origins", "8")
    assert "There is nothing to forecast in this series" in done.stdout
