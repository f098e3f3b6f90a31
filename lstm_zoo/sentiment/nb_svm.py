"""NB-SVM: a linear classifier of counted words, weighed by how much more often a class has each.

Wang & Manning 2012, "Baselines and Bigrams: Simple, Good Sentiment and Topic Classification". A
text is the set of its tokens and of its pairs of neighbours; naive Bayes's ratio of the two classes
weighs each (section 2.1), and a linear SVM, drawn towards the mean of its weights, is fitted to
these (sections 2.2 and 2.3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

STRENGTHS = (0.03, 0.1, 0.3, 1.0)  # C, the inverse of the regularisation
INTERPOLATIONS = (0.25, 1.0)  # beta of the paper; 1 is the SVM alone


class Fitted(NamedTuple):
    """A classifier, and the texts as it reads them.

    Attributes:
        options: how it was fitted.
        scores: of a matrix of texts, (texts,); above 0 for the second class.
        matrices: of each part, (texts, features).
    """

    options: dict[str, float]
    scores: Callable[[Any], np.ndarray]
    matrices: dict[str, Any]


def nb_svm(texts: dict[str, list[list[str]]], labels: np.ndarray) -> Iterator[Fitted]:
    """Classifiers of several strengths; features are present or not.

    Args:
        texts: the tokens of each text of the part "train", to which they are fitted, and of others.
        labels: of "train", 0 or 1.

    Yields:
        One for each C and beta; features that one text alone has are left out.
    """
    from sklearn.feature_extraction.text import CountVectorizer  # for training alone
    from sklearn.svm import LinearSVC

    vectorizer = CountVectorizer(analyzer=with_pairs, min_df=2, binary=True, dtype=np.float64)
    counted = vectorizer.fit_transform(texts["train"])
    ones = {label: 1 + counted[labels == label].sum(0) for label in (0, 1)}
    ratio = np.asarray(np.log(ones[1] / ones[1].sum()) - np.log(ones[0] / ones[0].sum()))
    matrices = {
        part: vectorizer.transform(of_part).multiply(ratio).tocsr()
        for part, of_part in texts.items()
    }
    for strength in STRENGTHS:
        svm = LinearSVC(C=strength, random_state=0).fit(matrices["train"], labels)
        mean = np.abs(svm.coef_).mean()
        for beta in INTERPOLATIONS:
            weights = ((1 - beta) * mean + beta * svm.coef_)[0]

            def scores(
                matrix: Any, weights: np.ndarray = weights, bias: float = svm.intercept_[0]
            ) -> np.ndarray:
                return np.asarray(matrix @ weights + bias)

            yield Fitted({"C": strength, "beta": beta}, scores, matrices)


def with_pairs(tokens: Sequence[str]) -> list[str]:
    """The tokens, and the pairs of neighbours."""
    pairs = zip(tokens, tokens[1:], strict=False)
    return [*tokens, *(f"{one} {other}" for one, other in pairs)]
