"""What the package says of a visitor's files and of models is said in both languages."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from lstm_zoo.errors import CheckpointError, UsageError
from lstm_zoo.forecasting.series import read_series
from lstm_zoo.inspection.uploads import read_state_dict
from lstm_zoo.sentiment.tables import open_table
from lstm_zoo.ui import zoo_models
from lstm_zoo.ui.states import told
from lstm_zoo.ui.words.messages import message
from lstm_zoo.zoo.checkpoint import load_checkpoint
from lstm_zoo.zoo.hub import hub_models
from lstm_zoo.zoo.hub_errors import HubUnreachable
from lstm_zoo.zoo.reading import LARGEST_JSON
from tests.inspection.test_uploads import BAD as BAD_WEIGHTS
from tests.sentiment.test_tables import BAD as BAD_TABLES
from tests.zoo.hub_server import Fault, HubServer
from tests.zoo.test_checkpoint import edit_config, edit_header, edit_weights


def is_translated(error: Exception) -> bool:
    said = told(error)
    assert said["en"] == str(error)
    return is_chinese(said["zh-CN"])


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


BAD_FILES: list[tuple[Callable[[Path], Any], bytes]] = [
    (open_table, data) for data, _ in BAD_TABLES
]
BAD_FILES += [(read_series, data) for data in (b"", b" \n", b"\x00\x01\x02 and so on")]


@pytest.mark.parametrize(("read", "data"), BAD_FILES)
def test_what_is_wrong_with_a_table(
    read: Callable[[Path], Any], data: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(data)
    with pytest.raises(UsageError) as caught:
        read(file)
    assert is_translated(caught.value)


@pytest.mark.parametrize("name", ["reveiw", "text"])
def test_what_is_wrong_with_a_column_of_reviews(name: str, tmp_path: Path) -> None:
    file = tmp_path / "reviews.csv"
    file.write_text("text,text,review\na,b,c\n")
    with pytest.raises(UsageError) as caught:
        open_table(file).column(name)
    assert is_translated(caught.value)


@pytest.mark.parametrize("case", BAD_WEIGHTS)
def test_what_is_wrong_with_weights(case: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_state_dict(BAD_WEIGHTS[case][0])
    assert is_translated(caught.value)


SPOILED: list[Callable[[Path], object]] = [
    lambda folder: (folder / "tokenizer.json").unlink(),
    lambda folder: ((folder / "tokenizer.json").unlink(), (folder / "tokenizer.json").mkdir()),
    lambda folder: (
        (folder / "tokenizer.json").unlink(),
        (folder / "tokenizer.json").symlink_to(Path(__file__)),
    ),
    lambda folder: (folder / "config.json").write_bytes(b"{"),
    lambda folder: (folder / "config.json").write_bytes(b" " * (LARGEST_JSON + 1)),
    lambda folder: (folder / "tokenizer.json").write_bytes(b"{}"),
    lambda folder: edit_config(folder, lambda config: config.update(surplus=1)),
    lambda folder: edit_weights(folder, lambda tensors: tensors.pop("output.bias")),
    lambda folder: edit_weights(folder, lambda tensors: tensors["output.bias"].fill_(torch.nan)),
    lambda folder: edit_weights(folder, lambda tensors: tensors["output.weight"].mul_(2)),
    lambda folder: edit_weights(folder, lambda t: t.update({"output.bias": torch.zeros(3)})),
    lambda folder: edit_header(folder, lambda header: b"[]"),
]


@pytest.mark.parametrize("spoil", SPOILED)
def test_what_is_wrong_with_a_model(
    spoil: Callable[[Path], object], tiny_checkpoint: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny_checkpoint, tmp_path / "checkpoint"))
    spoil(folder)
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(folder)
    assert is_translated(caught.value)


@pytest.mark.parametrize("name", ["char-lstm.shakespear", "\u4e00"])
def test_that_there_is_no_such_model(name: str, hub: HubServer) -> None:
    for ask in (zoo_models.find_here, lambda name: next(zoo_models.download(name))):
        with pytest.raises(UsageError) as caught:
            ask(name)
        assert is_translated(caught.value)


@pytest.mark.parametrize("status", [401, 403, 404, 418, 429, 500])
def test_what_the_hub_answers(status: int, hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "faults", [Fault("GET /api/models", times=9, status=status)])
    with pytest.raises(UsageError) as caught:
        hub_models()
    error = caught.value
    said = message(error.reason) if isinstance(error, HubUnreachable) else told(error)
    assert is_chinese(said["zh-CN"])
