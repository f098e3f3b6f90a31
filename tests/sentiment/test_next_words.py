"""A classifier reads as a language model first: what it predicts, and that runs of both resume."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional as F

import lstm_zoo as zoo
from lstm_zoo.errors import UsageError
from lstm_zoo.sentiment.batches import ReadingBatches
from lstm_zoo.sentiment.data import SentimentBatchConfig
from lstm_zoo.sentiment.model import SentimentModel, SentimentModelConfig
from lstm_zoo.sentiment.next_words import ReadingBatch, reading_loss
from lstm_zoo.sentiment.plain import plain_state_dict
from lstm_zoo.sentiment.task import TASK
from lstm_zoo.task import Preparation
from lstm_zoo.training.loop import Interrupted, Trainer
from lstm_zoo.training.recipe import read_recipe
from lstm_zoo.training.runs import RunFolder
from tests.tiny import train_tiny, write_recipe

from .made_up import RECIPE

READING: dict[str, Any] = {
    **RECIPE,
    "name": "tiny.reading",
    "data": {
        **RECIPE["data"],
        "collections": ["imdb"],
        "unlabelled": True,
    },
    "batches": {"batch_size": 16, "max_tokens": 20, "reading_epochs": 2, "reading_rate": 2e-2},
    "model": {"embedding_size": 8, "hidden_size": 6, "input_dropout": 0.1, "next_words": True},
    "optimizer": {"learning_rate": 1e-2},
    "training": {"epochs": 5, "average_decay": 0.9, "save_every": 1e9},
}
LENGTHS = torch.tensor([9, 2, 6])
VOCABULARY = 40


def made(**options: object) -> SentimentModel:
    torch.manual_seed(0)
    sizes: dict[str, object] = {"embedding_size": 6, "hidden_size": 5, "next_words": True}
    model = SentimentModel(SentimentModelConfig.model_validate(sizes | options), VOCABULARY)
    model.reset_parameters()
    if model.config.next_words:
        torch.nn.init.normal_(model.next_words.bias)
    return model.double()


def batch() -> ReadingBatch:
    ids = torch.randint(2, VOCABULARY, (3, 9), generator=torch.Generator().manual_seed(1))
    return ReadingBatch(ids.masked_fill(torch.arange(9) >= LENGTHS[:, None], 0), LENGTHS)


def naive_loss(model: SentimentModel, batch: ReadingBatch) -> torch.Tensor:
    """Text by text and word by word, over the whole vocabulary but the padding."""
    table, nats = model.table(), []
    for ids, length in zip(batch.ids, batch.lengths.tolist(), strict=True):
        outputs = model.outputs(table[ids[None, :length]], torch.tensor([length]))[0]
        for t in range(length):
            seen = {0: t + 1} | ({1: t - 1} if model.config.bidirectional else {})
            for direction, predicted in seen.items():
                if not 0 <= predicted < length:
                    continue
                hidden = outputs[t, 5 * direction : 5 * direction + 5]
                features = model.next_words.projections[direction](hidden)
                scores = (table @ features + model.next_words.bias)[1:]
                nats.append(F.cross_entropy(scores[None], ids[predicted : predicted + 1] - 1))
    return torch.stack(nats).mean()


@pytest.mark.parametrize("together", [1, 10, 1000])
@pytest.mark.parametrize("options", [{}, {"bidirectional": False}, {"normalised_embedding": True}])
def test_each_direction_predicts_the_word_that_it_would_read_next(
    options: dict[str, object], together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lstm_zoo.sentiment.next_words.TOGETHER", together)
    ours, naive = made(**options), made(**options)
    loss, expected = reading_loss(ours, batch()), naive_loss(naive, batch())
    torch.testing.assert_close(loss, expected)
    loss.backward()
    expected.backward()
    for (name, one), other in zip(ours.named_parameters(), naive.parameters(), strict=True):
        if other.grad is not None:
            torch.testing.assert_close(one.grad, other.grad, msg=name)


def test_it_learns_what_follows_what() -> None:
    model = made(hidden_size=16).float()
    optimizer = torch.optim.Adam(model.parameters(), 0.05)
    ids = (torch.arange(8)[:, None] + torch.arange(9)) % 12 + 2
    for _ in range(60):
        loss = reading_loss(model, ReadingBatch(ids, torch.full((8,), 9)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1


def test_a_second_layer_that_has_seen_the_next_word_is_refused() -> None:
    with pytest.raises(ValueError, match="has seen the word it should predict"):
        SentimentModelConfig(next_words=True, num_layers=2)
    SentimentModelConfig(next_words=True, num_layers=2, bidirectional=False)


def test_what_predicts_words_is_not_exported() -> None:
    without = made(next_words=False)
    assert plain_state_dict(made()).keys() == plain_state_dict(without).keys()


def test_reading_holds_each_text_once_labelled_or_not() -> None:
    class Data:
        class Train:
            ids = [np.array([i, 2, 3]) for i in range(10, 20)] + [np.array([5])]

        splits = {"train": Train, "validation": None}
        unlabelled = [np.array([i, 4]) for i in range(20, 25)]

    batches: Any = ReadingBatches(Data, SentimentBatchConfig(batch_size=4), 0, 0)  # type: ignore[arg-type]
    firsts = [int(ids[0]) for n in range(len(batches)) for ids in batches[n].ids]
    assert sorted(firsts) == list(range(10, 25))  # one word alone predicts nothing


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_recipe(tmp_path_factory.mktemp("recipes"), READING)


@pytest.fixture(scope="module")
def whole(recipe: Path, reviews: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint of a run that was never stopped."""
    return train_tiny(recipe, reviews, tmp_path_factory.mktemp("runs"))


def curve(checkpoint: Path) -> list[dict[str, float]]:
    lines = (checkpoint.parent / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_a_stop_in_either_part_or_between_them_resumes_to_the_same_weights(
    whole: Path, recipe: Path, reviews: Path, tmp_path: Path
) -> None:
    parsed, task = read_recipe(str(recipe))
    data = task.load_data(parsed.data, reviews)
    steps, steps_after = (len(task.batches(data, parsed.batches, epoch, 0)) for epoch in (0, 2))
    assert steps > steps_after
    # In the first epoch, one step before the parts' border, at it, after it, and in the last epoch.
    for stop_after in (5, 2 * steps - 6, 1, 1, 2 * steps_after):
        stop = partial(next, iter([False] * (stop_after - 1)), True)
        with pytest.raises(Interrupted):
            train_tiny(recipe, reviews, tmp_path, should_stop=stop)
    stopped = train_tiny(recipe, reviews, tmp_path)
    one, other = (load_file(folder / "model.safetensors") for folder in (whole, stopped))
    assert one.keys() == other.keys()
    for name, weight in one.items():
        assert torch.equal(weight, other[name]), name


def test_no_metric_is_taken_while_it_reads_and_a_later_epoch_is_the_best(whole: Path) -> None:
    points = curve(whole)
    assert [("validation_nats" in point) for point in points] == [False, False, True, True, True]
    config = json.loads((whole / "config.json").read_text("utf-8"))
    assert config["training"]["best_epoch"] in (3, 4, 5)
    assert config["training"]["preparing_epochs"] == 2
    card = (whole / "README.md").read_text("utf-8")
    assert "5 epochs, of which the first 2 prepared the model, the best after epoch" in card
    # Nats of a word and of a verdict do not stand in one column.
    assert "epoch training loss  validation nats" in card
    assert f"{points[0]['loss']:13.4f}" not in card
    assert f"{points[2]['loss']:13.4f}" in card


def test_each_part_has_its_own_rate_and_schedule(whole: Path) -> None:
    rates = [point["learning_rate"] for point in curve(whole)]
    assert rates[0] == pytest.approx(READING["batches"]["reading_rate"] / 2, rel=0.15)
    assert rates[2] == pytest.approx(READING["optimizer"]["learning_rate"] * 3 / 4, rel=0.15)
    assert max(rates[1], rates[4]) < 1e-4


def test_texts_count_by_their_words_where_a_batch_is_divided() -> None:
    model, whole = made(), batch()
    parts = [ReadingBatch(*(one[rows] for one in whole)) for rows in (slice(1), slice(1, 3))]
    together = sum(reading_loss(model, part) * TASK.loss_weight(part) for part in parts)
    torch.testing.assert_close(together / TASK.loss_weight(whole), reading_loss(model, whole))


def test_only_weights_of_the_classifier_are_averaged(
    recipe: Path, reviews: Path, tmp_path: Path
) -> None:
    parsed, task = read_recipe(str(recipe))
    folder = RunFolder(tmp_path)
    trainer = Trainer(parsed, task, task.load_data(parsed.data, reviews), folder, "cpu", quiet=True)
    trainer.run()
    assert trainer.average is not None
    assert int(trainer.average.n_averaged) == 3 * trainer.steps


def test_a_checkpoint_that_has_read_classifies(whole: Path) -> None:
    model = zoo.load(f"local-dir:{whole}")
    good, bad = model.classify(["a warm and funny film", "it was dull and awful to see"])
    assert (good.label, bad.label) == ("positive", "negative")


def test_the_classifier_starts_from_what_has_read_with_its_own_rate(
    recipe: Path, reviews: Path, tmp_path: Path
) -> None:
    still = ["optimizer.learning_rate=1e-12", "optimizer.weight_decay=0"]
    folder = train_tiny(recipe, reviews, tmp_path, overrides=[*still, "training.epochs=3"])
    last = load_file(folder / "model.safetensors")
    other = train_tiny(recipe, reviews, tmp_path / "other", overrides=[*still, "training.epochs=4"])
    for name, weight in load_file(other / "model.safetensors").items():
        if name != "temperature":
            torch.testing.assert_close(weight, last[name], msg=name)
    untrained, task = read_recipe(str(recipe))
    torch.manual_seed(0)
    model = task.build(untrained.model, task.load_data(untrained.data, reviews).preprocessing)
    model.reset_parameters()  # type: ignore[operator]
    moved = last["layers.0.weight_hh_l0"] - model.get_parameter("layers.0.weight_hh_l0")
    assert moved.abs().mean() > 0.01


def test_early_stopping_does_not_count_the_epochs_that_read(
    recipe: Path, reviews: Path, tmp_path: Path
) -> None:
    overrides = ["training.stop_after=1", "batches.reading_epochs=3", "training.epochs=4"]
    assert len(curve(train_tiny(recipe, reviews, tmp_path, overrides=overrides))) == 4


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("training.epochs=2", "first 2 epochs prepare the model, and training.epochs is 2"),
        ("model.next_words=false", "reading_epochs needs model.next_words: true"),
        ("batches.unlabelled=true", "unlabelled needs a model.virtual_adversarial_norm above 0"),
    ],
)
def test_a_recipe_that_cannot_read_or_only_reads_is_refused(
    override: str, sentence: str, recipe: Path, reviews: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=sentence):
        train_tiny(recipe, reviews, tmp_path, overrides=[override])


def test_the_recipe_of_imdb_reads_before_it_classifies() -> None:
    parsed, task = read_recipe("lm-lstm.imdb-teacher")
    assert task.preparation(parsed.batches, parsed.model) == Preparation(2, 2e-3)  # type: ignore[attr-defined]
    with torch.device("meta"):
        model = SentimentModel(parsed.model, parsed.data.vocabulary)
    assert 4 * sum(weight.numel() for weight in model.parameters()) < 25e6
