"""Splits do not leak, windows adjoin, and broken files are named."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
import torch

from lstm_zoo.language import corpus
from lstm_zoo.language.data import (
    LanguageBatchConfig,
    LanguageDataConfig,
    TextBatches,
    load_text,
)
from lstm_zoo.language.evaluation import WINDOW, carried_nats, windows_nats
from lstm_zoo.language.model import LanguageModel, LanguageModelConfig
from lstm_zoo.language.poems import read_tang_poems, simplified_forms

TEXT = "".join(chr(ord("a") + i % 26) + str(i % 10) for i in range(500))


def config(**changes: Any) -> LanguageDataConfig:
    facts = {"name": "T", "language": "en", "licence": "none", "source": "here", "file": "t.txt"}
    return LanguageDataConfig(**{**facts, **changes})


def write(folder: Path, content: bytes) -> Path:
    (folder / "t.txt").write_bytes(content)
    return folder


def test_the_parts_are_the_text_in_order(tmp_path: Path) -> None:
    data = load_text(config(), write(tmp_path, TEXT.encode()))
    parts = [data.preprocessing.decode(data.splits[n]) for n in ("train", "validation", "test")]
    assert "".join(parts) == TEXT
    assert [len(part) for part in parts] == [855, 45, 100]


def test_validation_may_come_first_so_that_training_ends_where_the_test_begins(
    tmp_path: Path,
) -> None:
    data = load_text(config(validation_first=True), write(tmp_path, TEXT.encode()))
    parts = [data.preprocessing.decode(data.splits[n]) for n in ("validation", "train", "test")]
    assert "".join(parts) == TEXT
    assert [len(part) for part in parts] == [45, 855, 100]


def test_a_byte_order_mark_and_windows_line_ends_are_read_away(tmp_path: Path) -> None:
    data = load_text(config(), write(tmp_path, b"\xef\xbb\xbf" + b"ab\r\ncd" * 50))
    assert "\ufeff" not in data.preprocessing.characters
    assert "\r" not in data.preprocessing.characters


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff\xfe\x00bad", "is not UTF-8 text: line 1 has the byte 0xff; save it as UTF-8"),
        ("one\ntwo \u00e9\n".encode() + "three \u00e9".encode("latin-1"), "is not UTF-8 .* line 3"),
        (b"abc", "too short to split"),
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"a" * 500, "holds the character 'a' and no other"),
    ],
)
def test_a_file_that_is_no_text_is_named(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(ValueError, match=rf"t\.txt (is )?{sentence}"):
        load_text(config(), write(tmp_path, content))


def test_a_large_file_is_read_in_chunks_and_its_tokens_lie_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path, b"\xef\xbb\xbf" + TEXT.replace("5", "\r\n").encode())
    whole = load_text(config(), folder)
    monkeypatch.setattr(corpus, "CHUNK", 7)
    monkeypatch.setattr(corpus, "IN_MEMORY", 10)
    chunked = load_text(config(), folder)
    assert chunked.facts == whole.facts
    for name, tokens in whole.splits.items():
        assert chunked.splits[name].dtype == torch.uint8
        assert torch.equal(chunked.splits[name].long(), tokens)
    batching = LanguageBatchConfig(batch_size=4, bptt=16)
    for step in range(3):
        ours, theirs = (
            TextBatches(data.splits["train"], batching, 0, 0)[step] for data in (whole, chunked)
        )
        assert all(map(torch.equal, ours, theirs))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"t\.txt is missing: give the folder"):
        load_text(config(), tmp_path)


def test_an_altered_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not the expected file"):
        load_text(config(sha256="0" * 64), write(tmp_path, TEXT.encode()))


class TestBatches:
    tokens = torch.arange(1001)

    def batches(self, epoch: int = 0, **changes: Any) -> TextBatches:
        batching = LanguageBatchConfig(**{"batch_size": 4, "bptt": 16, **changes})
        return TextBatches(self.tokens, batching, epoch, seed=0)

    def test_a_target_is_the_token_after_its_input(self) -> None:
        for batch in map(self.batches().__getitem__, range(len(self.batches()))):
            assert ((batch.inputs + 1) % 1001 == batch.targets).all()

    def test_windows_of_a_row_adjoin(self) -> None:
        batches = self.batches()
        for step in range(len(batches) - 1):
            assert torch.equal(batches[step].targets[:, -1], batches[step + 1].inputs[:, 0])

    def test_an_epoch_sees_each_token_once(self) -> None:
        batches = self.batches()
        seen = torch.cat([batches[step].inputs.flatten() for step in range(len(batches))])
        assert len(seen) == len(seen.unique()) == 1000

    def test_an_epoch_is_the_same_each_time_and_unlike_the_next(self) -> None:
        assert torch.equal(self.batches(3)[2].inputs, self.batches(3)[2].inputs)
        assert not torch.equal(self.batches(3)[2].inputs, self.batches(4)[2].inputs)

    def test_resets_come_as_often_as_asked(self) -> None:
        batches = self.batches(batch_size=1, bptt=1, reset_probability=0.25)
        share = 1 - torch.stack([batches[s].keep for s in range(len(batches))]).float().mean()
        assert share.item() == pytest.approx(0.25, abs=0.05)
        assert self.batches()[0].keep.all()

    def test_an_epoch_of_so_many_steps_is_the_beginning_of_a_whole_one(self) -> None:
        whole, part = self.batches(3), self.batches(3, steps=5)
        assert (len(whole), len(part)) == (16, 5)
        assert all(torch.equal(part[step].inputs, whole[step].inputs) for step in range(5))
        assert not torch.equal(part[0].inputs, self.batches(4, steps=5)[0].inputs)

    def test_a_small_text_gets_fewer_rows(self) -> None:
        batches = TextBatches(torch.arange(20), LanguageBatchConfig(), 0, 0)
        assert len(batches) == 1
        assert batches[0].inputs.shape == (1, 19)


def test_protocols_equal_their_definitions() -> None:
    """Token by token, in the simplest way there is."""
    torch.manual_seed(0)
    model = LanguageModel(LanguageModelConfig(embedding_size=4, hidden_size=8), 7).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    for layer in model.layers:  # gates wide open: what is remembered stays
        torch.nn.init.constant_(layer.bias_ih_l0.chunk(4)[1], 9.0)
    tokens = torch.randint(7, (2 * WINDOW + 40,), generator=torch.Generator().manual_seed(0))

    def nats(reset_every: int) -> float:
        total, state = 0.0, None
        for position in range(len(tokens) - 1):
            if position % reset_every == 0:
                state = None
            logits, state = model(tokens[position].view(1, 1), state)
            total -= logits[0, 0].log_softmax(0)[tokens[position + 1]].item()
        return total / (len(tokens) - 1)

    with torch.inference_mode():
        assert windows_nats(model, tokens) == pytest.approx(nats(WINDOW), rel=1e-5)
        assert carried_nats(model, tokens, chunk=100) == pytest.approx(nats(10**9), rel=1e-5)
    assert nats(WINDOW) != pytest.approx(nats(10**9), rel=1e-4)


POEMS = [
    {"title": "一", "paragraphs": ["床前明月光，疑是地上霜。", "舉頭望明月，低頭思故鄉。"]},
    {"title": "二", "paragraphs": ["白日依山盡，黃河入海流。", "欲窮千里目，更上一層樓。"]},
    {"title": "二", "paragraphs": ["白日依山盡，黃河入海流。", "欲窮千里目，更上一層樓。"]},
    {"title": "缺", "paragraphs": ["春□不覺曉，處處聞啼鳥。", "夜來風雨聲，花落知多少。"]},
    {"title": "空", "paragraphs": ["空。"]},
]


@pytest.mark.parametrize("packed", [True, False], ids=["archive", "folder"])
def test_poems_are_read_once_and_whole(tmp_path: Path, packed: bool) -> None:
    content = json.dumps(POEMS).encode()
    source = tmp_path / "poems"
    if packed:
        source = tmp_path / "poet.tang.tar.gz"
        with tarfile.open(source, "w:gz") as archive:
            member = tarfile.TarInfo("poet.tang.0.json")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    else:
        source.mkdir()
        (source / "poet.tang.0.json").write_bytes(content)
    assert read_tang_poems(source) == [
        "床前明月光，疑是地上霜。\n舉頭望明月，低頭思故鄉。\n\n",
        "《二》\n白日依山盡，黃河入海流。\n欲窮千里目，更上一層樓。\n\n",
    ]


def test_the_more_frequent_character_gets_the_simplified_form() -> None:
    pytest.importorskip("opencc", reason="the training extra is not installed")
    aliases = simplified_forms("風發髮后", {"風": 5, "發": 9, "髮": 2, "后": 1})
    assert aliases == {"风": "風", "发": "發"}


def test_tiny_shakespeare_is_split_as_in_the_literature(real_data: Path) -> None:
    shakespeare = config(file="tinyshakespeare/input.txt")
    data = load_text(shakespeare, real_data)
    assert len(data.preprocessing) == 65
    assert len(data.splits["test"]) == 111_540
    assert len(data.splits["train"]) + len(data.splits["validation"]) == 1_003_854
