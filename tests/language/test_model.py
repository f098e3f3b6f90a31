"""The language model: one architecture on two implementations, state carried, dropout in place."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from lstm_zoo.cells import CELLS
from lstm_zoo.language.model import LanguageModel, LanguageModelConfig
from lstm_zoo.language.stepping import PlainStepper, Stepper, make_stepper

VOCABULARY = 11
VARIANTS = {
    "plain": {},
    "tied": {"tie_embeddings": True},
    "tied-same-size": {"tie_embeddings": True, "hidden_size": 6},
    "one-layer": {"num_layers": 1},
}
EACH_VARIANT = pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS.keys())


def make_model(**changes: Any) -> LanguageModel:
    torch.manual_seed(0)
    config = {"embedding_size": 6, "hidden_size": 9, "num_layers": 2, **changes}
    model = LanguageModel(LanguageModelConfig(**config), VOCABULARY).double()
    model.reset_parameters()
    # The start values leave biases and logits near zero, where a fault would hide.
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.4)
    return model.eval()


def some_tokens(batch: int, time: int) -> torch.Tensor:
    return torch.randint(VOCABULARY, (batch, time), generator=torch.Generator().manual_seed(1))


@EACH_VARIANT
def test_both_implementations_are_equal_with_the_same_weights(variant: dict[str, Any]) -> None:
    fused = make_model(**variant)
    by_hand = make_model(**variant, implementation="zoo")
    by_hand.load_state_dict(fused.state_dict())
    tokens = some_tokens(3, 17)
    for ours, theirs in zip(by_hand(tokens)[1], fused(tokens)[1], strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-12, rtol=0)
    torch.testing.assert_close(by_hand(tokens)[0], fused(tokens)[0], atol=1e-12, rtol=0)


@EACH_VARIANT
def test_chunks_with_carried_state_equal_the_whole(variant: dict[str, Any]) -> None:
    model = make_model(**variant)
    tokens = some_tokens(2, 20)
    whole, _ = model(tokens)
    state, parts = None, []
    for chunk in tokens.split(7, dim=1):
        logits, state = model(chunk, state)
        parts.append(logits)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole, atol=1e-12, rtol=0)


@EACH_VARIANT
def test_stepping_equals_the_plain_forward(variant: dict[str, Any]) -> None:
    model = make_model(**variant)
    tokens = some_tokens(3, 12)
    whole, final = model(tokens)
    stepper, state = Stepper(model), model.initial_state(3)
    for time in range(tokens.shape[1]):
        logits, state = stepper.step(tokens[:, time], state)
        torch.testing.assert_close(logits, whole[:, time], atol=1e-12, rtol=0)
    for ours, theirs in zip(state, final, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-12, rtol=0)


OTHER_CELLS = [n for n, cell in CELLS.items() if cell.feature_dims == 1 and n != "lstm"]


@pytest.mark.parametrize("cell", OTHER_CELLS)
def test_any_cell_reads_and_steps_alike(cell: str) -> None:
    model = make_model(cell=cell, hidden_size=8)
    tokens = some_tokens(3, 12)
    whole, final = model(tokens)
    stepper, state = make_stepper(model), model.initial_state(3)
    assert isinstance(stepper, PlainStepper)
    for time in range(tokens.shape[1]):
        logits, state = stepper.step(tokens[:, time], state)
        torch.testing.assert_close(logits, whole[:, time], atol=1e-10, rtol=0)
    torch.testing.assert_close(state, final, atol=1e-10, rtol=0)


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [("grus", "there is no cell 'grus'; did you mean 'gru'"), ("conv", "reads images")],
)
def test_a_cell_that_cannot_read_text_is_refused(cell: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        LanguageModelConfig(cell=cell)


def test_the_future_does_not_change_the_past() -> None:
    model = make_model()
    tokens = some_tokens(1, 10)
    changed = tokens.clone()
    changed[0, 6] = (tokens[0, 6] + 1) % VOCABULARY
    before, after = model(tokens)[0], model(changed)[0]
    assert torch.equal(before[:, :6], after[:, :6])
    assert not torch.equal(before[:, 6:], after[:, 6:])


@pytest.mark.parametrize(
    "dropout",
    ["embedding_dropout", "input_dropout", "layer_dropout", "output_dropout", "weight_drop"],
)
def test_each_dropout_acts_in_training_and_only_there(dropout: str) -> None:
    model = make_model(**{dropout: 0.5})
    tokens = some_tokens(2, 15)
    assert torch.equal(model(tokens)[0], make_model()(tokens)[0])
    model.train()
    assert not torch.equal(model(tokens)[0], model(tokens)[0])


@pytest.mark.parametrize("locked", [True, False])
def test_a_locked_mask_is_the_same_at_all_steps_and_a_plain_one_is_not(locked: bool) -> None:
    model = make_model(layer_dropout=0.5, locked_dropout=locked).train()
    rows = model.layer_dropout(torch.ones(2, 40, 9, dtype=torch.float64))
    assert torch.equal(rows, rows[:, :1].expand_as(rows)) is locked


def test_tied_embeddings_are_one_tensor() -> None:
    model = make_model(tie_embeddings=True)
    assert model.output.weight is model.embedding.weight
    assert "output.weight" not in dict(model.named_parameters())


@pytest.mark.parametrize(("tied", "std"), [(False, 1.0), (True, 0.1 / 3**0.5)])
def test_fresh_tokens_differ_for_the_layers_unless_they_are_scores_too(
    tied: bool, std: float
) -> None:
    config = LanguageModelConfig(embedding_size=64, hidden_size=64, tie_embeddings=tied)
    model = LanguageModel(config, 200)
    model.reset_parameters()
    assert model.embedding.weight.std().item() == pytest.approx(std, rel=0.05)


@pytest.mark.parametrize("implementation", ["torch", "zoo"])
def test_it_learns_a_cycle_to_near_certainty(implementation: str) -> None:
    torch.manual_seed(0)
    config = LanguageModelConfig(
        implementation=implementation, embedding_size=8, hidden_size=16, weight_drop=0.05
    )
    model = LanguageModel(config, 5)
    model.reset_parameters()
    tokens = torch.arange(60).remainder(5)[None]
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(60):
        loss = nn.functional.cross_entropy(model(tokens[:, :-1])[0][0], tokens[0, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_equals_cpu() -> None:
    model = make_model()
    tokens = some_tokens(2, 30)
    on_cpu, _ = model(tokens)
    on_cuda, _ = model.cuda()(tokens.cuda())
    torch.testing.assert_close(on_cuda.cpu(), on_cpu, atol=1e-10, rtol=0)


def test_the_penalties_are_those_of_the_paper() -> None:
    """AR on the dropped outputs, TAR on the change of the others (Merity et al. 2018, 4.4)."""
    torch.manual_seed(0)
    sizes: dict[str, Any] = {"embedding_size": 3, "hidden_size": 5, "output_dropout": 0.5}
    config = LanguageModelConfig(**sizes, activation_penalty=2.0, temporal_penalty=1.5)
    model = LanguageModel(config, 7)
    tokens = torch.randint(7, (2, 6))
    outputs, _ = model.read(tokens)
    torch.manual_seed(1)
    dropped = model.output_dropout(outputs)
    torch.manual_seed(1)
    model(tokens)
    change = outputs[:, 1:] - outputs[:, :-1]
    expected = 2.0 * dropped.pow(2).mean() + 1.5 * change.pow(2).mean()
    torch.testing.assert_close(model.penalty, expected)


def test_without_penalties_or_training_the_loss_is_the_cross_entropy() -> None:
    model = LanguageModel(LanguageModelConfig(hidden_size=5), 7)
    model(torch.zeros(1, 4, dtype=torch.int64))
    assert model.penalty == 0.0
    penalized = LanguageModel(LanguageModelConfig(hidden_size=5, temporal_penalty=1.0), 7).eval()
    penalized(torch.zeros(1, 4, dtype=torch.int64))
    assert penalized.penalty == 0.0
