"""The pages of the docs show code that is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lstm_zoo.cells import CELLS

ROOT = Path(__file__).parent.parent
CELLS_PAGE = (ROOT / "docs/cells.md").read_text("utf-8")


def test_add_a_cell_shows_the_cell_that_was_added() -> None:
    page = (ROOT / "docs/add-a-cell.md").read_text("utf-8")
    equations, _, loop = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert equations == (ROOT / "lstm_zoo/cells/ugrnn.py").read_text("utf-8")
    assert loop in (ROOT / "tests/cells/reference/standard.py").read_text("utf-8")


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", CELLS_PAGE, re.DOTALL))
def test_the_code_on_the_page_of_cells_runs(code: str) -> None:
    exec(compile(code, "docs/cells.md", "exec"), {})


def test_the_table_of_cells_is_that_of_the_registry() -> None:
    rows = re.findall(r"^\| `(.*?)` \|.*\| (.*?) \| (.*?) \|$", CELLS_PAGE, re.MULTILINE)
    found = {name: (gates.split(", "), state.split(", ")) for name, gates, state in rows}
    assert found == {
        name: (list(cell.gate_names), list(cell.state_names)) for name, cell in CELLS.items()
    }
