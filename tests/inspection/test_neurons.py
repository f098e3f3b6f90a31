"""Units that track something are found, and those that do not are not."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.utils.rnn import pack_padded_sequence

import lstm_zoo as zoo
from lstm_zoo import UsageError
from lstm_zoo.inspection.association import correlations, held_out_fit, information, turned
from lstm_zoo.inspection.neurons import probe_layers, rank_units
from lstm_zoo.inspection.units import Unit

STEPS = 600


def slow(units: int, seed: int) -> Tensor:
    """Random walks with a pull to zero: they change slowly, as the units of an LSTM do."""
    noise = torch.randn(STEPS, units, generator=torch.Generator().manual_seed(seed))
    values = torch.zeros(STEPS, units)
    for step in range(1, STEPS):
        values[step] = 0.9 * values[step - 1] + noise[step]
    return values


def record_of(*layers: Tensor) -> dict[str, list[list[Tensor]]]:
    return {"c": [[values[None]] for values in layers]}


def test_a_unit_that_tracks_a_feature_is_the_first_and_far_from_chance() -> None:
    feature = (slow(1, seed=1)[:, 0] > 0).float()
    second = slow(6, seed=2)
    second[:, 4] = 0.2 * second[:, 4] - 3 * feature
    (best, *others) = rank_units(record_of(slow(6, seed=3), second), {"inside": feature})
    assert best.unit == Unit(layer=1, direction=0, unit=4)
    assert best.correlation < -0.9
    assert best.chance_correlation < 0.5 < best.held_out
    assert best.information > 2 * best.chance_information
    assert all(abs(s.correlation) < 0.5 for s in others)


def test_units_that_track_nothing_are_no_better_than_chance() -> None:
    records = record_of(slow(30, seed=4))
    scores = [
        rank_units(records, {"other": slow(1, seed=seed)[:, 0]}, control=20)[0]
        for seed in range(10, 20)
    ]
    above = [abs(s.correlation) > s.chance_correlation for s in scores]
    assert sum(above) <= 3
    # Slow units follow a slow feature by luck; a shuffled one would hide that.
    fast = [s.chance_correlation for s in scores]
    assert np.mean(fast) > 3 / math.sqrt(STEPS)


def test_correlation_is_that_of_numpy() -> None:
    values, targets = slow(3, seed=5), slow(2, seed=6)
    expected = np.corrcoef(values.T, targets.T)[:3, 3:]
    np.testing.assert_allclose(correlations(values, targets), expected, atol=1e-6)


def test_a_constant_unit_correlates_with_nothing() -> None:
    assert correlations(torch.ones(50, 1), slow(1, seed=1)[:50]).item() == 0


def test_information_of_a_copied_bit_is_its_entropy() -> None:
    bit = (torch.arange(400) % 4 == 0).float()[:, None]
    entropy = -(0.25 * math.log2(0.25) + 0.75 * math.log2(0.75))
    assert information(5 - bit, bit).item() == pytest.approx(entropy)
    assert information(torch.ones(400, 1), bit).item() == 0


def test_information_sees_what_correlation_cannot() -> None:
    values = torch.linspace(-1, 1, 801)[:, None]
    assert abs(correlations(values, values.square()).item()) < 1e-9
    assert information(values, values.square()).item() > 1.5


def test_a_line_is_measured_on_steps_that_it_was_not_fitted_to() -> None:
    x = slow(1, seed=7)
    y = torch.where(torch.arange(STEPS)[:, None] < 0.7 * STEPS, x, -x)
    assert held_out_fit(x, x).item() == pytest.approx(1)
    assert held_out_fit(x, y).item() < -1
    a, b = np.polyfit(x[:420, 0], slow(1, seed=8)[:420, 0], 1)
    rest = slow(1, seed=8)[420:, 0].numpy()
    error = np.mean((rest - a * x[420:, 0].numpy() - b) ** 2) / rest.var()
    assert held_out_fit(x, slow(1, seed=8)).item() == pytest.approx(1 - error, abs=1e-6)


def test_turning_keeps_how_fast_a_feature_changes() -> None:
    feature = slow(1, seed=9)[:, 0]
    for column in turned(feature, times=8, seed=0)[:, 1:].T:
        assert not torch.equal(column, feature)
        assert torch.equal(column.sort().values, feature.sort().values)
        jumps = (column.diff().abs() - feature.roll(1).diff().abs().mean()).mean()
        assert abs(jumps) < 0.02


def test_a_probe_reads_what_is_spread_over_units() -> None:
    units = slow(20, seed=11)
    spread = units @ torch.linspace(-1, 1, 20)
    first, other = probe_layers(record_of(slow(20, seed=12), units), {"spread": spread}, state="c")
    assert (first.layer, other.layer) == (1, 0)
    assert first.held_out > 0.9
    assert first.chance_held_out < 0.3
    assert other.held_out < 0.3


def test_a_probe_that_learns_by_heart_is_caught() -> None:
    units, target = slow(400, seed=13), slow(1, seed=14)[:, 0]
    (score,) = probe_layers(record_of(units), {"unrelated": target}, state="c")
    assert score.held_out < 0.3


def test_rows_of_unequal_length_and_chosen_units_keep_their_numbers() -> None:
    layer = torch.nn.LSTM(3, 6, batch_first=True)
    x = torch.randn(2, 40, 3, generator=torch.Generator().manual_seed(0))
    packed = pack_padded_sequence(x, torch.tensor([40, 15]), batch_first=True)
    record = zoo.trace(layer, packed, units=[1, 4])
    known = zoo.trace(layer, x)["c"][0][0][..., 4]
    feature = known.clone()
    feature[1, 15:] = 50  # fills up: it is no step
    (best, other) = rank_units(record, {"unit 4": feature})
    assert (best.unit, other.unit) == (Unit(0, 0, 4), Unit(0, 0, 1))
    assert best.correlation == pytest.approx(1)


def test_any_layer_of_the_zoo_is_ranked_by_any_gate() -> None:
    layer = zoo.LSTM(3, 5, num_layers=2, bidirectional=True, batch_first=True)
    record = layer.trace(torch.randn(2, 40, 3))[2]
    feature = torch.randn(2, 40)
    feature[0, :5] = torch.nan  # steps that do not count
    scores = rank_units(record, {"x": feature}, state="forget", best=20)
    assert len({score.unit for score in scores}) == 20
    column = record["forget"][1][1].detach().flatten(0, 1)[5:, 2]
    expected = np.corrcoef(column, feature.flatten()[5:])[0, 1]
    (found,) = [s for s in scores if s.unit == (1, 1, 2)]
    assert found.correlation == pytest.approx(expected, abs=1e-5)


def test_a_model_of_the_zoo_says_itself_what_it_reads() -> None:
    record = zoo.trace(zoo.load("lstm.brackets"), "(([]))[]()" * 4)
    assert "bracket depth" in {score.feature for score in rank_units(record)}
    assert "inside brackets" in {score.feature for score in probe_layers(record)}


@pytest.mark.parametrize(
    ("features", "options", "message"),
    [
        (None, {}, "no labels"),
        ({"x": torch.zeros(7)}, {}, r"'x' is \(7,\), and the record has 1 x 600 steps"),
        ({"x": torch.full((600,), torch.nan)}, {}, "has 0 steps: it takes 20"),
        ({"x": torch.zeros(600)}, {"state": "forgot"}, "no 'forgot'; known: c"),
        ({"x": torch.zeros(600)}, {"control": 0}, "control must be 1 or more, got 0"),
    ],
)
def test_what_cannot_be_ranked_is_said(
    features: dict[str, Tensor] | None, options: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        rank_units(record_of(slow(2, seed=1)), features, **options)  # type: ignore[arg-type]
