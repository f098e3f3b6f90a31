"""The tab 'Zoo' in a real browser, with a Hub on loopback."""

from __future__ import annotations

import html.parser
import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

import lstm_zoo as zoo
from lstm_zoo.errors import UsageError
from lstm_zoo.task import get_task
from lstm_zoo.ui import terms, zoo_cards, zoo_models
from lstm_zoo.zoo.checkpoint import read_config
from lstm_zoo.zoo.names import find_checkpoint
from tests.zoo.hub_server import Fault, HubServer, Repository

MODEL, POEMS, HUB_MODEL = (
    "char-lstm-small.shakespeare",
    "char-lstm.tang-poems",
    "char-lstm-small.copy",
)
REPOSITORY = f"models/lstm-zoo/{HUB_MODEL}"
CODE = "<img src=x onerror=\"document.title='run'\"><script>run()</script>'\"&"
Visit = Callable[..., Any]


@pytest.fixture
def open_zoo(visit: Visit) -> Visit:
    """A function that opens the page and goes to the tab."""

    def open_tab(**options: Any) -> Any:
        page = visit(**options)
        page.get_by_role("tab", name=re.compile("^(Zoo|模型库)$")).click()
        page.locator(".zoo-bar").wait_for()
        return page

    return open_tab


def shown(page: Any) -> list[str]:
    """Names of the models that can be seen."""
    names: list[str] = page.evaluate(
        """() => [...document.querySelectorAll(".zoo [data-name]")]
            .filter((model) => model.offsetParent)
            .map((model) => model.dataset.name)"""
    )
    return names


def model_of(page: Any, name: str) -> Any:
    """The row or the card of a model, whichever is seen."""
    return page.locator(f".zoo [data-name='{name}']:visible")


def config_of(name: str) -> Any:
    return read_config(find_checkpoint(name))


def width(page: Any) -> int:
    wide: int = page.evaluate("document.documentElement.scrollWidth")
    return wide


@pytest.mark.parametrize("view", ["Table", "Cards"])
def test_shows_every_model_with_all_that_is_known_of_it(open_zoo: Visit, view: str) -> None:
    page = open_zoo()
    page.get_by_role("button", name=view, exact=True).click()
    assert set(zoo.list_models()) <= set(shown(page))
    assert len(shown(page)) == len(set(shown(page)))
    for name in zoo.list_models():
        config, model = config_of(name), model_of(page, name)
        folder = find_checkpoint(name)
        megabytes = sum((folder / file).stat().st_size for file in config.sha256) / 1e6
        facts = (
            name,
            config.description,
            get_task(config.task).title,
            config.data["name"],
            f"{config.parameters:,}",
            f"{megabytes:.2f} MB",
            config.licence,
            "Comes with the code",
        )
        text = model.inner_text()
        assert [fact for fact in facts if fact not in text] == []
        assert not any(metric.protocol in text for metric in config.metrics.values())
        model.locator("summary").click()
        text = model.inner_text()
        for metric in config.metrics.values():
            assert f"{metric.value:.4f}" in text
            assert f"{metric.unit}, {metric.split} part: {metric.protocol}." in text


@pytest.mark.parametrize(("locale", "view"), [("en-US", "Table"), ("zh-CN", "表格")])
def test_the_table_is_not_cut_at_its_side(open_zoo: Visit, locale: str, view: str) -> None:
    page = open_zoo(locale=locale, viewport={"width": 1280, "height": 900})
    page.get_by_role("button", name=view, exact=True).click()
    box = page.locator(".zoo-scroll")
    assert box.evaluate("box => box.scrollWidth - box.clientWidth") == 0


def test_filters_by_task_and_language(open_zoo: Visit) -> None:
    page = open_zoo()
    everything = shown(page)
    page.locator("[data-choice=language]").get_by_text("Chinese", exact=True).click()
    assert shown(page) == zoo.list_models(language="zh")
    page.locator("[data-choice=language][value='']").click()
    page.locator("[data-choice=task][value=language]").click()
    assert set(shown(page)) >= set(zoo.list_models(task="language"))
    page.locator("[data-choice=task][value='']").click()
    assert shown(page) == everything


def test_use_it_opens_the_right_tab_with_the_model_chosen(open_zoo: Visit) -> None:
    page = open_zoo()
    page.get_by_role("tab", name="Generate").click()
    page.fill("#prompt textarea", "床前明月光，")
    page.get_by_role("tab", name="Zoo").click()
    model_of(page, POEMS).get_by_role("button", name="Use it").click()
    page.locator("#prompt textarea").wait_for()
    page.get_by_text("Writes classical Chinese poems").locator("visible=true").wait_for()
    assert page.input_value("#model input") == POEMS
    assert page.input_value("#prompt textarea") == "床前明月光，"
    page.fill("#length input", "20")
    page.fill("#seed :is(textarea, input)", "1")
    page.click("#write")
    page.locator(".text-view[data-done=true] .text-body b").first.wait_for()
    expected = zoo.load(POEMS).generate("床前明月光，", max_new_tokens=20, seed=1)
    assert page.locator(".text-body").text_content() == "床前明月光，" + expected


def test_measures_the_speed_here_and_keeps_what_was_open(open_zoo: Visit, client: Client) -> None:
    page = open_zoo()
    model = model_of(page, MODEL)
    model.locator("summary").click()
    model.get_by_role("button", name="Measure").click()
    page.locator("#zoo-status .done").wait_for()
    told = re.fullmatch(
        rf"{re.escape(MODEL)} writes ([\d,]+) tokens/s, one text at a time, on the .+\.",
        page.locator("#zoo-status").inner_text(),
    )
    assert told
    # The list is drawn anew some time after the status.
    model.get_by_text(f"{told[1]} tokens/s").wait_for()
    assert model.locator("details").get_attribute("open") is not None
    (speed,) = (
        m["tokens_per_second"] for m in client.predict(api_name="/zoo") if m["name"] == MODEL
    )
    assert f"{speed:,.0f}" == told[1]
    assert 10 < speed < 1e6


def test_shows_the_card_again_and_again(open_zoo: Visit) -> None:
    page = open_zoo()
    for _ in range(2):
        model_of(page, MODEL).get_by_role("button", name="Card").click()
        dialog = page.get_by_role("dialog")
        dialog.wait_for()
        assert dialog.locator("h1").inner_text() == MODEL
        assert dialog.locator("td").first.is_visible()
        assert "license:" not in dialog.inner_text()
        page.keyboard.press("Escape")
        dialog.wait_for(state="hidden")


def test_says_in_one_sentence_that_the_hub_cannot_be_asked(
    open_zoo: Visit, hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_zoo()
    before = shown(page)
    monkeypatch.setattr(hub, "faults", [Fault("GET /api/models", times=9, cut_after=0)])
    page.click("#look-on-hub")
    alert = page.locator("#zoo-status [role=alert]")
    alert.wait_for()
    assert re.fullmatch(
        r"The Hub cannot be asked now: the connection to the Hub failed \(.*\)\."
        r" What is here works without it\.",
        alert.inner_text(),
    )
    page.get_by_role("button", name="中文").click()
    assert alert.inner_text().startswith("现在无法访问 Hub：")
    page.get_by_role("button", name="English").click()
    assert shown(page) == before
    monkeypatch.setattr(hub, "faults", [])
    monkeypatch.delitem(hub.repositories, REPOSITORY)
    page.click("#look-on-hub")
    alert.filter(has_text="the Hub has no models of lstm-zoo by 'lstm-zoo'").wait_for()


def test_two_visitors_download_a_model_once_and_use_it(
    open_zoo: Visit, hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = hub.repositories[REPOSITORY].files()
    config = files["config.json"]
    content = re.sub(rb'("format_version": )\d+', rb"\g<1>99", config.content)
    newer = Repository(private=False)
    newer.commit("main", files | {"config.json": config._replace(content=content)})
    monkeypatch.setitem(hub.repositories, "models/lstm-zoo/newer.format", newer)
    pages = [open_zoo(), open_zoo(viewport={"width": 900, "height": 700})]
    for page in pages:
        page.click("#look-on-hub")
        page.get_by_text("lstm-zoo has 1 model on the Hub; not here yet: 1.").wait_for()
        page.locator(".zoo", has_text="has format version 99, newer than").wait_for()
        assert "On the Hub" in model_of(page, HUB_MODEL).inner_text()
    monkeypatch.setattr(hub, "faults", [Fault("GET /store/", pause=0.001)])
    for page in pages:
        model_of(page, HUB_MODEL).get_by_role("button", name="Download").click()
        status = page.locator("#zoo-status:has(progress)", has_text=f"Downloading {HUB_MODEL}")
        status.wait_for()
    before = shown(pages[0])
    for page in pages:
        page.get_by_text(f"{HUB_MODEL} is here and whole.").wait_for()
        # The list is drawn anew some time after the status.
        model_of(page, HUB_MODEL).get_by_text("Downloaded").wait_for()
        assert shown(page) == before  # nothing moves under the pointer
        assert "Downloaded" in model_of(page, HUB_MODEL).inner_text()
    assert len(hub.asked("GET /store/")) == 1
    page = open_zoo()  # a third one, later
    page.get_by_role("tab", name="Generate").click()
    page.locator("#model input").click()
    page.get_by_role("option", name=HUB_MODEL).click()
    page.fill("#length input", "30")
    page.fill("#seed :is(textarea, input)", "2")
    page.click("#write")
    page.locator(".text-view[data-done=true]").wait_for()
    written = page.evaluate(
        "[...document.querySelectorAll('.text-body b')].map((b) => b.textContent).join('')"
    )
    assert written == zoo.load(MODEL).generate("", max_new_tokens=30, seed=2)


def test_speaks_both_languages(open_zoo: Visit) -> None:
    page = open_zoo(locale="zh-CN")
    text = model_of(page, POEMS).inner_text()
    assert all(word in text for word in ("仿唐人风格写古诗。", "文字生成", "《全唐诗》", "奈特/字"))
    assert "随代码附带" in text
    assert "Comes with the code" not in text
    page.get_by_role("button", name="English").click()
    assert "Comes with the code" in model_of(page, POEMS).inner_text()
    assert page.get_by_role("button", name="Look on the Hub").is_visible()


def test_fits_a_phone_and_shows_cards_there(open_zoo: Visit) -> None:
    page = open_zoo(viewport={"width": 390, "height": 844}, has_touch=True)
    assert page.locator(".zoo").get_attribute("data-view") == "cards"
    assert page.locator(".zoo-cards summary").count() >= len(zoo.list_models())
    for summary in page.locator(".zoo-cards summary").all():
        summary.tap()
    for language in ("中文", "English"):
        page.get_by_role("button", name=language).tap()
        for view in ("table", "cards"):
            page.locator(f"[data-choice=view][value={view}]").tap()
            assert width(page) <= 390
    model_of(page, MODEL).get_by_role("button", name="Card").tap()
    box = page.get_by_role("dialog").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


def test_asks_nobody_before_it_is_told_to(open_zoo: Visit, hub: HubServer, server: Any) -> None:
    before = len(hub.requests)
    page = open_zoo()  # the fixture notes each request of the page
    model_of(page, MODEL).get_by_role("button", name="Card").click()
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    model_of(page, MODEL).get_by_role("button", name="Use it").click()
    page.locator("#prompt textarea").wait_for()
    assert len(hub.requests) == before
    assert not server.calls.exists() or server.calls.read_text() == ""


def test_clients_get_the_models_and_clear_errors(client: Client) -> None:
    models = {model["name"]: model for model in client.predict(api_name="/zoo")}
    for name in zoo.list_models():
        config = config_of(name)
        assert models[name]["place"] == "shipped"
        assert models[name]["parameters"] == config.parameters
        assert models[name]["metrics"] == config.model_dump(mode="json")["metrics"]
    for name in ("../weights", "local-dir:weights", "hf-hub:alice/x.y", "alice/x.y"):
        for event in ("/measure", "/download"):
            with pytest.raises(AppError, match="there is no model"):
                client.predict(name, api_name=event)


class Tags(html.parser.HTMLParser):
    """The names of all tags, and what their attributes are called."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen |= {tag, *(key for key, _ in attributes)}


def test_what_a_checkpoint_says_is_never_html() -> None:
    plain = config_of(MODEL)
    metric = dict.fromkeys(("unit", "protocol", "split", "command"), CODE)
    spoiled = plain.model_copy(
        update={
            **dict.fromkeys(("name", "task", "description", "licence", "language"), CODE),
            "data": {**plain.data, "name": CODE},
            "metrics": {CODE: plain.metrics["nats"].model_copy(update=metric)},
        }
    )
    shown = [
        Tags(zoo_cards.listing([zoo_models.Entry(config, place, 1, 2.0)], [], ["language"])).seen
        for config in (plain, spoiled)
        for place in ("cached", "on_hub")
    ]
    assert shown[2] <= shown[0]
    assert shown[3] <= shown[1] | shown[0]


def test_a_card_fetches_no_image_runs_no_code_and_keeps_its_table() -> None:
    text = f"# A\n\n{CODE}\n\n![alt](http://host/x.png) [x](javascript:run()) [y](https://host)\n\n"
    made = zoo_cards.card_html(text + "| a | b |\n|---|---|\n| 1 | `<b>` |\n")
    seen = Tags(made).seen
    assert not seen & {"img", "script", "src", "onerror", "b"}
    assert "alt" in made
    assert 'href="javascript' not in made
    assert '<a href="https://host" target="_blank" rel="noopener noreferrer">' in made
    assert "td" in seen


def test_what_the_shipped_models_say_is_translated() -> None:
    for name in zoo.list_models():
        config = config_of(name)
        said = {config.data["name"], get_task(config.task).title}
        for metric in config.metrics.values():
            said |= {metric.unit, metric.split}
            said |= {metric.protocol} if config.task == "language" else set()
        assert said - terms.TERMS.keys() == set()
        assert name in terms.DESCRIPTIONS
        assert config.language in terms.LANGUAGE_NAMES


@pytest.mark.parametrize("name", [MODEL, "../x", "hf-hub:alice/x.y", f"alice/{MODEL}"])
def test_only_what_the_hub_has_listed_can_be_downloaded(name: str) -> None:
    before = threading.active_count()
    with pytest.raises(UsageError, match="there is no model .* by lstm-zoo on the Hub"):
        next(zoo_models.download(name))
    assert threading.active_count() == before
