"""How fast the shipped language models write on this machine; kept in config.json and card.

python benchmarks/writing_speed.py [NAME ...], then python -m lstm_zoo cards for the tables
"""

from __future__ import annotations

import functools
import sys

import torch
from speed import best_seconds, processor

import lstm_zoo as zoo
from lstm_zoo.zoo.checkpoint import read_config
from lstm_zoo.zoo.config import SpeedEntry
from lstm_zoo.zoo.names import WEIGHTS_DIR
from lstm_zoo.zoo.results import rewrite, shipped_folders

TOKENS, REPEATS = 1000, 3


def main() -> None:
    """Measure the models that are named, or all."""
    torch.set_num_threads(1)
    for folder in shipped_folders(WEIGHTS_DIR):
        if read_config(folder).task != "language" or sys.argv[1:] and folder.name not in sys.argv:
            continue
        model = zoo.load(f"local-dir:{folder}")
        write = functools.partial(model.generate, "", max_new_tokens=TOKENS, seed=0)
        speed = SpeedEntry(
            value=round(TOKENS / best_seconds(write, REPEATS)),
            unit="tokens/s",
            protocol=f"one text of {TOKENS:,} tokens, the fastest of {REPEATS}",
            machine=f"1 CPU thread ({processor()})",
            command=f"python benchmarks/writing_speed.py {folder.name}",
        )
        rewrite(folder, speed=speed.model_dump(mode="json"))
        print(f"{folder.name:32}{speed.value:>8,.0f} {speed.unit}")


if __name__ == "__main__":
    main()
