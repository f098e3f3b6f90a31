"""A part of the vocabulary stands for the whole: the loss is right on average, and exact if all are
scored."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch.nn import functional as F

from lstm_zoo.language.data import TextBatch
from lstm_zoo.language.model import LanguageModel, LanguageModelConfig
from lstm_zoo.language.task import TASK
from lstm_zoo.sampled_softmax import _CrossEntropy, candidates, sampled_cross_entropy


def test_the_loss_and_its_gradient_are_those_of_cross_entropy() -> None:
    draw = partial(torch.randn, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    parts = [draw(shape).requires_grad_() for shape in ((7, 4), (11, 4), (11,))]
    targets = torch.arange(7) % 5
    ours = _CrossEntropy.apply(*parts, targets)
    hidden, table, bias = parts
    expected = F.cross_entropy(hidden @ table.T + bias, targets, reduction="sum")
    torch.testing.assert_close(ours, expected)
    gradients = (torch.autograd.grad(3 * one, parts) for one in (ours, expected))
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other)


def test_words_that_are_drawn_stand_for_those_that_are_not() -> None:
    torch.manual_seed(0)
    scores = torch.randn(500)
    targets = torch.tensor([3, 400, 401])
    sums = []
    for _ in range(2000):
        scored, counts_for = candidates(targets, 500, drawn=30, never=0, frequent=20)
        assert len(scored) == 19 + 2 + 30  # the padding is none of the twenty
        assert set(range(1, 20)) | {400, 401} <= set(scored.tolist())
        assert not counts_for[scored < 20].any()
        sums.append((scores[scored] + counts_for).exp().sum())
    assert torch.stack(sums).mean().item() == pytest.approx(scores[1:].exp().sum().item(), rel=0.01)


def test_of_a_small_vocabulary_every_word_is_scored() -> None:
    scored, counts_for = candidates(torch.tensor([5]), 60, drawn=512, never=0, frequent=0)
    assert scored.tolist() == list(range(1, 60))
    assert not counts_for.any()


@pytest.mark.parametrize("tie_embeddings", [False, True])
def test_a_language_model_that_scores_all_tokens_either_way_learns_the_same(
    tie_embeddings: bool,
) -> None:
    gradients, losses = [], []
    tokens = torch.randint(50, (3, 9), generator=torch.Generator().manual_seed(0))
    batch = TextBatch(tokens[:, :-1], tokens[:, 1:], torch.ones(3))
    for drawn in (0, 50):
        config = LanguageModelConfig(
            embedding_size=6, hidden_size=5, tie_embeddings=tie_embeddings, drawn_tokens=drawn
        )
        torch.manual_seed(0)
        model = LanguageModel(config, 50)
        model.reset_parameters()
        loss, _ = TASK.loss(model.train(), batch, None)
        losses.append(loss)
        gradients.append(torch.autograd.grad(loss, list(model.parameters())))
    torch.testing.assert_close(*losses, rtol=1e-6, atol=0)
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-7)


def test_the_loss_of_a_large_vocabulary_is_nearly_that_of_the_whole() -> None:
    torch.manual_seed(0)
    hidden, table, bias = torch.randn(40, 8), torch.randn(5000, 8) / 3, torch.randn(5000) / 3
    targets = torch.randint(5000, (40,))
    whole = F.cross_entropy(hidden @ table.T + bias, targets, reduction="sum")
    sampled = [sampled_cross_entropy(hidden, table, bias, targets, 500) for _ in range(50)]
    assert torch.stack(sampled).mean().item() == pytest.approx(whole.item(), rel=2e-3)
