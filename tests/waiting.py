"""Waiting for a server that a test has started."""

from __future__ import annotations

import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

START_SECONDS = 120


def wait_until_answering(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once the page answers at `url`; fail with its log if it does not start."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the page did not start:\n{log.read_text()}")
