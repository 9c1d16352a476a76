"""Entry points: the names in tests that the candidate answers for, not the tests' own code or the standard library.

A name that the candidate answers for lets it write the expected side of a test, so only the names that a problem really
asks for are the candidate's. Every other free name is the setup's, a builtin, or from the fixed table here.
"""

import ast
import builtins
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from trl_rlvr.analysis.parsing import top_level_bindings, try_parse
from trl_rlvr.analysis.scopes import global_bindings, global_reads, walk
from trl_rlvr.analysis.shortened import asserted_name, shortened
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
    bound: tuple[frozenset[str], ...]
    """Names that the setup and each test bind for all that follows."""
    read: tuple[frozenset[str], ...]
    """Every name that each test reads, but for modules of which it reads attributes."""
    libraries: frozenset[str]
    """Names of the tables here, and those that the sources' stars bring."""

    @property
    def all_bound(self) -> frozenset[str]:
        """Names that any of the sources binds."""
        return frozenset().union(*self.bound)


@lru_cache(maxsize=8)
def _read(setup_code: str, tests: tuple[str, ...]) -> _Reading:
    """Parse the tests of a problem once for all that is asked about them."""
    trees = [_tree(source) for source in (setup_code, *tests)]
    bound = tuple(frozenset(global_bindings(tree)) for tree in trees)
    all_bound = frozenset().union(*bound)
    nodes = [list(walk(tree)) for tree in trees]
    called, mentioned, passed = [], [], set()
    setup_mentioned = {name.id for name in global_reads(trees[0])} - all_bound
    for place, tree in enumerate(trees[1:]):
        functions = {id(node.func) for node in nodes[place + 1] if isinstance(node, ast.Call)}
        for name in sorted(global_reads(tree), key=lambda name: (name.lineno, name.col_offset)):
            if name.id not in all_bound:
                mentioned.append(name.id)
                called += [name.id] if id(name) in functions else []
    for node in (node for part in nodes for node in part if isinstance(node, ast.Call)):
        if isinstance(node.func, ast.Name) and node.func.id in all_bound:
            passed |= {argument.id for argument in node.args if isinstance(argument, ast.Name)}
    stars = starred_names((node for part in nodes for node in part), STANDARD_MODULES | AMBIGUOUS_MODULES)
    return _Reading(
        imported=tuple(asked_by_import(trees)),
        called=tuple(called),
        mentioned=tuple(mentioned),
        setup_mentioned=frozenset(setup_mentioned),
        passed=frozenset(passed),
        bound=bound,
        read=tuple(map(_read_names, nodes[1:])),
        libraries=_NOT_THE_CANDIDATES | stars,
    )


def _tree(source: str) -> ast.Module:
    """Parse source as far as names go."""
    name = asserted_name(source)
    if name is not None:
        call = ast.Call(ast.Name(name, ast.Load(), lineno=1, col_offset=7), [], [], lineno=1, col_offset=7)
        return ast.Module([ast.Expr(call, lineno=1, col_offset=7)], [])
    return try_parse(shortened(source)) or try_parse(source) or ast.Module([], [])


def _read_names(nodes: Sequence[ast.AST]) -> frozenset[str]:
    modules = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    return frozenset(
        node.id
        for node in nodes
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        if not (id(node) in modules and node.id in AMBIGUOUS_MODULES)
    )


def _definitions(source: str | None) -> dict[str, ast.AST] | None:
    """Return what a reference defines, by name; None if there is none that parses."""
    tree = try_parse(source) if source and source.strip() else None
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
    (a task may ask for a function named `gcd` or `sum`). An ambiguous name comes behind the others that are called or
    handed to a function of the tests, and before those that are only mentioned. None when the tests do none of these.
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
    asked = [name for name in own if name not in _AMBIGUOUS and name in reading.passed.union(called)]
    asked += [name for name in called if name in own]
    asked += [name for name in own if name not in AMBIGUOUS_MODULES]
    return next(iter(asked or [name for name in called if name not in _BUILTINS] or called), None)


def candidate_names(
    tests: Iterable[str], setup_code: str, entry_point: str | None, reference_solution: str | None
) -> tuple[str, ...]:
    """Every name that the candidate answers for, the entry point first.

    With a reference that parses: what it defines by `def`, `class` or assignment and the tests mention, but for
    `test_side_constants`. Without one: what the tests mention and nobody else provides, or what they import from the
    solution; and an ambiguous name where a test mentions nothing else that could be the candidate's.
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
        others = reading.libraries
        extra = free - others - _AMBIGUOUS | imported
        left = frozenset().union(*reading.bound[1:])  # by earlier tests, so that it may rest on the candidate's
        known = extra.union(first)
        for own, read in zip(reading.bound[1:], reading.read, strict=True):
            if not read & (known | left - own):
                extra |= read & free & _AMBIGUOUS - others
    return (*first, *sorted(extra.difference(first)))


def _free(reading: _Reading) -> frozenset[str]:
    return reading.setup_mentioned.union(reading.mentioned, reading.imported)


def test_side_constants(tests: Iterable[str], setup_code: str, reference_solution: str | None) -> dict[str, str]:
    """Find plain constants of the reference that tests mention without importing them, as name to source.

    A test such as `abs(root(4) - 2) < EPS` asks nothing of the candidate by `EPS`: who may choose it may pass any test.
    So the tests get the reference's own.
    """
    tree = try_parse(reference_solution) if reference_solution else None
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
