"""The command line: what it prints, and its exit codes."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest

from lstm_zoo.cli import main


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is not known here must not make a test ask the network."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


@dataclass
class Done:
    """A finished command."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str | Path, stdin: str = "") -> Done:
    """The command line in this process: importing torch anew each time would take minutes."""
    out, err = io.StringIO(), io.StringIO()
    argv = ["lstm_zoo", *map(str, arguments)]
    with (
        redirect_stdout(out),
        redirect_stderr(err),
        patch("sys.argv", argv),
        patch("sys.stdin", io.StringIO(stdin)),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    return Done(int(ended.value.code or 0), out.getvalue(), err.getvalue())


def run_process(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The command line as a process of its own."""
    command = [sys.executable, "-m", "lstm_zoo", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.fixture(scope="module")
def name(tiny_checkpoint: Path) -> str:
    return f"local-dir:{tiny_checkpoint}"


def test_help_names_each_verb() -> None:
    done = run("--help")
    verbs = (
        "list show cards verify generate forecast backtest classify inspect train runs evaluate"
        " export import push pull space"
    )
    for verb in verbs.split():
        assert f" {verb} " in done.stdout


def test_generate_prints_the_prompt_and_the_text(name: str) -> None:
    one, two = (
        run("generate", name, "the sea", "--seed", "1", "--max-new-tokens", "40") for _ in "ab"
    )
    assert one.returncode == 0
    assert one.stdout.startswith("the sea")
    assert len(one.stdout) == len("the sea") + 40 + 1
    assert one.stdout == two.stdout


def test_generate_reads_a_prompt_from_standard_input(name: str) -> None:
    assert run("generate", name, "-", stdin="many men").stdout.startswith("many men")


def test_generate_as_json_holds_probabilities_and_rivals(name: str) -> None:
    done = run(
        "generate", name, "a", "--json", "--rivals", "2", "--samples", "2", "--max-new-tokens", "5"
    )
    texts = json.loads(done.stdout)
    assert len(texts) == 2
    text, probability, rivals = texts[0]["pieces"][0]
    assert text == texts[0]["text"][0]
    assert 0 < probability <= 1
    assert len(rivals) == 2


def test_several_samples_are_told_apart(name: str) -> None:
    assert run("generate", name, "the", "--samples", "2").stdout.count("--- ") == 2


def test_unseen_characters_are_named_on_standard_error(name: str) -> None:
    done = run("generate", name, "the 字")
    assert done.returncode == 0
    assert "never seen these characters of the prompt: '字'" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["generate", "char-lstm-smal.shakespeare"], "error: there is no model"),
        (["generate", "NAME", "--temperature", "-1"], "temperature: input should be greater than"),
        (["generate", "NAME", "--temperature", "nan"], "temperature: input should be a finite"),
        (["generate", "NAME", "--top-p", "0"], "top_p: input should be greater than 0"),
        (["generate", "NAME", "--device", "quantum"], "cannot use the device 'quantum' here"),
        (["evaluate", "NAME", "--data-dir", "/nowhere"], "verses.txt is missing: give the folder"),
        (["evaluate", "NAME", "--split", "tset"], "there is no split 'tset'"),
        (["train", "char-lstm"], "there is no recipe 'char-lstm'"),
        (["train", "char-lstm-small.shakespeare", "--set", "model.x=1"], "unknown key 'x'"),
        (
            ["train", "char-lstm-small.shakespeare", "--data-dir", "/nowhere"],
            "input.txt is missing",
        ),
    ],
)
def test_bad_input_gets_one_sentence(name: str, arguments: list[str], sentence: str) -> None:
    done = run(*[name if argument == "NAME" else argument for argument in arguments])
    assert done.returncode == 2
    assert sentence in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_verify_tells_a_broken_checkpoint_by_its_exit_code(name: str, tmp_path: Path) -> None:
    assert run("verify", name).returncode == 0
    broken = run("verify", name, f"local-dir:{tmp_path}")
    assert broken.returncode == 1
    assert "BROKEN" in broken.stdout


def test_show_prints_the_card(name: str) -> None:
    assert run("show", name).stdout.startswith("# tiny.verses")
    assert json.loads(run("show", name, "--json").stdout)["name"] == "tiny.verses"


def test_evaluate_prints_the_figures_beside_the_card(name: str, verses: Path) -> None:
    rows = json.loads(run("evaluate", name, "--data-dir", verses, "--json").stdout)
    assert [row["metric"] for row in rows] == ["nats", "nats_carried", "bits"]
    for row in rows:
        assert row["value"] == pytest.approx(row["card"], abs=1e-6)
    head, *lines = run("evaluate", name, "--data-dir", verses).stdout.splitlines()
    assert head.split()[:3] == ["figure", "card", "unit"]
    for row, line in zip(rows, lines, strict=True):
        assert line.split()[:3] == [row["metric"], *[f"{row['card']:.4f}"] * 2]


def test_train_writes_a_checkpoint_that_generate_can_use(
    tiny_recipe: Path, verses: Path, tmp_path: Path
) -> None:
    done = run_process("train", tiny_recipe, "--data-dir", verses, "--runs-dir", tmp_path)
    for row in ("nats ", "time ", "speed ", "memory ", "parameters "):
        assert f"\n{row}" in done.stdout
    assert done.returncode == 0, done.stderr
    assert "best nats" in done.stderr
    checkpoint = tmp_path / "tiny.verses" / "checkpoint"
    assert run("generate", f"local-dir:{checkpoint}", "the").returncode == 0


def test_without_an_extra_the_command_to_install_it_is_named(name: str, tmp_path: Path) -> None:
    arguments = ["lstm_zoo", "export", name, "--to", "onnx", str(tmp_path / "x.onnx")]
    code = (
        "import sys; sys.modules['onnx'] = None;"  # as if it were not installed
        f"sys.argv = {arguments!r};"
        "from lstm_zoo.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    sentence = "error: this command needs onnx, which comes with export to ONNX: pip install"
    assert done.stderr.startswith(sentence)


def test_list_is_json_on_request() -> None:
    assert isinstance(json.loads(run("list", "--json").stdout), list)


def test_list_is_a_table_of_what_fits() -> None:
    table = run("list", "char-*", "--language", "zh", "--data", "tang-*").stdout.splitlines()
    assert table[0].split() == ["name", "task", "language", "data", "parameters", "MB", "where"]
    assert [line.split()[0] for line in table[1:]] == ["char-lstm.tang-poems"]
    assert table[1].endswith("shipped")
    assert run("list", "--max-parameters", "1").stderr == "no model matches\n"


def test_pull_needs_names_or_all() -> None:
    for arguments in ((), ("char-lstm.shakespeare", "--all")):
        done = run("pull", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert "name the models to pull, or write --all" in done.stderr
