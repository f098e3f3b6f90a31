"""NB-SVM, which sees a text as the set of its words and pairs, and what it adds to a model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from lstm_zoo.errors import UsageError
from lstm_zoo.sentiment.data import Examples, SentimentData, SentimentDataConfig
from lstm_zoo.sentiment.nb_svm import nb_svm, with_pairs
from lstm_zoo.sentiment.self_training import add_taught, combined
from lstm_zoo.sentiment.task import TASK
from lstm_zoo.training.machine import make_accelerator

from .made_up import RECIPE

TEXTS = [
    ["good", "good", "film"],
    ["not", "bad", "film"],
    ["bad", "film"],
    ["not", "good", "film"],
    ["good", "play"],
    ["bad", "play"],
]
LABELS = np.array([1, 1, 0, 0, 1, 0])


def test_pairs_are_those_of_neighbours() -> None:
    assert with_pairs(["not", "so", "bad"]) == ["not", "so", "bad", "not so", "so bad"]
    assert with_pairs([]) == []


def test_a_feature_is_present_or_not_and_weighed_by_the_ratio_of_naive_bayes() -> None:
    """Section 2.1 of the paper, with a count of one added, in plain loops."""
    sets = [set(with_pairs(text)) for text in TEXTS]
    kept = sorted(word for word in set().union(*sets) if sum(word in one for one in sets) > 1)
    counts = {
        label: [1 + sum(word in sets[i] for i in np.flatnonzero(label == LABELS)) for word in kept]
        for label in (0, 1)
    }
    ratio = [
        np.log(counts[1][i] / sum(counts[1])) - np.log(counts[0][i] / sum(counts[0]))
        for i in range(len(kept))
    ]
    expected = [[ratio[i] * (word in one) for i, word in enumerate(kept)] for one in sets]
    fitted = next(nb_svm({"train": TEXTS}, LABELS))
    np.testing.assert_allclose(fitted.matrices["train"].toarray(), expected, atol=1e-12)


def test_scores_are_drawn_to_the_mean_weight_and_the_same_each_time() -> None:
    one, other = (list(nb_svm({"train": TEXTS}, LABELS)) for _ in range(2))
    assert [fitted.options for fitted in one] == [
        {"C": strength, "beta": beta} for strength in (0.03, 0.1, 0.3, 1.0) for beta in (0.25, 1.0)
    ]
    for first, second in zip(one, other, strict=True):
        scores = first.scores(first.matrices["train"])
        np.testing.assert_array_equal(scores, second.scores(second.matrices["train"]))
    drawn, alone = one[-2:]
    matrix = alone.matrices["train"]
    identity = np.eye(matrix.shape[1])
    bias = alone.scores(0 * identity[:1])
    svm = alone.scores(identity) - bias
    np.testing.assert_allclose(
        drawn.scores(identity) - bias, 0.75 * np.abs(svm).mean() + 0.25 * svm, atol=1e-12
    )
    assert (alone.scores(matrix)[-2:] > 0).tolist() == [True, False]


@pytest.fixture(scope="module")
def data(reviews: Path) -> SentimentData:
    document = {**RECIPE["data"], "collections": ["imdb"], "unlabelled": True}
    return TASK.load_data(SentimentDataConfig.model_validate(document), reviews)


def words_and_what_is_said(
    data: SentimentData, noise: float, wrong: float = 0.0
) -> tuple[SentimentData, torch.Tensor]:
    """Texts of token 5 or 6, which tells the class, among others; a model that half knows."""
    random = np.random.default_rng(0)

    def texts(count: int) -> tuple[list[np.ndarray], torch.Tensor]:
        labels = random.integers(0, 2, count)
        told = labels ^ (random.random(count) < wrong)
        ids = [np.array([5 + label, *random.integers(7, 20, 6)]) for label in told]
        return ids, torch.from_numpy(labels)

    parts = {name: texts(count) for name, count in (("train", 200), ("validation", 200))}
    unlabelled, hidden = texts(300)
    splits = {name: Examples(ids, labels, [""] * 200) for name, (ids, labels) in parts.items()}
    right = torch.cat([hidden, parts["validation"][1]])
    odds = (2.0 * right - 1) + noise * torch.from_numpy(random.standard_normal(500)).float()
    logits = torch.stack([-odds / 2, odds / 2], 1).float()
    return replace(data, splits=data.splits | splits, unlabelled=unlabelled), logits


def test_what_the_words_tell_is_added_to_what_the_model_says(data: SentimentData) -> None:
    made, logits = words_and_what_is_said(data, noise=2.0)
    said = combined(made, logits)
    assert said.dtype == torch.float32
    assert said.shape == (300, 2)
    torch.testing.assert_close(said.sum(1), torch.ones(300))
    right = torch.tensor([ids[0] - 5 for ids in made.unlabelled])
    assert (logits[:300].argmax(1) == right).float().mean() < 0.8  # the model by itself
    assert (said.argmax(1) == right).all()


def test_the_fit_is_taken_that_says_most_beside_the_model(data: SentimentData) -> None:
    """Each fit by itself, the two weighed by another minimiser."""
    made, logits = words_and_what_is_said(data, noise=2.0, wrong=0.25)
    right = made.splits["validation"].labels.double()
    odds = (logits[:, 1] - logits[:, 0]).double()
    names = {"train": made.splits["train"].ids, "validation": made.splits["validation"].ids}
    tokens = {
        name: [[str(token) for token in ids] for ids in part]
        for name, part in (names | {"unlabelled": made.unlabelled}).items()
    }
    found = []
    for fitted in nb_svm(tokens, made.splits["train"].labels.numpy()):
        scores = {name: torch.from_numpy(fitted.scores(m)) for name, m in fitted.matrices.items()}
        both = torch.stack([odds[300:], scores["validation"]], 1)
        weights = torch.zeros(2, dtype=torch.float64, requires_grad=True)
        search = torch.optim.LBFGS([weights], max_iter=100, line_search_fn="strong_wolfe")

        def nats(
            both: torch.Tensor = both,
            weights: torch.Tensor = weights,
            search: torch.optim.Optimizer = search,
        ) -> torch.Tensor:
            search.zero_grad()
            loss = binary_cross_entropy_with_logits(both @ weights, right)
            loss.backward()
            return loss

        search.step(nats)
        said = (torch.stack([odds[:300], scores["unlabelled"]], 1) @ weights.detach()).sigmoid()
        found.append((nats().item(), said))
    losses = [loss for loss, _ in found]
    _, best = found[losses.index(min(losses))]
    _, worst = found[losses.index(max(losses))]
    said = combined(made, logits)[:, 1].double()
    torch.testing.assert_close(said, best, rtol=0, atol=5e-3)
    assert (said - worst).abs().max() > 0.05


def test_a_model_that_knows_better_than_the_words_is_followed(data: SentimentData) -> None:
    made, logits = words_and_what_is_said(data, noise=0.2)
    deaf = [np.array([9, *ids[1:]]) for ids in made.unlabelled]
    train = made.splits["train"]
    order = np.random.default_rng(1).permutation(200)  # so that words tell nothing
    mixed = train._replace(labels=train.labels[torch.from_numpy(order)])
    made = replace(made, unlabelled=deaf, splits=made.splits | {"train": mixed})
    said = combined(made, logits)
    assert (said.argmax(1) == logits[:300].argmax(1)).all()


def test_more_than_two_classes_are_refused_before_anything_is_read(reviews: Path) -> None:
    document = {**RECIPE["data"], "collections": ["imdb"], "labels": ["bad", "good", "neither"]}
    three = TASK.load_data(SentimentDataConfig.model_validate(document), reviews)
    accelerator = make_accelerator("cpu", "fp32")
    model = TASK.build(TASK.model_config(), three.preprocessing)
    with pytest.raises(UsageError, match=r"data\.nb_svm tells two classes apart, not bad, good, n"):
        add_taught(three, model, three.preprocessing, accelerator, lambda batches, _: batches, True)
