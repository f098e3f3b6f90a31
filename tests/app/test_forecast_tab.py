"""The tab 'Forecast' in a real browser, and its public events."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

import lstm_zoo as zoo
from lstm_zoo.forecasting.example_series import FOLDER
from lstm_zoo.forecasting.series import read_series
from tests.app.conftest import FORECASTER, let_it_open

MODELS = zoo.list_models(task="forecasting")
PRICES = "prob-lstm.sp500"
needs_model = pytest.mark.skipif(not MODELS, reason="no forecasting model is in weights/")
needs_prices = pytest.mark.skipif(PRICES not in MODELS, reason=f"{PRICES} is not in weights/")
WAIT = 120_000
Visit = Callable[..., Any]


@pytest.fixture
def open_tab(visit: Visit) -> Visit:
    """A function that opens the page and goes to the tab."""

    def go(**options: Any) -> Any:
        page = visit(**options)
        page.get_by_role("tab", name=re.compile("^(Forecast|预测)$")).click()
        page.locator("#forecast-go").wait_for()
        let_it_open(page)
        return page

    return go


def choose(page: Any, name: str, about: str) -> None:
    page.locator(f"#example-{name}").click()
    page.locator("#forecast-source", has_text=about).wait_for(timeout=WAIT)


def ask(page: Any) -> None:
    page.locator("#forecast-go").click()
    page.locator("#forecast-status", has_text=re.compile("Done in|用时")).wait_for(timeout=WAIT)


@needs_prices
def test_the_first_press_forecasts_the_first_example_and_leads_to_the_gates(
    open_tab: Visit,
) -> None:
    page = open_tab()
    assert "S&P 500" in page.locator("#forecast-source").inner_text()
    ask(page)
    page.locator("#forecast-chart .main-svg").first.wait_for(timeout=WAIT)
    assert page.locator("#forecast-said .notes").count() == 0
    page.get_by_role("button", name="Look at the gates").click()
    page.locator("#gates-text textarea").wait_for()
    page.wait_for_function(
        """name => document.querySelector('.gates-view').panes?.[0]?.state.model === name""",
        arg=PRICES,
        timeout=WAIT,
    )
    page.locator("#gates-view .gates-pane[data-drawn]").wait_for(timeout=WAIT)
    page.wait_for_timeout(1500)  # the tab's own example would come in now
    read = [float(word) for word in page.input_value("#gates-text textarea").split()]
    closes = read_series(FOLDER / "sp500.csv").values[-len(read) :, 3]
    assert read == closes.tolist()
    assert len(read) == zoo.load(PRICES).look_back + 1


@needs_model
def test_mistakes_are_told_in_the_language_of_the_page(open_tab: Visit) -> None:
    page = open_tab(locale="zh-CN")
    for horizon, said in (("99999", "这个模型能预测 1 到"), ("", "须为数字")):
        page.locator("#forecast-horizon input").fill(horizon)
        page.locator("#forecast-go").click()
        page.locator("#forecast-status .notice", has_text=said).wait_for(timeout=WAIT)
    assert "asked for" not in page.locator("#forecast-status").inner_text()


@needs_prices
def test_prices_are_forecast_without_a_claim_about_their_direction(open_tab: Visit) -> None:
    page = open_tab(viewport={"width": 390, "height": 844}, locale="zh-CN")
    choose(page, "sp500", "标普")
    page.locator("#hide input").check()
    ask(page)
    page.wait_for_function(
        "document.querySelector('#forecast-status').getBoundingClientRect().top < 400"
    )
    page.locator("#forecast-chart .main-svg").first.wait_for(timeout=WAIT)
    page.locator("#forecast-returns .main-svg").first.wait_for(timeout=WAIT)
    for chart in ("#forecast-chart", "#forecast-returns"):
        dates = page.locator(f"{chart} .xtick text")
        assert re.fullmatch(r"[\d-]+", "".join(dates.all_text_contents()))  # no English months
    assert "这不是投资建议" in page.locator("#forecast-said").inner_text()
    verdict = page.locator("#forecast-verdict")
    assert "40 次过去预测" in verdict.locator(".verdict").inner_text()
    assert "EWMA" in verdict.locator("table").inner_text()
    page.locator("#forecast-table summary").click()
    assert page.locator("#forecast-table tbody tr").count() == 20
    with page.expect_download() as download:
        page.locator("#forecast-table .save").click()
    saved = Path(download.value.path()).read_text("utf-8").splitlines()
    assert saved[0].split(",")[:3] == ["series", "step", "date"]
    assert saved[0].endswith("actual")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_file_that_is_no_table_is_answered_by_one_sentence(
    open_tab: Visit, tmp_path: Path
) -> None:
    page = open_tab()
    wrong = tmp_path / "series.csv"
    wrong.write_bytes(b"PK\x03\x04 and so on")
    page.locator("input[type=file]").first.set_input_files(wrong)
    page.locator("#forecast-source .notice", has_text="zip archive").wait_for(timeout=WAIT)
    assert "still chosen" in page.locator("#forecast-source").inner_text()
    ask(page)  # for the series that was chosen before
    code = tmp_path / "code.csv"
    code.write_text('day,"<img src=x onerror=""document.title=1"">"\n' + "1,2\n" * 30)
    page.locator("input[type=file]").first.set_input_files(code)
    page.locator("#forecast-source", has_text="30 rows, 2 columns").wait_for(timeout=WAIT)
    page.locator("#value-column input").click()
    assert page.locator("img[src=x]").count() == 0
    if {PRICES} < set(MODELS):  # no prices: another model fits
        assert page.input_value("#forecast-model input") != PRICES


def test_training_can_be_stopped(open_tab: Visit) -> None:
    page = open_tab()
    choose(page, "elnino", "Sea surface temperature")
    page.locator("#forecast-train").click()
    page.locator("#forecast-status progress").wait_for(timeout=WAIT)
    assert page.locator("#forecast-go").is_disabled()
    page.locator("#forecast-stop").click()
    page.wait_for_function("() => !document.querySelector('#forecast-go').disabled")
    page.locator("#forecast-status progress").wait_for(state="detached", timeout=WAIT)
    choose_model(page, FORECASTER)
    page.locator("#forecast-tune").click()
    page.locator("#forecast-status progress").wait_for(timeout=WAIT)
    page.locator("#forecast-stop").click()
    page.locator("#forecast-status progress").wait_for(state="detached", timeout=WAIT)


def choose_model(page: Any, name: str) -> None:
    page.locator("#forecast-model input").click()
    page.get_by_role("option", name=name, exact=True).click()


def test_a_chosen_model_is_trained_further_on_the_series(open_tab: Visit) -> None:
    page = open_tab()
    if PRICES in MODELS:
        assert page.locator("#forecast-tune:visible").count() == 0
    choose(page, "elnino", "Sea surface temperature")
    choose_model(page, FORECASTER)
    page.locator("#forecast-tune").click()
    page.locator("#forecast-status", has_text="Trained in").wait_for(timeout=WAIT)
    # What came of it is chosen, has the horizon of the model that it began with, and is no start.
    page.locator("#forecast-tune").wait_for(state="hidden")
    page.locator("#forecast-horizon input").fill("12")
    ask(page)
    page.locator("#forecast-horizon input").fill("13")
    page.locator("#forecast-go").click()
    page.locator("#forecast-status .notice", has_text="1 to 12 steps").wait_for(timeout=WAIT)


@pytest.mark.skipif("seg-lstm.etth1" not in MODELS, reason="seg-lstm.etth1 is not in weights/")
def test_a_series_too_short_to_train_a_model_further_is_told_so(open_tab: Visit) -> None:
    page = open_tab(locale="zh-CN")
    choose(page, "co2", "莫纳罗亚")
    choose_model(page, "seg-lstm.etth1")
    page.locator("#forecast-tune").click()
    said = page.locator("#forecast-status .notice", has_text="从 seg-lstm.etth1 继续训练")
    said.wait_for(timeout=WAIT)
    assert "至少要 2081 行" in said.inner_text()
    page.locator("#forecast-go:enabled").wait_for(timeout=WAIT)


@needs_model
def test_clients_get_what_the_package_forecasts(client: Client) -> None:
    csv = (FOLDER / "sp500.csv").read_text()
    model = PRICES if PRICES in MODELS else MODELS[0]
    rows = client.predict(model, csv, 5, api_name="/forecast")
    expected = zoo.load(model).forecast(FOLDER / "sp500.csv", 5)
    assert [row["0.95"] for row in rows[:5]] == pytest.approx(list(expected["0.95"][:5]))
    found = client.predict(model, csv, 5, values="close", api_name="/backtest")
    assert "over 40 origins" in found["verdict"]
    assert found["scores"][0]["forecaster"] == "model"
    with pytest.raises(AppError, match="asked for 99999"):
        client.predict(model, csv, 99999, api_name="/forecast")
