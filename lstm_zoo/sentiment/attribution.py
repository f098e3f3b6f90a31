"""Why a classifier says what it says: what each token contributes, and how its opinion forms.

All contributions are to the log-odds F of one class, see `log_odds`. Integrated gradients
(Sundararajan, Taly & Yan 2017, "Axiomatic Attribution for Deep Networks", equation 1) follow F from
a text of zero vectors, which says nothing, to the text; their sum must be the difference of F
(completeness, their proposition 1), which is checked. Occlusion leaves each token out and looks
what changes; it adds up to nothing in particular.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from lstm_zoo.errors import UsageError
from lstm_zoo.sentiment.batches import padded
from lstm_zoo.sentiment.log_odds import embedded, log_odds
from lstm_zoo.sentiment.predict import SentimentClassifier, Verdict
from lstm_zoo.sentiment.tokenizer import UNKNOWN
from lstm_zoo.task import module_device

STEPS = (32, 96, 288)
"""Points on the way from nothing to the text; more where completeness asks for them."""
TOLERANCE = 0.02
"""Of the difference of F, or of 1 where that is larger: how much the sum may miss."""
STEP_TOKENS = 16_000
"""Tokens that are read at a time, which bounds the memory."""
OCCLUSIONS = 256
"""Texts read at most for the occlusion."""
OPINIONS = 256
"""Points of the running opinion at most."""
READ_TOKENS = 160_000
"""Tokens read at most for each of the two."""


@dataclass(frozen=True)
class Contributions:
    """Integrated gradients of a text.

    Attributes:
        values: of each token, in log-odds of the class; over 0 speaks for it.
        total: by how much the text moved the log-odds: what the values should add up to.
        missing: what they lack to it.
        steps: how many gradients were integrated.
    """

    values: tuple[float, ...]
    total: float
    missing: float
    steps: int

    @property
    def complete(self) -> bool:
        """Whether the values add up, within the tolerance."""
        return abs(self.missing) <= TOLERANCE * max(1.0, abs(self.total))


@dataclass(frozen=True)
class RunningOpinion:
    """What the model would say if the text ended, or began, at a token.

    Attributes:
        tokens: numbers of the tokens, from 0, of each point.
        from_start: probability of the class after the text up to each of them.
        from_end: the same of the text from each of them to its end.
    """

    tokens: tuple[int, ...]
    from_start: tuple[float, ...]
    from_end: tuple[float, ...]


@dataclass(frozen=True)
class Explanation:
    """Why a text got its verdict.

    Attributes:
        verdict: as `classify` gives it.
        label: the class that is explained.
        spans: where each token stands in the text, start and end in characters.
        contributions: by integrated gradients.
        occlusion: by how much the log-odds fall without each token.
        attention: share of the answer that attention pooling takes from each token; None where the
            model pools otherwise.
        opinion: how it formed.
    """

    verdict: Verdict
    label: str
    spans: tuple[tuple[int, int], ...]
    contributions: Contributions
    occlusion: tuple[float, ...]
    attention: tuple[float, ...] | None
    opinion: RunningOpinion


def explain(classifier: SentimentClassifier, text: str, label: str | None = None) -> Explanation:
    """Explain a verdict.

    Args:
        classifier: gives it.
        text: of any length; what the model does not read is not explained.
        label: the class to explain; None for the last one of two, "positive", or the verdict's.

    Raises:
        UsageError: there is nothing to read in the text, or no such class.
    """
    verdict = classifier.classify(text)
    if label is None:
        label = classifier.labels[-1] if len(classifier.labels) == 2 else verdict.label
    encoding = classifier.encode(text)
    if not encoding.ids:
        raise UsageError("there is no word to explain in this text: write a sentence at least")
    return Explanation(
        verdict=verdict,
        label=label,
        spans=tuple(encoding.offsets),
        contributions=integrated_gradients(classifier, encoding.ids, label),
        occlusion=occlusion(classifier, encoding.ids, label),
        attention=attention(classifier, encoding.ids),
        opinion=running_opinion(classifier, encoding.ids, label),
    )


def integrated_gradients(
    classifier: SentimentClassifier, ids: Sequence[int], label: str
) -> Contributions:
    """Contribution of each token, with as many steps as completeness needs, up to the last `STEPS`.

    Args:
        classifier: is explained.
        ids: token numbers, at least one.
        label: the class.

    Raises:
        UsageError: there is no such class.
    """
    from captum.attr import IntegratedGradients

    embeddings, score = embedded(classifier, ids, label)
    method = IntegratedGradients(score)
    for steps in STEPS:
        # cuDNN gives no gradient in eval mode, and train() would turn dropout on.
        with torch.backends.cudnn.flags(enabled=False), torch.enable_grad():
            values, missing = method.attribute(
                embeddings,
                baselines=torch.zeros_like(embeddings),
                n_steps=steps,
                internal_batch_size=max(2, STEP_TOKENS // len(ids)),
                return_convergence_delta=True,
            )
        each = values.detach().double().sum(2)[0].cpu()
        found = Contributions(
            values=tuple(each.tolist()),
            total=float(each.sum()) - float(missing),
            missing=-float(missing),
            steps=steps,
        )
        if found.complete:
            break
    return found


def occlusion(classifier: SentimentClassifier, ids: Sequence[int], label: str) -> tuple[float, ...]:
    """By how much the log-odds of a class fall when a token is left out.

    In a long text several neighbours are left out together and share it.

    Args:
        classifier: is explained.
        ids: token numbers, at least one.
        label: the class.

    Raises:
        UsageError: there is no such class.
    """
    width = math.ceil(len(ids) / min(OCCLUSIONS, max(1, READ_TOKENS // len(ids))))
    starts = range(0, len(ids), width)
    without = [[*ids[:start], *ids[start + width :]] or [UNKNOWN] for start in starts]
    whole, *parts = log_odds(classifier, [list(ids), *without], label).tolist()
    shares = []
    for start, part in zip(starts, parts, strict=True):
        window = len(ids[start : start + width])
        shares += [(whole - part) / window] * window
    return tuple(shares)


@torch.inference_mode()
def attention(classifier: SentimentClassifier, ids: Sequence[int]) -> tuple[float, ...] | None:
    """Weight of each token in attention pooling, of sum 1; None where the model has none."""
    model = classifier.model
    numbers, lengths = padded([ids])
    lengths = lengths.to(module_device(model))
    outputs = model.outputs(model.embed(numbers.to(module_device(model))), lengths)
    weights = model.token_weights(outputs, lengths)
    return None if weights is None else tuple(weights[0].tolist())


def running_opinion(
    classifier: SentimentClassifier, ids: Sequence[int], label: str
) -> RunningOpinion:
    """Probability of a class after each token, read from the start, and from each token to the end.

    Each point is a text of its own, read whole, as a model that reads from both ends needs. In a
    long text not every token gets a point, but the first and the last do.

    Args:
        classifier: is explained.
        ids: token numbers, at least one.
        label: the class.

    Raises:
        UsageError: there is no such class.
    """
    count = min(len(ids), OPINIONS, max(2, READ_TOKENS // len(ids)))
    tokens = sorted({round(k * (len(ids) - 1) / max(count - 1, 1)) for k in range(count)})
    texts = [list(ids[: token + 1]) for token in tokens] + [list(ids[token:]) for token in tokens]
    chances = log_odds(classifier, texts, label).sigmoid().tolist()
    half = len(tokens)
    return RunningOpinion(tuple(tokens), tuple(chances[:half]), tuple(chances[half:]))
