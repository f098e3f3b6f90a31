"""The page in a real browser, from `python app.py`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

import lstm_zoo as zoo

MODEL = "char-lstm-small.shakespeare"
Visit = Callable[..., Any]
CODE = "<img src=x onerror=\"document.title='run'\"><b>bold</b> & ${1+1} {{value}}"


@pytest.fixture(scope="module")
def model() -> Any:
    """The model that the tests use, as the package loads it."""
    return zoo.load(MODEL)


def choose(page: Any, prompt: str, length: int = 60, seed: str = "1") -> None:
    """Fill in the form."""
    choose_model(page)
    page.fill("#prompt textarea", prompt)
    page.fill("#length input", str(length))
    page.fill("#seed :is(textarea, input)", seed)
    choose_model(page)


def choose_model(page: Any) -> None:
    """Choose `MODEL`; the list that a page gets as it opens may come only after a choice."""
    while page.input_value("#model input") != MODEL:
        page.locator("#model input").click()
        page.get_by_role("option", name=MODEL, exact=True).click()


def write(page: Any, press: str | None = None) -> str:
    """Press Write, or keys, wait for the end, and read the first text without its prompt."""
    run = page.locator(".text-view").get_attribute("data-run")
    if press:
        page.keyboard.press(press)
    else:
        page.click("#write")
    page.locator(f".text-view[data-done=true]:not([data-run='{run}'])").wait_for()
    page.locator("#write:not([disabled])").wait_for()
    return written(page)


def written(page: Any, index: int = 0) -> str:
    """The new text of a card, as it stands."""
    text: str = page.evaluate(
        """index => {
            const body = document.querySelectorAll(".text-body")[index];
            const characters = body?.querySelectorAll("b") ?? [];
            return Array.from(characters, (character) => character.textContent).join("");
        }""",
        index,
    )
    return text


def test_writes_what_the_package_writes(visit: Visit, model: Any) -> None:
    page = visit()
    choose(page, "ROMEO:\n", length=120, seed="7")
    expected = model.generate("ROMEO:\n", max_new_tokens=120, seed=7)
    assert write(page) == expected
    assert page.locator(".text-body .prompt").text_content() == "ROMEO:\n"
    assert re.search(r"120 characters, [\d,]+ a second", page.locator(".text-status").inner_text())
    page.locator("#temperature input[type=number]").fill("0")
    page.locator("#temperature input[type=number]").blur()
    assert write(page) == model.generate("ROMEO:\n", max_new_tokens=120, temperature=0)


def test_writes_several_texts_and_saves_them(visit: Visit, model: Any) -> None:
    page = visit()
    choose(page, "", length=50, seed="3")
    page.locator("#samples").get_by_text("3").click()
    write(page)
    texts = model.generate_samples("", max_new_tokens=50, seed=3, num_samples=3)
    assert [written(page, index) for index in range(3)] == texts
    with page.expect_download() as download:
        page.click(".save")
    saved = download.value.path().read_text("utf-8")
    assert all(text in saved for text in texts)
    assert download.value.suggested_filename == f"{MODEL}.txt"


def test_stops(visit: Visit) -> None:
    page = visit()
    choose(page, "ROMEO:", length=10_000)
    page.click("#write")
    page.locator(".text-body b").first.wait_for()
    page.click("#stop")
    page.locator("#write:not([disabled])").wait_for()
    before = written(page)
    page.wait_for_timeout(700)
    assert 0 < len(written(page)) == len(before) < 10_000
    choose(page, "ROMEO:", length=20)
    assert len(write(page)) == 20


@pytest.mark.filterwarnings("ignore::lstm_zoo.language.predict.UnseenCharactersWarning")
def test_names_characters_that_the_model_has_never_seen(visit: Visit, model: Any) -> None:
    page = visit()
    choose(page, "ROMEO ☃ \x07:")
    assert write(page) == model.generate("ROMEO ☃ \x07:", max_new_tokens=60, seed=1)
    notice = page.locator(".text-notices").inner_text()
    assert "'☃', U+0007" in notice


def test_never_reads_what_a_visitor_typed_as_html(visit: Visit) -> None:
    page = visit()
    choose(page, CODE)
    write(page)
    assert "'<'" in page.locator(".text-notices").inner_text()
    assert page.locator(".text-body .prompt").text_content() == CODE
    assert page.locator(".text-view img").count() == 0
    assert page.title() == "LSTM Zoo"


def test_shows_what_else_was_likely_to_pointer_and_keyboard(visit: Visit) -> None:
    page = visit()
    choose(page, "ROMEO:")
    text = write(page)
    first, second = (page.locator(".text-body b").nth(index) for index in (0, 1))
    first.hover()
    rows = page.locator(".rivals.shown .rival")
    assert rows.count() in (4, 5)
    shown = page.locator(".rivals .written .rival-text").inner_text()
    assert shown == text[0].replace("\n", "↵").replace(" ", "␣")
    assert re.fullmatch(
        r"(< 0\.1|[\d.]+) %", page.locator(".rivals .written .rival-chance").inner_text()
    )
    page.mouse.move(0, 0)
    page.locator(".rivals:not(.shown)").wait_for(state="attached")
    page.locator(".text-body").focus()
    page.keyboard.press("ArrowRight")
    page.locator(".text-body b.looked").wait_for()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "document.querySelectorAll('.text-body b')[1].classList.contains('looked')"
    )
    assert "looked" in (second.get_attribute("class") or "")
    page.keyboard.press("Escape")
    assert page.locator(".looked").count() == 0


def test_works_by_keyboard_alone(visit: Visit) -> None:
    page = visit()
    page.locator("#prompt textarea").focus()
    page.keyboard.type("JULIET:")
    for keys in ("Control+Enter", "Shift+Enter"):
        assert write(page, press=keys)
        assert page.input_value("#prompt textarea") == "JULIET:"
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                """() => {
                    const focused = document.activeElement;
                    const names = ["write", "length", "seed", "temperature", "samples", "written"];
                    return names.find((name) => focused.closest("#" + name)) ?? "";
                }"""
            )
        )
    assert {"write", "length", "seed", "temperature", "samples", "written"} <= reached
    page.locator("#write").focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


@pytest.mark.parametrize("locale", ["zh-CN", "zh"])
def test_speaks_the_language_of_the_browser(visit: Visit, locale: str) -> None:
    page = visit(locale=locale)
    page.get_by_role("button", name="开始写").wait_for()  # "zh" is looked up after the start
    assert page.get_by_text("文字会出现在这里。").is_visible()
    assert not page.get_by_text("The text appears here.").is_visible()


def test_changes_its_language_and_keeps_what_was_typed(visit: Visit) -> None:
    page = visit(locale="fr-FR")
    assert page.get_by_role("button", name="Write").is_visible()
    choose(page, "ROMEO:", seed="-1")
    write(page)
    assert page.locator(".text-alert").inner_text().startswith("“Seed” must be from 0 to")
    page.get_by_role("button", name="中文").click()
    page.get_by_role("button", name="开始写").wait_for()
    assert page.locator(".text-alert").inner_text().startswith("“随机种子”须在 0 到")
    assert page.input_value("#prompt textarea") == "ROMEO:"
    page.reload()
    page.get_by_role("button", name="开始写").wait_for()


def test_says_what_is_wrong_and_loses_nothing(visit: Visit) -> None:
    page = visit()
    choose(page, "My dear prompt", seed="1.5")
    write(page)
    alert = page.get_by_role("alert").filter(has_text="“Seed” must be a whole number; it is 1.5.")
    assert alert.is_visible()
    page.fill("#length input", "")
    page.fill("#seed :is(textarea, input)", "1")
    write(page)
    assert page.locator(".text-alert").inner_text() == "“Length” must be a number."
    assert page.input_value("#prompt textarea") == "My dear prompt"
    page.fill("#length input", "20")
    written = write(page)
    assert len(written) == 20
    assert page.locator(".text-alert").inner_text() == ""
    page.fill("#length input", "-5")
    assert write(page) == written
    assert page.locator(".text-alert").inner_text().startswith("“Length” must be from 1 to")


def test_an_example_brings_a_model_that_fits(visit: Visit) -> None:
    page = visit()
    page.get_by_role("button", name="《春夜》").click()
    page.wait_for_function("document.querySelector('#prompt textarea').value === '《春夜》\\n'")
    assert page.input_value("#model input") == "char-lstm.tang-poems"
    page.get_by_text("Writes classical Chinese poems").wait_for()
    page.get_by_role("button", name="ROMEO:").click()
    page.wait_for_function("document.querySelector('#prompt textarea').value === 'ROMEO:\\n'")
    assert page.input_value("#model input").endswith(".shakespeare")


def test_fits_a_phone(visit: Visit) -> None:
    page = visit(viewport={"width": 390, "height": 844}, has_touch=True)
    choose(page, "W" * 400)
    page.locator("#samples").get_by_text("2").click()
    page.locator("#fine button").first.click()
    write(page)
    for language in ("English", "中文"):
        page.get_by_role("button", name=language).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".text-body b").first.tap()
    box = page.locator(".rivals.shown").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


def test_words_that_were_likely_stand_beside_their_bars(visit: Visit) -> None:
    page = visit()
    page.get_by_role("button", name="The film was released in").click()
    page.wait_for_function("document.querySelector('#model input').value.startsWith('word-')")
    page.fill("#length input", "20")
    page.fill("#seed :is(textarea, input)", "1")
    write(page)
    for index in (3, 8, 15):
        page.locator(".text-body b").nth(index).hover()
        page.locator(".rivals.shown .rival").first.wait_for()
        assert page.locator(".rivals").bounding_box()["width"] < 340
        assert page.evaluate("""[...document.querySelectorAll('.rival')].every((row) => {
            const [text, bar] = row.children;
            const [left, right] = [text, bar].map((part) => part.getBoundingClientRect());
            return text.scrollWidth <= text.clientWidth && left.right <= right.left;
        })""")


def test_neither_page_nor_server_calls_another_host(visit: Visit, server: Any) -> None:
    page = visit()  # the fixture notes each request of the page
    choose(page, "ROMEO:")
    write(page)
    visit("?view=api").wait_for_timeout(1000)
    assert not server.calls.exists() or server.calls.read_text() == ""
