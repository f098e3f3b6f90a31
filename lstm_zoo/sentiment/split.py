"""Which review trains, which chooses and which tests: no text on two sides, none counted twice.

A text's part hangs on a hash of the text, never on its place in a file: the files are sorted by
label. Official parts stay as they are; what is also in them is taken out of the train part.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable

from lstm_zoo.errors import UsageError
from lstm_zoo.sentiment.reviews import Parts, Review

MEASURED = ("validation", "test")


def split_reviews(
    parts: Parts, validation_fraction: float, test_fraction: float
) -> tuple[Parts, dict[str, int]]:
    """The three parts, and what was left out.

    Args:
        parts: as published, see `reviews.Parts`.
        validation_fraction: share of the published train part that chooses, where there is no
            official one.
        test_fraction: share of everything that tests, where there is no official part.

    Returns:
        "train", "validation" and "test" if there is one; and how many reviews of the published
        train part were left out, by reason.

    Raises:
        UsageError: a part is empty.
    """
    official = {name: list(parts[name]) for name in MEASURED if name in parts}
    pool, left_out = without_repeats(parts.get("train", parts.get("all", [])))
    measured = {text_key(review.text) for part in official.values() for review in part}
    train = [review for review in pool if text_key(review.text) not in measured]
    left_out["also in an official part"] = len(pool) - len(train)
    split: Parts = dict(official)
    if "test" not in split and "all" in parts:
        split["test"], train = _cut(train, test_fraction)
        validation_fraction /= 1 - test_fraction  # a share of everything
    if "validation" not in split:
        split["validation"], train = _cut(train, validation_fraction)
    split["train"] = train
    empty = [name for name, part in split.items() if not part]
    if empty:
        raise UsageError(f"the {empty[0]} part is empty: there are too few reviews to split")
    return split, left_out


def without_known(texts: Iterable[str], split: Parts) -> tuple[list[str], dict[str, int]]:
    """Unlabelled texts that stand in no part of a split, each once.

    A model that has read the test part's texts, though not their labels, cannot be compared with
    one that has not.

    Args:
        texts: as published.
        split: of `split_reviews`.

    Returns:
        The texts, and how many were left out, by reason.
    """
    parts = {part: {text_key(review.text) for review in split[part]} for part in split}
    reasons = {f"also in the {part} part": parts[part] for part in ("test", "validation", "train")}
    seen: set[str] = set()
    left_out = dict.fromkeys(["repeats", *reasons], 0)
    kept = []
    for text in texts:
        key = text_key(text)
        reason = next((reason for reason, keys in reasons.items() if key in keys), None)
        if key in seen:
            reason = "repeats"
        seen.add(key)
        if reason is None:
            kept.append(text)
        else:
            left_out[reason] += 1
    return kept, left_out


def text_key(text: str) -> str:
    """What makes two texts the same: all but the white space around and between words."""
    return " ".join(text.split())


def without_repeats(reviews: Iterable[Review]) -> tuple[list[Review], dict[str, int]]:
    """Each text once, and none that has both labels; and how many were left out, by reason."""
    labels: dict[str, set[int]] = defaultdict(set)
    first: dict[str, Review] = {}
    total = 0
    for review in reviews:
        key = text_key(review.text)
        labels[key].add(review.label)
        first.setdefault(key, review)
        total += 1
    kept = [review for key, review in first.items() if len(labels[key]) == 1]
    return kept, {"repeats": total - len(first), "texts with both labels": len(first) - len(kept)}


def _cut(reviews: list[Review], fraction: float) -> tuple[list[Review], list[Review]]:
    """A share of the reviews by hash, and the others.

    Where subjects are known, all reviews of one go to the same side, as in an official split by
    film; else each domain and label gives its exact share.
    """
    if any(review.subject for review in reviews):
        taken = [review for review in reviews if _hash(review.subject or review.text) < fraction]
    else:
        strata: dict[tuple[str, int], list[Review]] = defaultdict(list)
        for review in reviews:
            strata[review.domain, review.label].append(review)
        taken = []
        for stratum in strata.values():
            stratum.sort(key=lambda review: _hash(text_key(review.text)))
            taken += stratum[: round(fraction * len(stratum))]
    chosen = {text_key(review.text) for review in taken}
    return taken, [review for review in reviews if text_key(review.text) not in chosen]


def _hash(text: str) -> float:
    """A number in [0, 1) that hangs on the text alone, the same on every machine."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:8], "big") / 2**64
