"""A checkpoint comes back as it was, or not at all."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

import lstm_zoo as zoo
from lstm_zoo.errors import CheckpointError
from lstm_zoo.files import sha256_of, whole_file
from lstm_zoo.zoo.checkpoint import load_checkpoint, save_checkpoint


@pytest.fixture
def checkpoint(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(tiny_checkpoint, tmp_path / "checkpoint"))


def edit_config(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "config.json"
    document = json.loads(path.read_text("utf-8"))
    change(document)
    path.write_text(json.dumps(document), "utf-8")


def edit_weights(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    """Change the tensors, and the config's checksum with them."""
    path = folder / "model.safetensors"
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)
    edit_config(folder, lambda c: c["sha256"].update({"model.safetensors": sha256_of(path)}))


def test_it_holds_the_files_of_the_format(tiny_checkpoint: Path) -> None:
    names = sorted(path.name for path in tiny_checkpoint.iterdir())
    assert names == ["README.md", "config.json", "model.safetensors", "tokenizer.json"]


def test_it_loads_in_eval_mode_and_writes_the_same_text(tiny_checkpoint: Path) -> None:
    one, two = (zoo.load(f"local-dir:{tiny_checkpoint}") for _ in range(2))
    assert not one.model.training
    assert one.generate("the", seed=0) == two.generate("the", seed=0)


@pytest.mark.parametrize("implementation", ["torch", "zoo"])
def test_either_implementation_runs_the_same_weights(checkpoint: Path, implementation: str) -> None:
    before = zoo.load(f"local-dir:{checkpoint}").generate("the", seed=0, max_new_tokens=50)
    edit_config(checkpoint, lambda c: c["model"].update(implementation=implementation))
    assert zoo.load(f"local-dir:{checkpoint}").generate("the", seed=0, max_new_tokens=50) == before


def test_tied_embeddings_are_stored_once(tiny_recipe: Path, verses: Path, tmp_path: Path) -> None:
    from lstm_zoo.training.train import train

    overrides = ["model.tie_embeddings=true", "training.epochs=1"]
    folder, config = train(
        str(tiny_recipe),
        overrides=overrides,
        data_dir=verses,
        runs_dir=tmp_path,
        device="cpu",
        quiet=True,
    )
    assert "output.weight" not in load_file(folder / "model.safetensors")
    model = load_checkpoint(folder).model
    assert model.output.weight is model.embedding.weight
    assert config.parameters == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_missing_file_is_named(checkpoint: Path, name: str) -> None:
    (checkpoint / name).unlink()
    with pytest.raises(CheckpointError, match=f"{name} is missing"):
        load_checkpoint(checkpoint)


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
@pytest.mark.parametrize("spoil", ["cut", "flipped", "longer"])
def test_an_altered_file_is_named(checkpoint: Path, name: str, spoil: str) -> None:
    path = checkpoint / name
    content = bytearray(path.read_bytes())
    if spoil == "cut":
        content = content[:-1]
    elif spoil == "flipped":
        content[len(content) // 2] ^= 1
    else:
        content += b" "
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=f"{name} is not the file that config.json names"):
        load_checkpoint(checkpoint)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda c: c.update(format_version=2), "format version 2, newer than this package's 1"),
        (lambda c: c.update(surplus=1), "unknown key 'surplus'"),
        (lambda c: c.update(metrcs={}), "unknown key 'metrcs'; did you mean 'metrics'"),
        (lambda c: c.pop("sha256"), "the key 'sha256' is missing"),
        (lambda c: c.update(task="languages"), "unknown task 'languages'; did you mean"),
        (lambda c: c["model"].update(hiden_size=1), "unknown key 'hiden_size'"),
        (lambda c: c["model"].update(hidden_size=10**9), "hidden_size"),
        (lambda c: c["model"].update(num_layers=3), "lacks tensor 'layers.2"),
        (lambda c: c["model"].update(num_layers=1), "has the surplus tensor 'layers.1"),
        (lambda c: c["model"].update(hidden_size=8192), "should be F32"),
        (lambda c: c["fingerprint"].update(outputs=[0.5]), "differ from its fingerprint by inf"),
        (lambda c: c["fingerprint"]["outputs"].reverse(), "differ from its fingerprint"),
        (lambda c: c["metrics"]["nats"].update(value=float("nan")), "finite number"),
    ],
)
def test_a_wrong_config_is_named(
    checkpoint: Path, change: Callable[[dict[str, Any]], object], sentence: str
) -> None:
    edit_config(checkpoint, change)
    with pytest.raises(CheckpointError, match=sentence):
        load_checkpoint(checkpoint)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda t: t.pop("output.bias"), "lacks tensor 'output.bias'"),
        (lambda t: t.update(more=torch.zeros(1)), "surplus tensor 'more'"),
        (lambda t: t.update({"output.bias": torch.zeros(3)}), r"'output.bias' should be F32 \[\d+"),
        (lambda t: t.update({"output.bias": t["output.bias"].half()}), "is F16"),
        (lambda t: t["output.bias"].add_(torch.rand(1)).mul_(2), "fingerprint"),
        (lambda t: t["output.bias"].fill_(torch.nan), "fingerprint by nan"),
    ],
)
def test_wrong_weights_are_named(
    checkpoint: Path, change: Callable[[dict[str, torch.Tensor]], object], sentence: str
) -> None:
    edit_weights(checkpoint, change)
    with pytest.raises(CheckpointError, match=sentence):
        load_checkpoint(checkpoint)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"a": 1, "a": 2}',
        b"[" * 100_000,
        b"\xff",
    ],
    ids=["empty", "cut", "list", "null", "twice", "deep", "no-utf8"],
)
def test_a_config_that_is_no_json_object_is_named(checkpoint: Path, content: bytes) -> None:
    (checkpoint / "config.json").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"config\.json"):
        load_checkpoint(checkpoint)


def test_a_header_that_claims_too_much_is_refused(checkpoint: Path) -> None:
    path = checkpoint / "model.safetensors"
    path.write_bytes((2**40).to_bytes(8, "little") + path.read_bytes()[8:])
    edit_config(checkpoint, lambda c: c["sha256"].update({path.name: sha256_of(path)}))
    with pytest.raises(CheckpointError, match="not a whole safetensors file"):
        load_checkpoint(checkpoint)


def test_a_failed_write_leaves_the_old_checkpoint(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load_checkpoint(checkpoint)
    before = {path.name: path.read_bytes() for path in checkpoint.iterdir()}

    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(loaded.task), "sample", fail)
    facts = loaded.config.model_dump(
        include={"name", "description", "licence", "language", "metrics", "recipe", "data"}
    )
    facts["training"] = loaded.config.training
    with pytest.raises(OSError, match="No space left"):
        save_checkpoint(checkpoint, loaded.model, loaded.preprocessing, loaded.task, facts)
    assert {path.name: path.read_bytes() for path in checkpoint.iterdir()} == before
    assert [path.name for path in checkpoint.parent.iterdir()] == ["checkpoint"]


def test_a_kill_while_a_file_is_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    code = f"""
import os, signal
from pathlib import Path
from lstm_zoo.files import whole_file
with whole_file(Path({str(path)!r})) as temporary:
    temporary.write_text("half of the n")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    assert path.read_text() == "old"
    with whole_file(path) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "new"


def test_the_card_says_what_the_config_says(tiny_checkpoint: Path) -> None:
    config = load_checkpoint(tiny_checkpoint).config
    card = (tiny_checkpoint / "README.md").read_text("utf-8")
    for metric in config.metrics.values():
        assert f"{metric.value:.4f}" in card
        assert metric.protocol in card
        assert metric.command in card
    assert f"{config.parameters:,} parameters" in card
    assert card.startswith('---\nlicense: "apache-2.0"\n')
