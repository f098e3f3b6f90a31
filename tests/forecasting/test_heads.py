"""Kinds of forecasts: their quantiles, moments and losses."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from lstm_zoo.forecasting.heads import HEADS, LEVELS

every_head = pytest.mark.parametrize("name", HEADS)
densities = pytest.mark.parametrize("name", ["quantile", "student-t", "mixture"])
MANY = [round(level, 3) for level in np.linspace(0.005, 0.995, 100)]


def some_parameters(name: str, rows: int = 50) -> torch.Tensor:
    torch.manual_seed(0)
    head = HEADS[name]
    return head.parameters(torch.randn(rows, head.size, dtype=torch.float64))


@every_head
def test_quantiles_never_fall_and_meet_the_half_way_point(name: str) -> None:
    quantiles = HEADS[name].quantiles(some_parameters(name), MANY)
    assert (quantiles.diff(dim=-1) >= 0).all()


@every_head
def test_moving_a_forecast_moves_its_quantiles_and_mean(name: str) -> None:
    head, parameters = HEADS[name], some_parameters(name)
    location, scale = torch.randn(50).double(), torch.rand(50).double() + 0.1
    moved = head.rescaled(parameters, location, scale)
    expected = location[:, None] + scale[:, None] * head.quantiles(parameters, MANY)
    assert torch.allclose(head.quantiles(moved, MANY), expected, atol=1e-6)
    assert torch.allclose(head.mean(moved), location + scale * head.mean(parameters))
    assert torch.allclose(head.variance(moved), scale**2 * head.variance(parameters), rtol=1e-4)


def test_student_t_has_the_quantiles_variance_and_likelihood_of_scipy() -> None:
    parameters = some_parameters("student-t")
    head = HEADS["student-t"]
    location, scale, df = (part[:, None].numpy() for part in parameters.unbind(-1))
    expected = stats.t(df, location, scale)
    found = head.quantiles(parameters, MANY).numpy()
    assert np.allclose(found, expected.ppf(np.array(MANY)), rtol=1e-4, atol=1e-4)
    assert np.allclose(head.variance(parameters), expected.var()[:, 0])
    target = torch.randn(50).double()
    likelihood = -expected.logpdf(target.numpy()[:, None])[:, 0]
    assert np.allclose(head.loss(parameters, target), likelihood)


def test_a_mixture_is_the_mixture_of_its_normals() -> None:
    head, parameters = HEADS["mixture"], some_parameters("mixture", 1)
    weights, locations, scales = (part[0].numpy() for part in parameters.chunk(3, -1))
    rng = np.random.default_rng(0)
    part = rng.choice(len(weights), 200_000, p=weights)
    drawn = rng.normal(locations[part], scales[part])
    found = head.quantiles(parameters, (0.1, 0.5, 0.9))[0]
    assert np.allclose(found, np.quantile(drawn, (0.1, 0.5, 0.9)), atol=0.03)
    assert head.mean(parameters).item() == pytest.approx(drawn.mean(), abs=0.03)
    assert head.variance(parameters).item() == pytest.approx(drawn.var(), rel=0.03)


def test_the_known_quantiles_are_kept_and_others_lie_between() -> None:
    head, parameters = HEADS["quantile"], some_parameters("quantile")
    assert torch.allclose(head.quantiles(parameters, LEVELS), parameters, atol=1e-6)
    between = head.quantiles(parameters, (0.3,))[:, 0]
    assert ((between > parameters[:, 3]) & (between < parameters[:, 4])).all()


@densities
def test_at_the_start_a_density_is_about_standard(name: str) -> None:
    head = HEADS[name]
    start = head.parameters(torch.zeros(1, head.size))
    assert head.mean(start).item() == pytest.approx(0, abs=1e-6)
    assert 0.8 < head.quantiles(start, (0.84,)).item() < 1.6


@densities
def test_the_loss_is_least_for_the_distribution_that_the_values_have(name: str) -> None:
    head = HEADS[name]
    torch.manual_seed(0)
    target = 3 + 2 * torch.randn(4000)
    raw = torch.zeros(head.size, requires_grad=True)
    optimizer = torch.optim.Adam([raw], lr=0.05)
    for _ in range(300):
        optimizer.zero_grad()
        head.loss(head.parameters(raw).expand(4000, -1), target).mean().backward()
        optimizer.step()
    found = head.quantiles(head.parameters(raw.detach())[None], (0.1, 0.5, 0.9))[0]
    assert found.numpy() == pytest.approx(stats.norm(3, 2).ppf([0.1, 0.5, 0.9]), abs=0.25)


def test_points_are_trained_on_squared_or_absolute_errors() -> None:
    point, target = torch.tensor([[2.0]]), torch.tensor([5.0])
    assert HEADS["mse"].loss(point, target).item() == 9
    assert HEADS["mae"].loss(point, target).item() == 3
