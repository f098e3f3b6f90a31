"""Training learns, chooses by validation, and comes back from a kill to the same weights."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from lstm_zoo.errors import UsageError
from lstm_zoo.language.task import LanguageTask
from lstm_zoo.training.loop import Interrupted, Outcome, Trainer
from lstm_zoo.training.machine import cpu_has_bf16
from lstm_zoo.training.recipe import ScheduleConfig, read_recipe
from lstm_zoo.training.runs import RunFolder
from lstm_zoo.training.schedule import Schedule
from lstm_zoo.training.train import evaluate, train
from lstm_zoo.training.weights import is_triggered
from tests.tiny import train_tiny as run


def weights(checkpoint: Path) -> dict[str, torch.Tensor]:
    return load_file(checkpoint / "model.safetensors")


def assert_same_weights(one: Path, other: Path) -> None:
    first, second = weights(one), weights(other)
    assert first.keys() == second.keys()
    for name, tensor in first.items():
        assert torch.equal(tensor, second[name]), name


def curve(runs: Path) -> list[dict[str, float]]:
    lines = (runs / "tiny.verses" / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_training_learns(tiny_checkpoint: Path) -> None:
    first, last = (curve(tiny_checkpoint.parent.parent)[i] for i in (0, -1))
    assert last["loss"] < 0.9 * first["loss"]
    assert last["validation_nats"] < first["validation_nats"]


def test_the_card_holds_what_evaluate_measures(tiny_checkpoint: Path, verses: Path) -> None:
    checkpoint, metrics = evaluate(f"local-dir:{tiny_checkpoint}", data_dir=verses)
    assert metrics.keys() == checkpoint.config.metrics.keys()
    for key, metric in metrics.items():
        assert metric.value == pytest.approx(checkpoint.config.metrics[key].value, abs=1e-6)
        assert 0 < metric.value < math.log2(28)


def test_another_file_is_measured_with_the_vocabulary_of_the_model(
    tiny_checkpoint: Path, verses: Path, tmp_path: Path
) -> None:
    path = tmp_path / "mine.txt"
    path.write_text((verses / "verses.txt").read_text().replace("sea", "sky!")[:3000])
    _, metrics = evaluate(f"local-dir:{tiny_checkpoint}", data_file=path)
    assert 1 < metrics["nats"].value < math.log(28)


def test_a_file_of_ones_own_takes_the_place_of_that_of_a_recipe(
    tiny_recipe: Path, verses: Path, tmp_path: Path
) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("ab\n" * 300)
    overrides = ["training.epochs=1", f"data.sha256={'f' * 64}"]  # of the recipe's own file
    _, config = train(
        str(tiny_recipe), data_file=path, runs_dir=tmp_path, overrides=overrides, quiet=True
    )
    assert config.recipe["data"]["file"] == "mine.txt"
    assert config.data["vocabulary"] == 3
    with pytest.raises(UsageError, match="is not one file: leave --data-file out"):
        train("lstm.parity", data_file=path, runs_dir=tmp_path)


def test_the_same_recipe_gives_the_same_weights(
    tiny_checkpoint: Path, tiny_recipe: Path, verses: Path, tmp_path: Path
) -> None:
    assert_same_weights(run(tiny_recipe, verses, tmp_path), tiny_checkpoint)


def test_the_best_weights_are_kept_not_the_last(
    tiny_recipe: Path, verses: Path, tmp_path: Path
) -> None:
    # A rate this high wrecks the model again after it has learned something.
    overrides = ["optimizer.learning_rate=1.0", "training.epochs=4", "schedule.kind=constant"]
    run(tiny_recipe, verses, tmp_path, overrides=overrides)
    document = json.loads((tmp_path / "tiny.verses/checkpoint/config.json").read_text())
    validation = [entry["validation_nats"] for entry in curve(tmp_path)]
    assert document["training"]["best_epoch"] == validation.index(min(validation)) + 1
    assert document["training"]["best_validation_nats"] == min(validation)


def test_early_stopping_ends_a_run_that_gets_no_better(
    tiny_recipe: Path, verses: Path, tmp_path: Path
) -> None:
    overrides = ["optimizer.learning_rate=1e-12", "training.epochs=50", "training.stop_after=2"]
    overrides += ["training.average_decay=0", "schedule.kind=constant"]
    run(tiny_recipe, verses, tmp_path, overrides=overrides)
    epochs = curve(tmp_path)
    best = min(range(len(epochs)), key=lambda e: epochs[e]["validation_nats"])
    assert len(epochs) == best + 3 < 50


class Scripted(LanguageTask):
    """Its metric, epoch after epoch, is what was said before."""

    def __init__(self, metrics: list[float]) -> None:
        self.metrics, self.biases = iter(metrics), []

    def validate(self, model: Any, data: Any) -> float:
        self.biases.append(model.output.bias.detach().clone())
        return next(self.metrics)


class Solvable(Scripted):
    best_possible = 0.0


@pytest.mark.parametrize(
    ("kind", "epochs", "best"), [(Solvable, 6, 6), (Scripted, 8, 2)], ids=["known", "unknown"]
)
def test_a_run_that_stays_perfect_is_over_and_its_last_weights_are_kept(
    kind: type[Scripted], epochs: int, best: int, tiny_recipe: Path, verses: Path, tmp_path: Path
) -> None:
    recipe, _ = read_recipe(str(tiny_recipe), ["training.epochs=8", "training.average_decay=0"])
    task = kind([0.5, 0.0, 0.1, 0.0, 0.0, 0.0, 0.0, 0.1])
    folder = RunFolder(tmp_path)
    data = task.load_data(recipe.data, verses)
    outcome = Trainer(recipe, task, data, folder, "cpu", quiet=True).run()
    assert len(outcome.history) == outcome.facts["epochs"] == epochs
    assert outcome.facts["best_epoch"] == best
    assert torch.equal(outcome.model.output.bias, task.biases[best - 1])
    # A run that is over stays so.
    assert len(Trainer(recipe, task, data, folder, "cpu", quiet=True).run().history) == epochs


def test_a_stop_at_any_step_resumes_to_the_same_weights(
    tiny_checkpoint: Path, tiny_recipe: Path, verses: Path, tmp_path: Path
) -> None:
    for steps in (1, 7, 61, 30):
        answers = iter([False] * steps)
        stop = partial(next, answers, True)
        with pytest.raises(Interrupted):
            run(tiny_recipe, verses, tmp_path, should_stop=stop)
    assert_same_weights(run(tiny_recipe, verses, tmp_path), tiny_checkpoint)


def test_a_run_of_an_older_version_is_resumed(
    tiny_checkpoint: Path, tiny_recipe: Path, verses: Path, tmp_path: Path
) -> None:
    with pytest.raises(Interrupted):
        run(tiny_recipe, verses, tmp_path, should_stop=lambda: True)
    (path,) = tmp_path.glob("*/state.pt")
    state = torch.load(path, weights_only=True)
    del state["recipe"]["model"]["cell"]  # as before there was this key
    torch.save(state, path)
    assert_same_weights(run(tiny_recipe, verses, tmp_path), tiny_checkpoint)


def test_a_run_of_another_recipe_is_not_resumed(
    tiny_recipe: Path, verses: Path, tmp_path: Path
) -> None:
    with pytest.raises(Interrupted):
        run(tiny_recipe, verses, tmp_path, should_stop=lambda: True)
    change = ["optimizer.learning_rate=0.5"]
    with pytest.raises(UsageError, match=r"optimizer\.learning_rate was 0\.01, now 0\.5"):
        run(tiny_recipe, verses, tmp_path, overrides=change)
    run(tiny_recipe, verses, tmp_path, overrides=[*change, "training.epochs=1"], restart=True)


def test_a_loss_that_is_no_number_ends_the_run_with_advice(
    tiny_recipe: Path, verses: Path, tmp_path: Path
) -> None:
    overrides = ["optimizer.learning_rate=1e30", "optimizer.clip_norm=1e30"]
    with pytest.raises(UsageError, match=r"lower optimizer\.learning_rate"):
        run(tiny_recipe, verses, tmp_path, overrides=overrides)


class Faulty(LanguageTask):
    """Its loss is no number in some steps."""

    def __init__(self, faults: set[int]) -> None:
        self.faults, self.steps = faults, 0

    def loss(self, model: Any, batch: Any, carried: Any) -> Any:
        self.steps += 1
        loss, carried = super().loss(model, batch, carried)
        if self.steps not in self.faults:
            return loss, carried
        return loss * math.nan, tuple(part * math.nan for part in carried)


def faulty_run(
    recipe_file: Path, data: Path, runs: Path, faults: set[int], *overrides: str
) -> tuple[Trainer, Outcome]:
    recipe, _ = read_recipe(str(recipe_file), ["training.save_every=1e9", *overrides])
    task = Faulty(faults)
    folder = RunFolder(runs / recipe.name)
    folder.open()
    trainer = Trainer(recipe, task, task.load_data(recipe.data, data), folder, "cpu", quiet=True)
    return trainer, trainer.run()


def test_a_step_without_a_number_is_skipped_and_counted(
    tiny_checkpoint: Path, tiny_recipe: Path, verses: Path, tmp_path: Path
) -> None:
    _, outcome = faulty_run(tiny_recipe, verses, tmp_path, {3, 40, 41, 90})
    assert outcome.facts["skipped_steps"] == 4
    whole = curve(tiny_checkpoint.parent.parent)
    for entry, other in zip(outcome.history, whole, strict=True):
        assert entry["loss"] == pytest.approx(other["loss"], rel=0.03)


def test_many_steps_without_a_number_end_the_run_and_leave_the_last_good_state(
    tiny_recipe: Path, verses: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="no number 20 times, in epoch 2.* keeps the last good"):
        faulty_run(tiny_recipe, verses, tmp_path, set(range(90, 1000)))
    state = torch.load(tmp_path / "tiny.verses" / "state.pt", weights_only=True)
    assert state["position"] == [1, 0]
    assert all(torch.isfinite(weight).all() for weight in state["model"].values())


def test_averaging_begins_when_the_metric_gets_worse(
    tiny_recipe: Path, verses: Path, tmp_path: Path
) -> None:
    overrides = ["training.average_decay=0", "training.average_trigger=0", "training.epochs=6"]
    overrides += ["optimizer.learning_rate=1.0", "schedule.kind=constant"]
    trainer, outcome = faulty_run(tiny_recipe, verses, tmp_path, set(), *overrides)
    metrics = [entry["validation_nats"] for entry in outcome.history]
    worse = next(i for i in range(1, 6) if metrics[i] > min(metrics[:i]))
    assert trainer.average is not None
    # Each step after the first epoch that was worse than the best one is averaged.
    assert int(trainer.average.n_averaged) == (5 - worse) * trainer.steps > 0


def test_the_trigger_is_that_of_the_paper() -> None:
    assert not is_triggered([3.0, 4.0], 1)
    assert not is_triggered([3.0, 2.0, 2.5], 1)
    assert is_triggered([3.0, 2.0, 2.1, 2.5], 1)
    assert is_triggered([3.0, 3.1], 0)


def test_an_absent_device_is_named(tiny_recipe: Path, verses: Path, tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has the device")
    with pytest.raises(UsageError, match="there is no device 'cuda' here"):
        train(str(tiny_recipe), data_dir=verses, runs_dir=tmp_path, device="cuda", quiet=True)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_training_on_cuda_learns(tiny_recipe: Path, verses: Path, tmp_path: Path) -> None:
    train(str(tiny_recipe), data_dir=verses, runs_dir=tmp_path, device="cuda", quiet=True)
    assert curve(tmp_path)[-1]["loss"] < curve(tmp_path)[0]["loss"]


@pytest.mark.skipif(cpu_has_bf16(), reason="this processor has bf16")
def test_bf16_is_refused_where_there_is_none(
    tiny_recipe: Path, verses: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="no bf16: take training.precision fp32"):
        run(tiny_recipe, verses, tmp_path, overrides=["training.precision=bf16"])


@pytest.mark.skipif(not cpu_has_bf16(), reason="this processor has no bf16")
def test_bf16_trains_nearly_as_fp32(
    tiny_checkpoint: Path, tiny_recipe: Path, verses: Path, tmp_path: Path
) -> None:
    run(tiny_recipe, verses, tmp_path, overrides=["training.precision=bf16"])
    fp32 = curve(tiny_checkpoint.parent.parent)[-1]["validation_nats"]
    assert curve(tmp_path)[-1]["validation_nats"] == pytest.approx(fp32, rel=0.05)


def test_a_full_disk_ends_the_run_with_one_sentence_and_the_old_state(
    tiny_checkpoint: Path, tiny_recipe: Path, verses: Path, tmp_path: Path
) -> None:
    """The system's limit on a file's size stands in for the disk: the same failing write."""
    resource = pytest.importorskip("resource", reason="no file size limit here")
    with pytest.raises(Interrupted):
        run(tiny_recipe, verses, tmp_path, should_stop=lambda: True)
    state = tmp_path / "tiny.verses" / "state.pt"
    before = state.read_bytes()
    command = [sys.executable, "-m", "lstm_zoo", "train", str(tiny_recipe), "--device", "cpu"]
    command += ["--data-dir", str(verses), "--runs-dir", str(tmp_path)]
    done = subprocess.run(
        command,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert f"error: cannot write {state} (File too large)" in done.stderr
    assert "Traceback" not in done.stderr
    assert state.read_bytes() == before
    assert list(state.parent.glob(".*")) == []
    assert_same_weights(run(tiny_recipe, verses, tmp_path), tiny_checkpoint)


class TestSchedule:
    def rates(self, steps: int, epoch_metrics: dict[int, float], **config: Any) -> list[float]:
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=2.0)
        schedule = Schedule(optimizer, ScheduleConfig(**config), steps)
        rates = []
        for step in range(steps):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.after_step()
            if step in epoch_metrics:
                schedule.after_epoch(epoch_metrics[step])
        return rates

    def test_warm_up_rises_to_the_peak(self) -> None:
        rates = self.rates(6, {}, kind="constant", warmup_steps=3)
        assert rates == pytest.approx([0.5, 1.0, 1.5, 2.0, 2.0, 2.0])

    def test_cosine_falls_to_the_floor(self) -> None:
        rates = self.rates(101, {}, kind="cosine", floor=0.1)
        assert rates[0] == 2.0
        assert rates[50] == pytest.approx(1.1, abs=0.02)
        assert rates[100] == pytest.approx(0.2, abs=1e-3)
        assert rates == sorted(rates, reverse=True)

    def test_one_cycle_is_that_of_pytorch(self) -> None:
        parameter = torch.nn.Parameter(torch.zeros(1))
        optimizer = torch.optim.SGD([parameter], lr=2.0, momentum=0.9)
        theirs = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2.0, total_steps=101)
        expected = []
        for _ in range(100):
            expected.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            theirs.step()
        # Theirs reaches its peak one step early, and its end with the last step.
        ours = self.rates(100, {}, kind="one-cycle", rise=0.3)
        assert ours == pytest.approx(expected, abs=0.06)
        assert ours[0] == pytest.approx(0.08)
        assert max(ours) == ours[30] == 2.0

    def test_plateau_cuts_when_nothing_gets_better(self) -> None:
        metrics = {2: 3.0, 3: 2.0, 4: 2.0, 5: 2.5, 6: 1.0}
        rates = self.rates(8, metrics, kind="plateau", patience=1, factor=0.25, warmup_steps=2)
        expected = [2 / 3, 4 / 3, 2.0, 2.0, 2.0, 2.0, 0.5, 0.5]
        assert rates == pytest.approx(expected)
