"""The classifier's numbers: hand-written and PyTorch's agree, and padding is never read."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from lstm_zoo.cells import CELLS
from lstm_zoo.sentiment.batches import SentimentBatch
from lstm_zoo.sentiment.model import SentimentModel, SentimentModelConfig
from lstm_zoo.sentiment.next_words import ReadingBatch
from lstm_zoo.sentiment.objective import PROBE, training_loss, unit
from lstm_zoo.sentiment.plain import plain_state_dict

EVERY_POOLING = ["last", "max", "mean", "attention"]
LENGTHS = torch.tensor([9, 4, 1, 6])


def made(**options: object) -> SentimentModel:
    torch.manual_seed(0)
    defaults: dict[str, object] = {
        "embedding_size": 6,
        "hidden_size": 5,
        "num_layers": 2,
        "pooling": EVERY_POOLING,
    }
    config = SentimentModelConfig.model_validate(defaults | options)
    model = SentimentModel(config, 50, frequencies=np.random.default_rng(0).dirichlet(np.ones(50)))
    model.reset_parameters()
    return model.eval()


def batch(time: int = 9) -> torch.Tensor:
    ids = torch.randint(2, 50, (4, time), generator=torch.Generator().manual_seed(1))
    return ids.masked_fill(torch.arange(time) >= LENGTHS[:, None], 0)


@pytest.mark.parametrize("bidirectional", [True, False])
def test_nn_lstm_and_the_hand_written_one_give_the_same_logits_and_gradients(
    bidirectional: bool,
) -> None:
    theirs = made(bidirectional=bidirectional).double()
    ours = made(bidirectional=bidirectional, implementation="zoo").double()
    ours.load_state_dict(theirs.state_dict())
    for model in (theirs, ours):
        model(batch(), LENGTHS).square().sum().backward()
    torch.testing.assert_close(theirs(batch(), LENGTHS), ours(batch(), LENGTHS))
    for (name, one), other in zip(theirs.named_parameters(), ours.parameters(), strict=True):
        if one.requires_grad:
            torch.testing.assert_close(one.grad, other.grad, msg=name)


@pytest.mark.parametrize("implementation", ["torch", "zoo"])
@pytest.mark.parametrize("normalised", [True, False])
def test_padding_never_changes_an_answer(implementation: str, normalised: bool) -> None:
    model = made(implementation=implementation, normalised_embedding=normalised)
    together = model(batch(), LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        alone = model(batch()[row : row + 1, :length], LENGTHS[row : row + 1])
        torch.testing.assert_close(together[row : row + 1], alone, atol=1e-5, rtol=1e-5)
    longer = torch.cat([batch(), torch.full((4, 3), 7)], 1)
    torch.testing.assert_close(model(longer, LENGTHS), together, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("cell", [name for name, cell in CELLS.items() if cell.feature_dims == 1])
def test_any_cell_can_be_taken(cell: str) -> None:
    model = made(cell=cell, hidden_size=8)
    assert model(batch(), LENGTHS).isfinite().all()


def test_the_last_output_is_that_of_the_last_word_in_each_direction() -> None:
    model = made(pooling=["last"], num_layers=1)
    outputs = torch.arange(4 * 9 * 10.0).view(4, 9, 10)
    last = model._pooled("last", outputs, LENGTHS, model._inside(outputs, LENGTHS))
    assert torch.equal(last[1], torch.cat([outputs[1, 3, :5], outputs[1, 0, 5:]]))


def test_attention_is_a_share_of_each_word_and_none_of_the_padding() -> None:
    model = made()
    weights = model.token_weights(model.outputs(model.embed(batch()), LENGTHS), LENGTHS)
    torch.testing.assert_close(weights.sum(1), torch.ones(4))
    assert (weights[1, 4:] == 0).all()
    assert made(pooling=["mean"]).token_weights(torch.zeros(4, 9, 10), LENGTHS) is None


def test_normalised_embeddings_have_mean_0_and_variance_1_by_frequency() -> None:
    model = made(normalised_embedding=True)
    vectors = model.embed(torch.arange(50)[None])[0]
    shares = model.frequencies
    mean = shares @ vectors
    torch.testing.assert_close(mean, torch.zeros(6), atol=1e-5, rtol=0)
    torch.testing.assert_close(shares @ (vectors - mean).square(), torch.ones(6), atol=1e-3, rtol=0)


def test_noise_has_the_given_length_and_leaves_padding_alone() -> None:
    noise = unit(torch.randn(4, 9, 6), LENGTHS)
    torch.testing.assert_close(noise.square().sum((1, 2)), torch.ones(4))
    assert (noise[1, 4:] == 0).all()
    assert (unit(torch.ones(4, 9, 6), LENGTHS)[1, 4:] == 0).all()


def test_noise_of_a_vanishing_gradient_still_has_its_length() -> None:
    torch.testing.assert_close(
        unit(torch.full((1, 2, 3), 1e-25), torch.tensor([2])).square().sum(), torch.tensor(1.0)
    )


def test_adversarial_noise_makes_the_loss_larger_than_noise_at_random() -> None:
    model = made(normalised_embedding=True, adversarial_norm=0.5)
    examples = SentimentBatch(batch(), LENGTHS, torch.tensor([0, 1, 0, 1]))
    embedded = model.embed(batch())
    clean = cross_entropy(model.logits(embedded, LENGTHS), examples.labels)
    (gradient,) = torch.autograd.grad(clean, embedded, retain_graph=True)

    def loss(noise: torch.Tensor) -> float:
        logits = model.logits(embedded + 0.5 * unit(noise, LENGTHS), LENGTHS)
        return cross_entropy(logits, examples.labels).item()

    noisy = (training_loss(model, examples) - clean).item()
    assert noisy > clean.item() + 1e-4
    assert noisy > loss(torch.randn_like(embedded)) > loss(-gradient)


def test_adversarial_loss_and_its_gradient_are_those_of_two_plain_losses() -> None:
    model = made(normalised_embedding=True, adversarial_norm=0.5, label_smoothing=0.1)
    examples = SentimentBatch(batch(), LENGTHS, torch.tensor([0, 1, 0, 1]))
    weights = [weight for weight in model.parameters() if weight.requires_grad]

    embedded = model.embed(batch())
    clean = cross_entropy(model.logits(embedded, LENGTHS), examples.labels, label_smoothing=0.1)
    (gradient,) = torch.autograd.grad(clean, embedded, retain_graph=True)
    logits = model.logits(embedded + unit(gradient, LENGTHS) * 0.5, LENGTHS)
    plain = clean + cross_entropy(logits, examples.labels, label_smoothing=0.1)
    loss = training_loss(model, examples)
    torch.testing.assert_close(loss, plain)
    for ours, theirs in zip(
        torch.autograd.grad(loss, weights), torch.autograd.grad(plain, weights), strict=True
    ):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("option", ["adversarial_norm", "virtual_adversarial_norm"])
def test_noise_adds_to_the_loss_and_its_gradient_reaches_the_weights(option: str) -> None:
    plain, noisy = made(), made(**{option: 1.0})
    examples = SentimentBatch(batch(), LENGTHS, torch.tensor([0, 1, 0, 1]))
    loss = training_loss(noisy, examples)
    assert loss > training_loss(plain, examples)
    loss.backward()
    assert all(p.grad is not None for p in noisy.parameters() if p.requires_grad)


def test_virtual_noise_is_that_of_the_unlabelled_texts_and_of_the_given_length() -> None:
    model = made(virtual_adversarial_norm=2.0)
    examples = SentimentBatch(batch(), LENGTHS, torch.tensor([0, 1, 0, 1]))
    others = ReadingBatch((batch() + 1) % 20, LENGTHS.flip(0))
    seen: list[tuple[torch.Tensor, torch.Tensor]] = []
    real = model.logits

    def watched(embeddings, lengths, dropped=True):  # type: ignore[no-untyped-def]
        seen.append((embeddings.detach(), lengths))
        return real(embeddings, lengths, dropped)

    model.logits = watched  # type: ignore[method-assign]
    loss = training_loss(model, examples, others)
    (plain, _), (said, lengths), (probe, _), (noisy, _) = seen
    assert torch.equal(plain, model.embed(examples.ids))
    assert torch.equal(said, model.embed(others.ids))
    assert torch.equal(lengths, others.lengths)
    for moved, length in ((probe, PROBE), (noisy, 2.0)):
        norms = (moved - said).square().sum((1, 2)).sqrt()
        torch.testing.assert_close(norms, torch.full((4,), length), rtol=1e-4, atol=0)
    inside = torch.arange(said.shape[1]) < lengths[:, None]
    assert ((noisy - said)[~inside] == 0).all()

    before, after = (real(x, lengths).log_softmax(1) for x in (said, noisy))
    moved = (before.exp() * (before - after)).sum(1).mean()
    supervised = cross_entropy(real(plain, LENGTHS), examples.labels)
    torch.testing.assert_close(loss, supervised + moved)
    # It moves the answer further than noise of that length does by chance.
    drawn = unit(torch.randn_like(said), lengths) * 2
    by_chance = real(said + drawn, lengths).log_softmax(1)
    assert moved > 2 * (before.exp() * (before - by_chance)).sum(1).mean()


@pytest.mark.parametrize("normalised", [True, False])
def test_exported_weights_are_those_of_plain_modules(normalised: bool) -> None:
    model = made(normalised_embedding=normalised, pooling=["mean"])
    weights = plain_state_dict(model)
    lstm = torch.nn.LSTM(6, 5, num_layers=2, bidirectional=True, batch_first=True)
    lstm.load_state_dict({n[5:]: w for n, w in weights.items() if n.startswith("lstm.")})
    ids = batch()[:1]
    pooled = lstm(weights["embedding.weight"][ids])[0].mean(1)
    scores = pooled @ weights["output.weight"].T + weights["output.bias"]
    torch.testing.assert_close(scores, model(ids, LENGTHS[:1]), atol=1e-5, rtol=1e-5)
