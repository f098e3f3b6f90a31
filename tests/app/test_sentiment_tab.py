"""The tab 'Sentiment' in a real browser, with a small model of made-up reviews."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

import lstm_zoo as zoo
from lstm_zoo.sentiment.attribution import explain
from lstm_zoo.sentiment.flip import nearest_flip
from lstm_zoo.ui.words import WORDS
from tests.app.conftest import REVIEWERS
from tests.sentiment.made_up import made_up

TEXT = "The film was great and funny,\nbut the end of it was awful: <b>one long scene</b>."
Visit = Callable[..., Any]


@pytest.fixture(scope="session")
def reviewer(reviewer_folder: Path) -> Any:
    """The model that the page has, in this process."""
    return zoo.load(f"local-dir:{reviewer_folder}")


@pytest.fixture
def open_sentiment(visit: Visit) -> Visit:
    """A function that opens the page and goes to the tab."""

    def open_tab(**options: Any) -> Any:
        page = visit(**options)
        page.get_by_role("tab", name=re.compile("^(Sentiment|情感分析)$")).click()
        page.locator("#review textarea").wait_for()
        choose(page, "#sentiment-model", REVIEWERS[0])
        return page

    return open_tab


def ask(page: Any, text: str) -> None:
    page.fill("#review textarea", text)
    page.click("#classify")
    page.wait_for_function(
        """(text) => {
            const view = document.querySelector(".why-view");
            const bodies = [...view.querySelectorAll(".why-body")];
            const alert = view.querySelector(".text-alert").textContent;
            return view.dataset.done === "true" && (alert || bodies.every((body) =>
                text.startsWith(body.textContent.slice(0, 40))));
        }""",
        arg=text,
    )


def percent(chance: float) -> str:
    """As the page has it: near to certainty with a digit more."""
    return f"{100 * chance:.{2 if 0.995 < chance < 1 else 1}f} %"


def choose(page: Any, box: str, name: str) -> None:
    page.locator(f"{box} input").click()
    page.locator(box).get_by_role("option", name=name, exact=True).click()
    page.locator(box).get_by_role("listbox").wait_for(state="detached")


def test_says_what_the_package_says_and_why(open_sentiment: Visit, reviewer: Any) -> None:
    page = open_sentiment()
    ask(page, TEXT)
    verdict = reviewer.classify(TEXT)
    told = page.locator(".why-verdict-told").inner_text()
    assert verdict.label in told
    assert percent(verdict.probabilities[verdict.label]) in told
    assert page.locator(".why-body").text_content() == TEXT
    explanation = explain(reviewer, TEXT)
    words = [TEXT[start:end] for start, end in explanation.spans]
    tokens = page.locator(".why-body b")
    assert tokens.all_text_contents() == words
    awful = words.index("awful")
    page.locator("#classify").hover()  # or the pointer might lie there already
    tokens.nth(awful).hover()
    shown = page.locator(".why-hint.shown").inner_text()
    assert f"−{abs(explanation.contributions.values[awful]):.2f}" in shown
    assert f"−{abs(explanation.occlusion[awful]):.2f}" in shown
    assert explanation.attention is not None
    assert percent(explanation.attention[awful]) in shown
    assert "against" in tokens.nth(awful).get_attribute("class")
    assert "for" in tokens.nth(words.index("great")).get_attribute("class").split()


def test_shows_how_the_opinion_forms_over_the_text(open_sentiment: Visit, reviewer: Any) -> None:
    page = open_sentiment()
    ask(page, TEXT)
    explanation = explain(reviewer, TEXT)
    assert page.locator(".opinion circle").count() == len(explanation.spans)
    spans = page.locator(".opinion-text span")
    spans.nth(3).hover()
    shown = page.locator(".why-hint").inner_text()
    for chances in (explanation.opinion.from_start, explanation.opinion.from_end):
        assert percent(chances[3]) in shown
    circle = page.locator(".opinion circle").nth(3).bounding_box()
    word = spans.nth(3).bounding_box()
    assert circle["x"] + circle["width"] / 2 == pytest.approx(word["x"] + word["width"] / 2, abs=2)


def test_shows_an_edit_that_turns_the_verdict(open_sentiment: Visit, reviewer: Any) -> None:
    page = open_sentiment()
    ask(page, TEXT)
    flip = nearest_flip(reviewer, TEXT)
    assert flip is not None
    assert page.locator(".flip-body del").count() == len(flip.edits)
    old, new = (page.locator(f".flip-body {kind}").all_text_contents() for kind in ("del", "ins"))
    assert old == [TEXT[edit.start : edit.end] for edit in flip.edits]
    assert new == [edit.new for edit in flip.edits if edit.new]
    assert flip.verdict.label in page.locator(".flip-body + p").inner_text()


def test_a_click_right_after_a_choice_asks_once(visit: Visit) -> None:
    page = visit()
    asked: list[str] = []
    held: list[Any] = []

    def note(request: Any) -> None:
        if request.url.partition("?")[0].endswith("/queue/join"):
            asked.append(json.loads(request.post_data)["data"][0])

    def hold(route: Any) -> None:
        """What the choice asks for first, of a model and a text, is answered late."""
        values = json.loads(route.request.post_data)["data"]
        if not held and len(values) == 2 and values[0] == REVIEWERS[0]:
            held.append(route)
        else:
            route.continue_()

    page.on("request", note)
    page.route("**/run/**", hold)
    page.get_by_role("tab", name="Sentiment").click()
    choose(page, "#sentiment-model", REVIEWERS[0])
    ask(page, TEXT)
    held[0].continue_()
    page.wait_for_timeout(1_000)  # in which it would be asked again
    assert asked == [TEXT]


def test_a_question_ends_the_look_into_the_one_before(open_sentiment: Visit) -> None:
    page = open_sentiment()
    page.fill("#review textarea", "The film was great and the end of it was good. " * 400)
    page.click("#classify")
    # The browser looks at every frame: a locator may come too late.
    page.wait_for_function("document.querySelector('.why-view[data-done=false] .why-verdict-told')")
    ask(page, TEXT)
    page.wait_for_timeout(3_000)  # in which the first would be shown again
    assert page.locator(".why-body").text_content() == TEXT


def test_other_ways_to_look_at_the_words(open_sentiment: Visit) -> None:
    page = open_sentiment()
    ask(page, TEXT)
    page.get_by_role("button", name="Attention").click()
    assert page.locator(".why-body b.neutral").count() > 3
    assert page.locator(".why-body b.against").count() == 0
    page.get_by_role("button", name="Left out").click()
    assert page.get_by_role("button", name="Left out").get_attribute("aria-pressed") == "true"
    assert page.locator(".why-body b.against.strong").count() > 0


def test_the_keyboard_asks_and_walks_through_the_words(open_sentiment: Visit) -> None:
    page = open_sentiment()
    page.fill("#review textarea", "It was a great film of a man.")
    page.locator("#review textarea").press("Control+Enter")
    page.locator(".why-view[data-done=true] .flip-body").wait_for()
    page.locator(".why-body").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(60)
    assert page.locator(".why-hint.shown strong").inner_text() == "great"


def test_what_is_looked_at_stays_while_more_becomes_known(open_sentiment: Visit) -> None:
    page = open_sentiment()
    page.fill("#review textarea", "It was a great film of a man. " * 20)
    page.click("#classify")
    page.wait_for_function("document.querySelector('.why-view[data-done=false] .why-choice')")
    page.locator(".why-body").focus()
    page.keyboard.press("ArrowRight")
    page.locator(".why-hint.shown").wait_for()
    page.locator(".why-view[data-done=true]").wait_for()
    assert page.locator(".why-hint.shown strong").inner_text() == "It"
    page.keyboard.press("ArrowRight")
    page.locator(".why-hint.shown strong", has_text="was").wait_for()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("床前明月光，疑是地上霜。", "doubt_script"),
        ("Great", "doubt_too_short"),
        ("👍", "doubt_no_words"),
    ],
)
def test_says_when_it_does_not_know(open_sentiment: Visit, text: str, key: str) -> None:
    page = open_sentiment(locale="zh-CN")
    ask(page, text)
    assert page.locator(".why-verdict-told strong").inner_text() in ("正面", "负面")
    start = WORDS[key][1].split("{")[0]
    assert page.locator(".why-notices").inner_text().startswith(start)
    page.get_by_role("button", name="English").click()
    assert page.locator(".why-notices").inner_text().startswith(WORDS[key][0].split("{")[0])


def test_an_empty_text_is_asked_for(open_sentiment: Visit) -> None:
    page = open_sentiment()
    ask(page, "  ")
    assert page.locator(".why-view .text-alert").inner_text() == WORDS["text_is_empty"][0]


def test_compares_two_models(open_sentiment: Visit) -> None:
    page = open_sentiment()
    choose(page, "#sentiment-other", REVIEWERS[1])
    ask(page, TEXT)
    assert page.locator(".why-model").all_text_contents() == list(REVIEWERS)
    first, second = page.locator(".why-verdict-told").all_inner_texts()
    assert first == second


def test_goes_on_to_the_gates_with_the_same_text(open_sentiment: Visit) -> None:
    page = open_sentiment()
    choose(page, "#sentiment-model", REVIEWERS[1])
    ask(page, TEXT)
    page.get_by_role("button", name="Look at its gates").click()
    page.locator("#gates-text textarea").wait_for()
    page.wait_for_function(
        """([name, text]) => document.querySelector("#gates-text textarea").value === text
            && document.querySelector("#gates-model input").value === name""",
        arg=[REVIEWERS[1], TEXT],
    )
    page.locator("#gates-view canvas, #gates-view svg").first.wait_for()


def test_the_zoo_brings_a_model_here(open_sentiment: Visit) -> None:
    page = open_sentiment()
    page.get_by_role("tab", name="Zoo").click()
    model = page.locator(f".zoo [data-name='{REVIEWERS[1]}']:visible")
    model.get_by_role("button", name="Use it").click()
    page.locator("#review textarea").wait_for()
    page.get_by_text("Made-up reviews").locator("visible=true").first.wait_for()
    assert page.input_value("#sentiment-model input") == REVIEWERS[1]
    choose(page, "#sentiment-model", WORDS["by_language"][0])


def write_csv(path: Path, rows: int) -> list[str]:
    texts = [text for _, text in made_up(rows, seed=8)]
    with path.open("w", encoding="gb18030", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerows([["编号", "说法"], *([f"=1+{k}", text] for k, text in enumerate(texts))])
    return texts


def test_a_csv_file_comes_back_with_verdicts(
    open_sentiment: Visit, reviewer: Any, tmp_path: Path
) -> None:
    texts = write_csv(tmp_path / "in.csv", 40)
    page = open_sentiment()
    page.locator("#many button").first.click()
    page.set_input_files("#csv-file input[type=file]", tmp_path / "in.csv")
    page.get_by_text("40 rows, GB18030, cells separated by “;”.").wait_for()
    assert page.input_value("#csv-column input") == "2. 说法"
    page.click("#csv-go")
    page.get_by_text("Judged by").wait_for()
    with page.expect_download() as download:
        page.locator("#csv-result a").first.click()
    with Path(download.value.path()).open(encoding="gb18030", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert [row["编号"] for row in rows] == [f"'=1+{k}" for k in range(40)]
    assert [row["sentiment"] for row in rows] == [v.label for v in reviewer.classify(texts)]


def test_a_long_csv_file_is_stopped_and_what_was_done_is_kept(
    open_sentiment: Visit, tmp_path: Path
) -> None:
    write_csv(tmp_path / "in.csv", 30_000)
    page = open_sentiment()
    page.locator("#many button").first.click()
    page.set_input_files("#csv-file input[type=file]", tmp_path / "in.csv")
    page.get_by_text("30,000 rows").wait_for()
    page.click("#csv-go")
    page.locator("#csv-told progress").wait_for()
    page.click("#csv-stop")
    page.get_by_text(re.compile(r"Stopped after [\d,]+ of 30,000 rows")).wait_for()
    page.locator("#csv-result a").first.wait_for()


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"PK\x03\x04", "save it as csv"), (b"a,b\n1,2,3\n", "the row has 3 cells")],
)
def test_a_file_that_is_no_csv_is_refused(
    open_sentiment: Visit, tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "in.csv").write_bytes(content)
    page = open_sentiment()
    page.locator("#many button").first.click()
    page.set_input_files("#csv-file input[type=file]", tmp_path / "in.csv")
    page.locator("#csv-told [role=alert]").filter(has_text=message).wait_for()


def test_draws_how_far_its_certainty_can_be_trusted(open_sentiment: Visit) -> None:
    page = open_sentiment()
    choose(page, "#sentiment-model", REVIEWERS[0])
    page.locator("#reliability button").first.click()
    page.locator(".reliability rect").first.wait_for()
    assert "expected calibration error is" in page.locator(".reliability").inner_text()


def test_speaks_chinese_and_fits_a_phone(open_sentiment: Visit) -> None:
    page = open_sentiment(locale="zh-CN", viewport={"width": 390, "height": 844}, has_touch=True)
    ask(page, TEXT)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for box in ("#many", "#reliability"):
        page.locator(f"{box} button").first.tap()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    text = page.locator(".why-card").inner_text()
    assert "每个词的作用" in text
    assert not re.search("What|How|read from", text)


def test_clients_get_verdicts_and_reasons(client: Client, reviewer: Any) -> None:
    texts = ["a great film of a man", "an awful scene of a house"]
    found = client.predict(texts, REVIEWERS[0], api_name="/classify")
    for one, verdict in zip(found, reviewer.classify(texts), strict=True):
        assert one["label"] == verdict.label
        assert one["probabilities"] == pytest.approx(verdict.probabilities, abs=1e-5)
    why = client.predict(TEXT, REVIEWERS[0], api_name="/explain")
    explanation = explain(reviewer, TEXT)
    assert why["explained"] == "positive"
    assert why["contributions"] == pytest.approx(list(explanation.contributions.values), abs=1e-3)
    assert why["flip"]["label"] != why["label"]
    assert client.predict([], api_name="/classify") == []


@pytest.mark.parametrize(
    ("event", "arguments", "message"),
    [
        ("/explain", ["", REVIEWERS[0]], "the text is empty"),
        ("/explain", ["fine", "tiny.review"], "did you mean 'tiny.reviews'"),
        ("/explain", ["fine", REVIEWERS[0], "good"], "there is no class 'good'"),
        ("/classify", [["fine"], "../weights"], "there is no model"),
    ],
)
def test_clients_get_clear_errors(
    client: Client, event: str, arguments: list[Any], message: str
) -> None:
    with pytest.raises(AppError, match=message):
        client.predict(*arguments, api_name=event)
