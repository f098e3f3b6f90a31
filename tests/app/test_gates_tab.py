"""The tab 'Gates' in a real browser."""

from __future__ import annotations

import csv
import operator
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from safetensors.torch import save_file
from torch import nn

import lstm_zoo as zoo
from lstm_zoo.inspection.discoveries import discoveries
from lstm_zoo.ui.gates.source import STEP_LIMIT
from tests.app.conftest import let_it_open

WRITER = "char-lstm-small.shakespeare"
TEXT = (
    "ROMEO:\nBut soft, what light through yonder window breaks?\n"
    "It is the east, and Juliet is the sun.\nArise, fair sun, and kill the envious moon,\n"
)
CODE = "<img src=x onerror=\"document.title='run'\"><b>bold</b>"
Visit = Callable[..., Any]
BOX = ".gates-pane > .gates-panel > .gates-text"
DRAWN = "#gates-view .gates-pane[data-drawn][data-unit]"


@pytest.fixture
def open_gates(visit: Visit) -> Visit:
    """A function that opens the page, goes to the tab and waits for what it shows first."""

    def open_tab(**options: Any) -> Any:
        page = visit(**options)
        page.get_by_role("tab", name=re.compile("^(Gates|门控)$")).click()
        page.locator(DRAWN).wait_for()
        return page

    return open_tab


def look(page: Any, model: str, text: str | None = None) -> None:
    """Choose a model, type something, look inside, and wait for it."""
    if page.input_value("#gates-model input") != model:
        run = page.locator("#gates-view .gates-view").get_attribute("data-run")
        page.locator("#gates-model input").click()
        page.get_by_role("option", name=model, exact=True).click()
        page.locator(f"#gates-view .gates-view[data-done=true]:not([data-run='{run}'])").wait_for()
    if text is not None:
        run = page.locator("#gates-view .gates-view").get_attribute("data-run")
        page.fill("#gates-text textarea", text)
        page.click("#gates-go")
        page.locator(f"#gates-view .gates-view[data-done=true]:not([data-run='{run}'])").wait_for()
    page.locator(DRAWN).wait_for()


def at(page: Any) -> dict[str, Any]:
    """What is chosen."""
    chosen: dict[str, Any] = page.evaluate("document.querySelector('.gates-view').panes[0].at")
    return chosen


def tints(page: Any) -> list[float]:
    """How strongly each step of the text is coloured, below 0 for blue."""
    strengths: list[float] = page.evaluate(
        """box => [...document.querySelectorAll(`#gates-view ${box} b`)].map((step) => {
            const [r, g, b, a] = step.style.backgroundColor.match(/[\\d.]+/g).map(Number);
            return (b > r ? -1 : 1) * (a ?? 1);
        })""",
        BOX,
    )
    return strengths


def test_a_new_user_finds_the_unit_that_counts_the_line_and_holds_it(open_gates: Visit) -> None:
    page = open_gates()
    look(page, WRITER, TEXT)
    page.get_by_role("tab", name="Units that track something").click()
    row = page.locator(".gates-table tr").filter(has_text="position in line")
    figure = float(row.locator(".gates-figure").inner_text().replace("−", "-"))
    row.locator(".gates-pill").click()
    page.locator("#gates-view .gates-title").filter(has_text="Memory c").first.wait_for()
    part, unit = at(page)["part"], at(page)["unit"]
    page.locator(f".gates-pane[data-unit='{part} {unit}']").wait_for()
    # What is coloured goes along with the position in the line, as told.
    labels = zoo.load(WRITER).reading(TEXT).labels
    position, here = [], 0
    for label in labels:
        here = 0 if label == "\n" else here + 1
        position.append(here)
    assert abs(np.corrcoef(position, tints(page))[0, 1] - figure) < 0.05
    assert abs(figure) > 0.7
    page.locator("#gates-hold > button").click()
    page.wait_for_function(
        "unit => document.querySelector('#gates-hold-units :is(input, textarea)').value === unit",
        arg=str(unit),
    )
    let_it_open(page)
    page.fill("#gates-hold-value input[type=number]", "20")
    page.locator("#gates-hold-value input[type=number]").blur()
    page.wait_for_function(
        "[...document.querySelectorAll('#gates-hold-value input')].every(i => i.value === '20')"
    )
    page.click("#gates-hold-go")
    page.locator(".gates-held[data-done=true] .text-card").first.wait_for()
    before, after = (
        page.locator(".gates-held .text-body").nth(k).text_content().removeprefix(TEXT)
        for k in (0, 1)
    )
    assert before == zoo.load(WRITER).generate(TEXT, max_new_tokens=200, seed=1)
    model = zoo.load(WRITER)
    with zoo.intervene(model, [zoo.Hold("c", layer=part, units=[unit], value=20.0)]):
        assert after == model.generate(TEXT, max_new_tokens=200, seed=1)
    # One unit may track a thing without being needed; without its whole layer the text is another.
    run = page.locator(".gates-held").get_attribute("data-run")
    page.fill("#gates-hold-units :is(input, textarea)", "all")
    page.click("#gates-hold-go")
    page.locator(f".gates-held[data-done=true]:not([data-run='{run}']) mark").first.wait_for()
    marked = page.locator(".gates-held mark").all_text_contents()
    assert marked[0] != marked[1]


def test_the_tour_shows_what_was_found(open_gates: Visit) -> None:
    page = open_gates()
    for title, tale in (
        ("A unit that counts brackets", "The memory of this unit counts how many are open"),
        ("A unit that counts the line", "starts anew at each line break"),
    ):
        page.get_by_role("button", name=title).click()
        page.locator("#gates-view .gates-told").filter(has_text=tale).wait_for()
        model = page.input_value("#gates-model input")
        found = next(each for each in discoveries() if each.model == model)
        assert at(page)["unit"] == found.units[0].unit[2]
        assert page.input_value("#gates-text textarea").strip() == found.text.strip()


def test_shows_the_numbers_of_the_trace(open_gates: Visit) -> None:
    page = open_gates()
    look(page, "lstm.parity", "1011011")
    record = zoo.trace(zoo.load("lstm.parity"), "1011011")
    page.locator(".gates-unit input").fill("5")
    page.locator(".gates-unit input").press("Enter")
    page.locator(".gates-pane[data-unit='0 5']").wait_for()
    page.locator(f"{BOX} b").nth(3).click()
    sums = page.locator(".gates-sums").inner_text().replace("−", "-")
    at_three = {name: record[name][0][0][0, 3, 5].item() for name in record}
    c_before = record["c"][0][0][0, 2, 5].item()
    for value in (at_three["forget"], c_before, at_three["c"], at_three["h"], at_three["output"]):
        assert f"{value:.3f}" in sums
    with page.expect_download() as download:
        page.locator(".gates-panel", has=page.locator(".gates-heat")).get_by_text("CSV").click()
    rows = list(csv.reader(Path(download.value.path()).read_text("utf-8").splitlines()))
    assert [row[1] for row in rows[1:]] == list("1011011")
    table = np.array([row[2:] for row in rows[1:]], dtype=float)
    assert np.allclose(table, record["c"][0][0][0].numpy(), atol=1e-4)


def test_pictures_are_saved(open_gates: Visit) -> None:
    page = open_gates()
    look(page, "lstm.brackets")
    for holder, kind, start in (
        (".gates-heat", "PNG", b"\x89PNG"),
        (".gates-curves", "SVG", b"<svg"),
    ):
        panel = page.locator(".gates-panel", has=page.locator(holder))
        with page.expect_download() as download:
            panel.get_by_text(kind).click()
        assert Path(download.value.path()).read_bytes().startswith(start)
    for tab in ("One step of the cell", "Shut and open", "How long it remembers"):
        page.get_by_role("tab", name=tab).click()
        panel = page.locator(".gates-details .gates-panel:visible")
        panel.locator("svg").first.wait_for()
        with page.expect_download() as download:
            panel.get_by_text("SVG").click()
        assert b"</svg>" in Path(download.value.path()).read_bytes()


@pytest.mark.parametrize("model", [WRITER, "char-peephole.shakespeare", "char-slstm.shakespeare"])
def test_the_equations_of_a_step_add_up(open_gates: Visit, model: str) -> None:
    page = open_gates()
    look(page, model, TEXT)
    page.locator(BOX).focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
        lines = page.locator(".gates-sums code").all_text_contents()
        assert len(lines) == 4
        for line in lines:
            *_, formula, said = line.split(" = ")
            first, sign, second = formula.split()
            act = {"×": operator.mul, "+": operator.add, "−": operator.sub}[sign]
            values = [float(value.replace("−", "-")) for value in (first, second, said)]
            assert act(*values[:2]) == pytest.approx(values[2], abs=0.01), line


def test_works_by_keyboard(open_gates: Visit) -> None:
    page = open_gates()
    look(page, "lstm.brackets", "([()])[]")
    page.locator(BOX).focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert at(page)["step"] == 1
    page.locator(".gates-heat canvas").focus()
    page.keyboard.press("ArrowRight")
    assert at(page)["step"] == 2
    unit = at(page)["unit"]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert at(page)["unit"] != unit
    page.keyboard.press("+")
    seen = "document.querySelector('.gates-view').panes[0].heat.view"
    assert page.evaluate(f"{seen}.h") < 32
    page.keyboard.press("0")
    assert page.evaluate(f"{seen}.h") == 32
    page.locator("[role=radio][value=forget]").focus()
    page.keyboard.press("ArrowRight")
    assert at(page)["name"] == "cell"
    page.locator("[data-tab=cell]").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("[data-tab=reach]").get_attribute("aria-selected") == "true"
    page.locator(".gates-reach .gates-told").filter(has_text="model expects").wait_for()


def test_a_long_text_through_wide_layers_is_made_a_picture_once(open_gates: Visit) -> None:
    page = open_gates()
    calls = page.evaluate(
        """() => {
            const { heat } = document.querySelector(".gates-view").panes[0];
            const bytes = new Uint8Array(1000 * 1024).map((_, k) => k % 251);
            let text = "";
            for (let k = 0; k < bytes.length; k += 8192) {
                text += String.fromCharCode(...bytes.subarray(k, k + 8192));
            }
            const calls = {};
            const methods = CanvasRenderingContext2D.prototype;
            const properties = Object.getOwnPropertyDescriptors(methods);
            for (const [name, { value }] of Object.entries(properties)) {
                if (typeof value !== "function") continue;
                methods[name] = function (...values) {
                    calls[name] = (calls[name] ?? 0) + 1;
                    return value.apply(this, values);
                };
            }
            heat.labels = Array(1000).fill("a");
            const order = [...Array(1024).keys()];
            heat.show({ data: btoa(text), order, group: 1, steps: 1000, signed: true, scale: 1 });
            for (let k = 0; k < 20; k++) {
                heat.zoom(k < 10 ? 1.3 : 1 / 1.3);
                heat.paintNow();
            }
            return calls;
        }"""
    )
    assert calls["putImageData"] == 1
    assert calls["drawImage"] == 20
    assert sum(calls.values()) < 20 * 1000  # a million cells one by one would be more


@pytest.mark.filterwarnings("ignore::lstm_zoo.language.predict.UnseenCharactersWarning")
def test_never_reads_what_a_visitor_typed_as_html(open_gates: Visit) -> None:
    page = open_gates()
    look(page, WRITER, CODE)
    assert "never seen '<'" in page.locator(".gates-view .text-notices").inner_text()
    assert page.locator(".gates-view img").count() == 0
    assert page.title() == "LSTM Zoo"


def test_says_what_is_wrong_in_a_sentence_and_goes_on(open_gates: Visit) -> None:
    page = open_gates()
    look(page, "lstm.parity")
    alert = page.locator("#gates-view [role=alert]:not(:empty)")
    seen = page.locator(DRAWN)
    page.locator(".gates-unit input").fill("999")
    page.locator(".gates-unit input").press("Enter")
    alert.filter(has_text="There is no unit 999 in this layer; they are numbered from 0").wait_for()
    page.fill("#gates-text textarea", "10x")
    page.click("#gates-go")
    alert.filter(has_text="This model reads only 0 1; 'x' is none of them.").wait_for()
    page.get_by_role("button", name="中文").click()
    alert.filter(has_text="这个模型只读 0 1").wait_for()
    page.get_by_role("button", name="English").click()
    seen.wait_for()  # what was looked at before is still there
    page.locator(f"#gates-view {BOX} b").nth(3).click()
    page.locator(f"#gates-view {BOX} b.looked[data-step='3']").wait_for()
    look(page, "lstm.parity", "1" * (STEP_LIMIT + 5))
    assert not alert.count()
    assert (
        "2,005 steps; the first 2,000 were read"
        in page.locator("#gates-view .text-notices").inner_text()
    )
    assert page.locator(f"#gates-view {BOX} b").count() == STEP_LIMIT


def test_two_models_stand_side_by_side_and_share_the_step(open_gates: Visit) -> None:
    page = open_gates()
    look(page, WRITER, TEXT)
    page.locator("#gates-pair > button").click()
    page.locator("#gates-compare").click()
    page.locator("#gates-both .gates-pane[data-drawn][data-unit]").nth(1).wait_for()
    panes = page.locator("#gates-both .gates-pane")
    panes.nth(0).locator(".gates-text b").nth(12).click()
    for k in (0, 1):
        assert panes.nth(k).locator("b.looked").get_attribute("data-step") == "12"


def test_uploaded_weights_are_shown_and_leave_no_file(open_gates: Visit, tmp_path: Path) -> None:
    page = open_gates()
    page.locator("#gates-upload > button").click()
    good, bad = tmp_path / "own-weights.safetensors", tmp_path / "own-weights.pt"
    save_file(nn.LSTM(3, 8, 2).state_dict(), good)
    bad.write_bytes(b"PK\x03\x04 no weights")
    chooser = "#gates-upload input[type=file]"
    page.locator(chooser).set_input_files(bad)
    alert = page.locator("#gates-view [role=alert]").filter(has_text="the file is a pickle")
    alert.wait_for()
    page.locator(chooser).set_input_files(good)
    alert.wait_for(state="detached")
    page.locator(DRAWN).wait_for()
    assert page.locator(f"#gates-view {BOX} b").count() == 200
    assert page.locator(".gates-bar [role=radio][value='1']").is_visible()
    uploads = Path(os.environ.get("GRADIO_TEMP_DIR") or Path(tempfile.gettempdir(), "gradio"))
    assert list(uploads.rglob("own-weights*")) == []


def test_the_zoo_leads_here(open_gates: Visit) -> None:
    page = open_gates()
    page.get_by_role("tab", name="Zoo").click()
    page.locator(".zoo [data-name='lstm.reber']:visible").get_by_role(
        "button", name="Look inside"
    ).click()
    page.locator("#gates-model").wait_for()
    page.wait_for_function(
        "document.querySelector('.gates-view').panes?.[0]?.state.model === 'lstm.reber'"
    )
    assert page.input_value("#gates-model input") == "lstm.reber"
    assert page.input_value("#gates-text textarea").startswith("B")


def test_fits_a_phone_in_both_languages(open_gates: Visit) -> None:
    page = open_gates(viewport={"width": 390, "height": 844}, has_touch=True)
    for fold in ("#gates-hold", "#gates-pair"):
        page.locator(f"{fold} > button").tap()
    for language in ("中文", "English"):
        page.get_by_role("button", name=language).tap()
        for tab in ("cell", "reach", "saturation", "time", "ranked"):
            page.locator(f"[data-tab={tab}]").tap()
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(f"{BOX} b").nth(5).tap()
    assert at(page)["step"] == 5
    canvas = page.locator("#gates-view .gates-heat canvas")
    canvas.tap(position={"x": canvas.bounding_box()["width"] / 2, "y": 40})
    assert at(page)["step"] != 5


def test_clients_inspect_and_hold(client: Client) -> None:
    told = client.predict("lstm.parity", "10110", api_name="/inspect")
    assert told["steps"] == list("10110")
    assert set(told["layers"][0]["gates"]) == {"input", "forget", "output"}
    before, after = client.predict("lstm.parity", "10110", gate="output", value=0, api_name="/hold")
    assert before == zoo.load("lstm.parity").answer("10110")
    assert len(after) == 5
    with pytest.raises(AppError, match="there is no model"):
        client.predict("../weights", "1", api_name="/inspect")
    with pytest.raises(AppError, match="Units are given by number"):
        client.predict("lstm.parity", "1", units="x", api_name="/hold")
