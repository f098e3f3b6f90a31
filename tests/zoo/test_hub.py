"""The Hub through its real client, against a server on loopback: what works, and what breaks."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub import constants
from safetensors.torch import load_file, save_file

import lstm_zoo as zoo
from lstm_zoo.errors import CheckpointError, UsageError
from lstm_zoo.files import sha256_of
from lstm_zoo.zoo import names
from lstm_zoo.zoo.hub import cached_folder, pull
from lstm_zoo.zoo.hub_errors import HubUnreachable
from lstm_zoo.zoo.push import checkpoint_files, publish
from tests.test_cli import run
from tests.zoo.hub_server import READER, WRITER, Fault, HubServer, Repository

TINY = "alice/tiny.verses"
NAME = f"hf-hub:{TINY}"
FILES = {"README.md", "config.json", "model.safetensors", "tokenizer.json"}
LARGE = "char-lstm.shakespeare"
"""A shipped model larger than the 10 MiB that the client writes at a time."""


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A Hub, the client that talks to it as alice, and an empty cache."""
    server = HubServer()
    use_hub(server, tmp_path / "cache", monkeypatch)
    yield server
    server.stop()
    huggingface_hub.close_session()


def use_hub(server: HubServer, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set what the client reads from the environment when it is imported."""
    monkeypatch.setattr(constants, "ENDPOINT", server.url)
    template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(cache / "token"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setenv("HF_TOKEN", WRITER)
    monkeypatch.setenv("LSTM_ZOO_HUB_OWNER", "alice")
    monkeypatch.setenv("NO_PROXY", "*")
    huggingface_hub.close_session()


def put(server: HubServer, folder: Path, repo_id: str = TINY, branch: str | None = None) -> str:
    """Push a checkpoint; returns the commit."""
    files = checkpoint_files(f"local-dir:{folder}", repo_id)
    publish(files, repo_id, message="a checkpoint", revision=branch)
    return server.repositories[f"models/{repo_id}"].names[branch or "main"]


@pytest.fixture
def other(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    """A checkpoint that differs from the tiny one in its description."""
    folder = tmp_path / "other"
    shutil.copytree(tiny_checkpoint, folder)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"description": "Other."}), "utf-8")
    return folder


def description(name: str) -> str:
    folder = names.find_checkpoint(name)
    return str(json.loads((folder / "config.json").read_text("utf-8"))["description"])


def broken_files(cache: Path) -> list[Path]:
    """Downloads in the cache that never ended, and links to nothing."""
    links = [path for path in cache.rglob("snapshots/*/*") if not path.exists()]
    return links + list(cache.rglob("*.incomplete"))


class TestPush:
    def test_a_pushed_model_comes_down_ready_to_run(
        self, hub: HubServer, tiny_checkpoint: Path
    ) -> None:
        put(hub, tiny_checkpoint)
        there = hub.repositories[f"models/{TINY}"].files()
        assert there.keys() == FILES | {".gitattributes"}
        assert {path for path, file in there.items() if file.lfs} == {"model.safetensors"}
        assert hub.asked("PUT /store/")
        model = zoo.load(NAME)
        assert not model.model.training
        here = zoo.load(f"local-dir:{tiny_checkpoint}")
        assert model.generate("the", seed=0) == here.generate("the", seed=0)

    def test_only_the_checkpoints_own_files_are_sent(
        self, hub: HubServer, tiny_checkpoint: Path, tmp_path: Path
    ) -> None:
        folder = tmp_path / "mine"
        shutil.copytree(tiny_checkpoint, folder)
        for name in ("optimizer.pt", "state.safetensors", "verses.txt", ".env"):
            (folder / name).write_text("secret")
        put(hub, folder)
        there = hub.repositories[f"models/{TINY}"].files()
        assert there.keys() == FILES | {".gitattributes"}
        assert not any(b"secret" in file.content for file in there.values())

    def test_the_card_names_the_model_where_it_is(
        self, hub: HubServer, tiny_checkpoint: Path
    ) -> None:
        put(hub, tiny_checkpoint, "alice/another-name")
        card = hub.repositories["models/alice/another-name"].files()["README.md"].content.decode()
        assert 'zoo.load("hf-hub:alice/another-name")' in card
        assert "python -m lstm_zoo evaluate hf-hub:alice/another-name" in card
        put(hub, tiny_checkpoint)
        card = hub.repositories[f"models/{TINY}"].files()["README.md"].content.decode()
        assert 'zoo.load("tiny.verses")' in card

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("sample", "trained on /home/alice/diary.txt"),
            ("sample", "trained on ~/diary.txt"),
            ("licence", "C:\\Users\\alice"),
            ("recipe", {"data": {"file": "/mnt/disk/diary.txt"}}),
        ],
    )
    def test_paths_of_the_user_are_not_published(
        self, hub: HubServer, other: Path, key: str, value: object
    ) -> None:
        config = json.loads((other / "config.json").read_text("utf-8"))
        (other / "config.json").write_text(json.dumps(config | {key: value}), "utf-8")
        with pytest.raises(UsageError, match=r"config\.json tells of .* a path of this machine"):
            put(hub, other)
        assert hub.requests == []

    def test_nor_are_they_in_the_metadata_of_the_weights(self, hub: HubServer, other: Path) -> None:
        path = other / "model.safetensors"
        save_file(load_file(path), path, {"trained_by": "/home/alice/train.py"})
        config = json.loads((other / "config.json").read_text("utf-8"))
        config["sha256"][path.name] = sha256_of(path)
        (other / "config.json").write_text(json.dumps(config), "utf-8")
        with pytest.raises(UsageError, match=r"safetensors tells of '/home/alice/train\.py'"):
            put(hub, other)
        assert hub.requests == []

    def test_a_broken_checkpoint_is_not_published(self, hub: HubServer, other: Path) -> None:
        with open(other / "model.safetensors", "r+b") as file:
            file.seek(-1, os.SEEK_END)
            file.write(b"\x7f")
        with pytest.raises(CheckpointError, match="SHA-256 differs"):
            put(hub, other)
        assert hub.requests == []

    def test_without_a_token_it_says_how_to_get_one(
        self, hub: HubServer, tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("HF_TOKEN")
        with pytest.raises(UsageError, match="needs a token that may write: log in with `hf auth"):
            put(hub, tiny_checkpoint)
        assert hub.requests == []

    @pytest.mark.parametrize(
        ("token", "repo_id", "sentence"),
        [
            (READER, TINY, "your token may not write to alice/tiny.verses"),
            (WRITER, "bob/tiny.verses", "your token may not write to bob/tiny.verses"),
            ("hf_old", TINY, "the Hub does not accept your token"),
            (WRITER, "alice/tiny verses", "'alice/tiny verses' cannot be used on the Hub"),
        ],
    )
    def test_a_push_that_is_not_allowed_says_why(
        self,
        hub: HubServer,
        tiny_checkpoint: Path,
        monkeypatch: pytest.MonkeyPatch,
        token: str,
        repo_id: str,
        sentence: str,
    ) -> None:
        monkeypatch.setenv("HF_TOKEN", token)
        with pytest.raises(UsageError, match=sentence):
            put(hub, tiny_checkpoint, repo_id)
        assert hub.repositories == {}

    def test_private_is_private_or_refused(
        self, hub: HubServer, tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        files = checkpoint_files(f"local-dir:{tiny_checkpoint}")
        publish(files, "alice/hidden.verses", message="hidden", private=True)
        put(hub, tiny_checkpoint)
        with pytest.raises(UsageError, match="is there already, and public"):
            publish(files, TINY, message="hidden", private=True)
        monkeypatch.delenv("HF_TOKEN")
        with pytest.raises(UsageError, match="no alice/hidden.verses on the Hub, or it is private"):
            zoo.load("hf-hub:alice/hidden.verses")

    @pytest.mark.parametrize(
        ("request_line", "status", "sentence"),
        [
            ("POST .*/commit/", 500, r"a fault of its own \(500\): run the same command"),
            ("PUT /store/", 403, "may not write to"),
            ("POST .*/preupload/", 401, "does not accept your token"),
        ],
    )
    def test_a_push_that_breaks_publishes_nothing_and_can_be_repeated(
        self, hub: HubServer, tiny_checkpoint: Path, request_line: str, status: int, sentence: str
    ) -> None:
        hub.faults.append(Fault(request_line, status=status))
        with pytest.raises(UsageError, match=sentence):
            put(hub, tiny_checkpoint)
        assert hub.repositories[f"models/{TINY}"].files().keys() == {".gitattributes"}
        put(hub, tiny_checkpoint)
        assert hub.repositories[f"models/{TINY}"].files().keys() > FILES

    def test_an_upload_outlasts_a_fault_of_the_store(
        self, hub: HubServer, tiny_checkpoint: Path
    ) -> None:
        hub.faults.append(Fault("PUT /store/", status=503))
        put(hub, tiny_checkpoint)
        assert len(hub.asked("PUT /store/")) == 2

    def test_the_command_says_what_it_publishes_before_it_does(
        self, hub: HubServer, tiny_checkpoint: Path
    ) -> None:
        arguments = ("push", f"local-dir:{tiny_checkpoint}", "--to", TINY, "--private")
        dry = run(*arguments, "--dry-run")
        assert dry.returncode == 0, dry.stderr
        assert dry.stdout.startswith(f"private, to {TINY}:\n")
        size = (tiny_checkpoint / "model.safetensors").stat().st_size
        assert f"{size:,} bytes  model.safetensors\n" in dry.stdout
        assert dry.stdout.endswith("in 4 files\n")
        assert hub.requests == []
        done = run(*arguments)
        assert done.stdout.startswith(dry.stdout)
        assert f"{hub.url}/{TINY}/commit/" in done.stdout
        assert hub.repositories[f"models/{TINY}"].private


class TestRevisions:
    def test_a_revision_pins_a_model(
        self, hub: HubServer, tiny_checkpoint: Path, other: Path
    ) -> None:
        first = put(hub, tiny_checkpoint)
        hub.repositories[f"models/{TINY}"].names["v1"] = first
        put(hub, other, branch="trial")
        assert description(NAME) == "Writes verses."
        assert description(f"{NAME}@trial") == "Other."
        put(hub, other)
        assert description(NAME) == "Other."
        assert description(f"{NAME}@v1") == description(f"{NAME}@{first}") == "Writes verses."
        hub.stop()
        assert description(NAME) == "Other."
        assert description(f"{NAME}@v1") == description(f"{NAME}@{first}") == "Writes verses."

    def test_an_unknown_revision_is_named(self, hub: HubServer, tiny_checkpoint: Path) -> None:
        put(hub, tiny_checkpoint)
        with pytest.raises(UsageError, match="tiny.verses has no branch, tag or commit 'v2'"):
            zoo.load(f"{NAME}@v2")

    @pytest.mark.parametrize(
        "name",
        ["hf-hub:tiny", "hf-hub:a/b/c", "hf-hub:a/b@", "hf-hub:a/b@../../c", "hf-hub:a/b@v 1"],
    )
    def test_a_name_that_cannot_be_is_told_the_right_form(self, name: str) -> None:
        with pytest.raises(UsageError, match="write 'hf-hub:owner/name'"):
            zoo.load(name)


class TestWherePlainNamesLead:
    @pytest.fixture(autouse=True)
    def weights_dir(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        folder = tmp_path / "weights"
        monkeypatch.setattr(names, "WEIGHTS_DIR", folder)
        monkeypatch.setattr(names, "RUNS_DIR", tmp_path / "runs")
        return folder

    def test_first_to_weights_then_to_the_cache_then_to_the_hub(
        self,
        hub: HubServer,
        tiny_checkpoint: Path,
        weights_dir: Path,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.INFO)
        commit = put(hub, tiny_checkpoint)[:7]
        zoo.load("tiny.verses")
        asked = len(hub.requests)
        zoo.load("tiny.verses")
        assert len(hub.requests) == asked
        shutil.copytree(tiny_checkpoint, weights_dir / "tiny.verses")
        zoo.load("tiny.verses")
        assert [record.message for record in caplog.records if record.name == "lstm_zoo"] == [
            f"tiny.verses is taken from the Hub (alice/tiny.verses at {commit})",
            f"tiny.verses is taken from the Hub's local cache (alice/tiny.verses at {commit})",
            "tiny.verses is taken from weights/, which ships with the code",
        ]

    def test_to_what_is_here_if_the_network_is_cut(
        self, hub: HubServer, tiny_checkpoint: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        put(hub, tiny_checkpoint)
        pull("tiny.verses")
        hub.stop()
        assert zoo.load("tiny.verses").generate("the", max_new_tokens=3)
        assert zoo.load(NAME).generate("the", max_new_tokens=3)
        assert "since the connection to the Hub failed" in caplog.text
        assert zoo.list_models(cached=True) == ["tiny.verses"]
        assert run("list", "tiny.*").stdout.split()[-1] == "cached"
        with pytest.raises(UsageError, match="there is no model 'big.verses' .the connection to"):
            zoo.load("big.verses")

    def test_nowhere_else_when_offline_is_asked_for(
        self, hub: HubServer, tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put(hub, tiny_checkpoint)
        pull("tiny.verses")
        asked = len(hub.requests)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
        assert zoo.load("tiny.verses").generate("the", max_new_tokens=3)
        with pytest.raises(HubUnreachable, match="while HF_HUB_OFFLINE is set: unset it"):
            pull("tiny.verses")
        with pytest.raises(UsageError, match="there is no model 'big.verses' .*HF_HUB_OFFLINE"):
            zoo.load("big.verses")
        assert len(hub.requests) == asked

    def test_to_an_error_if_the_repository_holds_another_model(
        self, hub: HubServer, tiny_checkpoint: Path
    ) -> None:
        put(hub, tiny_checkpoint, "alice/big.verses")
        with pytest.raises(CheckpointError, match=r"holds 'tiny\.verses', not 'big\.verses'"):
            zoo.load("big.verses")
        assert zoo.load("hf-hub:alice/big.verses").generate("the", max_new_tokens=3)

    def test_to_what_the_hub_said_if_it_is_nowhere(self, hub: HubServer) -> None:
        with pytest.raises(UsageError, match="'big.verses' .there is no alice/big.verses on the"):
            zoo.load("big.verses")

    def test_to_another_owner_by_the_environment(
        self, hub: HubServer, tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put(hub, tiny_checkpoint)
        monkeypatch.setenv("LSTM_ZOO_HUB_OWNER", "bob")
        with pytest.raises(UsageError, match="there is no bob/tiny.verses on the Hub"):
            zoo.load("tiny.verses")


class TestDownloads:
    @pytest.mark.parametrize(
        ("fault", "sentence"),
        [
            (Fault("", status=401), "there is no alice/tiny.verses on the Hub, or it is private"),
            (Fault("", status=403), "your token may not read alice/tiny.verses"),
            (Fault("", status=404), "check the name, or log in"),
            (Fault("", status=429, headers={"Retry-After": "7"}), "a pause of 7 seconds"),
            (Fault("", status=429, headers={"RateLimit": '"api";r=0;t=9'}), "of 9 seconds"),
            (Fault("", status=500), r"a fault of its own \(500\): run the same command again"),
            (Fault("", cut_after=10), "check the network, then run the same command again"),
            (Fault("GET /store/", status=500), r"a fault of its own \(500\)"),
            (Fault("GET /store/", spoil=lambda b: b[:-9]), r"failed \(Consistency check failed"),
            (Fault("", headers={"Content-Type": "text/html"}, status=418), "the Hub refuses"),
        ],
    )
    def test_a_fault_is_one_sentence_and_the_same_command_works_after_it(
        self, hub: HubServer, tiny_checkpoint: Path, fault: Fault, sentence: str
    ) -> None:
        put(hub, tiny_checkpoint)
        hub.faults.append(Fault(**vars(fault) | {"match": fault.match or "GET /api/models/"}))
        with pytest.raises(UsageError, match=sentence) as raised:
            pull(NAME)
        assert "\n" not in str(raised.value)
        cache = Path(constants.HF_HUB_CACHE)
        assert broken_files(cache) == []
        assert cached_folder(TINY) is None
        pull(NAME)
        assert zoo.load(NAME).generate("the", max_new_tokens=3)

    def test_a_pause_that_the_store_asks_for_is_kept(
        self, hub: HubServer, tiny_checkpoint: Path
    ) -> None:
        put(hub, tiny_checkpoint)
        hub.faults.append(Fault("GET /store/", status=429, headers={"Retry-After": "0"}))
        pull(NAME)
        assert len(hub.asked("GET /store/")) == 2

    def test_a_broken_download_goes_on_where_it_broke(self, hub: HubServer) -> None:
        publish(checkpoint_files(LARGE), f"alice/{LARGE}", message="large")
        hub.faults.append(Fault("GET /store/", cut_after=12 * 2**20))
        folder = pull(LARGE)
        first, second = hub.asked("GET /store/")
        assert "range" not in first
        assert second["range"] == f"bytes={10 * 2**20}-"
        there = hub.repositories[f"models/alice/{LARGE}"].files()["model.safetensors"]
        assert (folder / "model.safetensors").read_bytes() == there.content

    def test_files_that_came_whole_are_not_fetched_again(
        self, hub: HubServer, tiny_checkpoint: Path
    ) -> None:
        put(hub, tiny_checkpoint)
        hub.faults.append(Fault("GET /store/", status=500))
        with pytest.raises(HubUnreachable):
            pull(NAME)
        pull(NAME)
        assert len(hub.asked("GET .*/resolve/")) == len(FILES) - 1
        assert len(hub.asked("GET /store/")) == 2

    @pytest.mark.parametrize("file", ["/store/", "config.json", "README.md"])
    def test_a_corrupted_byte_is_seen_and_mended(
        self, hub: HubServer, tiny_checkpoint: Path, file: str
    ) -> None:
        put(hub, tiny_checkpoint)
        hub.faults.append(Fault(f"GET .*{file}", spoil=flip_a_bit))
        folder = pull(NAME)
        assert hub.faults[0].times == 0
        for path, sent in hub.repositories[f"models/{TINY}"].files().items():
            if path in FILES:
                assert (folder / path).read_bytes() == sent.content

    @pytest.mark.parametrize("file", ["/store/", "config.json"])
    def test_a_file_that_keeps_coming_corrupted_is_not_kept(
        self, hub: HubServer, tiny_checkpoint: Path, file: str
    ) -> None:
        put(hub, tiny_checkpoint)
        hub.faults.append(Fault(f"GET .*{file}", times=2, spoil=flip_a_bit))
        with pytest.raises(CheckpointError, match="arrived damaged twice .* and was not kept"):
            zoo.load(NAME)
        assert cached_folder(TINY) is None
        assert broken_files(Path(constants.HF_HUB_CACHE)) == []
        assert zoo.load(NAME).generate("the", max_new_tokens=3)

    def test_a_broken_update_leaves_the_old_model(
        self, hub: HubServer, tiny_checkpoint: Path, other: Path
    ) -> None:
        put(hub, tiny_checkpoint)
        pull(NAME)
        put(hub, other)
        hub.faults.append(Fault("GET .*/resolve/.*/config.json", status=500))
        with pytest.raises(HubUnreachable):
            pull(NAME)
        hub.stop()
        assert description(NAME) == "Writes verses."

    def test_damage_in_the_cache_is_named_and_pull_repairs_it(
        self, hub: HubServer, tiny_checkpoint: Path
    ) -> None:
        put(hub, tiny_checkpoint)
        path = pull(NAME) / "model.safetensors"
        content = path.read_bytes()
        path.write_bytes(flip_a_bit(content))
        with pytest.raises(CheckpointError, match=f"`python -m lstm_zoo pull {NAME}` repairs"):
            zoo.load(NAME)
        pull(NAME)
        assert path.read_bytes() == content

    def test_a_broken_model_on_the_hub_is_told_from_a_broken_download(
        self, hub: HubServer, tiny_checkpoint: Path
    ) -> None:
        put(hub, tiny_checkpoint)
        files = hub.repositories[f"models/{TINY}"].files()
        weights = files["model.safetensors"]
        files["model.safetensors"] = weights._replace(content=flip_a_bit(weights.content))
        with pytest.raises(CheckpointError, match="are what alice/tiny.verses has on the Hub"):
            pull(NAME)

    def test_a_repository_that_moved_is_followed(
        self, hub: HubServer, tiny_checkpoint: Path
    ) -> None:
        put(hub, tiny_checkpoint)
        hub.moved["alice/old.verses"] = TINY
        assert zoo.load("hf-hub:alice/old.verses").generate("the", max_new_tokens=3)

    def test_a_trickle_is_waited_for(self, hub: HubServer, tiny_checkpoint: Path) -> None:
        put(hub, tiny_checkpoint)
        hub.faults.append(Fault("GET /store/", pause=0.02))
        assert zoo.load(NAME).generate("the", max_new_tokens=3)

    def test_the_token_goes_to_the_hub_and_not_to_its_store(
        self, hub: HubServer, tiny_checkpoint: Path
    ) -> None:
        put(hub, tiny_checkpoint)
        pull(NAME)
        assert all("authorization" in headers for headers in hub.asked(" /api/models/"))
        assert hub.asked("GET /store/")
        assert not any("authorization" in headers for headers in hub.asked("GET /store/"))

    def test_other_files_of_the_repository_stay_there(
        self, hub: HubServer, tiny_checkpoint: Path
    ) -> None:
        put(hub, tiny_checkpoint)
        files = hub.repositories[f"models/{TINY}"].files()
        files["pytorch_model.bin"] = files["huge/data.json"] = files["README.md"]
        assert {path.name for path in pull(NAME).rglob("*")} == FILES

    def test_pull_all_brings_each_model_of_the_owner(
        self, hub: HubServer, tiny_checkpoint: Path, other: Path
    ) -> None:
        put(hub, tiny_checkpoint)
        put(hub, other, "alice/broken.verses")
        del hub.repositories["models/alice/broken.verses"].files()["tokenizer.json"]
        stranger = hub.repositories["models/alice/not-of-the-zoo"] = Repository(private=False)
        stranger.commit("main", {})
        hub.repositories["models/alice/No-Plain-Name"] = hub.repositories[f"models/{TINY}"]
        done = run("pull", "--all")
        assert done.returncode == 1
        assert done.stdout.startswith("tiny.verses is whole: ")
        assert "tokenizer.json is missing" in done.stderr
        assert "not-of-the-zoo" not in done.stdout + done.stderr


def flip_a_bit(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def test_the_environment_alone_leads_the_command_line_to_another_hub(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    """A process of its own, with nothing set in Python: push and pull; then offline."""
    server = HubServer()
    environment = os.environ | {
        "HF_ENDPOINT": server.url,
        "HF_HOME": str(tmp_path / "home"),
        "HF_TOKEN": WRITER,
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_OFFLINE": "0",
        "NO_PROXY": "*",
        "LSTM_ZOO_HUB_OWNER": "alice",
    }

    def python(code: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code, str(tiny_checkpoint)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    verbs: Callable[[str], str] = (
        "import sys; from lstm_zoo.cli import app\n"
        "for arguments in {}:\n"
        "    app([part.replace('TINY', sys.argv[1]) for part in arguments.split()],"
        " standalone_mode=False)\n"
    ).format
    done = python(verbs(["push local-dir:TINY --to alice/tiny.verses", "pull tiny.verses"]))
    server.stop()
    assert done.returncode == 0, done.stderr
    assert "tiny.verses is whole" in done.stdout
    assert "Fetching" in done.stderr  # a progress bar
    environment |= {"HF_HUB_OFFLINE": "1"}
    done = python(verbs(["generate tiny.verses the --seed 1 --max-new-tokens 20"]))
    assert done.returncode == 0, done.stderr
    assert len(done.stdout) == len("the") + 20 + 1
    assert "note: tiny.verses is taken from the Hub's local cache" in done.stderr
