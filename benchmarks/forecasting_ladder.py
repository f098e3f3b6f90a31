"""From the plain LSTM to the recipe, one step at a time, on ETTh1: the table of what each is worth.

    python benchmarks/forecasting_ladder.py --data-dir DATA

Every rung is trained by the same code for as many steps on the same windows, its weights chosen by
the validation part; the errors are those of the test part, standardised, look-back 720, no batch
dropped. Rungs that were trained before are read, so that a run goes on where it was stopped.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from lstm_zoo.training.train import train

RECIPE = "seg-lstm.etth1"
COMMON = ("model.hidden_size=64", "batches.stride=8", "training.epochs=12")
PLAIN = {
    "segment": "1",
    "embedding_size": "0",
    "normalization": "none",
    "decoding": "direct",
    "linear_branch": "none",
}
RUNGS: tuple[tuple[str, dict[str, str]], ...] = (
    ("plain LSTM: hour by hour, last state, linear", {}),
    ("segments of 24 hours as steps", {"segment": "24", "embedding_size": "32"}),
    ("the last value taken off and put back", {"normalization": "last"}),
    ("all segments of the future decoded side by side", {"decoding": "parallel"}),
    ("scaled by the window's deviation", {"normalization": "scaled-last"}),
    ("with a linear branch fitted by least squares", {"linear_branch": "fitted"}),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--runs-dir", type=Path, default=Path("runs/ladder"))
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        help="for all rungs: section.key=value, as often as needed",
    )
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print("| rung | parameters | MSE 96 | 192 | 336 | 720 | MAE, mean | seconds |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    model = dict(PLAIN)
    for number, (label, change) in enumerate(RUNGS):
        model |= change
        _, config = train(
            RECIPE,
            overrides=[
                f"name=rung-{number}.etth1",
                *COMMON,
                *(f"model.{key}={value}" for key, value in model.items()),
                *options.set,
            ],
            data_dir=options.data_dir,
            runs_dir=options.runs_dir,
            device="cpu",
        )
        squared, absolute = (
            [config.metrics[f"{name}_{horizon}"].value for horizon in (96, 192, 336, 720)]
            for name in ("mse", "mae")
        )
        print(
            f"| {label} | {config.parameters:,} | "
            + " | ".join(f"{value:.3f}" for value in squared)
            + f" | {sum(absolute) / 4:.3f} | {config.training['seconds']} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
