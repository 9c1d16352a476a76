"""Standard-input problems: running a whole program, and judging what it printed.

It is compared with what was expected, whole: a prefix of the expected output is not the output. A problem with more
than one right output brings a checker.
"""

import atexit
import contextlib
import gc
import math
import os
import re
import sys
import threading
import types
from typing import Any

from trl_rlvr.analysis.entry_points import CHECKER
from trl_rlvr.sandbox.candidate.loading import as_script, compile_solution, describe

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\Z", re.ASCII)
SYNTAX_STATUS = 120
"""Exit status of a program that does not compile."""
MEMORY_STATUS = 121
"""Exit status of a program that ended with MemoryError."""


def run_script(source: str, stdin: int, stdout: int) -> None:
    """Run a program as `__main__` on these streams, and end the process with its exit status."""
    os.dup2(stdin, 0)
    os.dup2(stdout, 1)
    os.closerange(3, max(stdin, stdout) + 1)
    sys.stdin = open(0, encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115 - lives with the process
    sys.stdout = open(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115 - likewise
    sys.__stdin__, sys.__stdout__ = sys.stdin, sys.stdout  # type: ignore[misc]  # the streams of this process from now on
    module = as_script("__main__")
    try:
        code = compile_solution(source)
    except SyntaxError as error:
        os.write(2, describe(error).encode("utf-8", "replace"))
        os._exit(SYNTAX_STATUS)
    status = 0
    try:
        exec(code, module.__dict__)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except MemoryError:
        status = MEMORY_STATUS
    except BaseException as error:
        os.write(2, describe(error).encode("utf-8", "replace"))
        status = 1
    wait = threading._shutdown  # type: ignore[attr-defined]  # what Python itself calls
    for step in (wait, atexit._run_exitfuncs, _flush, lambda: _free(module), _flush):
        with contextlib.suppress(BaseException):  # their failures change no exit status in Python either
            step()
    os._exit(status & 0xFF)


def _flush() -> None:
    """Write out what was printed; the streams that Python goes back to at its end come last."""
    for stream in (sys.stdout, sys.__stdout__):
        if stream is not None and not stream.closed:
            stream.flush()


def _free(module: types.ModuleType) -> None:
    """Let the objects of a program end as with Python: some print, or write out what they hold, only then."""
    sys.stdout = sys.__stdout__
    for name in list(module.__dict__):
        if name != "__builtins__":
            module.__dict__[name] = None
    gc.collect()


def same_output(printed: bytes, expected: str, tolerance: float = 1e-6) -> str:
    """Compare what a program printed with what was expected, line by line and token by token.

    Args:
        printed: all that it printed.
        expected: all that it should have printed.
        tolerance: largest absolute or relative difference of a number from one that is expected with a fraction.

    Returns:
        What differs, in one line; empty if nothing does.
    """
    try:
        text = printed.decode("utf-8")
    except UnicodeDecodeError:
        return "the output is not UTF-8"
    got, wanted = _lines(text), _lines(expected)
    for number, (line, other) in enumerate(zip(got, wanted, strict=False), start=1):
        if line != other and not _same_line(line.split(), other.split(), tolerance):
            return f"line {number} of the output differs: {line[:60]!r}"
    if len(got) != len(wanted):
        return f"the output has {len(got)} lines instead of {len(wanted)}"
    return ""


def checked_output(checker: str, given: str, printed: bytes, expected: str) -> str:
    """Ask a problem's own checker about what a program printed.

    Args:
        checker: Python source that defines `check_output(given, printed, expected)`; trusted, what it reads is not.
        given: the program's input.
        printed: all that it printed.
        expected: one output that is right.

    Returns:
        Why the output is not accepted, in one line; empty if it is. A checker that raises does not accept.
    """
    try:
        text = printed.decode("utf-8")
    except UnicodeDecodeError:
        return "the output is not UTF-8"
    namespace: dict[str, Any] = {"__name__": "checker"}
    try:
        exec(checker, namespace)
        accepted = namespace[CHECKER](given, text, expected)
    except Exception as error:  # most checkers simply fail on output that they cannot read
        return f"the checker raised {type(error).__name__} on {text[:60]!r}"
    return "" if accepted else f"the checker does not accept {text[:60]!r}"


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().split("\n")]


def _same_line(got: list[str], wanted: list[str], tolerance: float) -> bool:
    return len(got) == len(wanted) and all(
        one == other or _close(one, other, tolerance) for one, other in zip(got, wanted, strict=True)
    )


def _close(one: str, other: str, tolerance: float) -> bool:
    if len(one) > 400 or _NUMBER.match(one) is None or _NUMBER.match(other) is None:
        return False
    if other.lstrip("+-").isdigit():
        return False  # whole numbers must be given to the letter
    return math.isclose(float(one), float(other), rel_tol=tolerance, abs_tol=tolerance)
