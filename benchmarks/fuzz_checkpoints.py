"""Mutated checkpoints: each must give a CheckpointError or exactly the model its files describe.

python benchmarks/fuzz_checkpoints.py [--count 100000] [--seed 0] [--workers 2] [--only NUMBER]

The checkpoints of tests/zoo/old are spoiled in a folder in memory: bytes, JSON, headers, weights
and whole files. Most of the spoiled files get their new checksum into config.json, so that loading
gets past its first check. A case is a function of the seed and its number: --only runs one again.
A failure is any other exception, another model, a load of over a second or of over half a gibibyte.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import json
import os
import re
import resource
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
from mutations import CONFIG, ORIGINALS, SEED_FOLDERS, TOKENIZER, WEIGHTS, Files, mutated
from safetensors.torch import load as load_tensors

from lstm_zoo.errors import CheckpointError
from lstm_zoo.zoo.card import model_card
from lstm_zoo.zoo.checkpoint import Checkpoint, load_checkpoint
from lstm_zoo.zoo.config import upgraded
from lstm_zoo.zoo.results import checkpoint_table, result_row

LONGEST_SECONDS = 1.0
ADDRESS_SPACE = 512 * 2**20
"""Bytes that loading may ask for beyond what the process has; more fails the allocation."""

Load = Callable[[Path], Checkpoint]


@dataclass
class Report:
    """What a run of cases came to."""

    refused: collections.Counter[str] = field(default_factory=collections.Counter)
    loaded: int = 0
    failures: list[str] = field(default_factory=list)
    slowest: tuple[float, int] = (0.0, -1)
    memory: int = 0

    def add(self, other: Report) -> None:
        """Take in what another process found."""
        self.refused += other.refused
        self.loaded += other.loaded
        self.failures += other.failures
        self.slowest = max(self.slowest, other.slowest)
        self.memory = max(self.memory, other.memory)

    @property
    def count(self) -> int:
        """How many cases were refused or loaded."""
        return sum(self.refused.values()) + self.loaded


def check(checkpoint: Checkpoint, files: Files) -> None:
    """The checkpoint is what the files say, by another reading; it writes, and has a card."""
    document = upgraded(json.loads(files[CONFIG]))
    assert _same(checkpoint.config.model_dump(mode="json"), document), "another config"
    built = checkpoint.model.config.model_dump(mode="json")
    assert all(_same(built[key], value) for key, value in document["model"].items()), "another size"
    tokenizer = checkpoint.task.dump_preprocessing(checkpoint.preprocessing)
    assert _same(tokenizer, json.loads(files[TOKENIZER])), "another preprocessing"
    tensors, parameters = load_tensors(files[WEIGHTS]), dict(checkpoint.model.named_parameters())
    assert tensors.keys() == parameters.keys(), "other tensors"
    for name, tensor in tensors.items():
        assert torch.equal(tensor, parameters[name]), f"another {name}"
    for name in (WEIGHTS, TOKENIZER):
        assert hashlib.sha256(files[name]).hexdigest() == checkpoint.config.sha256[name]
    writer = checkpoint.task.predictor(checkpoint.model, checkpoint.preprocessing)
    writer.generate("", max_new_tokens=1, seed=0)
    model_card(checkpoint.config, checkpoint.task)
    checkpoint_table([result_row(checkpoint.config, size=0)])


def _same(one: Any, two: Any) -> bool:
    """Equal as JSON: 1 is 1.0, but true is not 1."""
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(_same(one[key], two[key]) for key in one)
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(map(_same, one, two))
    return isinstance(one, bool) == isinstance(two, bool) and bool(one == two)


def fuzz(numbers: Iterable[int], seed: int, load: Load = load_checkpoint) -> Report:
    """Run cases.

    Args:
        numbers: which.
        seed: of all of them.
        load: what reads a checkpoint.
    """
    torch.set_num_threads(1)
    report = Report()
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(dir=memory) as scratch:
        folder = Path(scratch) / "checkpoint"
        for seed_folder in SEED_FOLDERS:  # warm: what is loaded once is not a case's
            load_checkpoint(seed_folder)
        before = resident_bytes()
        folder.mkdir()
        there: Files = {}
        for number in numbers:
            files = mutated(number, seed)
            for name, content in files.items():
                if there.get(name) is not content:
                    (folder / name).write_bytes(content)
            there = files
            _run(number, folder, files, load, report)
        report.memory = max(0, peak_bytes() - before)
    return report


def _run(number: int, folder: Path, files: Files, load: Load, report: Report) -> None:
    checkpoint = None
    started = time.perf_counter()
    try:
        checkpoint = load(folder)
    except CheckpointError as error:
        report.refused[_kind(str(error), folder)] += 1
    except Exception:
        report.failures.append(f"case {number}: {traceback.format_exc()}")
    seconds = time.perf_counter() - started
    report.slowest = max(report.slowest, (seconds, number))
    if seconds > LONGEST_SECONDS:
        report.failures.append(f"case {number}: took {seconds:.2f} s")
    if checkpoint is not None:
        report.loaded += 1
        try:
            check(checkpoint, files)
        except Exception:
            report.failures.append(f"case {number}: {traceback.format_exc()}")


def _kind(message: str, folder: Path) -> str:
    """A sentence without its names and numbers."""
    message = message.replace(f"{folder}/", "").replace(str(folder), "FOLDER")
    message = re.sub(r"'[^']*'|\"[^\"]*\"", "'..'", message)
    message = re.sub(r"got .*|is [FBIU]\d+ .*|did you mean.*|known: .*", "..", message, flags=re.S)
    return re.sub(r"\[[^]]*\]|[-+]?\d[\d.,e+-]*", "#", message)[:90]


def resident_bytes() -> int:
    """Memory that this process holds now."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def peak_bytes() -> int:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def limited(numbers: range, seed: int) -> Report:
    """`fuzz` in a process that may not ask for much memory, used or not."""
    with open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    limit = now + ADDRESS_SPACE
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    return fuzz(numbers, seed)


def main() -> None:
    """Run all cases in several processes and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--only", type=int, help="run this case alone")
    options = parser.parse_args()
    if options.only is not None:
        first, count, workers = options.only, 1, 1
    else:
        first, count, workers = 0, options.count, options.workers
    parts = [range(first + part, first + count, workers) for part in range(workers)]
    report, started = Report(), time.perf_counter()
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for part in pool.map(limited, parts, [options.seed] * workers):
            report.add(part)
    seconds = time.perf_counter() - started
    for kind, times in report.refused.most_common(30):
        print(f"{times:>8}  {kind}")
    seeds_size = max(sum(map(len, files.values())) for files in ORIGINALS)
    print(
        f"seed {options.seed}: {report.count:,} mutated checkpoints in {seconds:.0f} s on"
        f" {workers} processes: {sum(report.refused.values()):,} refused in {len(report.refused)}"
        f" kinds of sentences, {report.loaded:,} loaded as their files say,"
        f" {len(report.failures)} failures\nslowest {report.slowest[0]:.3f} s (case"
        f" {report.slowest[1]}); most memory {report.memory / 2**20:.1f} MiB over a process that"
        f" had loaded the unspoiled files (of {seeds_size:,} bytes), address space held to"
        f" {ADDRESS_SPACE / 2**20:.0f} MiB more"
    )
    for failure in report.failures[:20]:
        print(failure)
    sys.exit(bool(report.failures))


if __name__ == "__main__":
    main()
