"""A batch may be divided, among processes or into parts: the gradient is that of the whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from lstm_zoo.errors import UsageError
from lstm_zoo.task import Data, Task
from lstm_zoo.training.gradient import BatchGradient
from lstm_zoo.training.loop import Interrupted, Trainer
from lstm_zoo.training.machine import make_accelerator
from lstm_zoo.training.recipe import Recipe, read_recipe
from lstm_zoo.training.runs import RunFolder
from lstm_zoo.training.train import train

NO_DROPOUT = [
    f"model.{key}=0" for key in ("input_dropout", "layer_dropout", "output_dropout", "weight_drop")
]
ROOT = Path(__file__).parent.parent.parent


def weights(runs: Path) -> dict[str, torch.Tensor]:
    return load_file(runs / "tiny.verses" / "checkpoint" / "model.safetensors")


def assert_close(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    assert one.keys() == other.keys()
    for name, tensor in one.items():
        # AdamW turns the rounding of a tiny gradient into a part of a step.
        torch.testing.assert_close(tensor, other[name], rtol=0, atol=5e-4, msg=name)


@pytest.fixture(scope="module")
def alone(tiny_recipe: Path, verses: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("alone")
    options: dict[str, Any] = {"data_dir": verses, "runs_dir": runs, "device": "cpu", "quiet": True}
    train(str(tiny_recipe), overrides=NO_DROPOUT, **options)
    return runs


def test_two_processes_train_as_one_does(
    alone: Path, tiny_recipe: Path, verses: Path, tmp_path: Path
) -> None:
    """Two real processes with gloo; a stop of one stops both, and both resume bit for bit."""
    # On CPUs `accelerate launch` leaves several processes to MPI, PyTorch's launcher does not.
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command += [str(Path(__file__).parent / "two_processes.py")]
    done = subprocess.run(
        [*command, str(tiny_recipe), str(verses), str(tmp_path), *NO_DROPOUT],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert {path.name for path in tmp_path.glob("stopped-*")} == {"stopped-0", "stopped-1"}
    unbroken, broken = weights(tmp_path / "unbroken"), weights(tmp_path / "broken")
    assert all(torch.equal(tensor, broken[name]) for name, tensor in unbroken.items())
    assert_close(unbroken, weights(alone))


def test_going_on_in_another_number_of_processes_is_said(
    tiny_recipe: Path, verses: Path, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"data_dir": verses, "runs_dir": tmp_path, "device": "cpu"}
    answers = iter([False] * 7)
    with pytest.raises(Interrupted):
        train(str(tiny_recipe), quiet=True, should_stop=lambda: next(answers, True), **options)
    path = tmp_path / "tiny.verses" / "state.pt"
    state = torch.load(path, weights_only=True)
    torch.save(state | {"processes": state["processes"] * 2}, path)  # as two would leave it
    with pytest.warns(UserWarning, match="among 2 and goes on among 1 processes: what its rows"):
        train(str(tiny_recipe), quiet=True, **options)


def test_parts_of_a_batch_train_as_the_whole_does(
    alone: Path, tiny_recipe: Path, verses: Path, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"data_dir": verses, "device": "cpu", "quiet": True}
    overrides = [*NO_DROPOUT, "training.accumulate=3"]
    train(str(tiny_recipe), overrides=overrides, runs_dir=tmp_path, **options)
    assert_close(weights(tmp_path), weights(alone))


def gradients(
    recipe: Recipe, task: Task, data: Data, accumulate: int
) -> tuple[float, list[torch.Tensor]]:
    torch.manual_seed(0)
    model: Any = task.build(recipe.model, data.preprocessing)
    model.reset_parameters()
    gradient = BatchGradient(task, model, make_accelerator("cpu", "fp32"), accumulate)
    loss = gradient.backward(task.batches(data, recipe.batches, 0, 0)[0])
    return loss.item(), [p.grad for p in model.parameters() if p.grad is not None]


@pytest.mark.parametrize("accumulate", [2, 5, 100])
def test_rows_with_more_answers_count_more(accumulate: int) -> None:
    """Strings of the Reber grammar differ in length; 100 parts are more than there are rows."""
    recipe, task = read_recipe("lstm.reber")
    data = task.load_data(recipe.data, None)
    loss, whole = gradients(recipe, task, data, 1)
    other_loss, divided = gradients(recipe, task, data, accumulate)
    assert other_loss == pytest.approx(loss, rel=1e-5)
    for one, other in zip(whole, divided, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


def test_a_batch_without_rows_is_not_divided(tiny_recipe: Path, verses: Path) -> None:
    recipe, task = read_recipe(str(tiny_recipe))
    data = task.load_data(recipe.data, verses)
    model = task.build(recipe.model, data.preprocessing)
    gradient = BatchGradient(task, model, make_accelerator("cpu", "fp32"), 2)
    with pytest.raises(UsageError, match=r"leave training\.accumulate at 1"):
        gradient.backward((torch.zeros(3, 2), torch.zeros(())))


class TestFp16:
    def test_on_a_cpu_it_is_refused(self, tiny_recipe: Path, verses: Path, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"training\.precision fp16 needs a GPU"):
            train(
                str(tiny_recipe),
                data_dir=verses,
                runs_dir=tmp_path,
                device="cpu",
                overrides=["training.precision=fp16"],
            )

    def test_scaled_gradients_train_as_plain_ones_do(
        self, alone: Path, tiny_recipe: Path, verses: Path, tmp_path: Path
    ) -> None:
        """PyTorch has a scaler for the CPU; a scale that is a power of two rounds nothing."""
        recipe, task = read_recipe(str(tiny_recipe), NO_DROPOUT)
        data = task.load_data(recipe.data, verses)
        stops = iter([False] * 30)
        for scale, should_stop in ((2.0**30, lambda: next(stops, True)), (1.0, lambda: False)):
            folder = RunFolder(tmp_path / "scaled")
            folder.open()
            run = Trainer(recipe, task, data, folder, "cpu", should_stop, quiet=True)
            scaler = run.accelerator.scaler = torch.amp.GradScaler("cpu", scale)
            with suppress(Interrupted):
                outcome = run.run()
        assert scaler.get_scale() == 2.0**30  # the run that resumes has it from the state
        curve = json.loads((alone / "tiny.verses" / "metrics.jsonl").read_text().splitlines()[-1])
        assert outcome.history[-1]["loss"] == pytest.approx(curve["loss"], rel=1e-3)

    @pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
    def test_on_cuda_it_learns(self, tiny_recipe: Path, verses: Path, tmp_path: Path) -> None:
        overrides = ["training.precision=fp16"]
        _, config = train(
            str(tiny_recipe), data_dir=verses, runs_dir=tmp_path, overrides=overrides, quiet=True
        )
        assert config.history[-1]["loss"] < 0.9 * config.history[0]["loss"]
