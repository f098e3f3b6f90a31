"""Files that are written whole or not at all, and raw data found where it should be."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lstm_zoo.errors import UsageError

DATA_VARIABLE = "LSTM_ZOO_DATA"
DEFAULT_DATA_DIR = Path("~/.cache/lstm_zoo/data")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary path that becomes `path` when the block ends well, and is gone when it does not.

    The content is on the disk before the name is, so a crash leaves the old file or the new one.

    Raises:
        OSError: it cannot be written; says that what was there is untouched.
    """
    with named_write_errors(path):
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(descriptor)
        temporary = Path(name)
        try:
            yield temporary
            with open(temporary, "rb+") as file:
                os.fsync(file.fileno())
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def named_write_errors(path: Path) -> Iterator[None]:
    """Errors of writing, such as a full disk, name `path` and say that nothing was lost."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise OSError(
            error.errno, f"cannot write {path} ({reason}); what was there before is untouched"
        ) from None


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text, whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(text, "utf-8")


def read_block(path: Path, marker: str) -> str:
    """What a page has between its comments `<!-- marker: ... -->` and `<!-- /marker -->`.

    Raises:
        UsageError: there is no such page, or it has no such comments.
    """
    return _block(path, marker)[1]


def write_block(path: Path, marker: str, text: str) -> None:
    """Write a page anew with another text in the place that `read_block` reads.

    Args:
        path: of the page.
        marker: the word in both comments; what follows it in the first one says who writes there.
        text: Markdown, without a line's end at its end.

    Raises:
        UsageError: there is no such page, or it has no such comments.
    """
    before, _, after = _block(path, marker)
    write_text(path, f"{before}{text}\n{after}")


def _block(path: Path, marker: str) -> tuple[str, str, str]:
    page = path.read_text("utf-8") if path.is_file() else ""
    word = re.escape(marker)
    pattern = rf"(.*?<!-- {word}: [^\n]*? -->\n)(.*?)(<!-- /{word} -->.*)"
    found = re.fullmatch(pattern, page, re.DOTALL)
    if not found:
        raise UsageError(f"{path} has no <!-- {marker}: ... --> and <!-- /{marker} --> to fill")
    return found[1], found[2].removesuffix("\n"), found[3]


def slug(words: str, otherwise: str) -> str:
    """Words as a part of a name: small letters and digits of ASCII with hyphens between.

    Args:
        words: anything, such as a file's name without its ending.
        otherwise: what it is if nothing is left of them.
    """
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-") or otherwise


def sha256_of(path: Path) -> str:
    """Checksum of a file, as 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def find_data_file(
    name: str, data_dir: Path | None, url: str | None = None, sha256: str | None = None
) -> Path:
    """A raw data file: in the given folder, else in the default one, where it can be downloaded to.

    Args:
        name: path inside the folder.
        data_dir: the folder; None for the environment's `LSTM_ZOO_DATA`, else the default one,
            `~/.cache/lstm_zoo/data`.
        url: where to get the file if no folder was named and the default one lacks it.
        sha256: what the content must be.

    Raises:
        FileNotFoundError: there is no such file; names it and says what to do.
        UsageError: its content is not what `sha256` says.
    """
    named = data_dir or (Path(os.environ[DATA_VARIABLE]) if DATA_VARIABLE in os.environ else None)
    path = (named or DEFAULT_DATA_DIR.expanduser()) / name
    if not path.exists():
        if named or url is None:
            raise FileNotFoundError(
                f"{path} is missing: give the folder that holds {name} as --data-dir or in the"
                f" environment variable {DATA_VARIABLE}"
            )
        _download(url, path, sha256)
    elif sha256 and path.is_file() and sha256_of(path) != sha256:
        raise UsageError(f"{path} is not the expected file: its SHA-256 should be {sha256}")
    return path


def _download(url: str, path: Path, sha256: str | None) -> None:
    from torch.hub import download_url_to_file

    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        download_url_to_file(url, str(path), hash_prefix=sha256)
    except OSError as error:
        raise FileNotFoundError(
            f"{path} is missing and {url} could not be read ({error}): download it, or name the"
            f" folder that holds the file as --data-dir"
        ) from None
    except RuntimeError as error:
        raise UsageError(f"{url} is not the expected file: {error}") from None
