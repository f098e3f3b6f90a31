"""The problems ask what they say, and the answers are right by a second way to find them."""

from __future__ import annotations

import pytest
import torch

from lstm_zoo.gating.evaluation import answer_error, memoryless_error
from lstm_zoo.gating.problems import PROBLEMS, Examples

every_problem = pytest.mark.parametrize("name", PROBLEMS)


def drawn(name: str, rows: int = 50, length: int = 24, seed: int = 0) -> Examples:
    return PROBLEMS[name].draw(torch.Generator().manual_seed(seed), rows, length)


def texts(name: str, examples: Examples) -> list[str]:
    symbols = PROBLEMS[name].inputs
    return ["".join(symbols[code] for code in row) for row in examples.inputs.argmax(-1).tolist()]


def answers(name: str, examples: Examples) -> list[str]:
    symbols = PROBLEMS[name].outputs
    return ["".join(symbols[code] for code in row) for row in examples.targets.tolist()]


@every_problem
def test_the_same_seed_gives_the_same_examples_and_another_gives_others(name):
    first, again, other = drawn(name), drawn(name), drawn(name, seed=1)
    assert torch.equal(first.inputs, again.inputs)
    assert torch.equal(first.targets, again.targets)
    assert first.inputs.shape != other.inputs.shape or not torch.equal(first.inputs, other.inputs)


@pytest.mark.parametrize(
    ("name", "text", "answer"),
    [
        ("brackets", "()([[][][]([[()]", ")-)]]]]]]])]])]]"),
        ("reber", "BTBPVPSETBBBBBB", "TBPVPSETEBBBBBB"),
        ("parity", "0110111111100100", "0100101010111000"),
    ],
)
def test_a_seed_gives_the_examples_that_shipped_figures_were_measured_on(name, text, answer):
    examples = drawn(name, rows=3, length=16)
    assert texts(name, examples)[0] == text
    assert answers(name, examples)[0] == answer


@every_problem
def test_shapes_are_those_of_the_problem(name):
    examples, problem = drawn(name), PROBLEMS[name]
    assert examples.inputs.shape == (*examples.targets.shape, problem.input_size)
    assert examples.asked.shape == examples.targets.shape
    assert examples.asked.any(1).all()


def test_parity_counts_the_ones():
    examples = drawn("parity")
    for text, answer in zip(texts("parity", examples), answers("parity", examples), strict=True):
        assert answer == "".join(str(text[: n + 1].count("1") % 2) for n in range(len(text)))


def test_brackets_nest_and_the_answer_closes_the_last_open_one():
    examples = drawn("brackets", length=60)
    pairs = {"(": ")", "[": "]"}
    depths = set()
    for text, answer in zip(
        texts("brackets", examples), answers("brackets", examples), strict=True
    ):
        open_ones: list[str] = []
        for symbol, closing in zip(text, answer, strict=True):
            if symbol in pairs:
                open_ones.append(pairs[symbol])
            else:
                assert open_ones.pop() == symbol
            assert closing == (open_ones[-1] if open_ones else "-")
            depths.add(len(open_ones))
    assert max(depths) == PROBLEMS["brackets"].depth


def follow_reber(string: str) -> list[set[str]]:
    """What may follow each symbol of a string, by the grammar's drawing, read symbol by symbol."""
    graph = {
        ("a", "T"): "b",
        ("a", "P"): "c",
        ("b", "S"): "b",
        ("b", "X"): "d",
        ("c", "T"): "c",
        ("c", "V"): "e",
        ("d", "X"): "c",
        ("d", "S"): "f",
        ("e", "P"): "d",
        ("e", "V"): "f",
        ("f", "E"): "g",
    }
    allowed = [{"T", "P"}, {"B"}]
    node = "a"
    assert string[0] == string[2] == "B"
    for symbol in [None, *string[3:-2]]:
        if symbol:
            node = graph[node, symbol]
        allowed.append({arc for at, arc in graph if at == node} or {string[1]})
    return [*allowed, {"E"}]


def test_reber_strings_follow_the_grammar_and_say_the_second_symbol_again():
    examples = drawn("reber", rows=200, length=40)
    outputs = PROBLEMS["reber"].outputs
    for row, text in enumerate(texts("reber", examples)):
        length = int(examples.asked[row].sum())
        string = text[:length] + outputs[examples.targets[row, length - 1]]
        assert len(string) <= 40
        assert string[-1] == "E"
        assert string[-2] == string[1]
        for step, expected in enumerate(follow_reber(string)):
            flags = examples.allowed[row, step].tolist()
            assert {s for s, flag in zip(outputs, flags, strict=True) if flag} == expected
            assert string[step + 1] in expected


def test_adding_marks_one_number_in_each_half_and_asks_for_their_sum():
    examples = drawn("adding")
    values, marks = examples.inputs.unbind(2)
    assert (marks[:, :12].sum(1) == 1).all()
    assert (marks[:, 12:].sum(1) == 1).all()
    torch.testing.assert_close(examples.targets[:, -1], (values * marks).sum(1))
    assert examples.asked.sum() == 50
    assert examples.asked[:, -1].all()


def test_copy_memory_says_ten_symbols_after_the_sign():
    examples = drawn("copy-memory")
    pairs = zip(texts("copy-memory", examples), answers("copy-memory", examples), strict=True)
    for text, answer in pairs:
        assert text[10:] == "_" * 23 + "!" + "_" * 10
        assert set(text[:10]) <= set("abcdefgh")
        assert answer == "_" * 34 + text[:10]
    assert examples.asked[:, -10:].all()
    assert not examples.asked[:, :-10].any()


@every_problem
def test_right_answers_have_no_error_and_wrong_ones_have(name):
    problem, examples = PROBLEMS[name], drawn(name)
    if problem.outputs:
        right = torch.nn.functional.one_hot(examples.targets, problem.output_size).float()
    else:
        right = examples.targets[..., None]
    assert answer_error(problem, examples, right) == 0
    wrong = right.roll(1, -1) if problem.outputs else right + 1
    assert answer_error(problem, examples, wrong) > 0.1


CHANCE = {"adding": 1 / 6, "copy-memory": 7 / 8, "parity": 1 / 2}


@pytest.mark.parametrize(("name", "chance"), CHANCE.items())
def test_without_a_memory_the_error_is_that_of_chance(name, chance):
    seen, examples = drawn(name, rows=2000), drawn(name, rows=2000, seed=1)
    assert memoryless_error(PROBLEMS[name], seen, examples) == pytest.approx(
        chance, abs=0.03
    )  # the first steps tell a little


@pytest.mark.parametrize("name", ["brackets", "reber"])
def test_without_a_memory_brackets_and_reber_are_solved_in_part(name):
    seen, examples = drawn(name, rows=500), drawn(name, rows=500, seed=1)
    assert 0.05 < memoryless_error(PROBLEMS[name], seen, examples) < 0.6
