"""The page's public events, called by Gradio's own client."""

from __future__ import annotations

from typing import Any

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

import lstm_zoo as zoo

MODEL = "char-lstm-small.shakespeare"


def test_offers_the_public_events_alone(client: Client) -> None:
    endpoints = client.view_api(return_format="dict")
    assert set(endpoints["named_endpoints"]) == {
        "/generate",
        "/models",
        "/forecast",
        "/backtest",
        "/zoo",
        "/measure",
        "/look_on_hub",
        "/download",
        "/inspect",
        "/hold",
        "/classify",
        "/explain",
    }
    assert endpoints["unnamed_endpoints"] == {}


def test_names_the_models(client: Client) -> None:
    assert MODEL in client.predict(api_name="/models")


def test_writes_what_the_package_writes(client: Client) -> None:
    texts = client.predict(MODEL, "ROMEO:", seed=5, length=40, samples=2, api_name="/generate")
    expected = zoo.load(MODEL).generate_samples("ROMEO:", seed=5, max_new_tokens=40, num_samples=2)
    assert texts == expected


def test_writes_with_nothing_but_a_model(client: Client) -> None:
    (text,) = client.predict(MODEL, api_name="/generate")
    assert len(text) == 300


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": -1}, "“Boldness” must be from 0 to 2; it is -1."),
        ({"top_p": 0}, "“Top-p” must be from 0.01 to 1; it is 0."),
        ({"length": 10**9}, "“Length” must be from 1 to 10,000; it is 1e\\+09."),
        ({"seed": 10**30}, "“Seed” must be from 0 to"),
        ({"prompt": "x" * 200_001}, "The start has 200,001 characters"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_says_what_is_wrong(client: Client, options: dict[str, Any], message: str) -> None:
    with pytest.raises(AppError, match=message):
        client.predict(MODEL, **options, api_name="/generate")


@pytest.mark.parametrize("name", ["char-lstm-small.shakespear", "local-dir:weights", "../weights"])
def test_loads_no_other_path(client: Client, name: str) -> None:
    with pytest.raises(AppError, match="there is no model"):
        client.predict(name, api_name="/generate")
