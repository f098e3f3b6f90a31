"""What counting words alone reaches, on the very parts that the classifiers are measured on.

python benchmarks/sentiment_baselines.py bilstm.imdb --data-dir DIR

Logistic regression on tf-idf and NB-SVM, both on tokens and pairs of neighbours (Wang & Manning
2012, "Baselines and Bigrams: Simple, Good Sentiment and Topic Classification"). Tokens are those of
the recipe's tokenizer, without a cut of the vocabulary; Chinese is read by character, and pairs are
two characters. Options are chosen on the validation part, the test part is read once. The figures
go to the metrics of the shipped checkpoint, if there is one, beside its own.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from lstm_zoo.sentiment.data import TEST_IS_VALIDATION, SentimentDataConfig, read_split
from lstm_zoo.sentiment.tokenizer import ReviewTokenizer
from lstm_zoo.training.recipe import read_recipe
from lstm_zoo.zoo.checkpoint import read_config
from lstm_zoo.zoo.config import MetricEntry
from lstm_zoo.zoo.names import WEIGHTS_DIR
from lstm_zoo.zoo.results import rewrite, shipped_folders

PARTS = ("train", "validation", "test")
STRENGTHS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)  # C, the inverse of the regularisation
INTERPOLATIONS = (0.25, 1.0)  # beta of the paper; 1 is the SVM alone

Scores = Callable[[Any], np.ndarray]


def pieces_of(config: SentimentDataConfig) -> Callable[[str], list[str]]:
    """How a text falls into tokens, whatever vocabulary they are cut to later."""
    kind = "words" if config.tokens == "words" else "characters"
    library = ReviewTokenizer.from_texts(["a"], kind, 3, 1, config.labels, "x").library

    def pieces(text: str) -> list[str]:
        normalised = library.normalizer.normalize_str(text)
        return [piece for piece, _ in library.pre_tokenizer.pre_tokenize_str(normalised)]

    return pieces


def logistic_regression(
    texts: dict[str, list[list[str]]], labels: np.ndarray
) -> Iterator[tuple[dict[str, float], Scores, dict[str, Any]]]:
    """Models of several strengths, and the parts as they read them."""
    vectorizer = TfidfVectorizer(analyzer=_with_pairs, min_df=2, sublinear_tf=True)
    matrices = {"train": vectorizer.fit_transform(texts["train"])}
    matrices |= {name: vectorizer.transform(texts[name]) for name in PARTS[1:]}
    for strength in STRENGTHS:
        fitted = LogisticRegression(C=strength, max_iter=1000).fit(matrices["train"], labels)
        yield {"C": strength}, fitted.decision_function, matrices


def nb_svm(
    texts: dict[str, list[list[str]]], labels: np.ndarray
) -> Iterator[tuple[dict[str, float], Scores, dict[str, Any]]]:
    """Models of several strengths; features are present or not, weighed by naive Bayes's ratio."""
    vectorizer = CountVectorizer(analyzer=_with_pairs, min_df=2, binary=True, dtype=np.float64)
    counted = vectorizer.fit_transform(texts["train"])
    ones = {label: 1 + counted[labels == label].sum(0) for label in (0, 1)}
    ratio = np.asarray(np.log(ones[1] / ones[1].sum()) - np.log(ones[0] / ones[0].sum()))
    matrices = {"train": counted.multiply(ratio).tocsr()}
    for name in PARTS[1:]:
        matrices[name] = vectorizer.transform(texts[name]).multiply(ratio).tocsr()
    for strength in STRENGTHS[:4]:
        fitted = LinearSVC(C=strength).fit(matrices["train"], labels)
        mean = np.abs(fitted.coef_).mean()
        for beta in INTERPOLATIONS:
            weights = ((1 - beta) * mean + beta * fitted.coef_)[0]

            def scores(
                matrix: sparse.csr_matrix, weights: np.ndarray = weights, fitted: Any = fitted
            ) -> np.ndarray:
                return np.asarray(matrix @ weights + fitted.intercept_[0])

            yield {"C": strength, "beta": beta}, scores, matrices


def _with_pairs(tokens: Sequence[str]) -> list[str]:
    pairs = zip(tokens, tokens[1:], strict=False)
    return [*tokens, *(f"{one} {other}" for one, other in pairs)]


METHODS = {
    "accuracy_logistic_regression": (
        "logistic regression, tf-idf of tokens and pairs",
        logistic_regression,
    ),
    "accuracy_nb_svm": ("NB-SVM, tokens and pairs", nb_svm),
}


def measure(name: str, data_dir: Path | None) -> dict[str, MetricEntry]:
    """What each method reaches on the parts of a recipe."""
    recipe, _ = read_recipe(name)
    parts, _, test = read_split(recipe.data, data_dir)
    pieces = pieces_of(recipe.data)
    texts = {part: [pieces(review.text) for review in parts[part]] for part in PARTS}
    labels = {part: np.array([review.label for review in parts[part]]) for part in PARTS}
    metrics = {}
    for key, (method, models) in METHODS.items():
        started = time.perf_counter()
        best: tuple[float, dict[str, float], Scores, dict[str, Any]] | None = None
        for options, scores, matrices in models(texts, labels["train"]):
            accuracy = _accuracy(scores(matrices["validation"]), labels["validation"])
            if best is None or accuracy > best[0]:
                best = accuracy, options, scores, matrices
        assert best is not None
        _, options, scores, matrices = best
        chosen = ", ".join(f"{option} {value:g}" for option, value in options.items())
        metrics[key] = MetricEntry(
            value=_accuracy(scores(matrices["test"]), labels["test"]),
            unit="share of right answers",
            protocol=f"{method}, {chosen}: {len(labels['test']):,} texts, {test}",
            split="validation" if test == TEST_IS_VALIDATION else "test",
            command=f"python benchmarks/sentiment_baselines.py {name}",
        )
        seconds = time.perf_counter() - started
        print(f"{name}: {method}: {metrics[key].value:.4f} ({chosen}; {seconds:.0f} s)", flush=True)
    return metrics


def _accuracy(scores: np.ndarray, labels: np.ndarray) -> float:
    return float(((scores > 0) == labels).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipes", nargs="+", help="names of sentiment recipes")
    parser.add_argument("--data-dir", type=Path)
    options = parser.parse_args()
    shipped = {folder.name: folder for folder in shipped_folders(WEIGHTS_DIR)}
    for name in options.recipes:
        metrics = measure(name, options.data_dir)
        if name in shipped:
            rewrite(shipped[name], metrics=read_config(shipped[name]).metrics | metrics)


if __name__ == "__main__":
    main()
