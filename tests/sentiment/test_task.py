"""From reviews to a checkpoint that classifies: batches, training, resuming, figures, card."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import lstm_zoo as zoo
from lstm_zoo.errors import UsageError
from lstm_zoo.sentiment.batches import (
    SemiSupervisedBatches,
    SentimentBatches,
    padded,
    sorted_batches,
)
from lstm_zoo.sentiment.data import Examples, SentimentBatchConfig, SentimentData
from lstm_zoo.sentiment.predict import SentimentClassifier
from lstm_zoo.sentiment.tokenizer import UNKNOWN, ReviewTokenizer
from lstm_zoo.training.loop import Interrupted
from lstm_zoo.training.recipe import read_recipe, recipe_names
from lstm_zoo.training.train import evaluate, train
from lstm_zoo.zoo.checkpoint import load_checkpoint


def examples(number: int = 500, longest: int = 40) -> Examples:
    draw = np.random.default_rng(0)
    ids = [draw.integers(2, 50, draw.integers(1, longest)).astype(np.int32) for _ in range(number)]
    return Examples(ids, torch.arange(number), ["x"] * number)


def epoch(config: SentimentBatchConfig, number: int = 0, seed: int = 0) -> SentimentBatches:
    return SentimentBatches(examples(), config, number, seed)


def test_an_epoch_reads_each_text_once_with_its_own_label() -> None:
    texts = examples()
    seen = []
    for batch in (batches := epoch(SentimentBatchConfig(batch_size=8))):
        for ids, length, label in zip(*batch, strict=True):
            assert ids[:length].tolist() == texts.ids[label].tolist()
            assert (ids[length:] == 0).all()
            seen.append(int(label))
    assert sorted(seen) == list(range(500))
    assert len(batches) == 63


def test_batches_hold_texts_of_like_length_in_mixed_order() -> None:
    batches = list(epoch(SentimentBatchConfig(batch_size=8)))
    padding = sum(batch.ids.numel() - int(batch.lengths.sum()) for batch in batches)
    tokens = sum(int(batch.lengths.sum()) for batch in batches)
    assert padding < 0.08 * tokens
    longest = [int(batch.lengths.max()) for batch in batches]
    assert longest != sorted(longest)


def test_batches_are_a_function_of_seed_epoch_and_step() -> None:
    config = SentimentBatchConfig(batch_size=8, max_tokens=10)
    assert torch.equal(epoch(config, 1)[7].ids, epoch(config, 1)[7].ids)
    assert not torch.equal(epoch(config, 1)[7].labels, epoch(config, 2)[7].labels)
    assert not torch.equal(epoch(config, 1)[7].labels, epoch(config, 1, seed=1)[7].labels)


def test_long_texts_are_cut_to_their_beginning_or_their_end() -> None:
    texts, starts = examples(longest=40), set()
    for batch in SentimentBatches(texts, SentimentBatchConfig(max_tokens=10), 0, 0):
        assert batch.ids.shape[1] <= 10
        for ids, length, label in zip(*batch, strict=True):
            whole, cut = texts.ids[label].tolist(), ids[:length].tolist()
            if len(whole) > 10:
                starts.add(cut == whole[:10])
                assert cut in (whole[:10], whole[-10:])
    assert starts == {True, False}


def test_beside_each_labelled_text_there_is_another_of_all() -> None:
    texts, others = examples(100), [np.full(n, 60, np.int32) for n in range(2, 200)]
    tokenizer = ReviewTokenizer.from_texts(["a"], "words", 9, 1, ["no", "yes"], "en")
    data = SentimentData({"train": texts}, tokenizer, {}, "", {}, others)
    batches = SemiSupervisedBatches(data, SentimentBatchConfig(batch_size=8), 0, 0)
    plain = SentimentBatches(texts, SentimentBatchConfig(batch_size=8), 0, 0)
    assert len(batches) == len(plain) == 13
    kinds = []
    for step in range(13):
        labelled, unlabelled = batches[step]
        assert all(map(torch.equal, labelled, plain[step]))
        assert len(unlabelled.ids) == len(unlabelled.lengths) == len(labelled.labels)
        kinds += (unlabelled.ids[:, 0] == 60).tolist()
    assert 0.4 < np.mean(kinds) < 0.9  # 198 of the 298 texts


def test_sorted_batches_hold_every_text_once() -> None:
    lengths = [5, 900, 17, 1, 1, 40_000]
    batches = list(sorted_batches(lengths))
    assert sorted(index for batch in batches for index in batch) == list(range(6))
    assert batches[0] == [5]
    assert list(sorted_batches([])) == []


@pytest.fixture(scope="module")
def classifier(tiny_classifier: Path) -> SentimentClassifier:
    loaded: SentimentClassifier = zoo.load(f"local-dir:{tiny_classifier}")
    return loaded


def test_a_trained_checkpoint_tells_good_from_bad(classifier: SentimentClassifier) -> None:
    good, bad = classifier.classify(
        ["房间很好，早餐不错，服务满意。", "房间很差，早餐糟糕，太脏。"]
    )
    assert (good.label, bad.label) == ("positive", "negative")
    assert sum(good.probabilities.values()) == pytest.approx(1)
    assert good.warnings == ()
    assert good.tokens_used == good.tokens_total == 15


def test_one_text_and_many_get_the_same_answer_in_their_order(
    classifier: SentimentClassifier,
) -> None:
    texts = ["房间很好。" * n for n in (3, 1, 9, 2)] + ["早餐太脏，失望。"]
    together = classifier.classify(texts)
    for text, verdict in zip(texts, together, strict=True):
        alone = classifier.classify(text)
        assert alone.label == verdict.label
        assert alone.probabilities == pytest.approx(verdict.probabilities, abs=1e-5)
    assert classifier.classify([]) == []


@pytest.mark.parametrize("text", ["", " \n", "😀😀", "<br />", "\x00", "hello there", "房" * 5000])
def test_any_text_in_a_list_is_answered(classifier: SentimentClassifier, text: str) -> None:
    (verdict,) = classifier.classify([text])
    assert verdict.warnings
    assert verdict.label in classifier.labels


def test_one_empty_text_is_refused(classifier: SentimentClassifier) -> None:
    with pytest.raises(UsageError, match="the text is empty"):
        classifier.classify("  ")
    with pytest.raises(UsageError, match="no word to read"):
        classifier.reading(" ")


def test_a_long_text_is_cut_and_it_is_said_where(classifier: SentimentClassifier) -> None:
    text = "房间很好。" * 1000
    verdict = classifier.classify(text)
    limit = classifier.model.config.max_tokens
    assert (verdict.tokens_used, verdict.tokens_total) == (limit, 5000)
    assert f"{limit:,} characters" in str(verdict.warnings[0])
    assert verdict.probabilities == classifier.classify(text[:limit]).probabilities


def test_a_reading_is_what_the_model_reads(classifier: SentimentClassifier) -> None:
    reading = classifier.reading("房间 WiFi 好")
    assert reading.labels == ("房", "间", "WiFi", "好")
    logits = classifier.model(*reading.inputs) / classifier.temperature
    expected = classifier.classify("房间 WiFi 好").probabilities.values()
    assert logits.softmax(1)[0].tolist() == pytest.approx(list(expected), abs=1e-6)


def test_the_card_holds_what_evaluate_measures(tiny_classifier: Path, hotels: Path) -> None:
    checkpoint, metrics = evaluate(f"local-dir:{tiny_classifier}", data_dir=hotels)
    assert next(iter(metrics)) == "accuracy"
    assert metrics["accuracy"].value > 0.9
    for key, metric in metrics.items():
        assert metric.value == pytest.approx(checkpoint.config.metrics[key].value, abs=1e-6)
    assert metrics.keys() >= {"calibration_error", "calibration_error_before", "nats"}
    _, validation = evaluate(f"local-dir:{tiny_classifier}", data_dir=hotels, split="validation")
    history = checkpoint.config.history
    best = min(point["validation_nats"] for point in history)
    assert validation["nats"].value == pytest.approx(best, abs=1e-6)


def test_a_checkpoint_is_measured_by_its_own_vocabulary(
    tiny_classifier: Path, tiny_sentiment_recipe: Path, hotels: Path
) -> None:
    recipe, task = read_recipe(str(tiny_sentiment_recipe), ["data.vocabulary=12"])
    data = task.load_data(recipe.data, hotels)
    checkpoint = load_checkpoint(tiny_classifier)
    metrics = task.evaluate(checkpoint.model, data, "test")
    assert metrics["accuracy"].value == checkpoint.config.metrics["accuracy"].value


def test_the_python_of_the_card_runs(
    tiny_classifier: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tiny_classifier)
    card = (tiny_classifier / "README.md").read_text("utf-8")
    _, plain = re.findall(r"```python\n(.*?)```", card, re.S)
    exec(compile(plain.replace("so-so", "房间很差，太脏"), "card", "exec"), {})
    said = eval(capsys.readouterr().out)
    ours = zoo.load(f"local-dir:{tiny_classifier}").classify("房间很差，太脏").probabilities
    assert said == pytest.approx(ours, abs=1e-5)


def test_a_stopped_run_ends_with_the_same_weights(
    tiny_classifier: Path, tiny_sentiment_recipe: Path, hotels: Path, tmp_path: Path
) -> None:
    steps = iter([False] * 31 + [True] + [False] * 10_000)
    options = {"data_dir": hotels, "runs_dir": tmp_path, "device": "cpu", "quiet": True}
    with pytest.raises(Interrupted):
        train(str(tiny_sentiment_recipe), should_stop=lambda: next(steps), **options)
    folder, _ = train(str(tiny_sentiment_recipe), **options)
    one, other = (load_file(path / "model.safetensors") for path in (folder, tiny_classifier))
    for name, weight in one.items():
        assert torch.equal(weight, other[name]), name


@pytest.mark.parametrize(
    "options",
    [
        ["model.adversarial_norm=1.0"],
        ["model.virtual_adversarial_norm=1.0"],
        ["model.virtual_adversarial_norm=1.0", "batches.unlabelled=true", "training.accumulate=2"],
    ],
)
def test_a_recipe_with_noise_trains(
    options: list[str], tiny_sentiment_recipe: Path, hotels: Path, tmp_path: Path
) -> None:
    overrides = [*options, "model.normalised_embedding=true", "training.epochs=1"]
    folder, config = train(
        str(tiny_sentiment_recipe),
        overrides=overrides,
        data_dir=hotels,
        runs_dir=tmp_path,
        device="cpu",
        quiet=True,
    )
    assert config.metrics["accuracy"].value > 0.5
    assert zoo.load(f"local-dir:{folder}").classify("房间很好").label


def test_a_checkpoint_is_two_files_that_anyone_can_read(tiny_classifier: Path) -> None:
    from tokenizers import Tokenizer

    document = json.loads((tiny_classifier / "tokenizer.json").read_text("utf-8"))
    assert document["labels"] == ["negative", "positive"]
    assert Tokenizer.from_str(json.dumps(document["tokenizer"])).encode("房间").ids
    weights = load_file(tiny_classifier / "model.safetensors")
    assert weights["temperature"].shape == (1,)


@pytest.mark.parametrize(
    "name", [name for name in recipe_names() if read_recipe(name)[0].task == "sentiment"]
)
def test_a_recipe_stays_under_its_size(name: str) -> None:
    recipe, task = read_recipe(name)
    model = recipe.model
    table = recipe.data.vocabulary * model.embedding_size
    assert 4 * table < 20e6


def test_padded_texts_keep_their_order_and_length() -> None:
    ids, lengths = padded([[5, 6], [7], []])
    assert ids.tolist() == [[5, 6], [7, 0], [UNKNOWN, 0]]
    assert lengths.tolist() == [2, 1, 1]
