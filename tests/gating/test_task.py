"""From a gating recipe to a checkpoint that answers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import lstm_zoo
from lstm_zoo.cells import CELLS
from lstm_zoo.errors import UsageError
from lstm_zoo.gating.data import GatingBatches
from lstm_zoo.gating.model import GatingModel, GatingModelConfig
from lstm_zoo.gating.predict import ProblemSolver
from lstm_zoo.gating.problems import PROBLEMS
from lstm_zoo.gating.task import TASK
from lstm_zoo.training.recipe import read_recipe
from lstm_zoo.training.train import train

QUICK = [
    "model.hidden_size=8",
    "data.shortest=2",
    "data.longest=6",
    "data.test_lengths=[6]",
    "data.examples=50",
    "batches.steps=3",
    "training.epochs=1",
]


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_recipe_becomes_a_checkpoint_that_answers(problem: str, tmp_path: Path) -> None:
    longer = ["data.longest=30", "data.test_lengths=[30]"] if problem == "reber" else []
    folder, config = train(
        f"lstm.{problem}",
        overrides=[*QUICK, *longer, "data.shortest=20"] if longer else QUICK,
        runs_dir=tmp_path,
        quiet=True,
    )
    assert {"error", "error_memoryless"} == set(config.metrics)
    solver = lstm_zoo.load(f"local-dir:{folder}")
    symbols = PROBLEMS[problem].inputs
    asked = symbols * 2 if symbols else [(0.5, 1.0), (0.25, 1.0)]
    assert len(solver.answer(asked)) == len(asked)


def test_an_lstm_learns_parity_within_seconds(tmp_path: Path) -> None:
    _, config = train(
        "lstm.parity",
        overrides=[
            "data.longest=8",
            "data.test_lengths=[8, 30]",
            "data.examples=200",
            "model.hidden_size=16",
            "batches.steps=150",
            "training.epochs=3",
            "optimizer.learning_rate=3e-2",
        ],
        runs_dir=tmp_path,
        quiet=True,
    )
    assert config.metrics["error_8"].value < 0.01
    assert config.metrics["error_memoryless"].value > 0.4


def test_batches_are_a_function_of_seed_epoch_and_step() -> None:
    recipe, _ = read_recipe("lstm.parity")
    data = TASK.load_data(recipe.data, None)

    def first(epoch: int, seed: int) -> torch.Tensor:
        return GatingBatches(data, recipe.batches, epoch, seed)[0].inputs[:, :2]

    assert torch.equal(first(1, 0), first(1, 0))
    assert not torch.equal(first(1, 0), first(2, 0))
    assert not torch.equal(first(1, 0), first(1, 1))


def test_parts_have_examples_of_their_own() -> None:
    recipe, _ = read_recipe("lstm.parity")
    data = TASK.load_data(recipe.data, None)
    train_part, test_part = (data.examples(split, 40).inputs for split in ("train", "test"))
    assert not torch.equal(train_part, test_part)
    assert torch.equal(test_part, data.examples("test", 40).inputs)


def solver(problem: str, cell: str = "lstm") -> ProblemSolver:
    config = GatingModelConfig(cell=cell, hidden_size=8)
    return ProblemSolver(GatingModel(config, PROBLEMS[problem]).eval(), problem)


def test_the_parity_that_ships_holds_far_beyond_its_training() -> None:
    shipped = lstm_zoo.load("lstm.parity")
    assert read_recipe("lstm.parity")[0].data.longest == 40
    bits = torch.randint(2, (500,), generator=torch.Generator().manual_seed(0))
    said = shipped.answer("".join(map(str, bits.tolist())))
    assert [int(bit) for bit in said] == (bits.cumsum(0) % 2).tolist()


@pytest.mark.parametrize("cell", [name for name, cell in CELLS.items() if cell.feature_dims == 1])
def test_any_cell_can_be_taken(cell: str) -> None:
    made = solver("parity", cell)
    made.model.reset_parameters()
    assert len(made.answer("10110")) == 5


@pytest.mark.parametrize(
    ("problem", "sequence", "sentence"),
    [
        ("parity", "", "the sequence is empty"),
        ("parity", "102", "does not know '2': its symbols are 0 1"),
        ("parity", [(0.1, 1.0)], "reads a text of 0 1"),
        ("parity", 5, "reads a text of 0 1"),
        ("adding", "101", "reads pairs of a value and a mark"),
        ("adding", 5, "reads pairs of a value and a mark"),
        ("adding", [(0.1, 1.0, 2.0)], "give a value and a mark for each step"),
    ],
)
def test_a_sequence_that_is_no_such_problem_is_refused(problem, sequence, sentence) -> None:
    with pytest.raises(UsageError, match=sentence):
        solver(problem).answer(sequence)


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"problem": "parities"}, "no problem 'parities'; did you mean 'parity'"),
        ([], "there is no problem None"),
        ({"problem": "parity", "inputs": "01", "outputs": "ab"}, "symbols are not those"),
    ],
)
def test_a_broken_problem_file_is_refused(document, sentence) -> None:
    with pytest.raises(ValueError, match=sentence):
        TASK.parse_preprocessing(document)


def test_an_unknown_cell_is_refused() -> None:
    with pytest.raises(UsageError, match="did you mean 'peephole'"):
        read_recipe("lstm.parity", ["model.cell=peepholes"])
