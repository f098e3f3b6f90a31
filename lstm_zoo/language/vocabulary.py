"""Vocabulary files made elsewhere, in the forms that people keep them in."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from lstm_zoo.errors import UsageError
from lstm_zoo.language.tokenizer import CharacterTokenizer, show_character
from lstm_zoo.task import did_you_mean

STAND_IN = "\ufffd"
"""The character for unknown ones where their token is a word, such as `<unk>`."""


def read_vocabulary(
    path: Path, start: str | None = None, unknown: str | None = None
) -> CharacterTokenizer:
    """The tokenizer of a vocabulary file.

    A `.json` file holds a list of characters in the order of their numbers, an object from
    characters to numbers or from numbers to characters, or is the `tokenizer.json` of a checkpoint.
    Any other file holds the characters themselves: one a line, or all in a row.

    Args:
        path: of the file, in UTF-8.
        start: what a text starts from; None for a line break.
        unknown: the token for characters outside the vocabulary, such as `<unk>`; None if there is
            none.

    Raises:
        UsageError: it is not one of these, or a token is repeated or no single character.
        FileNotFoundError: there is no such file.
    """
    try:
        text = path.read_bytes().decode("utf-8")  # as bytes: a vocabulary may hold "\r"
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not text in UTF-8") from None
    document = _parse_json(path, text) if path.suffix == ".json" else _lines(text)
    aliases: dict[str, str] = {}
    try:
        if isinstance(document, dict) and document.get("type") == "character":
            own = CharacterTokenizer.from_json(document)
            tokens, aliases = list(own.characters), own.aliases
            start, unknown = start or own.start, unknown or own.unknown
        else:
            tokens = _in_order(document)
        if unknown is not None:
            if unknown not in tokens:
                words = [token for token in tokens if len(token) > 1]
                raise ValueError(f"there is no token {unknown!r}{did_you_mean(unknown, words)}")
            if len(unknown) > 1:
                tokens[tokens.index(unknown)] = unknown = STAND_IN
        _check(tokens)
        if start is None and "\n" not in tokens:
            raise ValueError("there is no line break for a text to start from: give --start")
        return CharacterTokenizer(tokens, unknown, aliases, "\n" if start is None else start)
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None


def _lines(text: str) -> list[str]:
    """The characters of a plain file; two line breaks or more cannot be one token."""
    body = text.removesuffix("\n")
    return body.split("\n") if body.count("\n") > 1 else list(body)


def _in_order(document: Any) -> list[str]:
    """The tokens by their numbers; `ValueError` if the document is of another form."""
    if isinstance(document, dict):
        pairs: list[tuple[Any, Any]] = list(document.items())
        if all(isinstance(key, str) and key.isdecimal() and len(key) < 10 for key in document):
            by_number = {int(key): token for key, token in pairs if isinstance(token, str)}
        else:
            by_number = {}
        if len(by_number) < len(pairs):
            by_number = {number: token for token, number in pairs if type(number) is int}
        if sorted(by_number) != list(range(len(pairs))):
            raise ValueError(
                "an object should map each character to its own number, or numbers to characters,"
                f" from 0 to {len(pairs) - 1}"
            )
        return [by_number[number] for number in range(len(pairs))]
    if not isinstance(document, list) or not all(isinstance(token, str) for token in document):
        raise ValueError("a vocabulary should be a list of characters, or an object")
    return list(document)


def _check(tokens: list[str]) -> None:
    for token, count in Counter(tokens).items():
        if len(token) != 1 or "\ud800" <= token <= "\udfff":
            raise ValueError(
                f"the token {token!r} is not one character, and the zoo's language models read"
                " characters; --unknown names the one token that may be a word"
            )
        if count > 1:
            raise ValueError(f"the token {show_character(token)} is there {count} times")


def _parse_json(path: Path, text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique_keys)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not valid JSON: {error}") from None


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key occurs twice in one object")
    return document
