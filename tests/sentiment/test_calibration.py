"""Temperature scaling and the expected calibration error."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from lstm_zoo.sentiment.calibration import (
    TEMPERATURES,
    expected_calibration_error,
    fit_temperature,
    reliability,
)


def honest(examples: int, classes: int, seed: int) -> tuple[Tensor, Tensor]:
    """Logits that mean what they say: the labels are drawn from their probabilities."""
    generator = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(examples, classes, generator=generator, dtype=torch.float64)
    return logits, torch.multinomial(logits.softmax(1), 1, generator=generator)[:, 0]


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("boast", [0.3, 1.0, 4.0])
def test_finds_by_how_much_a_model_boasts(boast: float, classes: int) -> None:
    logits, labels = honest(20_000, classes, seed=1)
    assert fit_temperature(logits * boast, labels) == pytest.approx(boast, rel=0.05)


def test_lowers_the_calibration_error_of_a_model_that_boasts() -> None:
    logits, labels = honest(20_000, 2, seed=2)
    boasting = logits * 5
    before = expected_calibration_error(boasting.softmax(1), labels)
    temperature = fit_temperature(boasting, labels)
    after = expected_calibration_error((boasting / temperature).softmax(1), labels)
    assert before > 0.1
    assert after < 0.015


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 4), st.integers(5, 60), st.integers(0, 10_000), st.floats(0.1, 8))
def test_no_other_temperature_has_less_loss(
    classes: int, examples: int, seed: int, boast: float
) -> None:
    logits, labels = honest(examples, classes, seed)
    logits = logits * boast
    best = fit_temperature(logits, labels)
    assert TEMPERATURES[0] <= best <= TEMPERATURES[1]
    loss = F.cross_entropy(logits / best, labels)
    for other in (0.9 * best, 1.1 * best):
        other = min(max(other, TEMPERATURES[0]), TEMPERATURES[1])
        assert loss <= F.cross_entropy(logits / other, labels) + 1e-9


def test_a_model_without_a_mistake_gets_a_finite_temperature() -> None:
    labels = torch.tensor([0, 1, 1])
    logits = F.one_hot(labels, 2).float()
    assert fit_temperature(logits, labels) == pytest.approx(TEMPERATURES[0])


def test_bins_hold_every_prediction_once_and_their_means() -> None:
    probabilities = torch.tensor([[0.55, 0.45], [0.58, 0.42], [0.05, 0.95], [0.02, 0.98]])
    labels = torch.tensor([0, 1, 1, 0])
    bins = reliability(probabilities, labels, 10)
    assert [(one.low, one.high, one.count, one.accuracy) for one in bins] == [
        (0.5, 0.6, 2, 0.5),
        (0.9, 1.0, 2, 0.5),
    ]
    assert [one.confidence for one in bins] == pytest.approx([0.565, 0.965])
    gap = (2 * abs(0.5 - 0.565) + 2 * abs(0.5 - 0.965)) / 4
    assert expected_calibration_error(probabilities, labels, 10) == pytest.approx(gap)


@pytest.mark.parametrize("shape", [(0, 2), (3,), (2, 2)])
def test_refuses_what_does_not_fit(shape: tuple[int, ...]) -> None:
    labels = torch.zeros(0 if shape[0] == 0 else 3, dtype=torch.int64)
    with pytest.raises(ValueError, match="a label for each of at least one example"):
        expected_calibration_error(torch.zeros(shape), labels)
