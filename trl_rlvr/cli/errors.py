"""One place for whatever ends a command: one sentence on stderr, and an exit status.

0 done, 1 a fault of the run or the host, 2 input or options that cannot be used, 130 Ctrl-C, 143 SIGTERM. The traceback
comes with `--debug`, and otherwise is kept in a file where the error is none that a user can be expected to know.
"""

import contextlib
import errno
import os
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import NoReturn

from trl_rlvr.errors import ConfigError, DataError, RlvrError
from trl_rlvr.terminal import printable

_LONGEST = 600
"""Characters of a sentence: some libraries put whole pages into an exception."""

_UNUSABLE_INPUT = (OSError, ValueError, ImportError)
"""Foreign exceptions that speak of what the user gave: a path, a value, a package that is not installed."""

_HUB = ("huggingface_hub", "httpx", "httpx2", "requests", "urllib3")


class _Terminated(BaseException):
    """SIGTERM came."""


def run_command(name: str, command: Callable[[], object], *, debug: bool = False) -> int:
    """Run a command; say in one sentence what ended it, and return the exit status.

    Args:
        name: the program's name, the sentence's first word.
        command: its return value is the status where it is a number, else 0.
        debug: show the traceback before the sentence.
    """
    try:
        with _terminable():
            status = command()
        return status if isinstance(status, int) else 0
    except BrokenPipeError:  # the reader of our output has gone, as in `trl-rlvr score ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains once more at its exit
        return 1
    except (KeyboardInterrupt, _Terminated, Exception) as error:
        text, status = _told(error)
        if debug:
            traceback.print_exc()
        elif status == 1 and not isinstance(error, RlvrError):
            text += f" (unexpected; the traceback is in {_kept_traceback()})"
        rank = os.environ.get("RANK", "0")
        if rank == "0" or not isinstance(error, ConfigError):  # which all ranks raise alike
            print(f"{name}: {text}" if rank == "0" else f"{name}, rank {rank}: {text}", file=sys.stderr, flush=True)
        return status


def split_debug(arguments: Sequence[str]) -> tuple[bool, list[str]]:
    """Tell whether a bare `--debug` is among arguments, and return the others.

    With a value it is an option of transformers, unless it stands before the command.
    """
    rest = [*arguments]
    for at in reversed(range(len(rest))):
        if rest[at] == "--debug" and (at in (0, len(rest) - 1) or rest[at + 1].startswith("--")):
            del rest[at]
    return len(rest) < len(arguments), rest


def _told(error: BaseException) -> tuple[str, int]:
    """Return the sentence and the exit status."""
    if isinstance(error, KeyboardInterrupt | _Terminated):
        text, status = ("interrupted", 130) if isinstance(error, KeyboardInterrupt) else ("terminated", 143)
    elif isinstance(error, RlvrError):
        text, status = str(error), getattr(error, "exit_status", 2 if isinstance(error, ConfigError | DataError) else 1)
    else:
        text, status = _foreign(error)
    whole = "; ".join([text, *getattr(error, "__notes__", [])])
    whole = " ".join(whole.split())
    return printable(whole if len(whole) <= _LONGEST else whole[: _LONGEST - 4] + " ..."), status


def _foreign(error: BaseException) -> tuple[str, int]:
    homes = {kind.__module__.partition(".")[0] for kind in type(error).__mro__}
    if homes & set(_HUB):
        return f"the Hugging Face Hub cannot be used: {error}", 2
    if "jinja2" in homes:
        return f"the model's chat template does not take these messages: {error}", 2
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return f"no space is left on the disk{f' for {error.filename!r}' if error.filename else ''}", 2
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"cannot use {str(error.filename)!r}: {error.strerror}", 2
    if isinstance(error, ImportError):
        return f"a package is missing: {error}", 2
    text = str(error) or "no message"
    return (text if isinstance(error, _UNUSABLE_INPUT) else f"{type(error).__name__}: {text}"), (
        2 if isinstance(error, _UNUSABLE_INPUT) else 1
    )


def _kept_traceback() -> str:
    with tempfile.NamedTemporaryFile("w", prefix="trl-rlvr-", suffix=".log", delete=False) as file:
        traceback.print_exc(file=file)
    return file.name


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM unwind the stack, so that workers end and files are left whole; a handler of others stays."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _raise_terminated)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _raise_terminated(number: int, frame: FrameType | None) -> NoReturn:
    raise _Terminated
