"""The page of environment variables names each that the code reads."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "environment.md"


def test_each_variable_of_the_code_has_its_line() -> None:
    lines = PAGE.read_text("utf-8").splitlines()
    named = {match[1] for line in lines if (match := re.match(r"\| `(\w+)`", line))}
    files = [path for part in ("lstm_zoo", "tests") for path in (ROOT / part).rglob("*.py")]
    used = {
        variable
        for path in [ROOT / "app.py", *files]
        for variable in re.findall(r"\bLSTM_ZOO_[A-Z_]+", path.read_text("utf-8"))
    }
    assert used <= named
    assert {name for name in named if name.startswith("LSTM_ZOO_")} <= used
