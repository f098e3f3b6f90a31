"""Every gate of every step beside the plain forward pass, as ratios measured in one run.

python benchmarks/trace.py [--threads 2] [--steps 500] [--hidden 512] [--batch 1]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

import lstm_zoo as zoo

NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def stepped(lstm: nn.LSTM, x: Tensor) -> Tensor:
    """`nn.LSTM` as a loop over its equations that keeps all gates, as it is written by hand."""
    kept = []
    for layer in range(lstm.num_layers):
        w, u, b, d = (getattr(lstm, f"{name}_l{layer}") for name in NAMES)
        h = c = x.new_zeros(x.shape[1], lstm.hidden_size)
        outputs = []
        for x_t in x:
            i, f, g, o = (x_t @ w.t() + b + h @ u.t() + d).chunk(4, dim=1)
            i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
            c = f * c + i * g
            h = o * c.tanh()
            outputs.append(h)
            kept.append((i, f, g, o, c))
        x = torch.stack(outputs)
    return x


def seconds(jobs: dict[str, Callable[[], object]], repeats: int, device: str) -> dict[str, float]:
    """The median time of each job; they take turns, so that what else runs meets all of them."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for repeat in range(repeats + 1):
        for name, job in jobs.items():
            started = time.perf_counter()
            job()
            if device == "cuda":
                torch.cuda.synchronize()
            if repeat:  # the first one warms up
                times[name].append(time.perf_counter() - started)
    return {name: statistics.median(found) for name, found in times.items()}


@torch.no_grad()
def measure(device: str, steps: int, hidden: int, layers: int, batch: int, repeats: int) -> None:
    torch.manual_seed(0)
    lstm = nn.LSTM(hidden, hidden, layers, device=device).eval()
    x = torch.randn(steps, batch, hidden, device=device)
    record = zoo.trace(lstm, x)
    torch.testing.assert_close(record.outputs[0], stepped(lstm, x), rtol=0, atol=1e-5)
    found = seconds(
        {
            "nn.LSTM, forward alone": lambda: lstm(x),
            "zoo.trace, all gates": lambda: zoo.trace(lstm, x),
            "zoo.trace, forget gate and c": lambda: zoo.trace(lstm, x, gates=["forget", "c"]),
            "a cell stepped in Python, gates kept": lambda: stepped(lstm, x),
        },
        repeats,
        device,
    )
    base = found["nn.LSTM, forward alone"]
    print(f"\n{device}: {steps} steps, {layers} x {hidden}, batch {batch}")
    for name, taken in found.items():
        print(f"  {name:42}{1000 * taken:>9.1f} ms  x{taken / base:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--hidden", type=int, default=512)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=15)
    options = vars(parser.parse_args())
    torch.set_num_threads(options.pop("threads"))
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    for device in ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",):
        measure(device, **options)
