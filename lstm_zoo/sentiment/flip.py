"""The nearest small edit that turns a verdict: which words would have to be other, or not there.

Words are left out, or replaced by those that the gradient points to (Ebrahimi, Rao, Lowd & Dou
2018, "HotFlip: White-Box Adversarial Examples for Text Classification", equation 7), one after the
other, each time the one that helps most. The search is greedy: there may be a smaller edit. That
the edited text has another verdict is never estimated but asked.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter

import torch
from torch import Tensor

from lstm_zoo.sentiment.log_odds import embedded, log_odds
from lstm_zoo.sentiment.predict import SentimentClassifier, Verdict
from lstm_zoo.sentiment.tokenizer import UNKNOWN, Encoding

MAX_EDITS = 6
TRIED = 96
TRIED_TOKENS = 48_000
"""Words that are tried to be left out, those that the gradient finds heaviest, and the tokens of
all texts that are read for it."""
REPLACED = 8
"""Of these, words for which others are tried."""
REPLACEMENTS = 6
COMMON_TOKENS = 5_000
"""A replacement is a common word: tokens are numbered by their frequency."""

Edits = dict[int, str]
"""Number of a word -> what stands there instead; nothing if it is left out."""


@dataclass(frozen=True)
class Edit:
    """One word of a text, left out or replaced.

    Attributes:
        start, end: where it stands, in characters.
        new: what stands there instead; "" if it is left out.
    """

    start: int
    end: int
    new: str


@dataclass(frozen=True)
class Flip:
    """An edit that turns a verdict.

    Attributes:
        edits: in the order of the text.
        text: the text with them.
        verdict: what `classify` says of it.
    """

    edits: tuple[Edit, ...]
    text: str
    verdict: Verdict


def nearest_flip(
    classifier: SentimentClassifier, text: str, max_edits: int = MAX_EDITS
) -> Flip | None:
    """A small edit after which the verdict is another.

    Args:
        classifier: gives the verdict.
        text: of any length; only what the model reads is edited.
        max_edits: words that may be changed.

    Returns:
        None if the search found none of so few words.

    Raises:
        UsageError: the text is empty.
    """
    return [None, *search_flip(classifier, text, max_edits)][-1]


def search_flip(
    classifier: SentimentClassifier, text: str, max_edits: int = MAX_EDITS
) -> Iterator[Flip | None]:
    """The search of `nearest_flip`, which can take a minute, for who may lose interest.

    Args:
        classifier, text, max_edits: as there.

    Yields:
        None before each word that is looked for; at last the edit, if there is one.

    Raises:
        UsageError: the text is empty.
    """
    label = classifier.classify(text).label
    encoding = classifier.encode(text)
    if not encoding.ids:
        return
    search = _Search(classifier, text[: encoding.end], encoding, label)
    best = search.odds([{}])[0]
    edits: Edits = {}
    while best > 0 and len(edits) < max_edits:
        yield None
        odds, wider = search.step(edits)
        if odds >= best:
            return
        best, edits = odds, wider
    flipped = apply(text, search.words, edits)
    verdict = classifier.classify(flipped)
    if verdict.label != label:
        changes = (Edit(*search.words[number], new) for number, new in sorted(edits.items()))
        yield Flip(tuple(changes), flipped, verdict)


class _Search:
    """Looks for the next word to edit in a text.

    Args:
        classifier: gives verdicts.
        text: what the model reads of it.
        encoding: of the text.
        label: its verdict.
    """

    def __init__(
        self, classifier: SentimentClassifier, text: str, encoding: Encoding, label: str
    ) -> None:
        self.classifier, self.text, self.label = classifier, text, label
        self.words = find_words(text, encoding.offsets)
        embeddings, gradients = _gradients(classifier, encoding.ids, label)
        starts = [start for start, _ in encoding.offsets]
        first = [starts.index(start) for start, _ in self.words]
        self.gradients = gradients[first]
        weights = (gradients * embeddings).sum(1)[first].tolist()
        self.order = sorted(range(len(self.words)), key=lambda number: -weights[number])
        self.others, self.spellings = _common_words(classifier)
        self.tried = min(TRIED, max(REPLACED, TRIED_TOKENS // len(encoding.ids)))

    def odds(self, candidates: list[Edits]) -> list[float]:
        """Log-odds of the verdict after each of these edits."""
        texts = [apply(self.text, self.words, one) for one in candidates]
        ids = [self.classifier.encode(text).ids or [UNKNOWN] for text in texts]
        found: list[float] = log_odds(self.classifier, ids, self.label).tolist()
        return found

    def step(self, edits: Edits) -> tuple[float, Edits]:
        """The best edit of one word more, and the log-odds after it."""
        left = [number for number in self.order if number not in edits]
        if not left:
            return math.inf, edits
        omitted: list[Edits] = [edits | {number: ""} for number in left[: self.tried]]
        # Without its last word there would be no text.
        odds = self.odds(omitted) if len(left) > 1 else [math.inf]
        tried = sorted(zip(odds, left, omitted, strict=False), key=itemgetter(0))
        replaced = [
            edits | {number: self.spellings[other]}
            for _, number, _ in tried[:REPLACED]
            for other in (self.others @ self.gradients[number]).argsort()[:REPLACEMENTS].tolist()
        ]
        best = tried[0][0], tried[0][2]
        return min([best, *zip(self.odds(replaced), replaced, strict=True)], key=itemgetter(0))


def find_words(text: str, offsets: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Places of words: tokens, those of one Latin word together."""
    words: list[tuple[int, int]] = []
    for start, end in offsets:
        if end <= start:
            continue
        if words and start < words[-1][1]:  # two tokens of one character
            words[-1] = words[-1][0], max(end, words[-1][1])
        elif words and start == words[-1][1] and _joined(text[start - 1], text[start]):
            words[-1] = words[-1][0], end
        else:
            words.append((start, end))
    return words


def apply(text: str, words: list[tuple[int, int]], edits: Edits) -> str:
    """The text with its words edited; where one is left out, so is one of two spaces."""
    parts, at = [], 0
    for number, new in sorted(edits.items()):
        start, end = words[number]
        parts += [text[at:start], new]
        at = end
        if not new and text[end : end + 1] == " " and (not start or text[start - 1] == " "):
            at += 1
    return "".join([*parts, text[at:]])


def _joined(before: str, after: str) -> bool:
    return all((one.isalnum() and one < "\u2e80") or one in "'’" for one in (before, after))


def _gradients(
    classifier: SentimentClassifier, ids: list[int], label: str
) -> tuple[Tensor, Tensor]:
    """Embeddings of a text and the gradient of the log-odds by them, (time, features) each."""
    embeddings, score = embedded(classifier, ids, label)
    with torch.backends.cudnn.flags(enabled=False), torch.enable_grad():
        embeddings.requires_grad_()
        (gradients,) = torch.autograd.grad(score(embeddings).sum(), embeddings)
    return embeddings.detach()[0], gradients[0]


@torch.no_grad()
def _common_words(classifier: SentimentClassifier) -> tuple[Tensor, list[str]]:
    """Embeddings of common whole words, (words, features), and how they are spelt."""
    count = min(COMMON_TOKENS, len(classifier.tokenizer))
    spellings = dict(enumerate(classifier.tokenizer.tokens(range(count))))
    kept = {number: word for number, word in spellings.items() if word.isalpha()}
    device = classifier.model.embedding.weight.device
    return classifier.model.embed(torch.tensor(list(kept), device=device)), list(kept.values())
