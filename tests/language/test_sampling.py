"""Each filter against its definition, written out plainly."""

from __future__ import annotations

import math
from collections.abc import Sequence

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings

from lstm_zoo.errors import UsageError, validated
from lstm_zoo.language.sampling import SamplingOptions, draw, next_token_probabilities

LOGITS = torch.tensor([2.0, 1.0, 0.5, -1.0, -3.0])


def one_row(
    options: SamplingOptions, recent: Sequence[int] = (), logits: torch.Tensor = LOGITS
) -> torch.Tensor:
    """The distribution after these logits, (vocab_size,)."""
    return next_token_probabilities(logits[None], options, [recent])[0]


def kept(**options: float) -> list[int]:
    """Tokens that can still be drawn at temperature 1."""
    chosen = SamplingOptions(**{"temperature": 1.0, **options})
    return one_row(chosen).nonzero().flatten().tolist()


def test_temperature_one_is_the_softmax() -> None:
    p = one_row(SamplingOptions(temperature=1.0))
    torch.testing.assert_close(p, LOGITS.double().softmax(0))


def test_temperature_divides_the_logits() -> None:
    p = one_row(SamplingOptions(temperature=0.5))
    torch.testing.assert_close(p, (LOGITS.double() * 2).softmax(0))


@pytest.mark.parametrize("temperature", [0.0, 1e-300])
def test_temperature_near_zero_is_greedy(temperature: float) -> None:
    p = one_row(SamplingOptions(temperature=temperature))
    assert p.tolist() == [1, 0, 0, 0, 0]


def test_top_k_keeps_the_k_likeliest() -> None:
    assert kept(top_k=2) == [0, 1]
    assert kept(top_k=99) == [0, 1, 2, 3, 4]


def test_top_p_keeps_the_smallest_set_that_reaches_the_share() -> None:
    p = LOGITS.softmax(0).cumsum(0)
    assert kept(top_p=p[1].item() - 1e-4) == [0, 1]
    assert kept(top_p=p[1].item() + 1e-4) == [0, 1, 2]
    assert kept(top_p=1e-9) == [0]


def test_min_p_drops_what_is_under_a_share_of_the_likeliest() -> None:
    ratio = math.exp(0.5 - 2.0)
    assert kept(min_p=ratio - 1e-3) == [0, 1, 2]
    assert kept(min_p=ratio + 1e-3) == [0, 1]
    assert kept(min_p=1.0) == [0]


def test_typical_keeps_what_is_nearest_to_the_expected_surprise() -> None:
    p = LOGITS.double().softmax(0)
    entropy = -(p * p.log()).sum()
    nearest = (-p.log() - entropy).abs().argmin().item()
    assert kept(typical_p=1e-9) == [nearest]
    assert nearest != 0  # the likeliest token is not the most typical one here


def test_repetition_penalty_divides_positive_and_multiplies_negative_logits() -> None:
    options = SamplingOptions(temperature=1.0, repetition_penalty=2.0)
    p = one_row(options, recent=[0, 3, 3])
    expected = torch.tensor([1.0, 1.0, 0.5, -2.0, -3.0]).double().softmax(0)
    torch.testing.assert_close(p, expected)


def test_the_logits_are_left_as_they_were() -> None:
    before = LOGITS.double()
    given = before.clone()
    one_row(SamplingOptions(repetition_penalty=2.0), recent=[0], logits=given)
    assert torch.equal(given, before)


def test_draws_follow_the_distribution() -> None:
    p = torch.tensor([0.5, 0.0, 0.3, 0.2], dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    rows = p.expand(1000, 4)
    drawn = torch.cat([draw(rows, [generator] * 1000) for _ in range(20)])
    counts = torch.bincount(drawn, minlength=4)
    torch.testing.assert_close(counts / 20000, p.float(), atol=0.015, rtol=0)
    assert counts[1] == 0


@settings(max_examples=200, deadline=None)
@given(
    logits=st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=20),
    temperature=st.floats(0, 100),
    top_k=st.integers(0, 25),
    top_p=st.floats(0, 1, exclude_min=True),
    min_p=st.floats(0, 1),
    typical_p=st.floats(0, 1, exclude_min=True),
    repetition_penalty=st.floats(0.01, 100),
)
def test_any_options_leave_a_distribution(logits: list[float], **options: float) -> None:
    scores = torch.tensor(logits, dtype=torch.float64)
    p = one_row(SamplingOptions(**options), recent=[0], logits=scores)
    assert p.sum().item() == pytest.approx(1)
    assert (p >= 0).all()
    token = draw(p[None], [torch.Generator().manual_seed(1)])
    assert p[token] > 0


@pytest.mark.parametrize("temperature", [0.0, 0.9])
def test_each_row_is_as_if_alone(temperature: float) -> None:
    options = SamplingOptions(
        temperature=temperature, top_k=6, typical_p=0.9, top_p=0.9, min_p=0.02, repetition_penalty=2
    )
    logits = 3 * torch.randn(5, 9, generator=torch.Generator().manual_seed(0))
    recent = [[], [1], [2, 3], [0, 8, 8], range(9)]
    together = next_token_probabilities(logits, options, recent)
    seeds = [torch.Generator().manual_seed(row) for row in range(5)]
    tokens = draw(together, seeds)
    for row in range(5):
        alone = one_row(options, recent[row], logits[row])
        torch.testing.assert_close(together[row], alone, rtol=0, atol=1e-15)
        assert tokens[row] == draw(alone[None], [torch.Generator().manual_seed(row)])


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("temperature", -1),
        ("temperature", math.nan),
        ("temperature", math.inf),
        ("top_p", 0),
        ("top_p", 1.1),
        ("typical_p", 0),
        ("min_p", -0.1),
        ("top_k", -1),
        ("top_k", 1.5),
        ("repetition_penalty", 0),
        ("temperature", "hot"),
    ],
)
def test_a_value_out_of_range_is_named(option: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"{option}: .*got {value!r}"):
        validated(SamplingOptions, {option: value}, "sampling options")


def test_an_unknown_option_gets_the_nearest_known_one() -> None:
    with pytest.raises(UsageError, match="unknown key 'temprature'; did you mean 'temperature'"):
        validated(SamplingOptions, {"temprature": 1}, "sampling options")
