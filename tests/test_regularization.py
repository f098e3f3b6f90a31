"""Dropout masks fall where they should, and weight drop leaves the weights as they were."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_sequence, unpack_sequence

import lstm_zoo
from lstm_zoo.regularization import DroppedEmbedding, LockedDropout, call_with_weight_drop

IMPLEMENTATIONS = pytest.mark.parametrize("kind", [nn.LSTM, lstm_zoo.LSTM], ids=["torch", "zoo"])


def test_locked_dropout_drops_the_same_features_at_every_step() -> None:
    dropped = LockedDropout(0.5)(torch.ones(3, 7, 50))
    assert (dropped == dropped[:, :1]).all()
    assert not (dropped[0] == dropped[1]).all()
    assert set(dropped.unique().tolist()) == {0.0, 2.0}


def test_locked_dropout_keeps_the_mean() -> None:
    assert LockedDropout(0.3)(torch.ones(200, 1, 500)).mean().item() == pytest.approx(1, abs=0.02)


def test_locked_dropout_does_nothing_in_eval_mode() -> None:
    x = torch.randn(2, 3, 4)
    assert LockedDropout(0.5).eval()(x) is x


def test_locked_dropout_of_time_first_is_that_of_batch_first() -> None:
    torch.manual_seed(0)
    expected = LockedDropout(0.5)(torch.ones(3, 7, 50))
    torch.manual_seed(0)
    found = LockedDropout(0.5, batch_first=False)(torch.ones(7, 3, 50))
    assert torch.equal(found.transpose(0, 1), expected)


def test_locked_dropout_of_packed_rows_drops_the_same_features_of_a_row() -> None:
    packed = pack_sequence([torch.ones(n, 50) for n in (2, 6, 4)], enforce_sorted=False)
    dropped = LockedDropout(0.5)(packed)
    assert dropped._replace(data=packed.data) == packed
    rows = unpack_sequence(dropped)
    assert [len(row) for row in rows] == [2, 6, 4]
    assert all((row == row[:1]).all() for row in rows)
    assert len({tuple(row[0].tolist()) for row in rows}) == 3
    assert set(dropped.data.unique().tolist()) == {0.0, 2.0}


def test_locked_dropout_drops_whole_channels_of_images() -> None:
    dropped = LockedDropout(0.5)(torch.ones(3, 7, 50, 4, 5))
    assert (dropped == dropped[:, :1, :, :1, :1]).all()
    assert 0.3 < (dropped == 0).float().mean() < 0.7


def test_locked_dropout_names_the_shape_that_it_takes() -> None:
    with pytest.raises(ValueError, match=r"takes \(time, batch, features\), got \(7, 50\)"):
        LockedDropout(0.5, batch_first=False)(torch.ones(7, 50))


def test_embedding_dropout_drops_whole_tokens() -> None:
    embedding = DroppedEmbedding(40, 16, p=0.5)
    nn.init.ones_(embedding.weight)
    rows = embedding(torch.arange(40))
    assert set(rows.unique().tolist()) == {0.0, 2.0}
    assert (rows == rows[:, :1]).all()
    assert (embedding.eval()(torch.arange(40)) == 1).all()


@IMPLEMENTATIONS
class TestWeightDrop:
    x = torch.randn(2, 9, 5)

    def test_takes_effect_and_leaves_the_raw_weight(self, kind: type[nn.Module]) -> None:
        lstm = kind(5, 6, batch_first=True)
        raw = lstm.weight_hh_l0.detach().clone()
        plain = lstm(self.x)[0]
        for _ in range(20):
            dropped = call_with_weight_drop(lstm, 0.5, self.x)[0]
            assert not torch.equal(dropped, plain)
        assert torch.equal(lstm.weight_hh_l0, raw)
        assert torch.equal(lstm(self.x)[0], plain)

    def test_draws_a_new_mask_each_call(self, kind: type[nn.Module]) -> None:
        lstm = kind(5, 6, batch_first=True)
        first, second = (call_with_weight_drop(lstm, 0.5, self.x)[0] for _ in range(2))
        assert not torch.equal(first, second)

    def test_is_a_plain_call_in_eval_mode(self, kind: type[nn.Module]) -> None:
        lstm = kind(5, 6, batch_first=True).eval()
        assert torch.equal(call_with_weight_drop(lstm, 0.5, self.x)[0], lstm(self.x)[0])

    def test_gradient_reaches_the_raw_weight_where_it_was_kept(self, kind: type[nn.Module]) -> None:
        lstm = kind(5, 6, batch_first=True)
        call_with_weight_drop(lstm, 0.5, self.x)[0].square().sum().backward()
        share = (lstm.weight_hh_l0.grad == 0).float().mean().item()
        assert 0.25 < share < 0.75

    def test_finds_the_matrices_of_a_module_within(self, kind: type[nn.Module]) -> None:
        lstm = kind(5, 6, batch_first=True)
        model = nn.Sequential(lstm)
        torch.manual_seed(0)
        within = call_with_weight_drop(model, 0.5, self.x)[0]
        torch.manual_seed(0)
        assert torch.equal(within, call_with_weight_drop(lstm, 0.5, self.x)[0])

    def test_survives_deepcopy_conversion_and_state_dict(self, kind: type[nn.Module]) -> None:
        lstm = kind(5, 6, batch_first=True)
        call_with_weight_drop(lstm, 0.5, self.x)
        twin = copy.deepcopy(lstm).double()
        out = call_with_weight_drop(twin, 0.5, self.x.double())[0]
        assert out.dtype == torch.float64
        assert twin.state_dict().keys() == nn.LSTM(5, 6).state_dict().keys()


@pytest.mark.parametrize("p", [-0.1, 1.0, float("nan")])
def test_a_share_outside_zero_to_one_is_refused(p: float) -> None:
    for make in (
        lambda: LockedDropout(p),
        lambda: DroppedEmbedding(2, 2, p),
        lambda: call_with_weight_drop(nn.LSTM(1, 1), p),
    ):
        with pytest.raises(ValueError, match=r"share in \[0, 1\)"):
            make()
