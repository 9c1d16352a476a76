"""Options and command lines as they may be published: without secrets, and without this host's folders.

What looks like a secret is left out or starred, at any depth: by its name, in a URL, or by the form of a known token.
"""

import re
import socket
from collections.abc import Mapping, Sequence
from typing import Any

STARS = "***"

_SECRET = re.compile(
    r"(^|[_\-.])(token|access_?token|auth|authorization|api_?key|key|secret|password|passwd|credentials?)$", re.I
)
_HARMLESS = re.compile(r"^(eos|bos|pad|unk|sep|cls|mask|image|video|audio)_token$")
_IN_TEXT = (
    (re.compile(r"([a-z][a-z0-9+.\-]*://)[^/\s@'\"]+@", re.I), rf"\1{STARS}@"),
    (re.compile(r"([?&][\w.\-]*(?:token|key|secret|password|signature|sig)=)[^&\s#'\"]+", re.I), rf"\1{STARS}"),
    (
        re.compile(r"""(["'][\w\-]*(?:token|key|secret|password|authorization)["']\s*:\s*)(["'])[^"']+\2""", re.I),
        rf"\1\2{STARS}\2",
    ),
    (re.compile(r"(authorization\s*[:=]\s*)(?:(?:bearer|basic)\s+)?[^\s,'\"]+", re.I), rf"\1{STARS}"),
    (re.compile(r"\b(?:hf_|sk-|gh[opsu]_|github_pat_|glpat-|xox[abp]-|AKIA)[\w\-]{8,}"), STARS),
)
_FOLDERS = re.compile(r"(?<![\w/.:~\-])(?:file://|~)?/(?:[\w.+@\-]+/)+([\w.+@\-]*)")


def is_secret(name: str) -> bool:
    """Tell whether an option of this name holds a token, a key or a password."""
    return bool(_SECRET.search(name)) and not _HARMLESS.match(name)


def without_secrets(value: Any) -> Any:
    """Return a copy of JSON-like data less all that looks like a secret, at any depth."""
    if isinstance(value, Mapping):
        return {name: without_secrets(held) for name, held in value.items() if not is_secret(str(name))}
    if isinstance(value, list | tuple | set | frozenset):
        return [without_secrets(held) for held in value]
    return _starred(value) if isinstance(value, str) else value


def published(value: Any) -> Any:
    """Return what `without_secrets` does, with absolute paths cut down to their last part and no host name."""
    return _shortened(without_secrets(value))


def published_command(arguments: Sequence[str]) -> list[str]:
    """Return a command line without secrets and without this host's folders."""
    shown: list[str] = []
    follows_secret = False
    for argument in arguments:
        name, equals, _ = argument.partition("=")
        if follows_secret and not argument.startswith("--"):
            shown.append(STARS)
        elif argument.startswith("--") and equals and is_secret(name.lstrip("-")):
            shown.append(f"{name}={STARS}")
        else:
            shown.append(published(argument))
        follows_secret = argument.startswith("--") and not equals and is_secret(name.lstrip("-"))
    return shown


def _starred(text: str) -> str:
    for pattern, replacement in _IN_TEXT:
        text = pattern.sub(replacement, text)
    return text


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shortened(held) for name, held in value.items()}
    if isinstance(value, list):
        return [_shortened(held) for held in value]
    if not isinstance(value, str):
        return value
    host = socket.gethostname()
    text = _FOLDERS.sub(lambda found: found[1] or "...", value)
    return re.sub(rf"(?<!\w){re.escape(host)}(?!\w)", "host", text) if len(host) > 3 else text
