"""What the training loop costs beside the work itself, and beside a plain loop in fp32.

    python benchmarks/training_loop.py [--steps 30] [--rounds 3]

One model, that of char-lstm.shakespeare (2 x 512), on random text. `plain` is what one would write:
a Dataset of shifted windows, a DataLoader, nn.LSTM, Adam. `work` is the recipe's own arithmetic and
nothing else: loss, backward pass, clipping, AdamW, the average of the weights. `loop` is the whole
of `Trainer`, in a process that keeps its freed memory as `train` does; `plain` has a process of its
own. The three take turns, so that what else runs on the machine falls on all of them; what the loop
adds is told from CPU time, which other programs change least. A state is saved once a minute,
whatever the steps take, so its cost is stated apart.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from lstm_zoo.language.data import TextData
from lstm_zoo.language.task import LanguageTask
from lstm_zoo.language.tokenizer import CharacterTokenizer
from lstm_zoo.training.loop import Trainer
from lstm_zoo.training.machine import keep_freed_memory, peak_memory
from lstm_zoo.training.preparation import begin_part
from lstm_zoo.training.recipe import Recipe, read_recipe
from lstm_zoo.training.runs import RunFolder
from lstm_zoo.training.state import save

RECIPE, ONE_EPOCH = "char-lstm.shakespeare", ["training.epochs=1"]
CHARACTERS = "\n" + "".join(chr(ord(" ") + number) for number in range(64))


class Windows(Dataset):
    """Shifted windows, as tutorials cut them."""

    def __init__(self, tokens: Tensor, length: int) -> None:
        self.tokens, self.length = tokens, length

    def __len__(self) -> int:
        return (len(self.tokens) - 1) // self.length

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        first = index * self.length
        window = self.tokens[first : first + self.length + 1]
        return window[:-1], window[1:]


class PlainModel(nn.Module):
    def __init__(self, recipe: Recipe, vocab_size: int) -> None:
        super().__init__()
        sizes = recipe.model
        self.embedding = nn.Embedding(vocab_size, sizes.embedding_size)
        self.lstm = nn.LSTM(
            sizes.embedding_size,
            sizes.hidden_size,
            sizes.num_layers,
            batch_first=True,
            dropout=sizes.layer_dropout,
        )
        self.output = nn.Linear(sizes.hidden_size, vocab_size)

    def forward(self, tokens: Tensor) -> Tensor:
        logits: Tensor = self.output(self.lstm(self.embedding(tokens))[0])
        return logits


def train_plain(recipe: Recipe, tokens: Tensor) -> None:
    """One epoch of the plain loop."""
    model = PlainModel(recipe, len(CHARACTERS))
    optimizer = torch.optim.Adam(model.parameters())
    loader = DataLoader(
        Windows(tokens, recipe.batches.bptt), recipe.batches.batch_size, shuffle=True
    )
    for inputs, targets in loader:
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), recipe.optimizer.clip_norm)
        optimizer.step()


class TimedTask(LanguageTask):
    """Validates in no time: it is the steps that are measured."""

    def validate(self, model: nn.Module, data: TextData) -> float:
        return 1.0


def make_trainer(recipe: Recipe, tokens: Tensor, folder: RunFolder) -> Trainer:
    data = TextData({"train": tokens}, CharacterTokenizer(CHARACTERS), {})
    trainer = Trainer(recipe, TimedTask(), data, folder, "cpu", quiet=True)
    begin_part(trainer)
    return trainer


def work(trainer: Trainer) -> None:
    """The same steps without the loop around them."""
    batches = trainer.task.batches(trainer.data, trainer.recipe.batches, 0, 0)
    trainer.model.train()
    state = None
    for step in range(len(batches)):
        loss, state = trainer.task.loss(trainer.model, batches[step], state)
        loss.backward()
        nn.utils.clip_grad_norm_(trainer.model.parameters(), trainer.recipe.optimizer.clip_norm)
        trainer.optimizer.step()
        trainer.optimizer.zero_grad()
        if trainer.average:
            trainer.average.update_parameters(trainer.model)


class UnsavedFolder(RunFolder):
    """Keeps no state: that is measured apart."""

    def save_state(self, recipe: Recipe, state: dict[str, Any]) -> None:
        pass


def seconds_of(job: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the clock, and of the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    job()
    return time.perf_counter() - clock, time.process_time() - processor


def time_plain(tokens: NDArray[np.int64]) -> tuple[float, float]:
    """The plain loop, timed where it is called: with the memory as PyTorch finds it."""
    recipe, _ = read_recipe(RECIPE, ONE_EPOCH)
    return seconds_of(lambda: train_plain(recipe, torch.from_numpy(tokens)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=30, help="of an epoch")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    recipe, _ = read_recipe(RECIPE, ONE_EPOCH)
    batch = recipe.batches.batch_size * recipe.batches.bptt
    tokens = torch.randint(len(CHARACTERS), (options.steps * batch + 1,))
    times: dict[str, list[tuple[float, float]]] = {"plain": [], "work": [], "loop": []}
    keep_freed_memory()
    elsewhere = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
    with tempfile.TemporaryDirectory() as folder, elsewhere:
        for _ in range(options.rounds):
            times["plain"].append(elsewhere.submit(time_plain, tokens.numpy()).result())
            trainer = make_trainer(recipe, tokens, UnsavedFolder(Path(folder)))
            times["work"].append(seconds_of(lambda trainer=trainer: work(trainer)))
            trainer = make_trainer(recipe, tokens, UnsavedFolder(Path(folder)))
            times["loop"].append(seconds_of(trainer.run))
        trainer.folder = RunFolder(Path(folder))
        saving = min(seconds_of(lambda: save(trainer))[0] for _ in range(3))
    amx = torch.cpu.get_capabilities().get("amx_bf16", False)
    precision = trainer.accelerator.mixed_precision.replace("no", "fp32")
    print(f"{torch.get_num_threads()} threads, AMX: {amx}, the recipe computes in {precision}")
    for name, rounds in times.items():
        clock, processor = (min(values) for values in zip(*rounds, strict=True))
        speed = options.steps * batch / clock
        print(f"{name:6}{speed:10,.0f} characters/s by the clock, {processor:.2f} s of processor")
    pairs = zip(times["plain"], times["loop"], strict=True)
    ratio = statistics.median(plain[0] / loop[0] for plain, loop in pairs)
    print(f"the loop is {ratio:.2f} times as fast as the plain one (median of rounds, clock)")
    pairs = zip(times["loop"], times["work"], strict=True)
    shares = [loop[1] / bare[1] - 1 for loop, bare in pairs]
    print(f"its own overhead: {statistics.median(shares):.1%} of processor time (median of rounds)")
    every = recipe.training.save_every
    print(f"a saved state: {saving:.2f} s, {saving / every:.1%} of the {every:.0f} s between two")
    print(f"peak memory of this process: {peak_memory(torch.device('cpu')) / 1e6:,.0f} MB")


if __name__ == "__main__":
    main()
