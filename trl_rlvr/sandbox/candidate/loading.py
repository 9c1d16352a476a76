"""Loads a solution the way Python loads a script: inside the candidate's process, before anything is asked of it."""

import linecache
import sys
import types
from collections.abc import Mapping
from typing import Any

from trl_rlvr.analysis.conventions import FILE
from trl_rlvr.sandbox.protocol.outcomes import LOADING, MEMORY, MISSING, SYNTAX, describe


def as_script(name: str) -> types.ModuleType:
    """Make the process look like one that was started to run the solution; the server has removed our own modules.

    Only looking through `sys.modules` for them here would touch every module's name, which is a page fault each.
    """
    module = types.ModuleType(name)
    module.__file__ = FILE
    sys.modules["__main__"] = sys.modules[name] = module
    sys.argv = [FILE]
    return module


def compile_solution(source: str) -> types.CodeType:
    """Compile the solution; its text stays readable for tracebacks and `inspect`.

    Raises:
        SyntaxError: it does not compile, for whatever reason.
    """
    source = source.removeprefix("\ufeff")
    linecache.cache[FILE] = (len(source), None, source.splitlines(keepends=True), FILE)
    try:
        return compile(source, FILE, "exec", dont_inherit=True)
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        raise SyntaxError(str(error)) from error


class Fatal(Exception):  # noqa: N818 - not an error of this module but its finding
    """The solution cannot be asked anything."""


def run_prelude(prelude: str, namespace: dict[str, Any]) -> None:
    """Run what comes before the solution, in the solution's own namespace."""
    if prelude:
        exec(compile(prelude, "prelude.py", "exec", dont_inherit=True), namespace)


def load(
    source: str, names: tuple[str, ...], prelude: str = "", given: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Run the prelude and the solution's module, and return its namespace, which begins with what is given.

    Raises:
        Fatal: it does not compile, it raises, or it lacks one of `names`.
    """
    module = as_script("solution")
    try:
        code = compile_solution(source)
    except SyntaxError as error:
        raise Fatal(SYNTAX, describe(error)) from error
    namespace = module.__dict__
    if given is not None:
        namespace.update({name: value for name, value in given.items() if not name.startswith("__")})
    try:
        run_prelude(prelude, namespace)
        exec(code, namespace)
    except SystemExit:
        pass  # `sys.exit(main())` at the end of a script that defined what was asked
    except MemoryError as error:
        raise Fatal(MEMORY, describe(error)) from error
    except BaseException as error:
        raise Fatal(LOADING, describe(error)) from error
    if names and names[0] not in namespace:
        raise Fatal(MISSING, f"the code defines no {names[0]}")
    return namespace
