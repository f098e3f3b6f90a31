"""The README says what is: its table, its commands, and its front matter for a Space."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

import lstm_zoo as zoo
from lstm_zoo.files import read_block
from lstm_zoo.zoo.results import checkpoint_table, read_results

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
FRONT = yaml.safe_load(README.split("---\n")[1])


def test_its_table_is_that_of_results_csv() -> None:
    rows = read_results((ROOT / "results.csv").read_text("utf-8"))
    table = read_block(ROOT / "README.md", "checkpoints")
    assert table == checkpoint_table(rows), "run: python -m lstm_zoo cards"


def test_its_front_matter_starts_the_page_as_a_space() -> None:
    assert FRONT["sdk"] == "gradio"
    assert (ROOT / FRONT["app_file"]).is_file()
    assert FRONT["license"] == "apache-2.0"
    assert {model.split("/")[1] for model in FRONT["models"]} == set(zoo.list_models())


def test_its_gradio_version_is_one_that_the_requirements_allow() -> None:
    allowed = re.search(r"gradio>=([\d.]+),<(\d+)", (ROOT / "requirements.txt").read_text())
    assert allowed
    space = [int(part) for part in FRONT["sdk_version"].split(".")]
    assert [int(part) for part in allowed[1].split(".")] <= space < [int(allowed[2])]


def test_torch_is_the_pinned_one() -> None:
    assert version("torch").split("+")[0] == "2.13.0"


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", README, re.S))
def test_its_python_runs(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(code, "README.md", "exec"), {})
