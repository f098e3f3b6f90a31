"""What time and memory a large text takes until the first steps of its training are cut.

    python benchmarks/large_text.py [--megabytes 2000]

Writes a text of this size, of words in random order, and reads it as `train --text` does: checksum,
split, vocabulary, token numbers, the first batches. It is removed afterwards. The token numbers lie
in a file that is mapped into memory: what the system keeps of it there (`mapped`) it can take away
at any time.
"""

from __future__ import annotations

import argparse
import random
import resource
import string
import sys
import tempfile
import time
from pathlib import Path

from lstm_zoo.training.own_text import text_recipe
from lstm_zoo.training.recipe import parse_recipe

BATCHES = 20


def write_text(path: Path, megabytes: int) -> None:
    """About so many megabytes of words."""
    draw = random.Random(0)
    words = ["".join(draw.choices(string.ascii_letters, k=draw.randint(1, 9))) for _ in range(5000)]
    megabyte = " ".join(draw.choices(words, k=200_000))[:1_000_000]
    with path.open("w", encoding="utf-8") as file:
        for _ in range(megabytes):
            file.write(megabyte)


def say(stage: str, wall: float, cpu: float) -> None:
    """One line: the time since the start and the most memory so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak *= 1 if sys.platform == "darwin" else 1024
    seconds, of_cpu = time.perf_counter() - wall, time.process_time() - cpu
    line = f"{stage:14}{seconds:7.1f} s, {of_cpu:7.1f} s of CPU, at most {peak / 1e6:6,.0f} MB"
    status = Path("/proc/self/status")
    if status.exists():
        facts = dict(row.split(":", 1) for row in status.read_text().splitlines())
        own, mapped = (int(facts[key].split()[0]) / 1e3 for key in ("RssAnon", "RssFile"))
        line += f"; now {own:,.0f} MB of its own, {mapped:,.0f} MB mapped"
    print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megabytes", type=int, default=2000)
    megabytes = parser.parse_args().megabytes
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.txt"
        write_text(path, megabytes)
        wall, cpu = time.perf_counter(), time.process_time()
        say("before", wall, cpu)
        recipe, task = parse_recipe(text_recipe(path), "the recipe")
        say("checksum", wall, cpu)
        data = task.load_data(recipe.data, path.parent)
        say("token numbers", wall, cpu)
        batches = task.batches(data, recipe.batches, 0, 0)
        for step in range(BATCHES):
            batches[step]
        say(f"{BATCHES} batches", wall, cpu)


if __name__ == "__main__":
    main()
