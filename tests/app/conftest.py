"""The page as a visitor meets it: a real server, and a real browser to look at it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client

from lstm_zoo.forecasting.example_series import FOLDER
from tests.forecasting.conftest import RECIPE
from tests.sentiment.made_up import train_made_up
from tests.tiny import train_tiny, write_recipe
from tests.waiting import wait_until_answering
from tests.zoo.hub_server import File, HubServer, Repository

ROOT = Path(__file__).parents[2]
MODEL = "char-lstm-small.shakespeare"
REVIEWERS = ("tiny.reviews", "tiny.copy")
"""Models for sentiment that the page has in its cache: the same one under two names."""
FORECASTER = "tiny.co2"
"""A small forecaster that the page has in its cache."""
HUB_MODEL = "char-lstm-small.copy"
"""A model that the Hub of the tests has: a copy of `MODEL` under another name."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)
# Python runs a module of this name before anything else: it writes down whom the server calls.
WATCHER = """
import os, sys

def watch(event, arguments):
    host = None
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    if host not in (None, "localhost", "127.0.0.1", "::1", "0.0.0.0", b"localhost", b"127.0.0.1"):
        with open(os.environ["LSTM_ZOO_TEST_CALLS"], "a") as log:
            print(host, file=log)

sys.addaudithook(watch)
"""


@dataclass
class Server:
    """The running page, and a file that names the hosts which it has called."""

    url: str
    calls: Path


@pytest.fixture(scope="session")
def hub() -> Iterator[HubServer]:
    """The Hub that the page asks: it has one model of the owner's."""
    files = {path.name: path.read_bytes() for path in (ROOT / "weights" / MODEL).iterdir()}
    for name in ("config.json", "README.md"):
        files[name] = files[name].replace(MODEL.encode(), HUB_MODEL.encode())
    repository = Repository(private=False)
    repository.commit(
        "main", {name: File(files[name], name.endswith(".safetensors")) for name in files}
    )
    server = HubServer()
    server.repositories[f"models/lstm-zoo/{HUB_MODEL}"] = repository
    yield server
    server.stop()


@pytest.fixture(scope="session")
def reviewer_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the first of `REVIEWERS`."""
    return train_made_up(tmp_path_factory.mktemp("reviews"))


def _put_in_cache(cache: Path, checkpoint: Path, name: str) -> None:
    """As if it had been downloaded."""
    commit = "0" * 40
    folder = cache / f"models--lstm-zoo--{name}"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs/main").write_text(commit)
    copy = shutil.copytree(checkpoint, folder / "snapshots" / commit)
    config = (copy / "config.json").read_bytes()
    (copy / "config.json").write_bytes(config.replace(REVIEWERS[0].encode(), name.encode()))


@pytest.fixture(scope="session")
def server(
    hub: HubServer, reviewer_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """`python app.py`, once for all tests."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "sitecustomize.py").write_text(WATCHER)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "GRADIO_SERVER_PORT": str(port),
        "PYTHONPATH": str(folder),
        "LSTM_ZOO_TEST_CALLS": str(folder / "calls"),
        "HF_ENDPOINT": hub.url,
        "HF_HUB_CACHE": str(folder / "cache"),
    }
    for name in REVIEWERS:
        _put_in_cache(folder / "cache", reviewer_folder, name)
    recipe = write_recipe(folder, RECIPE)
    _put_in_cache(folder / "cache", train_tiny(recipe, FOLDER, folder / "runs"), FORECASTER)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        url = f"http://127.0.0.1:{port}/"
        wait_until_answering(url, process, folder / "log")
        yield Server(url, folder / "calls")
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="session")
def client(server: Server) -> Client:
    """A client of the running page; it waits for one that is busy."""
    options = {"timeout": 120}
    return Client(server.url, verbose=False, analytics_enabled=False, httpx_kwargs=options)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, without a window."""
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _give_up("playwright is not installed")
    if executable is None:
        _give_up(f"there is none of {', '.join(BROWSERS)} here")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=BROWSER_OPTIONS)
        yield chromium
        chromium.close()


def _give_up(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def contexts(browser: Any) -> dict[str, Any]:
    """Browser profiles by their options: each fetches the page's scripts once."""
    return {}


def let_it_open(page: Any) -> None:
    """Wait until Gradio has set the values of a part that is opened for the first time.

    It sets them again a frame later; what was typed before that would be lost.
    """
    page.evaluate("() => new Promise((f) => requestAnimationFrame(() => requestAnimationFrame(f)))")


@pytest.fixture
def visit(browser: Any, contexts: dict[str, Any], server: Server) -> Iterator[Callable[..., Any]]:
    """A function that opens the page; its options are those of a Playwright context.

    A test fails if its page runs into an error of its own or calls another host.
    """
    pages, foreign, errors = [], [], []

    def note(request: Any) -> None:
        if not request.url.startswith((server.url, "data:", "blob:")):
            foreign.append(request.url)

    def open_page(query: str = "", **options: Any) -> Any:
        key = repr(options)
        if key not in contexts:
            contexts[key] = browser.new_context(**{"locale": "en-US"} | options)
        page = contexts[key].new_page()
        pages.append(page)
        page.set_default_timeout(120_000)
        page.on("request", note)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(server.url + query)
        page.locator("#prompt textarea").wait_for()
        page.locator(".text-view.is-empty").wait_for()
        return page

    yield open_page
    for page in pages:
        page.close()
    assert foreign == []
    assert errors == []
