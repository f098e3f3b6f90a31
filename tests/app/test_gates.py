"""What the tab 'Gates' does on the server: what is read, sent to the browser, held and kept."""

from __future__ import annotations

import base64
import csv
import io
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays as drawn_arrays
from safetensors.torch import save, save_file
from torch import nn

import lstm_zoo as zoo
from lstm_zoo.cells import CELLS
from lstm_zoo.errors import UsageError
from lstm_zoo.inspection import Hold, features, intervene
from lstm_zoo.inspection.connectivity import connectivity
from lstm_zoo.ui.gates import answers, arrays, hold, looks, panels, source, studies, tour, upload
from lstm_zoo.ui.gates.looking import look, pane
from lstm_zoo.ui.words import WORDS, gates_views
from lstm_zoo.zoo.checkpoint import read_config
from lstm_zoo.zoo.names import find_checkpoint

WRITER = "char-lstm-small.shakespeare"
TEXT = "ROMEO:\nBut soft, what light through yonder window breaks?\nIt is the east.\n"
SCRIPTS = Path(looks.__file__).parent / "js"


@pytest.fixture(scope="module")
def seen() -> looks.Look:
    """A model that has read a text."""
    return look(WRITER, TEXT)[0]


@pytest.fixture(scope="module")
def token(seen: looks.Look) -> str:
    """The name under which it is kept."""
    kept: str = pane(seen, [])["token"]
    return kept


def decoded(answer: dict[str, Any]) -> np.ndarray:
    """The values that the browser makes of a heat map, (rows, time)."""
    data = np.frombuffer(base64.b64decode(answer["data"]), dtype=np.uint8)
    rows = data.reshape(-1, answer["steps"]).astype(float)
    return (rows - 128) / 127 * answer["scale"] if answer["signed"] else rows / 255


@pytest.mark.parametrize("name", ["input", "forget", "cell", "output", "h", "c"])
@pytest.mark.parametrize("order", [arrays.SIMILAR, arrays.NUMBER])
def test_a_heat_map_says_each_value_to_a_byte(seen: looks.Look, name: str, order: str) -> None:
    answer = arrays.heat_map(seen, name, 1, order)
    true = seen.record[name][1][0][0].numpy().T[answer["order"]]
    if answer["signed"]:
        true = true.clip(-answer["scale"], answer["scale"])
    assert np.abs(decoded(answer) - true).max() <= answer["scale"] / 127
    assert sorted(answer["order"]) == list(range(len(true)))


@settings(max_examples=50, deadline=None)
@given(
    drawn_arrays(
        np.float64, st.tuples(st.integers(2, 9), st.integers(1, 12)), elements=st.floats(-3, 3)
    )
)
def test_the_order_by_likeness_has_each_unit_once(array: np.ndarray) -> None:
    assert sorted(arrays.order_by_likeness(array)) == list(range(array.shape[1]))


def test_units_that_do_alike_lie_side_by_side() -> None:
    kinds = np.random.default_rng(0).normal(size=(50, 4))
    mixed = kinds[:, [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]]
    order = arrays.order_by_likeness(mixed) % 4
    assert (np.diff(order) != 0).sum() == 3


def test_more_cells_than_a_screen_shows_become_means(
    seen: looks.Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = len(seen.labels)
    units = seen.record["forget"][0][0].shape[2]
    monkeypatch.setattr(arrays, "MOST_CELLS", steps * units // 4)
    answer = arrays.heat_map(seen, "forget", 0, arrays.NUMBER)
    assert answer["group"] == 4
    assert answer["order"] == list(range(0, units, 4))
    means = seen.record["forget"][0][0][0].numpy().T.reshape(-1, 4, steps).mean(1)
    assert np.abs(decoded(answer) - means).max() <= 1 / 254 + 1e-6


def test_a_long_text_through_wide_layers_is_ready_in_a_second() -> None:
    record = {"c": [[torch.randn(1, 1000, 1024)]]}
    wide = looks.Look("", "", record, ("a",) * 1000)  # type: ignore[arg-type]
    start = time.process_time()
    answer = arrays.heat_map(wide, "c", 0, arrays.SIMILAR)
    assert time.process_time() - start < 1
    assert len(answer["data"]) < 1.4e6
    assert answer["group"] == 1


def test_the_table_has_the_numbers_of_the_trace(seen: looks.Look, token: str) -> None:
    answer = answers.table({"token": token, "part": 0, "name": "forget"})
    rows = list(csv.reader(io.StringIO(answer["csv"])))
    assert rows[0][:3] == ["step", "label", "forget_0"]
    assert [row[1] for row in rows[1:]] == list(seen.labels)
    table = np.array([row[2:] for row in rows[1:]], dtype=float)
    assert np.allclose(table, seen.record["forget"][0][0][0].numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"unit": 10**6}, "There is no unit 1000000 in this layer"),
        ({"unit": -1}, "There is no unit -1 in this layer"),
        ({"unit": "x<b>"}, "A unit is given by its number"),
        ({"part": 7}, "There is no layer 7; they are numbered from 0 to 1."),
        ({"token": "guess"}, "This was put away to make room"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_not_there_is_said_in_a_sentence(
    token: str, asked: dict[str, Any], message: str
) -> None:
    answer = answers.unit_curves({"token": token, "part": 0, "unit": 0} | asked)
    assert answer["error"]["en"].startswith(message)
    assert answer["error"]["zh-CN"] != answer["error"]["en"]


@pytest.mark.parametrize("asked", [{}, {"token": None}, {"token": []}, None, "x"])
def test_a_question_that_no_page_asks_breaks_nothing(asked: Any) -> None:
    assert "error" in answers.heat_map(asked)


def test_nor_does_a_stretch_that_is_none(token: str) -> None:
    assert "error" in studies.stretch({"token": token, "start": "x", "stop": 5})


def test_what_is_kept_is_bounded_in_room_and_time(seen: looks.Look) -> None:
    store = looks.LookStore(most_bytes=2 * seen.size)
    first, second, third = (store.put(seen) for _ in range(3))
    assert len(store) == 2
    with pytest.raises(UsageError, match="put away"):
        store.get(first)
    assert store.get(second) is seen
    store.put(seen)  # the one that was asked for last stays
    assert store.get(second) is seen
    with pytest.raises(UsageError, match="put away"):
        store.get(third)
    store.drop(second)
    assert len(store) == 1
    brief = looks.LookStore(seconds=-1)
    brief.put(seen)
    assert len(brief) == 0


def test_a_long_text_is_cut_and_the_page_says_so() -> None:
    text = "a" * (source.STEP_LIMIT + 1)
    read, notices = source.parse(zoo.load(WRITER), text)
    assert read == text[:-1]
    assert notices[0]["en"] == "This has 2,001 steps; the first 2,000 were read."


@pytest.mark.parametrize(
    ("model", "text", "message"),
    [
        ("lstm.parity", "10 12", r"reads only 0 1; '2' is none of them"),
        ("lstm.parity", " \n", "nothing to read"),
        ("lstm.adding", "0.5 x*", r"“x\*” is none"),
        ("lstm.adding", "nan 1*", "“nan” is none"),
        (WRITER, "", "nothing to read"),
    ],
)
def test_says_what_a_model_cannot_read(model: str, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        source.parse(zoo.load(model), text)


def test_names_characters_that_the_model_has_never_seen() -> None:
    _, (notice,) = source.parse(zoo.load(WRITER), "ROMEO ☃")
    assert notice["en"].startswith("The model has never seen '☃'")


@pytest.mark.parametrize("name", zoo.list_models())
def test_every_model_reads_its_own_example(name: str) -> None:
    model, language = zoo.load(name), read_config(find_checkpoint(name)).language
    text = source.example(model, language, 0)
    found, notices = look(name, text)
    assert notices == []
    assert found.labels
    assert len(found.labels) == len(arrays.values(found, found.unit_name, 0))
    assert source.example(model, language, 1) != text


@pytest.mark.parametrize(
    ("text", "units"),
    [("3", (3,)), ("3, 17 40-42", (3, 17, 40, 41, 42)), ("5，5", (5,)), (" ALL ", None)],
)
def test_reads_numbers_of_units(text: str, units: tuple[int, ...] | None) -> None:
    assert hold.parse_units(text) == units


@pytest.mark.parametrize("text", ["", "x", "1-", "9-3", "-1", "1.5", "99999", "0-99999999999"])
def test_refuses_what_names_no_unit(text: str) -> None:
    with pytest.raises(UsageError, match="Units are given by number"):
        hold.parse_units(text)


def test_holding_equals_an_intervention_of_the_package() -> None:
    held = hold.Held("c", 1, (0, 1, 2, 3), 3.0)
    before, after = hold.before_and_after(WRITER, "ROMEO:\n", held, length=60, seed=4)
    model = zoo.load(WRITER)
    assert before == model.generate("ROMEO:\n", max_new_tokens=60, seed=4)
    with intervene(model, [Hold("c", layer=1, units=[0, 1, 2, 3], value=3.0)]):
        assert after == model.generate("ROMEO:\n", max_new_tokens=60, seed=4)


def test_a_unit_of_parity_that_is_held_makes_it_err() -> None:
    held = hold.Held("output", 0, None, 0.0, start=10)
    before, after = hold.before_and_after("lstm.parity", "1" * 20, held)
    assert before == "10" * 10
    assert after[:10] == before[:10]
    assert after != before
    state = hold.held_state("1" * 20, (before, after), "all")
    assert state["before"][: state["same"]] == state["after"][: state["same"]]
    assert state["before"][state["same"]] != state["after"][state["same"]]


def test_what_is_held_in_no_step_makes_no_difference() -> None:
    both = hold.before_and_after("lstm.parity", "101", hold.Held("c", 0, None, 9.0, stop=0))
    state = hold.held_state("101", both, "all")
    assert state["before"] == state["after"] == "110"
    assert state["status"]["en"].startswith("No difference")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layer": 3}, "layer"),
        ({"units": "5000"}, "unit"),
        ({"name": "update"}, "update"),
        ({"length": 10**6}, "must be from 1 to 1,000"),
        ({"start": 1.5}, "must be a whole number"),
        ({"stop": "x"}, "must be a number"),
        ({"seed": None}, "must be a number"),
        ({"value": None}, "“Value” must be a number"),
        ({"value": float("inf")}, "“Value” must be a number"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_says_what_cannot_be_held(changes: dict[str, Any], message: str) -> None:
    values = {
        "name": "c",
        "layer": 1,
        "units": "0",
        "value": 0.0,
        "start": 0,
        "stop": "",
        "length": 5,
    }
    with pytest.raises(UsageError, match=message):
        panels.hold("lstm.parity", "101", **(values | {"seed": 1} | changes))


def test_what_a_prediction_hangs_on_is_the_gradient(token: str) -> None:
    answer = studies.reach({"token": token, "step": 30})
    sizes = connectivity(zoo.load(WRITER), TEXT, 30)[:31]
    assert np.allclose(answer["sizes"][:31], sizes / sizes.max(), atol=1e-3)
    assert not any(answer["sizes"][31:])
    assert sizes.flip(0)[: answer["half"]].sum() >= sizes.sum() / 2
    assert "There is no step 999" in studies.reach({"token": token, "step": 999})["error"]["en"]


def test_units_are_ranked_beside_chance_and_found_by_a_stretch(
    token: str, seen: looks.Look
) -> None:
    for entry in studies.ranked({"token": token})["units"]:
        assert abs(entry["score"]) > entry["chance"]
        assert set(entry["feature"]) == {"en", "zh-CN"}
    answer = studies.stretch({"token": token, "start": 8, "stop": 20})
    assert answer["units"]
    for unit in answer["units"]:
        assert unit["unit"] < seen.record["h"][unit["part"]][0].shape[2]
    refused = studies.stretch({"token": token, "start": 20, "stop": 8})
    assert "a stretch should be" in refused["error"]["en"]


def test_a_glance_has_all_units(token: str, seen: looks.Look) -> None:
    answer = studies.glance({"token": token, "part": 1})
    assert list(answer["saturation"]) == ["input", "forget", "output"]
    forget = seen.record["forget"][1][0][0]
    assert np.allclose(
        answer["saturation"]["forget"]["left"], (forget < 0.1).float().mean(0), atol=1e-4
    )
    assert len(answer["time_scales"]) == forget.shape[1]


def test_only_models_that_read_alike_stand_side_by_side() -> None:
    assert "char-lstm.shakespeare" in panels._fitting(WRITER)
    assert "char-lstm.tang-poems" not in panels._fitting(WRITER)
    assert "lstm.brackets" not in panels._fitting("lstm.parity")


@pytest.mark.parametrize("signal", upload.SIGNALS)
@pytest.mark.parametrize(
    "module",
    [
        nn.LSTM(3, 8, 2),
        nn.LSTM(1, 5, bidirectional=True),
        nn.LSTM(2, 6, proj_size=3),
        nn.GRU(2, 4),
        nn.RNN(2, 4),
    ],
    ids=str,
)
def test_uploaded_weights_are_shown_and_not_kept(
    module: nn.Module, signal: str, tmp_path: Path
) -> None:
    file = tmp_path / "folder" / "own.safetensors"
    file.parent.mkdir()
    save_file(module.state_dict(), file)
    found = upload.look_at_upload(str(file), signal)
    assert list(tmp_path.rglob("*")) == []
    assert len(found.parts) == module.num_layers * (1 + module.bidirectional)
    state = pane(found, [])
    asked = {"token": state["token"], "part": 0, "unit": state["start"]["unit"]}
    assert set(answers.unit_curves(asked)["curves"]) <= set(found.record)
    for name in state["names"]:
        assert "data" in answers.heat_map(asked | {"name": name, "order": arrays.SIMILAR})
    assert "saturation" in studies.glance(asked)


@pytest.mark.parametrize("cell", [name for name in CELLS if name != "conv"])
def test_every_cell_is_shown_by_what_it_has_for_each_unit(cell: str) -> None:
    layer = zoo.LSTM(3, 8, cell=cell).eval()
    record = zoo.trace(layer, torch.randn(5, 1, 3))
    found = looks.Look("", None, record, tuple("abcde"))
    state = pane(found, [])
    asked = {"token": state["token"], "part": 0, "unit": 5}
    curves = answers.unit_curves(asked)["curves"]
    assert state["start"]["name"] in curves
    for name, curve in curves.items():
        assert np.allclose(curve, record[name][0][0].reshape(5, 8)[:, 5], atol=1e-4), name


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"PK\x03\x04" + bytes(30),
        b"\x80\x04pickle",
        (2**40).to_bytes(8, "little") + b"{}",
        save({"weight": torch.ones(2)}),
        save({"weight_ih_l0": torch.full((16, 2), torch.nan), "weight_hh_l0": torch.ones(16, 4)}),
        save({"weight_ih_l0": torch.ones(16, 2)}),
    ],
    ids=["empty", "text", "zip", "pickle", "terabyte", "other", "nan", "lacking"],
)
def test_a_bad_upload_is_one_sentence_and_leaves_nothing(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "folder" / "bad.safetensors"
    file.parent.mkdir()
    file.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        upload.look_at_upload(str(file), "noise")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.rglob("*")) == []


def test_the_tour_has_three_discoveries_that_can_be_shown() -> None:
    shown = tour.tour()
    assert len(shown) == 3
    for each in shown:
        assert f"gates_tale_{each.name}" in WORDS
        found, notices = look(each.model, each.text)
        assert notices == []
        start = pane(found, [], tour.start_of(each))["start"]
        assert (start["part"], start["unit"]) == (each.units[0].unit[0], each.units[0].unit[2])


def test_what_units_may_track_has_a_chinese_name() -> None:
    assert features.FEATURES.keys() <= gates_views.FEATURES.keys()


def test_every_word_of_the_scripts_is_known() -> None:
    said = {
        word
        for script in SCRIPTS.glob("*.js")
        for word in re.findall(r"[\"'. ](gates_[a-z_]+)\b", script.read_text("utf-8"))
    }
    assert {word for word in said if not word.endswith("_")} - WORDS.keys() == set()
