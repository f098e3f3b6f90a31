"""Killed at any moment, also while it writes, a run comes back to the same weights."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file

ROOT = Path(__file__).parent.parent.parent
KILLS = 20


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_twenty_kills_leave_the_weights_as_they_would_have_been(
    tiny_checkpoint: Path, tiny_recipe: Path, verses: Path, tmp_path: Path
) -> None:
    """Real processes and SIGKILL; the state is written after each step."""
    command = [sys.executable, str(Path(__file__).parent / "forks.py")]
    command += [str(tiny_recipe), str(verses), str(tmp_path)]
    forks = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert forks.stdin
    assert forks.stdout
    folder = tmp_path / "tiny.verses"
    state = folder / "state.pt"
    chance = random.Random(0)
    statuses, hit_while_writing = [], 0
    for kill in range(2 * KILLS):
        if kill >= KILLS and hit_while_writing:  # on a quick disk that takes more of them
            break
        before = state.stat().st_mtime_ns if state.exists() else 0
        forks.stdin.write("\n")
        forks.stdin.flush()
        child = int(forks.stdout.readline())
        if kill % 2:  # else it may be killed before it has done anything
            while not state.exists() or state.stat().st_mtime_ns == before:
                time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.08))
        os.kill(child, signal.SIGKILL)
        statuses.append(int(forks.stdout.readline()))
        hit_while_writing += any(folder.glob(".*"))
    assert len(statuses) >= KILLS
    assert statuses == [signal.SIGKILL] * len(statuses)
    assert hit_while_writing
    assert not (folder / "checkpoint").exists()
    forks.communicate("\n")
    weights = load_file(folder / "checkpoint" / "model.safetensors")
    for name, tensor in load_file(tiny_checkpoint / "model.safetensors").items():
        assert torch.equal(tensor, weights[name]), name
    assert not list(folder.glob(".*")), "what was half written takes no room"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_saves_and_says_how_to_go_on(
    number: signal.Signals, tiny_recipe: Path, verses: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "lstm_zoo", "train", str(tiny_recipe)]
    command += ["--data-dir", str(verses), "--runs-dir", str(tmp_path), "--device", "cpu"]
    command += ["--set", "training.epochs=100000"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ)
    state = tmp_path / "tiny.verses" / "state.pt"
    while not state.exists() and process.poll() is None:
        time.sleep(0.01)
    before = state.stat().st_mtime_ns
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command goes on from here" in errors
    assert state.stat().st_mtime_ns > before
    assert yaml.safe_load((tmp_path / "tiny.verses/recipe.yaml").read_text())["name"]
