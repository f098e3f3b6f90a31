"""Tang poems in the JSON files of the chinese-poetry collection."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

EDITORS_MARKS = frozenset("□{}[]()/=+|●○⿰〖〗〈〉-123456789")
"""Signs of lost characters and of the editors' notes; a poem with one is left out."""

LONGEST_TITLE = 20
SHORTEST_POEM = 10


def read_tang_poems(path: Path) -> list[str]:
    """Poems as plain text, each once, in the order of the files.

    A poem is its title in 《》, its lines, and an empty line at the end. Every second poem comes
    without its title, so that a model of them starts from a title as well as from a first line.

    Args:
        path: `poet.tang.tar.gz`, or a folder that holds `poet.tang.*.json`.
    """
    poems: dict[str, str] = {}
    for entry in _entries(path):
        body = "\n".join(line.strip() for line in entry["paragraphs"])
        title = entry["title"].strip()
        if len(body) < SHORTEST_POEM or EDITORS_MARKS & set(body + title):
            continue
        heading = f"《{title}》\n" if len(title) <= LONGEST_TITLE and len(poems) % 2 else ""
        poems.setdefault(body, f"{heading}{body}\n\n")
    return list(poems.values())


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    if path.is_dir():
        for file in sorted(path.glob("poet.tang.*.json"), key=lambda p: int(p.name.split(".")[2])):
            yield from json.loads(file.read_text("utf-8"))
        return
    with tarfile.open(path) as archive:
        members = [member for member in archive if member.name.endswith(".json")]
        for member in sorted(members, key=lambda m: int(m.name.split(".")[2])):
            content = archive.extractfile(member)
            assert content is not None, member.name
            yield from json.load(content)


def simplified_forms(characters: str, frequency: dict[str, int]) -> dict[str, str]:
    """Simplified spellings of traditional characters, as aliases for a tokenizer.

    Where several share one simplified form the most frequent gets it; a simplified form that is in
    use itself stays itself.

    Args:
        characters: the vocabulary.
        frequency: how often each was seen.
    """
    from opencc import OpenCC  # needed for training only

    simplify = OpenCC("t2s").convert
    aliases: dict[str, str] = {}
    for character in sorted(characters, key=lambda c: -frequency.get(c, 0)):
        form = simplify(character)
        if len(form) == 1 and form not in characters:
            aliases.setdefault(form, character)
    return aliases
