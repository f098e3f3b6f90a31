"""Every cell in training and in inference, beside `nn.LSTM` and a tutorial's cell, in one run.

python benchmarks/cells.py [--threads 2] [--hidden 512] [--batch 64] [--time 128]
    [--cells lstm,gru] [--compile]

Cells that read vectors: `nn.LSTM` has no like of the one that reads images.

The jobs take turns, and the shortest time of each counts: what else the machine does only adds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

import lstm_zoo as zoo
from lstm_zoo.cells import CELLS, Cell, get_cell
from lstm_zoo.cells.mlstm import MatrixLSTM

Job = Callable[[], object]
INPUT_SIZE = 64
HEADS = 8
PYTORCH, TUTORIAL = "nn.LSTM", "a tutorial's LSTM"


class TutorialLSTM(nn.Module):
    """As many tutorials have it: [h, x] through four Linear layers, in a Python loop."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.gates = nn.ModuleList(
            nn.Linear(hidden_size + input_size, hidden_size) for _ in range(4)
        )
        self.hidden_size = hidden_size

    def forward(self, x: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        h = c = x.new_zeros(x.size(1), self.hidden_size)
        outputs = []
        for x_t in x:
            both = torch.cat([h, x_t], dim=1)
            f, i, g, o = (gate(both) for gate in self.gates)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            outputs.append(h)
        return torch.stack(outputs), (h, c)


def shortest(jobs: dict[str, Job], repeats: int) -> dict[str, float]:
    """Seconds of each job, the shortest of several turns."""
    times: dict[str, float] = dict.fromkeys(jobs, float("inf"))
    for turn in range(repeats + 1):
        for name, job in jobs.items():
            started = time.perf_counter()
            job()
            if turn:  # the first turn warms up
                times[name] = min(times[name], time.perf_counter() - started)
    return times


def training(layer: nn.Module, x: Tensor) -> Job:
    def step() -> None:
        layer(x)[0].square().mean().backward()
        layer.zero_grad()

    return step


def inference(layer: nn.Module, x: Tensor) -> Job:
    @torch.inference_mode()
    def read() -> None:
        layer(x)

    return read


def layers(hidden: int, cells: Sequence[str], with_compile: bool) -> dict[str, nn.Module]:
    """What is measured, by name."""
    found: dict[str, nn.Module] = {
        PYTORCH: nn.LSTM(INPUT_SIZE, hidden),
        TUTORIAL: TutorialLSTM(INPUT_SIZE, hidden),
    }
    for name in cells:
        # One head of 512 would hold 512 x 512 numbers for each row: 8 heads, as in the paper.
        cell: Cell = MatrixLSTM(heads=HEADS) if name == "mlstm" else get_cell(name)
        found[f"zoo: {name}"] = zoo.LSTM(INPUT_SIZE, hidden, cell=cell)
    if with_compile:
        compiled = {f"{name}, compiled": torch.compile(layer) for name, layer in found.items()}
        found |= compiled  # type: ignore[arg-type]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--hidden", type=int, default=512)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--time", type=int, default=128)
    parser.add_argument("--repeats", type=int, default=3)
    every = [name for name, cell in CELLS.items() if cell.feature_dims == 1]  # of vectors
    parser.add_argument("--cells", default=",".join(every), help="names, by commas")
    parser.add_argument("--compile", action="store_true", help="torch.compile too; takes minutes")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    x = torch.randn(options.time, options.batch, INPUT_SIZE)
    measured = layers(options.hidden, options.cells.split(","), options.compile)
    seconds = {
        kind.__name__: shortest({n: kind(m, x) for n, m in measured.items()}, options.repeats)
        for kind in (training, inference)
    }
    print(
        f"torch {torch.__version__}, {options.threads} threads, fp32, one layer of"
        f" {options.hidden}, batch {options.batch} x {options.time}; each time is also"
        " given as a multiple of that of nn.LSTM and of that of a tutorial's LSTM\n"
    )
    print(f"| layer |{''.join(f' {kind}, ms | of nn.LSTM | of a tutorial |' for kind in seconds)}")
    print("|---|" + "---:|" * 3 * len(seconds))
    for name in measured:
        row = f"| {name} |"
        for times in seconds.values():
            ratios = [times[name] / times[other] for other in (PYTORCH, TUTORIAL)]
            milliseconds = times[name] * 1e3
            row += f" {milliseconds:.{0 if milliseconds > 10 else 2}f} |"
            row += "".join(f" {ratio:.2f} |" for ratio in ratios)
        print(row)


if __name__ == "__main__":
    main()
