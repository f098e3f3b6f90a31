"""The page as a Space has it: the files that are sent, their requirements alone, and no home."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import lstm_zoo as zoo
from lstm_zoo.errors import UsageError
from lstm_zoo.zoo import space
from tests.test_cli import run
from tests.waiting import wait_until_answering
from tests.zoo.hub_server import File, HubServer
from tests.zoo.test_hub import use_hub

SPACE = "alice/zoo"
MODEL, LENGTH = "char-lstm-small.shakespeare", 20
FREE_SPACE_BYTES = 16 * 2**30
"""Memory of a Space that costs nothing."""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, File]]:
    """What `space` sends: the files of the Space's repository."""
    server = HubServer()
    with pytest.MonkeyPatch.context() as monkeypatch:
        use_hub(server, tmp_path_factory.mktemp("cache"), monkeypatch)
        done = run("space", "--to", SPACE)
        assert done.returncode == 0, done.stderr
        assert f"public, to {SPACE}:" in done.stdout
        repository = server.repositories[f"spaces/{SPACE}"]
        assert repository.sdk == "gradio"
        yield repository.files()
    server.stop()


def requirements() -> list[str]:
    """Names of the distributions that `requirements.txt` brings, with all that they need."""
    lines = (space.ROOT / "requirements.txt").read_text().splitlines()
    todo = [Requirement(line) for line in lines if line and not line.startswith("#")]
    seen: set[tuple[str, str]] = set()
    while todo:
        wanted = todo.pop()
        for extra in {"", *wanted.extras}:
            if (wanted.name, extra) in seen:
                continue
            seen.add((wanted.name, extra))
            with suppress(importlib.metadata.PackageNotFoundError):  # for another platform
                for line in importlib.metadata.requires(wanted.name) or ():
                    need = Requirement(line)
                    if need.marker is None or need.marker.evaluate({"extra": extra}):
                        todo.append(need)
    return sorted({name for name, _ in seen})


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python with what `requirements.txt` brings, and nothing else."""
    if "LSTM_ZOO_SPACE_PYTHON" in os.environ:
        return os.environ["LSTM_ZOO_SPACE_PYTHON"]
    if sys.platform == "win32":
        pytest.skip("a Space runs no Windows")
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, symlinks=True)
    packages = Path(sysconfig.get_path("purelib", "venv", vars={"base": str(folder)}))
    for name in requirements():
        with suppress(importlib.metadata.PackageNotFoundError):
            distribution = importlib.metadata.distribution(name)
            tops = {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}
            for top in tops:
                if not (packages / top).exists():
                    (packages / top).symlink_to(Path(str(distribution.locate_file(top))))
    return str(folder / "bin" / "python")


@pytest.fixture(scope="module")
def folder(published: dict[str, File], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The repository's files as a Space has them on its disk, not to be written to."""
    folder = tmp_path_factory.mktemp("space")
    for name, file in published.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(file.content)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield folder
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def test_it_sends_the_page_the_package_and_the_models(published: dict[str, File]) -> None:
    assert set(space.TOP) | {"lstm_zoo/__init__.py", "lstm_zoo/ui/page.css"} < published.keys()
    for name in zoo.list_models():
        assert published[f"weights/{name}/model.safetensors"].lfs
    allowed = re.compile(
        r"(app\.py|requirements\.txt|README\.md|LICENSE|\.gitattributes|lstm_zoo/[\w/.-]+"
        r"|weights/[\w.-]+/(model\.safetensors|README\.md|[\w-]+\.json))"
    )
    assert [name for name in published if not allowed.fullmatch(name)] == []
    assert not [name for name in published if "__pycache__" in name or "/." in name]


def test_sending_it_again_takes_away_what_is_gone_and_nothing_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = HubServer()
    use_hub(server, tmp_path, monkeypatch)
    monkeypatch.setattr(space, "space_files", lambda: {"lstm_zoo/new.py": b"new"})
    run("space", "--to", SPACE)
    repository = server.repositories[f"spaces/{SPACE}"]
    others = {"lstm_zoo/old.py", "weights/old.verses/config.json", "notes.md"}
    repository.files().update(dict.fromkeys(others, File(b"", False)))
    assert run("space", "--to", SPACE).returncode == 0
    server.stop()
    assert repository.files().keys() == {".gitattributes", "lstm_zoo/new.py", "notes.md"}


def test_without_the_page_it_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(space, "ROOT", tmp_path)
    with pytest.raises(UsageError, match=r"lacks app\.py and .*made from a copy of the repository"):
        space.space_files()


def test_it_starts_and_writes(folder: Path, python: str, tmp_path: Path) -> None:
    before = sorted(contents(folder))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/dev/null/nowhere",  # cannot be made, by nobody
        "SYSTEM": "spaces",
        "SPACE_ID": SPACE,
        "GRADIO_SERVER_NAME": "0.0.0.0",
        "GRADIO_SERVER_PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }
    started = time.monotonic()
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [python, "app.py"], cwd=folder, env=environment, stdout=log, stderr=log
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_answering(url, process, tmp_path / "log")
        while "public link" not in (tmp_path / "log").read_text():
            # Gradio still looks whether it can reach itself, and ends if that takes 3 seconds.
            assert process.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() - started < 120
            time.sleep(0.1)
        seconds = time.monotonic() - started
        assert len(written(f"{url}/gradio_api", MODEL)) == LENGTH
        status = Path(f"/proc/{process.pid}/status")
        if status.exists():
            peak = int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) * 1024  # type: ignore[index]
            assert peak < FREE_SPACE_BYTES / 8
            print(f"ready after {seconds:.1f} s, at most {peak / 1e6:,.0f} MB")
    finally:
        process.terminate()
        process.wait(20)
    assert sorted(contents(folder)) == before


# What the page calls of ZeroGPU's package; it notes what it was given, and when.
ZERO_GPU_PACKAGE = """
import os, sys

first = "gradio" not in sys.modules

def GPU(function):
    with open(os.environ["GIVEN"], "a") as file:
        print(function.__name__, first, file=file)
    return function

def gradio_auto_wrap(function):
    return function
"""


def test_on_zero_gpu_what_computes_is_marked_and_the_models_are_there_from_the_start(
    folder: Path, python: str, tmp_path: Path
) -> None:
    (tmp_path / "spaces.py").write_text(ZERO_GPU_PACKAGE)
    given = tmp_path / "given"
    environment = os.environ | {
        "PYTHONPATH": str(tmp_path),
        "SPACES_ZERO_GPU": "true",
        "GIVEN": str(given),
    }
    code = "import app; from lstm_zoo.ui.models import _loaded; print(*sorted(_loaded))"
    command = [python, "-c", code]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    marked = [line.split() for line in given.read_text().splitlines()]
    assert {"generate", "write", "forecast", "sentiment_classify"} <= {name for name, _ in marked}
    assert {first for _, first in marked} == {"True"}
    assert set(zoo.list_models(task="language")) <= set(done.stdout.split())


def contents(folder: Path) -> Iterator[str]:
    """Paths of the files, without those that Python itself writes where it may."""
    return (str(path) for path in folder.rglob("*") if "__pycache__" not in path.parts)


def written(url: str, model: str) -> str:
    """What the page's API writes with a model."""
    values = [model, "ROMEO:", LENGTH, 0.8, 1, 1, 0, 1.0, 0.0, 1.0, 1.0, ""]
    request = urllib.request.Request(
        f"{url}/call/generate",
        json.dumps({"data": values}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        event = json.load(answer)["event_id"]
    with urllib.request.urlopen(f"{url}/call/generate/{event}", timeout=60) as answer:
        texts = json.loads(answer.read().decode().rpartition("data: ")[2])[0]
    return str(texts[0])


def test_its_python_has_what_the_requirements_bring_and_nothing_of_the_tests(python: str) -> None:
    code = "import importlib.util as u, sys; print([n for n in sys.argv[1:] if u.find_spec(n)])"
    command = [python, "-c", code, "gradio", "torch", "pytest", "arch", "playwright"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['gradio', 'torch']"


def test_downloads_outlive_a_restart_where_a_space_has_storage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for storage, space_id, home in (
        (tmp_path, None, None),
        (tmp_path / "none", SPACE, None),
        (tmp_path, SPACE, str(tmp_path / ".huggingface")),
    ):
        monkeypatch.setenv("HF_HOME", "")
        monkeypatch.delenv("HF_HOME")
        monkeypatch.delenv("SPACE_ID", raising=False)
        if space_id:
            monkeypatch.setenv("SPACE_ID", space_id)
        space.keep_cache(storage)
        assert os.environ.get("HF_HOME") == home


def test_the_hubs_client_is_not_imported_before_its_place_is_known() -> None:
    code = "import lstm_zoo.zoo.space, sys; sys.exit('huggingface_hub' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
