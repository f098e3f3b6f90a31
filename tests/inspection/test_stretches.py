"""Units that are on in a stretch, and where else they are on."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.utils.rnn import pack_sequence

import lstm_zoo as zoo
from lstm_zoo import UsageError
from lstm_zoo.inspection.stretches import SelectedUnit, Stretch, select, where
from lstm_zoo.inspection.units import Unit


def on_in(*stretches: tuple[int, int], steps: int = 100) -> Tensor:
    values = torch.randn(steps, generator=torch.Generator().manual_seed(len(stretches))) * 0.05
    for start, stop in stretches:
        values[start:stop] += 0.8
    return values


@pytest.fixture
def record() -> dict[str, list[list[Tensor]]]:
    """Unit 0 of layer 1 is on at three places, unit 2 is off there and on elsewhere."""
    places = on_in((10, 15), (40, 44), (80, 90))
    noise = torch.randn(100, generator=torch.Generator().manual_seed(9)) * 0.3
    layer = torch.stack([places, noise, 0.5 - places, on_in((20, 25))], dim=1)
    return {"h": [[torch.zeros(1, 100, 2)], [layer[None]]]}


def test_the_units_that_are_on_in_a_stretch_and_off_around_it_are_found(
    record: dict[str, list[list[Tensor]]],
) -> None:
    first, second = select(record, 40, 44, best=2)
    assert {first.unit, second.unit} == {Unit(1, 0, 0), Unit(1, 0, 2)}
    by_unit = {first.unit.unit: first, second.unit.unit: second}
    assert by_unit[0].inside == pytest.approx(0.8, abs=0.1)
    assert by_unit[0].around == pytest.approx(0, abs=0.1)
    assert by_unit[0].contrast > 1.5
    assert by_unit[2].contrast < -1.5


def test_they_are_found_on_where_else_they_are_on(record: dict[str, list[list[Tensor]]]) -> None:
    stretches = where(record, select(record, 40, 44, best=2))
    assert [(s.start, s.stop) for s in stretches] == [(80, 90), (10, 15), (40, 44)]
    assert {(s.row, s.share) for s in stretches} == {(0, 1.0)}
    assert where(record, select(record, 40, 44, best=2), shortest=6) == [
        Stretch(0, 80, 90, 1.0, "")
    ]


def test_a_stretch_at_an_end_of_the_sequence_is_found() -> None:
    values = on_in((0, 5), (95, 100))
    selected = [SelectedUnit(Unit(0, 0, 0), 0.8, 0, 2, 0.4)]
    found = where({"h": [[values[None, :, None]]]}, selected)
    assert {(s.start, s.stop) for s in found} == {(0, 5), (95, 100)}


def test_what_only_fills_up_a_row_is_no_stretch() -> None:
    values = torch.zeros(2, 30, 1)
    values[:, 5:10] = 1
    rows = [torch.randn(30, 2), torch.randn(8, 2)]
    record = zoo.trace(torch.nn.LSTM(2, 1), pack_sequence(rows))
    record["h"][0][0].copy_(values)
    off = SelectedUnit(Unit(0, 0, 0), inside=0, around=1, contrast=-2, threshold=0.5)
    found = {(s.row, s.start, s.stop) for s in where(record, [off])}
    assert found == {(0, 0, 5), (0, 10, 30), (1, 0, 5)}
    with pytest.raises(UsageError, match="of the 8 steps"):
        select(record, 8, 12, row=1)


def test_a_stretch_of_a_text_is_shown_as_text() -> None:
    record = zoo.trace(zoo.load("lstm.brackets"), "()([[]])()")
    (first, *_) = select(record, 4, 6)
    texts = {s.start: s.text for s in where(record, [first])}
    assert all(text == "()([[]])()"[start : start + len(text)] for start, text in texts.items())
    assert any(start <= 4 < start + len(text) for start, text in texts.items())


@pytest.mark.parametrize(("start", "stop"), [(5, 5), (-1, 5), (90, 101), (0, 100)])
def test_what_is_no_stretch_is_refused(
    record: dict[str, list[list[Tensor]]], start: int, stop: int
) -> None:
    with pytest.raises(UsageError, match=f"of the 100 steps.* got {start} to {stop}"):
        select(record, start, stop)


def test_bad_requests_are_said(record: dict[str, list[list[Tensor]]]) -> None:
    selected = select(record, 40, 44)
    with pytest.raises(UsageError, match="no row 3"):
        select(record, 1, 2, row=3)
    with pytest.raises(UsageError, match="margin"):
        select(record, 1, 2, margin=0)
    with pytest.raises(UsageError, match="select some first"):
        where(record, [])
    with pytest.raises(UsageError, match="share"):
        where(record, selected, share=0)
    with pytest.raises(UsageError, match=r"no unit \(7, 0, 0\)"):
        where(record, [SelectedUnit(Unit(7, 0, 0), 0, 0, 0, 0)])
