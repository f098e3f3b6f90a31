"""Ways to spoil a checkpoint's files, for fuzz_checkpoints.py."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import random
import re
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save

WEIGHTS, CONFIG, TOKENIZER = "model.safetensors", "config.json", "tokenizer.json"
SEED_FOLDERS = sorted((Path(__file__).parent.parent / "tests" / "zoo" / "old").glob("version-*"))
"""Small checkpoints, one of each format version: what is spoiled."""

Files = dict[str, bytes]

# What takes the place of a value. A string between two @ stands for its inside, unquoted.
VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 2, 3, 4, 7, 8192, 8193, 2**31, 2**53, 2**63, 2**64, 10**20),
    *(0.5, -0.5, 1e-300, 1e300, math.nan, math.inf, -math.inf, 10**400),
    *("", "a", "é", "../../etc/passwd", "/dev/zero", "\0", "\ud800", "x" * 5000, "-" * 300),
    *("torch", "zoo", "language", "training", "character", "F16", "F64", "I32", "F8_E4M3"),
    *([], {}, [[]], [0], [1, 2], ["a"], {"a": 1}, {"": None}),
    *("@1e999@", "@-1e999@", "@1" + "0" * 5000 + "@", "@01@", "@'a'@", "@@", "@nul@", "@\x00@"),
    *(f"@{'[' * n + ']' * n}@" for n in (30, 40, 500, 100_000)),
]
BYTES = [0, 1, 9, 10, 32, *b'",-.0129:Ee[\\]{}', 0x7F, 0x80, 0xC0, 0xE2, 0xED, 0xF4, 0xFF]
FLOATS = [math.nan, math.inf, -math.inf, 3.4e38, -3.4e38, 1e-45, -0.0, 0.0, 1.0]
LENGTHS = [0, 1, 2, 7, 8, 2**20, 2**20 + 1, 2**31, 2**40, 2**63, 2**64 - 1]


def flip_bytes(dice: random.Random, files: Files) -> None:
    """A few bits or bytes are others."""
    name = dice.choice(list(files))
    content = bytearray(files[name])
    for _ in range(dice.choice([1, 1, 1, 2, 4, 16])):
        if content:
            place = dice.randrange(len(content))
            bit = content[place] ^ 1 << dice.randrange(8)
            content[place] = dice.choice([bit, bit, dice.choice(BYTES), dice.randrange(256)])
    files[name] = bytes(content)


def cut_or_grow(dice: random.Random, files: Files) -> None:
    """A stretch of bytes is left out, put in, or there twice."""
    name = dice.choice(list(files))
    content = files[name]
    start = dice.randrange(len(content) + 1)
    end = min(len(content), start + dice.choice([1, 2, 8, 100, len(content)]))
    other = dice.choice(list(files.values()))
    files[name] = dice.choice(
        [
            content[:start],
            content[start:],
            content[:start] + content[end:],
            content[:end] + content[start:],
            content[:start] + dice.randbytes(dice.choice([1, 8, 1000])) + content[start:],
            content[:start] + other[start:],
            content + bytes(dice.choice([1, 8, 4096])),
        ]
    )


def swap_files(dice: random.Random, files: Files) -> None:
    """Files of another checkpoint, of another name, or empty ones."""
    one, two = dice.choice(list(files)), dice.choice(list(files))
    stranger = (dice.choice(SEED_FOLDERS) / two).read_bytes()
    files[one] = dice.choice([stranger, stranger, files[two], b"", b"{}", b"null"])


def edit_json(dice: random.Random, files: Files) -> None:
    """A key or value of a JSON document is another, missing, moved or there twice."""
    name = dice.choice([CONFIG, CONFIG, TOKENIZER, WEIGHTS])
    content = files[name]
    start, end = 0, len(content)
    if name == WEIGHTS:
        start, end = 8, 8 + int.from_bytes(content[:8], "little")
    try:
        document = json.loads(content[start:end])
        places = list(_places(document))
        for _ in range(dice.choice([1, 1, 1, 2, 3])):
            _edit_place(dice, *dice.choice(places))
        text = json.dumps(document, ensure_ascii=dice.random() < 0.5)
    except (ValueError, IndexError, RecursionError):  # no JSON any more, nothing in it, or too deep
        return flip_bytes(dice, files)
    text = re.sub(r'"@twice@([^"]*)"', r'"\1"', text)
    text = re.sub(r'"@((?:[^"\\]|\\.)*)@"', lambda found: found[1], text)
    changed = text.encode("utf-8", "surrogatepass")
    if name == WEIGHTS:
        changed = len(changed).to_bytes(8, "little") + changed + content[end:]
    files[name] = changed


def _places(value: Any) -> Iterable[tuple[Any, Any]]:
    """Each container of a document with each of its keys or indices."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])


def _edit_place(dice: random.Random, container: Any, key: Any) -> None:
    with contextlib.suppress(KeyError, IndexError):  # an earlier edit may have taken it away
        kind = dice.randrange(8)
        value = container[key]
        if kind == 0:
            del container[key]
        elif kind == 1 and isinstance(container, dict):
            container[dice.choice(["surplus", key.upper(), key + "_", "", "k" * 300])] = value
        elif kind == 2 and isinstance(container, dict):
            container[f"@twice@{key}"] = dice.choice([value, dice.choice(VALUES)])
        elif kind == 3 and type(value) in (int, float) and abs(value) < 2**64:
            factor = dice.choice([-1, 0.5, 2, 1000, 1 + 1e-9])
            container[key] = dice.choice([value + 1, value - 1, value * factor, str(value)])
        elif kind == 4 and isinstance(value, str) and value:
            middle = dice.randrange(len(value))
            container[key] = dice.choice([value[:middle], value * 2, value[::-1], value + "\n"])
        elif kind == 5:
            other = dice.choice(list(container) if isinstance(container, dict) else [0, -1])
            container[key], container[other] = container[other], value
        else:
            container[key] = dice.choice(VALUES)


def edit_weights(dice: random.Random, files: Files) -> None:
    """Values of the weights, or the length that stands before the header."""
    content = bytearray(files[WEIGHTS])
    header = 8 + int.from_bytes(content[:8], "little")
    if dice.random() < 0.2 or not 8 < header <= len(content) - 4:
        length = dice.choice([*LENGTHS, header - 8 + dice.randrange(-9, 9), len(content)])
        content[:8] = min(max(0, length), 2**64 - 1).to_bytes(8, "little")
    else:
        for _ in range(dice.choice([1, 1, 8])):
            place = header + 4 * dice.randrange((len(content) - header) // 4)
            value = dice.choice([dice.choice(FLOATS), dice.gauss(0, 1)])
            content[place : place + 4] = struct.pack("<f", value)
    files[WEIGHTS] = bytes(content)


def bulk(dice: random.Random, files: Files) -> None:
    """A config as large as is read, all of it small values; or as large a vocabulary."""
    config, tokenizer = json.loads(files[CONFIG]), json.loads(files[TOKENIZER])
    kind = dice.randrange(3)
    if kind == 0:
        piece = dice.choice(["[]", "{}", "0.5", '""', '{"":[]}'])
        config["recipe"] = "@"
        values = ",".join([piece] * ((2**20 - len(files[CONFIG])) // (len(piece) + 1)))
        files[CONFIG] = json.dumps(config).replace('"@"', f'{{"bulk": [{values}]}}').encode()
        return
    codes = [10, *range(0x20, 0xD800), *range(0xE000, 0x110000)]
    tokenizer["characters"] = "".join(map(chr, codes[: 2**18 + 16_000]))
    files[TOKENIZER] = json.dumps(tokenizer, ensure_ascii=False).encode()
    if kind == 1:  # with weights that fit
        tensors = load(files[WEIGHTS])
        for name in tensors.keys() & {"embedding.weight", "output.weight", "output.bias"}:
            tensors[name] = torch.zeros(len(tokenizer["characters"]), *tensors[name].shape[1:])
        config["parameters"] = sum(tensor.numel() for tensor in tensors.values())
        files[CONFIG], files[WEIGHTS] = json.dumps(config).encode(), save(tensors)


MUTATIONS = [flip_bytes, cut_or_grow, swap_files, edit_json, edit_weights]
CHANCES = [20, 15, 8, 40, 17]
BULK_CHANCE = 0.0005  # each takes as long as a hundred others
ORIGINALS = [
    {name: (folder / name).read_bytes() for name in (CONFIG, TOKENIZER, WEIGHTS)}
    for folder in SEED_FOLDERS
]


def mutated(number: int, seed: int) -> Files:
    """The files of a case; the same for the same arguments."""
    dice = random.Random(seed << 40 | number)
    original = dice.choice(ORIGINALS)
    files = dict(original)
    if dice.random() < BULK_CHANCE:
        bulk(dice, files)
    else:
        for _ in range(dice.choice([1, 1, 1, 2, 3])):
            dice.choices(MUTATIONS, CHANCES)[0](dice, files)
    if dice.random() < 0.85:
        for name in (WEIGHTS, TOKENIZER):
            old, new = (hashlib.sha256(f[name]).hexdigest() for f in (original, files))
            files[CONFIG] = files[CONFIG].replace(old.encode(), new.encode())
    return files
