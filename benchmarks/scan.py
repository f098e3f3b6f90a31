"""A linear recurrence solved by pairs of steps beside the loop over steps, as a ratio in one run.

python benchmarks/scan.py [--threads 1] [--repeats 10]
"""

from __future__ import annotations

import argparse
from functools import partial

import torch
from speed import best_seconds

from lstm_zoo.cells.scan import WIDE, _by_loop, _by_pairs

SHAPES = [(75, 64, 1024), (256, 64, 382), (256, 64, 64), (75, 64, 64), (256, 8, 64), (256, 1, 64)]


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=10)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(
        f"{'steps, rows, units':20}{'pairs':>11}{'loop':>11}   the loop is taken from {WIDE} values"
    )
    for steps, *shape in SHAPES:
        a, b, h0 = torch.rand(steps, *shape), torch.randn(steps, *shape), torch.randn(*shape)
        torch.testing.assert_close(_by_loop(a, b, h0), _by_pairs(a, b, h0))
        pairs, loop = (
            1e3 * best_seconds(partial(solve, a, b, h0), options.repeats)
            for solve in (_by_pairs, _by_loop)
        )
        size = f"{steps} x {shape[0]} x {shape[1]}"
        print(f"{size:20}{pairs:8.2f} ms{loop:8.2f} ms   x{pairs / loop:.2f}")


if __name__ == "__main__":
    main()
