"""What each process of `torchrun` does in `test_processes.py`."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

import torch

from lstm_zoo.cli import app
from lstm_zoo.training.loop import Interrupted
from lstm_zoo.training.train import train

torch.set_num_threads(1)
recipe, data, runs = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
run = partial(train, recipe, data_dir=data, device="cpu", quiet=True, overrides=sys.argv[4:])

run(runs_dir=runs / "unbroken")
answers = iter([False] * 7)
asks = os.environ["RANK"] == "1"  # one process is asked to stop, and all must
try:
    run(runs_dir=runs / "broken", should_stop=lambda: next(answers, True) and asks)
except Interrupted:
    (runs / f"stopped-{os.environ['RANK']}").touch()
options = [word for override in sys.argv[4:] for word in ("--set", override)]
folders = ["--data-dir", str(data), "--runs-dir", str(runs / "broken")]
app(["train", recipe, *folders, "--device", "cpu", *options])
