"""What the Hub's client raises, as one sentence that says what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lstm_zoo.errors import CheckpointError, UsageError

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError

LOG_IN = "log in with `hf auth login`, or set the environment variable HF_TOKEN"


class HubUnreachable(UsageError):
    """The Hub gave no answer, or none of use now; what is in its local cache still works.

    Attributes:
        reason: the first half of the message, without what to do.
    """

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(f"{reason}: {advice}")
        self.reason = reason


@contextmanager
def hub_errors(
    repo_id: str, revision: str | None = None, *, writing: bool = False
) -> Iterator[None]:
    """Say in one sentence what goes wrong with the Hub in the block.

    Args:
        repo_id: the repository, for the sentence.
        revision: its branch, tag or commit.
        writing: the block changes the repository.

    Raises:
        HubUnreachable: the Hub cannot be reached, is overloaded, or the connection broke.
        UsageError: it refuses the request as it stands.
        OSError: the cache on this machine cannot be written.
    """
    from huggingface_hub.errors import HTTPError, RevisionResolutionError

    try:
        yield
    except (UsageError, CheckpointError):
        raise
    except (HTTPError, OSError, RuntimeError, RevisionResolutionError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of this machine, such as a full disk
        raise _explained(error, repo_id, revision, writing) from None
    except ValueError as error:  # a name that no repository can have, a card that the Hub refuses
        reason = " ".join(str(error).split())
        raise UsageError(f"{repo_id!r} cannot be used on the Hub: {reason}") from None


def _explained(
    error: BaseException, repo_id: str, revision: str | None, writing: bool
) -> UsageError:
    from huggingface_hub.errors import HfHubHTTPError, HTTPError, OfflineModeIsEnabled

    while not isinstance(error, HTTPError | OfflineModeIsEnabled) and error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, HfHubHTTPError):
        return _answered(error, repo_id, revision, writing)
    if isinstance(error, OfflineModeIsEnabled):
        return HubUnreachable(
            f"the Hub may not be asked for {repo_id} while HF_HUB_OFFLINE is set", "unset it"
        )
    reason = str(error).partition("\n")[0] or type(error).__name__
    return HubUnreachable(
        f"the connection to the Hub failed ({reason})",
        "check the network, then run the same command again; what came whole is kept",
    )


def _answered(
    error: HfHubHTTPError, repo_id: str, revision: str | None, writing: bool
) -> UsageError:
    """The sentence for an HTTP status."""
    from huggingface_hub.constants import ENDPOINT
    from huggingface_hub.errors import GatedRepoError, RevisionNotFoundError

    status = error.response.status_code
    said = (error.server_message or error.response.reason_phrase).partition("\n")[0]
    if isinstance(error, RevisionNotFoundError):
        return UsageError(f"{repo_id} has no branch, tag or commit {revision!r} on the Hub")
    if isinstance(error, GatedRepoError):
        return UsageError(f"{repo_id} has terms: accept them on {ENDPOINT}/{repo_id}, and {LOG_IN}")
    if status == 429:
        return HubUnreachable(
            f"the Hub asks for a pause{_seconds(error.response.headers)} (too many requests)",
            "run the same command again after it",
        )
    if status >= 500:
        return HubUnreachable(
            f"the Hub has a fault of its own ({status})", "run the same command again later"
        )
    if status == 403:
        verb = "write to" if writing else "read"
        return UsageError(
            f"your token may not {verb} {repo_id} ({said}): make one that may at"
            f" {ENDPOINT}/settings/tokens, then {LOG_IN}"
        )
    if writing and status == 401:
        return UsageError(f"the Hub does not accept your token ({said}): {LOG_IN}")
    if not writing and status in (401, 404):
        return UsageError(
            f"there is no {repo_id} on the Hub, or it is private: check the name, or {LOG_IN}"
        )
    return UsageError(f"the Hub refuses {repo_id} ({status}: {said})")


def _seconds(headers: Mapping[str, str]) -> str:
    """How long to wait, from `Retry-After: 55`, or from `RateLimit: "api";r=0;t=55`."""
    reset = re.search(r"\bt=(\d+)", headers.get("RateLimit", ""))
    seconds = headers.get("Retry-After") or (reset[1] if reset else None)
    return f" of {seconds} seconds" if seconds else ""
