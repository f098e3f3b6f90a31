"""A page's block is written between its comments, and nothing else of the page."""

from __future__ import annotations

from pathlib import Path

import pytest

from lstm_zoo.errors import UsageError
from lstm_zoo.files import read_block, write_block

PAGE = "a\n<!-- one: x -->\nold\n<!-- /one -->\nb\n<!-- two: y z -->\n<!-- /two -->\n"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.md"
    path.write_text(PAGE)
    return path


def test_a_block_is_replaced_and_the_rest_of_the_page_stays(page: Path) -> None:
    for text in ("1\n2", r"a \1 of a pattern", ""):
        write_block(page, "two", text)
        assert read_block(page, "two") == text
        assert page.read_text() == PAGE.replace("y z -->\n", f"y z -->\n{text}\n")
    assert read_block(page, "one") == "old"


def test_a_page_without_such_a_block_is_named(page: Path) -> None:
    for path, marker in ((page, "three"), (page, "on."), (page.with_name("none.md"), "one")):
        with pytest.raises(UsageError, match=rf"{path.name} has no <!-- {marker}: "):
            write_block(path, marker, "text")
    assert page.read_text() == PAGE
