"""Mutated checkpoints end in a CheckpointError or load as what they say; a long run is a script."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"


@pytest.fixture
def fuzzer(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("fuzz_checkpoints")


def test_mutated_checkpoints_are_refused_or_load_as_they_are(fuzzer: ModuleType) -> None:
    report = fuzzer.fuzz(range(2000), seed=6)
    assert report.failures == []
    assert report.count == 2000
    # It gets past the first checks: many different sentences, and some that load.
    assert len(report.refused) > 100
    assert report.loaded > 100
    assert report.slowest[0] < 1


def test_the_fuzzer_notices_a_loader_that_ignores_what_it_reads(fuzzer: ModuleType) -> None:
    original = fuzzer.load_checkpoint(fuzzer.SEED_FOLDERS[0])
    assert len(fuzzer.fuzz(range(100), seed=1, load=lambda folder: original).failures) > 80


def test_the_fuzzer_notices_other_exceptions(fuzzer: ModuleType) -> None:
    def load(folder: Path) -> None:
        raise KeyError(folder)

    assert len(fuzzer.fuzz(range(10), seed=1, load=load).failures) == 10
