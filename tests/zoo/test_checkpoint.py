"""A checkpoint comes back as it was, or not at all."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

import lstm_zoo as zoo
from lstm_zoo.errors import CheckpointError
from lstm_zoo.files import sha256_of, whole_file
from lstm_zoo.zoo.checkpoint import load_checkpoint, save_checkpoint
from lstm_zoo.zoo.config import FORMAT_VERSION
from lstm_zoo.zoo.reading import LARGEST_JSON, parse_json
from lstm_zoo.zoo.results import rewrite

OLD = sorted((Path(__file__).parent / "old").glob("version-*"))


@pytest.fixture
def checkpoint(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(tiny_checkpoint, tmp_path / "checkpoint"))


def edit_config(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "config.json"
    document = json.loads(path.read_text("utf-8"))
    change(document)
    path.write_text(json.dumps(document), "utf-8")


def reseal(folder: Path, name: str) -> None:
    """Put a file's own checksum into the config."""
    edit_config(folder, lambda c: c["sha256"].update({name: sha256_of(folder / name)}))


def edit_weights(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    """Change the tensors, and the config's checksum with them."""
    path = folder / "model.safetensors"
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)
    reseal(folder, path.name)


def edit_header(folder: Path, change: Callable[[bytes], bytes]) -> None:
    """Change the header of the weights, its length, and the config's checksum."""
    path = folder / "model.safetensors"
    content = path.read_bytes()
    end = 8 + int.from_bytes(content[:8], "little")
    header = change(content[8:end].rstrip())
    path.write_bytes(len(header).to_bytes(8, "little") + header + content[end:])
    reseal(folder, path.name)


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
        (
            lambda c: c.update(format_version=FORMAT_VERSION + 1),
            f"format version {FORMAT_VERSION + 1}, newer than this package's .*: update lstm-zoo",
        ),
        (lambda c: c.update(format_version=True), "format_version should be a whole number"),
        (lambda c: c.update(format_version=1), "format version 1 has no key 'history'"),
        (lambda c: c.update(surplus=1), "unknown key 'surplus'"),
        (lambda c: c.update(metrcs={}), "unknown key 'metrcs'; did you mean 'metrics'"),
        (lambda c: c.pop("sha256"), "the key 'sha256' is missing"),
        (lambda c: c.update(task="languages"), "unknown task 'languages'; did you mean"),
        (lambda c: c["model"].update(hiden_size=1), "unknown key 'hiden_size'"),
        (lambda c: c["model"].update(hidden_size=10**9), "hidden_size"),
        (lambda c: c["model"].update(hidden_size="12"), "hidden_size: input should be a valid int"),
        (lambda c: c["model"].update(num_layers=True), "num_layers: input should be a valid int"),
        (lambda c: c.update(parameters=c["parameters"] + 1), "parameters should be the number"),
        (lambda c: c.update(parameters=str(c["parameters"])), "parameters: input should be"),
        (lambda c: c["sha256"].update({"../weights.bin": "0" * 64}), "sha256"),
        (lambda c: c["sha256"].update({"more.json": "0" * 64}), "sha256 should name model.safe"),
        (lambda c: c.update(sha256=c["sha256"] | {"tokenizer.json": "0"}), "sha256"),
        (lambda c: c["training"].update(seconds="long"), "training.seconds"),
        (lambda c: c["data"].pop("licence"), "'data.licence' is missing"),
        (lambda c: c.update(history=[{"epoch": 1}]), "needs the keys 'epoch' and 'loss'"),
        (lambda c: c["fingerprint"].update(tolerance=1e9), "fingerprint.tolerance"),
        (lambda c: c["recipe"].update(a=json.loads("[" * 40 + "]" * 40)), "nested more than 32"),
        (lambda c: c["recipe"].update({"k" * 300: 1}), "a key is longer than 256 characters"),
        (lambda c: c["recipe"].update(a="\ud800"), "surrogates not allowed"),
        (lambda c: c["model"].update(num_layers=3), "lacks tensor 'layers.2"),
        (lambda c: c["model"].update(num_layers=1), "has the surplus tensor 'layers.1"),
        (lambda c: c["model"].update(hidden_size=8192), "should be F32"),
        (lambda c: c["fingerprint"].update(outputs=[0.5]), "differ from its fingerprint by inf"),
        (lambda c: c["fingerprint"]["outputs"].reverse(), "differ from its fingerprint"),
        (lambda c: c["metrics"]["nats"].update(value=float("nan")), "NaN is no number in JSON"),
        (lambda c: c["metrics"]["nats"].update(value=float("inf")), "Infinity is no number"),
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
        (lambda t: t["output.bias"].fill_(torch.nan), "'output.bias' has values that are not fin"),
        (lambda t: t["output.weight"].fill_(3e38), "differ from its fingerprint"),
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
        b'{"a": 1e999}',
        b" " * (LARGEST_JSON + 1),
        b"\xff",
    ],
    ids=["empty", "cut", "list", "null", "twice", "deep", "infinite", "large", "no-utf8"],
)
def test_a_config_that_is_no_json_object_is_named(checkpoint: Path, content: bytes) -> None:
    (checkpoint / "config.json").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"config\.json"):
        load_checkpoint(checkpoint)


def test_a_header_that_claims_too_much_is_refused(checkpoint: Path) -> None:
    path = checkpoint / "model.safetensors"
    for length in (2**20, 2**40, 2**63):
        path.write_bytes(length.to_bytes(8, "little") + path.read_bytes()[8:])
        reseal(checkpoint, path.name)
        with pytest.raises(CheckpointError, match=r"model\.safetensors"):
            load_checkpoint(checkpoint)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda h: h[:-1] + b',"output.bias":' + b'{"dtype":"F32"}}', "a key occurs twice"),
        (lambda h: h.replace(b'"F32"', b'"I32"', 1), "should be F32"),
        (lambda h: h.replace(b'"data_offsets":[0,', b'"data_offsets":[4,', 1), "not a whole"),
        (lambda h: h.replace(b'"data_offsets":[0,', b'"data_offsets":[0,9', 1), "not a whole"),
        (lambda h: b"[]", "should be a JSON object"),
        (lambda h: b"", "is not valid JSON"),
    ],
    ids=["twice", "integers", "hole", "beyond", "list", "empty"],
)
def test_a_wrong_header_is_named(
    checkpoint: Path, change: Callable[[bytes], bytes], sentence: str
) -> None:
    edit_header(checkpoint, change)
    with pytest.raises(CheckpointError, match=sentence):
        load_checkpoint(checkpoint)


def test_a_huge_model_that_a_small_file_claims_takes_no_memory(checkpoint: Path) -> None:
    edit_config(checkpoint, lambda c: c["model"].update(hidden_size=8192, num_layers=16))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(CheckpointError, match="lacks tensor"):
        load_checkpoint(checkpoint)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024  # KiB


def test_a_vocabulary_that_the_weights_do_not_have_is_refused(checkpoint: Path) -> None:
    path = checkpoint / "tokenizer.json"
    document = json.loads(path.read_text("utf-8"))
    document["characters"] += "".join(map(chr, range(0x4E00, 0x9FFF)))
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    reseal(checkpoint, path.name)
    with pytest.raises(CheckpointError, match=r"'embedding\.weight' should be F32 \[2\d{4}"):
        load_checkpoint(checkpoint)


def test_a_weights_file_larger_than_the_model_is_not_read(checkpoint: Path) -> None:
    with open(checkpoint / "model.safetensors", "ab") as file:
        file.truncate(2**40)  # a hole on the disk: summing it up would take minutes
    with pytest.raises(CheckpointError, match="has 1,099,511,627,776 bytes"):
        load_checkpoint(checkpoint)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=20), inner),
    max_leaves=20,
)


@settings(max_examples=100, deadline=None)
@given(json_values)
def test_json_comes_back_as_it_was_written(value: Any) -> None:
    assert parse_json(json.dumps(value).encode(), "here") == value


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300) | st.text(alphabet='[]{}",:.-019eE\\u\n NaInfty').map(str.encode))
def test_any_bytes_are_json_that_can_be_written_again_or_an_error(content: bytes) -> None:
    try:
        document = parse_json(content, "here")
    except CheckpointError:
        return
    assert parse_json(json.dumps(document, allow_nan=False).encode(), "here") == document


def into_hub_cache(checkpoint: Path, cache: Path) -> Path:
    """The checkpoint as the Hub's client stores it: links to blobs, one of them a shared one."""
    repository = cache / "models--owner--name"
    snapshot, shared = repository / "snapshots" / "0123abc", cache / "blobs" / "ab" / "abcd"
    for folder in (snapshot, repository / "blobs", shared.parent):
        folder.mkdir(parents=True)
    for path in checkpoint.iterdir():
        shutil.copy(path, repository / "blobs" / path.name)
        (snapshot / path.name).symlink_to(f"../../blobs/{path.name}")
    weights = repository / "blobs" / "model.safetensors"
    weights.rename(shared)
    weights.symlink_to("../../blobs/ab/abcd")
    return snapshot


def test_the_links_of_a_hub_cache_load(checkpoint: Path, tmp_path: Path) -> None:
    snapshot = into_hub_cache(checkpoint, tmp_path / "cache")
    assert load_checkpoint(snapshot).config.name == "tiny.verses"
    (tmp_path / "link").symlink_to(snapshot)
    assert load_checkpoint(tmp_path / "link").config.name == "tiny.verses"


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
@pytest.mark.parametrize("place", ["folder", "cache"])
def test_a_link_that_leads_out_is_refused(
    checkpoint: Path, tmp_path: Path, name: str, place: str
) -> None:
    outside = tmp_path / "outside"
    shutil.copy(checkpoint / name, outside)
    folder = into_hub_cache(checkpoint, tmp_path / "cache") if place == "cache" else checkpoint
    (folder / name).unlink()
    (folder / name).symlink_to(outside)
    with pytest.raises(CheckpointError, match=f"{name} is a link that leads out"):
        load_checkpoint(folder)


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
@pytest.mark.parametrize(
    ("put", "sentence"),
    [
        (os.mkfifo, "should be a file"),
        (os.mkdir, "should be a file"),
        (lambda path: path.symlink_to(path.name), "cannot be read: Too many levels"),
        (lambda path: path.symlink_to("nowhere"), "is missing"),
        (lambda path: path.symlink_to("/dev/zero"), "leads out"),
    ],
    ids=["pipe", "folder", "loop", "dangling", "device"],
)
def test_what_is_no_file_is_refused_at_once(
    checkpoint: Path, name: str, put: Callable[[Path], object], sentence: str
) -> None:
    (checkpoint / name).unlink()
    put(checkpoint / name)
    with pytest.raises(CheckpointError, match=sentence):
        load_checkpoint(checkpoint)


def test_there_is_an_old_checkpoint_of_each_format_version() -> None:
    versions = [
        json.loads((folder / "config.json").read_text())["format_version"] for folder in OLD
    ]
    assert versions == list(range(1, FORMAT_VERSION + 1))


@pytest.mark.parametrize("folder", OLD, ids=lambda folder: folder.name)
def test_an_old_checkpoint_loads_and_can_be_written_in_the_newest_format(
    folder: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    rewrite(copy)
    old, new = load_checkpoint(folder), load_checkpoint(copy)
    assert json.loads((copy / "config.json").read_text("utf-8"))["format_version"] == FORMAT_VERSION
    assert new.config.sample
    texts = {
        c.task.predictor(c.model, c.preprocessing).generate("the", seed=0, max_new_tokens=40)
        for c in (old, new)
    }
    assert len(texts) == 1
    unchanged = {"sample", "speed", "history"}
    assert old.config.model_dump(exclude=unchanged) == new.config.model_dump(exclude=unchanged)


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
