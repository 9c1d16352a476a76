"""Runs a whole program on its standard input: the candidate of a standard-input problem."""

import atexit
import contextlib
import gc
import os
import sys
import threading
import types

from trl_rlvr.sandbox.candidate.loading import as_script, compile_solution, run_prelude
from trl_rlvr.sandbox.protocol.outcomes import MEMORY_STATUS, SYNTAX_STATUS, describe


def run_script(source: str, prelude: str, stdin: int, stdout: int) -> None:
    """Run a prelude and a program as `__main__` on these streams, and end the process with its exit status."""
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
        run_prelude(prelude, module.__dict__)
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
