"""A process that trains keeps the memory of one step for the next."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lstm_zoo.training.machine import keep_freed_memory

STEPS = """
import resource, torch
{first}
def step():
    return torch.ones(64 * 2**20, dtype=torch.uint8)
step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def new_pages(first: str) -> int:
    """Pages that the kernel hands out during twenty steps, in a process of its own."""
    command = [sys.executable, "-c", STEPS.format(first=first)]
    return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc is Linux's C library")
def test_a_step_takes_the_pages_of_the_one_before_it() -> None:
    name = keep_freed_memory.__name__
    kept = new_pages(f"from {keep_freed_memory.__module__} import {name}; {name}()")
    assert kept < new_pages("") / 10
