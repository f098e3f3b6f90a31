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
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from lstm_zoo.sentiment.data import TEST_IS_VALIDATION, SentimentDataConfig, read_split
from lstm_zoo.sentiment.nb_svm import Fitted, nb_svm, with_pairs
from lstm_zoo.sentiment.tokenizer import ReviewTokenizer
from lstm_zoo.training.recipe import read_recipe
from lstm_zoo.zoo.checkpoint import read_config
from lstm_zoo.zoo.config import MetricEntry
from lstm_zoo.zoo.names import WEIGHTS_DIR
from lstm_zoo.zoo.results import rewrite, shipped_folders

PARTS = ("train", "validation", "test")
STRENGTHS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)  # C, the inverse of the regularisation


def pieces_of(config: SentimentDataConfig) -> Callable[[str], list[str]]:
    """How a text falls into tokens, whatever vocabulary they are cut to later."""
    kind = "words" if config.tokens == "words" else "characters"
    library = ReviewTokenizer.from_texts(["a"], kind, 3, 1, config.labels, "x").library

    def pieces(text: str) -> list[str]:
        normalised = library.normalizer.normalize_str(text)
        return [piece for piece, _ in library.pre_tokenizer.pre_tokenize_str(normalised)]

    return pieces


def logistic_regression(texts: dict[str, list[list[str]]], labels: np.ndarray) -> Iterator[Fitted]:
    """Models of several strengths, and the parts as they read them."""
    vectorizer = TfidfVectorizer(analyzer=with_pairs, min_df=2, sublinear_tf=True)
    matrices = {"train": vectorizer.fit_transform(texts["train"])}
    matrices |= {name: vectorizer.transform(texts[name]) for name in PARTS[1:]}
    for strength in STRENGTHS:
        fitted = LogisticRegression(C=strength, max_iter=1000).fit(matrices["train"], labels)
        yield Fitted({"C": strength}, fitted.decision_function, matrices)


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
        options, scores, matrices = max(
            models(texts, labels["train"]),
            key=lambda one: _accuracy(one.scores(one.matrices["validation"]), labels["validation"]),
        )
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
