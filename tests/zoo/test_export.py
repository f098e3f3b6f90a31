"""Out of the zoo and into it: ONNX, plain PyTorch weights, ten lines of code, foreign models."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

import lstm_zoo as zoo
from lstm_zoo.cli import main
from lstm_zoo.errors import UsageError
from lstm_zoo.language.model import LanguageModel, LanguageModelConfig
from lstm_zoo.task import get_task
from lstm_zoo.zoo.checkpoint import Checkpoint, load_checkpoint, read_config, save_checkpoint
from lstm_zoo.zoo.export import export_onnx, export_torch
from lstm_zoo.zoo.foreign import import_model
from lstm_zoo.zoo.names import find_checkpoint

ARCHITECTURES: dict[str, dict[str, Any]] = {
    "two layers": {"embedding_size": 6, "hidden_size": 10, "num_layers": 2},
    "one layer, written by hand": {
        "embedding_size": 5,
        "hidden_size": 7,
        "num_layers": 1,
        "implementation": "zoo",
    },
    "tied": {"embedding_size": 8, "hidden_size": 8, "num_layers": 1, "tie_embeddings": True},
    "tied and narrow": {
        "embedding_size": 4,
        "hidden_size": 9,
        "num_layers": 3,
        "tie_embeddings": True,
    },
}
CHARACTERS = "\n abcdefghij.☃"
LANGUAGE = {
    name: config.model.get("cell", "lstm")
    for name in zoo.list_models()
    if (config := read_config(find_checkpoint(name))).task == "language"
}
SHIPPED = [name for name, cell in LANGUAGE.items() if cell == "lstm"]


@pytest.fixture(params=ARCHITECTURES)
def checkpoint(request: pytest.FixtureRequest, tiny_checkpoint: Path, tmp_path: Path) -> Checkpoint:
    """A checkpoint of each architecture, its weights drawn wide enough for each gate to matter."""
    trained = load_checkpoint(tiny_checkpoint)
    torch.manual_seed(0)
    config = LanguageModelConfig(**ARCHITECTURES[request.param])
    model = LanguageModel(config, len(trained.preprocessing)).eval()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.5)
    facts = {"name", "description", "licence", "language", "metrics", "recipe", "data", "training"}
    save_checkpoint(
        tmp_path / "checkpoint",
        model,
        trained.preprocessing,
        trained.task,
        trained.config.model_dump(include=facts),
    )
    return load_checkpoint(tmp_path / "checkpoint")


def run(*arguments: str | Path) -> tuple[int, str, str]:
    """Exit code, output and errors of the command line."""
    out, err = io.StringIO(), io.StringIO()
    with (
        redirect_stdout(out),
        redirect_stderr(err),
        patch("sys.argv", ["lstm_zoo", *map(str, arguments)]),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    return int(ended.value.code or 0), out.getvalue(), err.getvalue()


@pytest.mark.parametrize("time", [1, 23])
@pytest.mark.parametrize("batch", [1, 5])
@torch.inference_mode()
def test_onnx_runtime_computes_what_the_model_computes(
    checkpoint: Checkpoint, tmp_path: Path, batch: int, time: int
) -> None:
    stated = export_onnx(checkpoint, tmp_path / "model.onnx")
    assert 0 <= stated < 1e-5
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"))
    model = checkpoint.model
    state = tuple(torch.randn_like(part) for part in model.initial_state(batch))
    arrays = [part.numpy() for part in state]
    for _ in range(3):  # each from the memory that the last one left
        tokens = torch.randint(model.vocab_size, (batch, time))
        logits, state = model(tokens, state)
        inputs = dict(zip(("tokens", "h0", "c0"), (tokens.numpy(), *arrays), strict=True))
        theirs, *arrays = session.run(["logits", "hn", "cn"], inputs)
        np.testing.assert_allclose(theirs, logits.numpy(), atol=1e-5)
        for ours, array in zip(state, arrays, strict=True):
            np.testing.assert_allclose(array, ours.numpy(), atol=1e-5)


def test_an_onnx_file_has_an_lstm_for_each_layer_and_any_batch_and_time(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    path = tmp_path / "model.onnx"
    export_onnx(checkpoint, path)
    document = onnx.load(path)
    operators = [node.op_type for node in document.graph.node]
    config = checkpoint.model.config
    assert operators.count("LSTM") == config.num_layers
    assert len(operators) <= 13 + 2 * config.num_layers  # not unrolled over time
    shapes = {
        value.name: [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in [*document.graph.input, *document.graph.output]
    }
    state = [config.num_layers, "batch", config.hidden_size]
    assert shapes == {
        "tokens": ["batch", "time"],
        "logits": ["batch", "time", checkpoint.model.vocab_size],
        **dict.fromkeys(("h0", "c0", "hn", "cn"), state),
    }
    stored = sum(np.prod(tensor.dims, dtype=int) for tensor in document.graph.initializer)
    assert stored - 1 == checkpoint.config.parameters  # a tied matrix once; 1: the axis to squeeze


def test_an_onnx_file_holds_the_vocabulary_and_the_name(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    export_onnx(checkpoint, tmp_path / "model.onnx")
    metadata = onnxruntime.InferenceSession(str(tmp_path / "model.onnx")).get_modelmeta()
    facts = metadata.custom_metadata_map
    assert json.loads(facts["tokenizer.json"]) == checkpoint.preprocessing.to_json()
    assert facts["name"] == checkpoint.config.name


def test_an_onnx_file_that_computes_something_else_is_not_written(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    nn.init.constant_(checkpoint.model.output.bias, torch.nan)
    with pytest.raises(UsageError, match="differ from PyTorch's by nan"):
        export_onnx(checkpoint, tmp_path / "model.onnx")
    assert not list(tmp_path.glob("*.onnx"))


@torch.inference_mode()
def test_plain_modules_compute_what_the_model_computes(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    path = tmp_path / "plain.safetensors"
    beside = export_torch(checkpoint, path)
    config, vocabulary = checkpoint.model.config, checkpoint.model.vocab_size
    sizes = (config.embedding_size, config.hidden_size)
    output = config.embedding_size if config.tie_embeddings else config.hidden_size
    plain = nn.ModuleDict(
        {
            "embedding": nn.Embedding(vocabulary, sizes[0]),
            "lstm": nn.LSTM(*sizes, config.num_layers, batch_first=True),
            "output": nn.Linear(output, vocabulary),
        }
    )
    if output != sizes[1]:
        plain["projection"] = nn.Linear(sizes[1], output)
    plain.load_state_dict(load_file(path))
    tokens = torch.randint(vocabulary, (3, 11))
    x, (h, c) = plain["lstm"](plain["embedding"](tokens))
    if output != sizes[1]:
        x = plain["projection"](x)
    logits, state = checkpoint.model(tokens)
    torch.testing.assert_close((plain["output"](x), h, c), (logits, *state))
    assert json.loads(beside.read_text("utf-8")) == checkpoint.preprocessing.to_json()
    with safe_open(path, framework="pt") as file:
        assert file.metadata()["name"] == checkpoint.config.name


def test_what_was_exported_can_be_imported(checkpoint: Checkpoint, tmp_path: Path) -> None:
    beside = export_torch(checkpoint, tmp_path / "plain.safetensors")
    folder = tmp_path / "back"
    task = get_task("language")
    import_model(tmp_path / "plain.safetensors", beside, folder, task, name="char-lstm.back")
    back = load_checkpoint(folder)
    assert back.config.parameters == checkpoint.config.parameters
    outputs = checkpoint.config.fingerprint.outputs
    assert back.config.fingerprint.outputs == pytest.approx(outputs, abs=1e-6)
    assert back.preprocessing.to_json() == checkpoint.preprocessing.to_json()


def run_example(checkpoint: Checkpoint, folder: Path) -> str:
    """What the lines of the card write in the checkpoint's folder, if they take the likeliest.

    They run in a process that has no way to this package.
    """
    code = checkpoint.task.plain_torch_example(checkpoint.config.model)
    drawing, likeliest = ".softmax(0).multinomial(1)", ".argmax(0, keepdim=True)"
    assert code.count(drawing) == 1
    blocked = "import sys; sys.modules['lstm_zoo'] = None\n" + code.replace(drawing, likeliest)
    done = subprocess.run(
        [sys.executable, "-I", "-X", "utf8", "-c", blocked],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", SHIPPED)
def test_ten_lines_of_plain_torch_write_what_the_package_writes(name: str) -> None:
    folder = find_checkpoint(name)
    checkpoint = load_checkpoint(folder)
    predictor = checkpoint.task.predictor(checkpoint.model, checkpoint.preprocessing)
    expected = predictor.generate("", temperature=0, max_new_tokens=100)
    written = run_example(checkpoint, folder)
    tokens = checkpoint.preprocessing.encode(written)
    assert len(tokens) == 300
    assert checkpoint.preprocessing.decode(tokens[:100]) == expected


@pytest.mark.parametrize("checkpoint", ["tied"], indirect=True)
def test_they_do_so_for_a_tied_model(checkpoint: Checkpoint, tmp_path: Path) -> None:
    predictor = checkpoint.task.predictor(checkpoint.model, checkpoint.preprocessing)
    expected = predictor.generate("", temperature=0, max_new_tokens=50)
    assert run_example(checkpoint, tmp_path / "checkpoint")[:50] == expected


@pytest.mark.parametrize("name", SHIPPED)
def test_each_shipped_model_can_be_exported(name: str, tmp_path: Path) -> None:
    code, out, err = run("export", name, "--to", "onnx", tmp_path / "model.onnx")
    assert code == 0, err
    assert float(out.split()[-1]) < 1e-3
    code, out, err = run("export", name, "--to", "torch", tmp_path / "model.safetensors")
    assert code == 0, err
    assert {path.name for path in tmp_path.iterdir()} == {
        "model.onnx",
        "model.safetensors",
        "model.tokenizer.json",
    }


@pytest.mark.parametrize("name", sorted(LANGUAGE.keys() - SHIPPED))
def test_a_cell_that_others_do_not_have_is_not_exported(name: str, tmp_path: Path) -> None:
    code, _, err = run("export", name, "--to", "onnx", tmp_path / "model.onnx")
    assert code == 2
    assert f"only models of the cell 'lstm' can be exported, not '{LANGUAGE[name]}'" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--to", "onnx", "model.safetensors"), "the file should end in .onnx, got 'model.saf"),
        (("--to", "torch", "model.onnx"), "the file should end in .safetensors, got 'model.onnx'"),
        (("--to", "onnx", "nowhere/model.onnx"), "cannot write nowhere/model.onnx"),
    ],
)
def test_an_export_that_cannot_be_gets_one_sentence(
    tiny_checkpoint: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = run("export", f"local-dir:{tiny_checkpoint}", *arguments)
    assert code == 2
    assert sentence in err
    assert len(err.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_without_onnx_the_command_to_install_it_is_named(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)  # as if it were not installed
    monkeypatch.delitem(sys.modules, "lstm_zoo.language.onnx_model", raising=False)
    name = f"local-dir:{tiny_checkpoint}"
    code, _, err = run("export", name, "--to", "onnx", tmp_path / "model.onnx")
    assert code == 2
    assert err.startswith("error: this command needs onnx, which comes with export to ONNX: pip")


class Theirs(nn.Module):
    """A character model as others write it."""

    def __init__(
        self,
        inputs: int = 6,
        units: int = 10,
        layers: int = 2,
        lstm_bias: bool = True,
        output_bias: bool = True,
    ) -> None:
        super().__init__()
        self.encoder = nn.Embedding(len(CHARACTERS), inputs)
        self.rnn = nn.LSTM(inputs, units, layers, bias=lstm_bias, batch_first=True)
        self.decoder = nn.Linear(units, len(CHARACTERS), bias=output_bias)

    def forward(self, tokens: Tensor) -> Tensor:
        logits: Tensor = self.decoder(self.rnn(self.encoder(tokens))[0])
        return logits


def tied(model: Theirs) -> Theirs:
    model.decoder.weight = model.encoder.weight
    return model


def renamed(state: dict[str, Tensor], names: dict[str, str]) -> dict[str, Tensor]:
    """The same tensors; in their names each key of `names` is replaced by its value."""
    for old, new in names.items():
        state = {name.replace(old, new): tensor for name, tensor in state.items()}
    return state


def without(state: dict[str, Tensor], *names: str) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in state.items() if name not in names}


IN_A_LIST = {
    **{f"rnn.{part}_l{n}": f"rnns.{n + 1}.{part}_l0" for n in (0, 1) for part in ("weight_ih",)},
    **{f"rnn.{part}_l{n}": f"rnns.{n + 1}.{part}_l0" for n in (0, 1) for part in ("weight_hh",)},
    **{f"rnn.bias_{of}_l{n}": f"rnns.{n + 1}.bias_{of}_l0" for n in (0, 1) for of in ("ih", "hh")},
}
FOREIGN: dict[str, tuple[Theirs, Callable[[dict[str, Tensor]], dict[str, Tensor]]]] = {
    "as it is": (Theirs(), dict),
    "three layers": (Theirs(layers=3), dict),
    "other names": (
        Theirs(),
        lambda state: renamed(state, {"encoder": "net.emb", "rnn": "net.1", "decoder": "fc"}),
    ),
    "layers in a list": (Theirs(), lambda state: renamed(state, IN_A_LIST)),
    "lstm without biases": (Theirs(lstm_bias=False), dict),
    "square, output without a bias": (Theirs(inputs=10, output_bias=False), dict),
    "square": (Theirs(inputs=10), lambda state: renamed(state, {"encoder": "w", "decoder": "v"})),
    "tied, stored once": (tied(Theirs(10)), lambda state: without(state, "decoder.weight")),
    "tied, stored as the output": (
        tied(Theirs(10)),
        lambda state: without(state, "encoder.weight"),
    ),
    "tied, stored twice": (tied(Theirs(10)), lambda s: {k: v.clone() for k, v in s.items()}),
    "half precision": (Theirs().half().float(), lambda s: {k: v.half() for k, v in s.items()}),
}


@pytest.fixture
def vocabulary(tmp_path: Path) -> Path:
    path = tmp_path / "characters.json"
    path.write_text(json.dumps(list(CHARACTERS)), "utf-8")
    return path


def import_state(
    state: dict[str, Tensor], vocabulary: Path, folder: Path, **options: str
) -> Checkpoint:
    """The checkpoint that a state dict becomes."""
    weights = vocabulary.with_name("theirs.safetensors")
    save_file(state, weights)
    task = get_task("language")
    import_model(weights, vocabulary, folder, task, name="char-lstm.theirs", options=options)
    return load_checkpoint(folder)


@pytest.mark.parametrize("kind", FOREIGN)
@torch.inference_mode()
def test_a_foreign_model_computes_the_same_in_the_zoo(
    kind: str, vocabulary: Path, tmp_path: Path
) -> None:
    theirs, saved = FOREIGN[kind]
    ours = import_state(saved(theirs.state_dict()), vocabulary, tmp_path / "ours")
    tokens = torch.randint(len(CHARACTERS), (3, 20))
    torch.testing.assert_close(ours.model(tokens)[0], theirs(tokens))
    assert ours.model.config.tie_embeddings == kind.startswith("tied")


def test_an_imported_model_is_used_like_any_other(vocabulary: Path, tmp_path: Path) -> None:
    weights, folder = tmp_path / "theirs.safetensors", tmp_path / "ours"
    save_file(Theirs().state_dict(), weights)
    facts = ["--out", folder, "--language", "en", "--licence", "mit", "--start", "a."]
    code, out, err = run("import", weights, vocabulary, "char-lstm.theirs", *facts)
    assert code == 0, err
    assert f"use it as local-dir:{folder}" in out
    name = f"local-dir:{folder}"
    assert len(zoo.load(name).generate("abc", max_new_tokens=20, seed=1)) == 20
    assert run("verify", name)[0] == 0
    assert run("export", name, "--to", "onnx", tmp_path / "out.onnx")[0] == 0
    config = read_config(folder)
    assert (config.name, config.language, config.licence) == ("char-lstm.theirs", "en", "mit")
    assert zoo.load(name).tokenizer.start == "a."


def test_its_card_claims_nothing_that_nobody_told(vocabulary: Path, tmp_path: Path) -> None:
    checkpoint = import_state(Theirs().state_dict(), vocabulary, tmp_path / "ours")
    assert checkpoint.config.metrics == {}
    assert checkpoint.config.data["name"] == "unknown"
    card = (tmp_path / "ours" / "README.md").read_text("utf-8")
    assert "imported from" in card
    assert "theirs.safetensors" in card
    assert "epochs" not in card
    assert str(tmp_path) not in card + (tmp_path / "ours" / "config.json").read_text("utf-8")


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("list.json", list("\n\rab")),
        ("numbers.json", {"b": 3, "\n": 0, "a": 2, "\r": 1}),
        ("tokens.json", {"3": "b", "0": "\n", "1": "\r", "2": "a"}),
        ("row.txt", "\n\rab"),
        ("row_of_an_editor.txt", "\n\rab\n"),
    ],
)
def test_a_vocabulary_comes_in_many_forms(tmp_path: Path, file: str, content: Any) -> None:
    text = content if isinstance(content, str) else json.dumps(content)
    (tmp_path / file).write_bytes(text.encode())
    task = get_task("language")
    _, tokenizer = task.from_torch(small_state(4), tmp_path / file, {})
    assert "".join(tokenizer.characters) == "\n\rab"
    assert tokenizer.start == "\n"


def test_a_vocabulary_of_one_character_a_line_needs_another_start(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_text("a\nb\n<unk>\n", "utf-8")
    options = {"start": "a", "unknown": "<unk>"}
    _, tokenizer = get_task("language").from_torch(small_state(3), path, options)
    assert tokenizer.characters == ("a", "b", "\ufffd")
    assert tokenizer.unknown_id == 2
    with pytest.raises(UsageError, match="no line break for a text to start from: give --start"):
        get_task("language").from_torch(small_state(3), path, {"unknown": "<unk>"})


def small_state(tokens: int) -> dict[str, Tensor]:
    modules = {"emb": nn.Embedding(tokens, 2), "lstm": nn.LSTM(2, 3), "out": nn.Linear(3, tokens)}
    return dict(nn.ModuleDict(modules).state_dict())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('["a", "a", "\\n"]', r"the token 'a' is there 2 times"),
        ('["\\n", "a", "<unk>"]', "the token '<unk>' is not one character"),
        ('["\\n", "a", ""]', "the token '' is not one character"),
        ('["\\n", "a", "\\ud800"]', "is not one character"),
        ('["\\n", "a", 3]', "should be a list of characters"),
        ("3", "should be a list of characters"),
        ("null", "should be a list of characters"),
        ("[]", "there is no line break"),
        ("{}", "there is no line break"),
        ('{"a": 0, "\\n": 2, "b": 3}', "its own number, .* from 0 to 2"),
        ('{"a": 0, "\\n": 0, "b": 1}', "its own number, .* from 0 to 2"),
        ('{"a": true, "\\n": 0, "b": 2}', "its own number"),
        ('{"0": "a", "0": "b", "1": "\\n"}', "a key occurs twice"),
        ("[" * 100_000, "is not valid JSON"),
        ('["a"', "is not valid JSON"),
        ('["\\n", "a"]', "the vocabulary has 2 tokens, but no matrix has as many rows"),
        ('{"type": "character"}', "a tokenizer needs exactly the keys"),
    ],
)
def test_a_vocabulary_that_cannot_be_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "vocabulary.json"
    path.write_text(text, "utf-8")
    with pytest.raises(UsageError, match=sentence):
        get_task("language").from_torch(small_state(3), path, {})


def test_an_unknown_token_that_is_not_there_is_named(vocabulary: Path) -> None:
    with pytest.raises(UsageError, match="there is no token '<unk>'"):
        get_task("language").from_torch(small_state(3), vocabulary, {"unknown": "<unk>"})


def state_of(**modules: nn.Module) -> dict[str, Tensor]:
    return dict(nn.ModuleDict(modules).state_dict())


REFUSED: dict[str, Callable[[dict[str, Tensor]], object]] = {
    r"tensor 'rnn.bias_hh_l1' is missing": lambda s: s.pop("rnn.bias_hh_l1"),
    r"tensor 'rnn.weight_hh_l0' is missing": lambda s: s.pop("rnn.weight_hh_l0"),
    r"tensor 'rnn.weight_ih_l1' is missing": lambda s: s.pop("rnn.weight_ih_l1"),
    r"two matrices of 14 rows; there is 'encoder.weight'$": lambda s: (
        s.pop("decoder.weight"),
        s.pop("decoder.bias"),
    ),
    r"no output matrix for the 10 units": lambda s: s.pop("decoder.weight"),
    r"there is no embedding: no matrix is \[14, 6\]": lambda s: s.pop("encoder.weight"),
    r"'decoder.weight' is \[14, 9\], but the LSTM has 10": lambda s: s.update(
        {"decoder.weight": torch.ones(14, 9)}
    ),
    r"'rnn.weight_hh_l0' is \[30, 10\]: not a layer of an LSTM of 10": lambda s: s.update(
        state_of(rnn=nn.GRU(6, 10, 2))
    ),
    r"'rnn.weight_ih_l0' is \[40\]": lambda s: s.update({"rnn.weight_ih_l0": torch.ones(40)}),
    r"'rnn.weight_hh_l0' is \[\]": lambda s: s.update({"rnn.weight_hh_l0": torch.ones(())}),
    r"bidirectional": lambda s: s.update(state_of(rnn=nn.LSTM(6, 10, 2, bidirectional=True))),
    r"projected": lambda s: s.update(state_of(rnn=nn.LSTM(6, 10, 2, proj_size=4))),
    r"'encoder.weight' has values that are not finite": lambda s: s["encoder.weight"][0].fill_(
        torch.nan
    ),
    r"'step' is torch.int64, weights are floats": lambda s: s.update(step=torch.tensor(1)),
    r"the tensor 'norm.bias' does not belong": lambda s: s.update(state_of(norm=nn.LayerNorm(6))),
    r"not the layers of one LSTM": lambda s: s.update(state_of(lstm=nn.LSTM(6, 10))),
    r"there is no LSTM": lambda s: [s.pop(name) for name in list(s) if "rnn" in name],
    r"an embedding and an output layer are two": lambda s: s.update(more=torch.ones(14, 6)),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_a_foreign_model_that_cannot_be_is_refused(
    sentence: str, vocabulary: Path, tmp_path: Path
) -> None:
    state = dict(Theirs().state_dict())
    REFUSED[sentence](state)
    with pytest.raises(UsageError, match=sentence):
        import_state(state, vocabulary, tmp_path / "ours")
    assert not (tmp_path / "ours").exists()


def test_two_matrices_that_could_each_be_the_embedding_are_named(
    vocabulary: Path, tmp_path: Path
) -> None:
    state = Theirs(inputs=10, output_bias=False).state_dict()
    state = renamed(state, {"encoder": "a", "decoder": "b"})
    with pytest.raises(UsageError, match="which of 'a.weight' and 'b.weight' is the embedding"):
        import_state(state, vocabulary, tmp_path / "ours")


@pytest.mark.parametrize("gap", ["_l0", "_l1"])
def test_a_layer_that_is_missing_as_a_whole_is_told(
    gap: str, vocabulary: Path, tmp_path: Path
) -> None:
    state = Theirs(inputs=10, layers=3).state_dict()
    state = {name: tensor for name, tensor in state.items() if not name.endswith(gap)}
    with pytest.raises(UsageError, match="not the layers of one LSTM, numbered without a gap"):
        import_state(state, vocabulary, tmp_path / "ours")


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_is_not_read(zipped: bool, vocabulary: Path, tmp_path: Path) -> None:
    weights = tmp_path / "theirs.safetensors"
    torch.save(Theirs().state_dict(), weights, _use_new_zipfile_serialization=zipped)
    task = get_task("language")
    with pytest.raises(UsageError, match="is not a safetensors file but a pickle"):
        import_model(weights, vocabulary, tmp_path / "ours", task, name="char-lstm.theirs")


@pytest.mark.parametrize(
    "content", [b"", b"no tensors", (2**40).to_bytes(8, "little") + b"{}"], ids=repr
)
def test_a_file_without_tensors_is_not_read(
    content: bytes, vocabulary: Path, tmp_path: Path
) -> None:
    weights = tmp_path / "theirs.safetensors"
    weights.write_bytes(content)
    code, _, err = run("import", weights, vocabulary, "char-lstm.theirs")
    assert code == 2
    assert "theirs.safetensors is not a safetensors file: " in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere.safetensors", "characters.json", "char-lstm.x"], "there is no file 'nowhere.s"),
        (["good.safetensors", "nowhere.json", "char-lstm.x"], "No such file or directory: nowhere"),
        (["good.safetensors", "good.safetensors", "char-lstm.x"], "is not text in UTF-8"),
        (["good.safetensors", "characters.json", "Mine"], "a name is architecture.data in lower"),
        (
            ["good.safetensors", "characters.json", "char-lstm.x", "--out", "."],
            "is there already: move it away",
        ),
        (
            ["good.safetensors", "characters.json", "char-lstm.x", "--licence", "mit" * 99],
            "licence: String should have at most 64 characters",
        ),
        (
            ["good.safetensors", "characters.json", "char-lstm.x", "--start", "Z"],
            r"characters ['Z'] are not in the vocabulary",
        ),
    ],
)
def test_an_import_that_cannot_be_gets_one_sentence(
    arguments: list[str],
    sentence: str,
    vocabulary: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    save_file(Theirs().state_dict(), "good.safetensors")
    before = sorted(tmp_path.rglob("*"))
    code, _, err = run("import", *arguments)
    assert code == 2
    assert sentence in err
    assert len(err.strip().splitlines()) == 1
    assert sorted(tmp_path.rglob("*")) == before
