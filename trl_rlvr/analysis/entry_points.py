"""Entry points: the names in tests that the candidate answers for, not the tests' own code or the standard library.

A name that the candidate answers for lets it write the expected side of a test, so only the names that a problem really
asks for are the candidate's. Every other free name is the setup's, a builtin, or from the fixed table here.
"""

import ast
import builtins
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from trl_rlvr.analysis.parsing import shared_tree, top_level_bindings, try_parse
from trl_rlvr.analysis.scopes import global_bindings, global_reads, walk
from trl_rlvr.analysis.shortened import asserted_name, shortened
from trl_rlvr.analysis.solution_imports import asked_by_import
from trl_rlvr.analysis.standard_names import (
    IMPORTED_MODULES,
    IMPORTED_NAMES,
    STANDARD_MODULES,
    STANDARD_NAMES,
    TEST_SIDE_NAMES,
)
from trl_rlvr.analysis.star_imports import starred_names

_BUILTINS = frozenset(dir(builtins))
_IMPORTED = IMPORTED_NAMES | IMPORTED_MODULES
_NOT_THE_CANDIDATES = _BUILTINS | STANDARD_NAMES.keys() | STANDARD_MODULES | TEST_SIDE_NAMES

_CONSTANT_PARTS = (
    *(ast.Constant, ast.UnaryOp, ast.BinOp, ast.Tuple, ast.List, ast.Set, ast.Dict),
    *(ast.operator, ast.unaryop, ast.expr_context),
)
"""Of what a plain constant is written."""


@dataclass(frozen=True)
class _Reading:
    """What tests and their setup say of names."""

    imported: tuple[str, ...]
    """Names that are imported from the solution, those first that are called."""
    called: tuple[str, ...]
    """Names that are called, and nobody binds where they are, in the order in which a reader meets them."""
    mentioned: tuple[str, ...]
    """The same of all names that are read."""
    setup_mentioned: frozenset[str]
    """The same of the setup."""
    passed: frozenset[str]
    """Names that are handed to functions of the tests' own, as in `check(f)`."""
    libraries: frozenset[str]
    """Names of the tables here, and those that the sources' stars bring."""


@dataclass(frozen=True)
class _Source:
    """One source, and what it says of names."""

    nodes: tuple[ast.AST, ...]
    bound: frozenset[str]
    """Names that it binds for all that follows."""
    reads: tuple[tuple[str, bool], ...]
    """Names that it reads and does not bind, in the order of the text, and whether each is called there."""


def _sources(texts: Iterable[str]) -> list[_Source]:
    """Parse sources; asserts that mention one name only are read once for each name."""
    known: dict[str, _Source] = {}
    found = []
    for text in texts:
        if not text.strip():
            found.append(_NOTHING)
            continue
        name = asserted_name(text)
        if name is None:
            found.append(_source(_tree(text)))
            continue
        if name not in known:
            call = ast.Call(ast.Name(name, ast.Load(), lineno=1, col_offset=7), [], [], lineno=1, col_offset=7)
            known[name] = _source(ast.Module([ast.Expr(call, lineno=1, col_offset=7)], []))
        found.append(known[name])
    return found


def _source(tree: ast.Module) -> _Source:
    nodes = tuple(walk(tree))
    functions = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    in_order = sorted(global_reads(tree), key=lambda name: (name.lineno, name.col_offset))
    reads = tuple((name.id, id(name) in functions) for name in in_order)
    return _Source(nodes, frozenset(global_bindings(tree, nodes)), reads)


_NOTHING = _Source((), frozenset(), ())


@lru_cache(maxsize=8)
def _read(setup_code: str, tests: tuple[str, ...]) -> _Reading:
    """Parse the tests of a problem once for all that is asked about them."""
    setup, *each = _sources((setup_code, *tests))
    distinct = list({id(source): source for source in (setup, *each)}.values())
    nodes = [node for source in distinct for node in source.nodes]
    all_bound = frozenset().union(*(source.bound for source in distinct))
    passed: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in all_bound:
            passed |= {argument.id for argument in node.args if isinstance(argument, ast.Name)}
    reads = [(name, called) for source in each for name, called in source.reads if name not in all_bound]
    return _Reading(
        imported=tuple(asked_by_import([source.nodes for source in distinct])),
        called=tuple(name for name, called in reads if called),
        mentioned=tuple(name for name, _ in reads),
        setup_mentioned=frozenset(name for name, _ in setup.reads) - all_bound,
        passed=frozenset(passed),
        libraries=_NOT_THE_CANDIDATES | starred_names(nodes, STANDARD_MODULES | IMPORTED_MODULES),
    )


def _tree(source: str) -> ast.Module:
    """Parse source as far as names go."""
    return try_parse(shortened(source)) or try_parse(source) or ast.Module([], [])


def _definitions(source: str | None) -> dict[str, ast.AST] | None:
    """Return what a reference defines, by name; None if there is none that parses."""
    tree = shared_tree(source) if source and source.strip() else None
    if tree is None:
        return None
    found = top_level_bindings(tree)
    return {name: node for name, node in found if not isinstance(node, ast.Import | ast.ImportFrom)}


def infer_entry_point(tests: Iterable[str], setup_code: str = "", reference_solution: str | None = None) -> str | None:
    """Guess which name the tests ask the solution for.

    The first called name that they import from the solution, or the first that they import; else the first that the
    reference defines as a function or class and they call, or mention. Else the first called name that is neither a
    builtin, nor from the tables here or a module that gives all its names (`from math import *`), nor bound by the
    tests or their setup; else the first such name that is mentioned (`check(f)`); else the first that is called at all
    (a task may ask for a function named `gcd` or `sum`). A name that tests must import comes behind the others that
    are called or handed to a function of the tests, and before those that are only mentioned. None when the tests do
    none of these.
    """
    reading = _read(setup_code, tuple(tests))
    if reading.imported:
        return reading.imported[0]
    called, mentioned = reading.called, reading.mentioned
    defined = _definitions(reference_solution) or {}
    for name in (*called, *mentioned):
        if isinstance(defined.get(name), ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return name
    own = [name for name in (*called, *mentioned) if name not in reading.libraries]
    asked = [name for name in own if name in reading.passed.union(called)]
    asked = sorted(asked, key=_IMPORTED.__contains__) + [name for name in own if name not in _IMPORTED]
    return next(iter(asked or [name for name in called if name not in _BUILTINS] or called), None)


def candidate_names(
    tests: Iterable[str], setup_code: str, entry_point: str | None, reference_solution: str | None
) -> tuple[str, ...]:
    """Every name that the candidate answers for, the entry point first.

    With a reference that parses: what it defines by `def`, `class` or assignment and the tests mention, but for
    `test_side_constants`. Without one: what the tests mention and nobody else provides, or what they import from the
    solution.
    """
    tests = tuple(tests)
    reading = _read(setup_code, tests)
    imported = frozenset(reading.imported)
    free = _free(reading)
    first = (entry_point,) if entry_point else ()
    defined = _definitions(reference_solution)
    if defined is not None:
        extra = free & defined.keys() - test_side_constants(tests, setup_code, reference_solution).keys()
    else:
        extra = free - reading.libraries - _IMPORTED | imported
    return (*first, *sorted(extra.difference(first)))


def _free(reading: _Reading) -> frozenset[str]:
    return reading.setup_mentioned.union(reading.mentioned, reading.imported)


def test_side_constants(tests: Iterable[str], setup_code: str, reference_solution: str | None) -> dict[str, str]:
    """Find plain constants of the reference that tests mention without importing them, as name to source.

    A test such as `abs(root(4) - 2) < EPS` asks nothing of the candidate by `EPS`: who may choose it may pass any test.
    So the tests get the reference's own.
    """
    tree = shared_tree(reference_solution) if reference_solution else None
    if tree is None:
        return {}
    reading = _read(setup_code, tuple(tests))
    asked = _free(reading) - set(reading.imported)
    names = [name for name, _ in top_level_bindings(tree)]
    found: dict[str, str] = {}
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
        target = node.target if isinstance(node, ast.AnnAssign) and node.value is not None else target
        if isinstance(target, ast.Name) and target.id in asked and names.count(target.id) == 1:
            value: ast.expr = node.value  # type: ignore[attr-defined]
            if all(isinstance(part, _CONSTANT_PARTS) for part in ast.walk(value)):
                found[target.id] = ast.unparse(value)
    return found
