"""Starts training processes without the time of their imports: forks one for each line it reads.

Arguments: a recipe, the data folder, the folder of runs. Prints the number of each process, and its
status when it has ended.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import torch

from lstm_zoo.training.train import train

torch.set_num_threads(1)
for _ in sys.stdin:
    child = os.fork()
    if child == 0:
        train(
            sys.argv[1],
            overrides=["training.save_every=0"],
            data_dir=Path(sys.argv[2]),
            runs_dir=Path(sys.argv[3]),
            device="cpu",
            quiet=True,
        )
        os._exit(0)
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
