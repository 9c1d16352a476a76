"""Who answers for a name that a test uses: the candidate, the test's own code, or the standard library.

A name that the candidate answers for lets it write the expected side of a test, so only the names that a problem really
asks for are the candidate's. Every other free name is the setup's, a builtin, or from the fixed table here.
"""

import ast
import builtins
from collections.abc import Callable, Iterable

from trl_rlvr.analysis.parsing import bound_name, top_level_bindings, try_parse
from trl_rlvr.analysis.solution_imports import asked_by_import
from trl_rlvr.analysis.standard_names import (
    AMBIGUOUS_MODULES,
    AMBIGUOUS_NAMES,
    STANDARD_MODULES,
    STANDARD_NAMES,
    TEST_SIDE_NAMES,
)
from trl_rlvr.analysis.star_imports import starred_names

_BUILTINS = frozenset(dir(builtins))
_AMBIGUOUS = AMBIGUOUS_NAMES.keys() | AMBIGUOUS_MODULES
_NOT_THE_CANDIDATES = _BUILTINS | STANDARD_NAMES.keys() | STANDARD_MODULES | TEST_SIDE_NAMES


def _walk(sources: Iterable[str]) -> Iterable[ast.AST]:
    for source in sources:
        tree = try_parse(source)
        if tree is not None:
            yield from ast.walk(tree)


def _bound_names(sources: Iterable[str]) -> set[str]:
    """Every name that the sources themselves bind, in any scope."""
    return set(filter(None, map(bound_name, _walk(sources))))


def _not_the_candidates(sources: Iterable[str]) -> frozenset[str]:
    """Return the names of the tables here, and those that the sources' stars bring."""
    return _NOT_THE_CANDIDATES | starred_names(_walk(sources), STANDARD_MODULES | AMBIGUOUS_MODULES)


def _in_source_order(sources: Iterable[str], pick: Callable[[ast.AST], ast.AST | None]) -> list[str]:
    """Names that are read where `pick` points, in the order in which a reader meets them."""
    found = []
    for index, source in enumerate(sources):
        for node in _walk([source]):
            name = pick(node)
            if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Load):
                found.append((index, name.lineno, name.col_offset, name.id))
    return [name for *_, name in sorted(found)]


def _mentioned_names(sources: Iterable[str]) -> list[str]:
    return _in_source_order(sources, lambda node: node)


def _called_names(sources: Iterable[str]) -> list[str]:
    return _in_source_order(sources, lambda node: node.func if isinstance(node, ast.Call) else None)


def _imported_names(sources: Iterable[str]) -> list[str]:
    """Names that are imported from the solution, those first that are called."""
    return asked_by_import(list(filter(None, map(try_parse, sources))))


def _passed_names(sources: Iterable[str], bound: set[str]) -> set[str]:
    """Names that are handed to functions of the tests' own, as in `check(f)`."""
    calls = [node for node in _walk(sources) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    return {arg.id for call in calls if _name(call.func) in bound for arg in call.args if isinstance(arg, ast.Name)}


def _name(node: ast.AST) -> str | None:
    return node.id if isinstance(node, ast.Name) else None


def infer_entry_point(tests: Iterable[str], setup_code: str = "") -> str | None:
    """Guess which name the tests ask the solution for.

    The first called name that they import from the solution, or the first that they import; else the first called name
    that is neither a builtin, nor from the tables here or a module that gives all its names (`from math import *`), nor
    bound by the tests or their setup; else the first such name that is mentioned (`check(f)`); else the first that is
    called at all (a task may ask for a function named `gcd` or `sum`). An ambiguous name comes behind the others that
    are called or handed to a function of the tests, and before those that are only mentioned. None when the tests do
    none of these.
    """
    tests = tuple(tests)
    imported = _imported_names((setup_code, *tests))
    if imported:
        return imported[0]
    bound = _bound_names((setup_code, *tests))
    called = [name for name in _called_names(tests) if name not in bound]
    mentioned = [name for name in _mentioned_names(tests) if name not in bound]
    passed = _passed_names(tests, bound)
    others = _not_the_candidates((setup_code, *tests))
    own = [name for name in (*called, *mentioned) if name not in others]
    asked = [name for name in own if name not in _AMBIGUOUS and name in passed.union(called)]
    asked += [name for name in called if name in own]
    asked += [name for name in own if name not in AMBIGUOUS_MODULES]
    return next(iter(asked or [name for name in called if name not in _BUILTINS] or called), None)


def _read_names(source: str) -> set[str]:
    """Every name that a source reads, but for modules of which it reads attributes."""
    nodes = list(_walk([source]))
    modules = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    return {
        node.id
        for node in nodes
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        if not (id(node) in modules and node.id in AMBIGUOUS_MODULES)
    }


def candidate_names(
    tests: Iterable[str], setup_code: str, entry_point: str | None, reference_solution: str | None
) -> tuple[str, ...]:
    """Every name that the candidate answers for, the entry point first.

    With a reference that parses: what it defines by `def`, `class` or assignment and the tests mention. Without one:
    what the tests mention and nobody else provides, or what they import from the solution; and an ambiguous name where
    a test mentions nothing else that could be the candidate's.
    """
    tests = tuple(tests)
    sources = (setup_code, *tests)
    imported = set(_imported_names(sources))
    free = set(_mentioned_names(sources)) - _bound_names(sources) | imported
    first = (entry_point,) if entry_point else ()
    reference = None if reference_solution is None else try_parse(reference_solution)
    if reference is not None:
        bindings = top_level_bindings(reference)
        extra = free & {name for name, node in bindings if not isinstance(node, ast.Import | ast.ImportFrom)}
    else:
        others = _not_the_candidates(sources)
        extra = free - others - _AMBIGUOUS | imported
        bound = [_bound_names([test]) for test in tests]
        left = set().union(*bound)  # by earlier tests, so that it may rest on the candidate's
        known = extra.union(first)
        for test, own in zip(tests, bound, strict=True):
            read = _read_names(test)
            if not read & (known | left - own):
                extra |= read & free & _AMBIGUOUS - others
    return (*first, *sorted(extra.difference(first)))
