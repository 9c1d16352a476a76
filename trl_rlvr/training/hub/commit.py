"""One commit on the Hub, tried again where the Hub says that it may be, and one sentence where it fails for good."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from trl_rlvr.training.hub.files import operations

PAUSES_S = (3.0,)
"""Between tries; all that comes before the commit itself the Hub's client tries again on its own."""

_REASONS = {
    401: "the token is not valid",
    403: "the token may not write there",
    404: "there is no such repository, or the token may not see it",
    409: "another commit got in between",
    413: "a file is too large for the Hub",
    429: "the Hub has had too many requests",
}


def commit_files(
    api: Any,
    repo: str,
    files: Mapping[str, Path],
    message: str,
    *,
    revision: str | None = None,
    kind: str | None = None,
) -> Any:
    """Put files into a repository in one commit, and return the Hub's description of the commit.

    Args:
        api: an `HfApi`.
        repo: owner/name.
        files: name there -> path here.
        message: of the commit.
        revision: branch; None: main.
        kind: `dataset`; None: a model.
    """

    def commit() -> Any:
        there = api.list_repo_files(repo, revision=revision, repo_type=kind)
        changes = operations(files, there)  # anew for each try: the client notes in them what it has sent
        return api.create_commit(repo, changes, commit_message=message, revision=revision, repo_type=kind)

    return _tried(commit)


def why(error: BaseException) -> str:
    """Say why the Hub did not take something, in a few words."""
    status = status_of(error)
    return f"{_REASONS[status]} ({status})" if status in _REASONS else one_line(error)


def status_of(error: BaseException) -> int:
    """Return the HTTP status of an error; 0 where it has none."""
    response = getattr(error, "response", None)
    if response is None and error.__cause__ is not None:
        return status_of(error.__cause__)
    return int(getattr(response, "status_code", 0) or 0)


def one_line(error: BaseException, most: int = 300) -> str:
    """Return the first line of an error's message, or its kind where it has none."""
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), "") or type(error).__name__
    return text if len(text) <= most else text[: most - 3] + "..."


def _tried(commit: Callable[[], Any]) -> Any:
    """Commit; a conflict, a fault of the Hub and a lost connection may pass. The same commit twice adds nothing."""
    for pause_s in PAUSES_S:
        try:
            return commit()
        except Exception as error:  # the Hub's client changes its HTTP library, and its errors with it
            if not _may_pass(error):
                raise
            time.sleep(pause_s)
    return commit()


def _may_pass(error: Exception) -> bool:
    status = status_of(error)
    lost = any(word in type(error).__name__ for word in ("Connect", "Timeout", "Protocol", "ReadError", "WriteError"))
    return status in (409, 412, 429) or status >= 500 or (not status and lost)
