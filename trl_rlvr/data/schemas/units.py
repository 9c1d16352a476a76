"""A module of tests to single tests: one a function of pytest, one a method of unittest, so that each counts.

Only a module of imports, definitions and assignments is split. One that does something when it is imported, and tests
that mention each other, stay whole.
"""

import ast
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from trl_rlvr.analysis.parsing import parse_source, shared_tree

_RUNNER = "pytest"
_WORD = re.compile(r"\w+")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DEFINITIONS = (*_FUNCTIONS, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)


@dataclass(frozen=True, slots=True)
class TestUnits:
    """Tests that count one by one, and what they share."""

    tests: tuple[str, ...]
    setup_code: str = ""


def units_of(source: str) -> TestUnits:
    """Split a module of tests; one test if it cannot be split.

    Raises:
        SyntaxError: it does not parse.
    """
    tree = shared_tree(source) or parse_source(source)
    body = [node for node in tree.body if not (_is_text(node) or _is_main_guard(node))]
    whole = TestUnits((source,))
    if not all(isinstance(node, _DEFINITIONS) for node in body):
        return whole
    functions = [node for node in body if isinstance(node, _FUNCTIONS) and node.name.startswith("test")]
    classes = [node for node in body if isinstance(node, ast.ClassDef) and _is_test_class(node)]
    if (not functions and not classes) or _mention_each_other(source, body, functions, classes):
        return whole
    lines = source.split("\n")
    tests: list[str] = []
    for node in body:
        if node in functions:
            tests.append(_segment(lines, node))
        elif isinstance(node, ast.ClassDef) and node in classes:
            tests += _methods(lines, node)
    shared = [node for node in body if node not in functions and node not in classes]
    if source.count(_RUNNER) == 1:  # imported by habit, which would only ask for a package
        shared = [node for node in shared if ast.unparse(node) != f"import {_RUNNER}"]
    if len(set(tests)) < len(tests):
        return whole
    return TestUnits(tuple(tests), _shared_source(lines, shared))


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_main_guard(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test) and not node.orelse


def _is_test_class(node: ast.ClassDef) -> bool:
    bases = [base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "") for base in node.bases]
    is_case = any(base.endswith("TestCase") for base in bases)
    return (is_case or (not bases and node.name.startswith("Test"))) and bool(_tests_in(node))


def _tests_in(node: ast.ClassDef) -> list[ast.stmt]:
    return [part for part in node.body if isinstance(part, _FUNCTIONS) and part.name.startswith("test")]


def _mention_each_other(
    source: str, body: Sequence[ast.stmt], functions: Sequence[ast.stmt], classes: Sequence[ast.ClassDef]
) -> bool:
    """Say whether a test uses another, or two have one name."""
    taken = [getattr(node, "name", "") for node in (*functions, *classes)]
    methods = [[getattr(part, "name", "") for part in _tests_in(node)] for node in classes]
    if any(len(set(names)) < len(names) for names in (taken, *methods)):
        return True
    words = Counter(_WORD.findall(source))
    if all(words[name] == 1 for names in (taken, *methods) for name in names):
        return False
    nodes = list(ast.walk(ast.Module(list(body), [])))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return not (names.isdisjoint(taken) and attributes.isdisjoint(name for names in methods for name in names))


def _methods(lines: list[str], node: ast.ClassDef) -> list[str]:
    """Write a class once for each of its tests, without the others."""
    tests = _tests_in(node)
    start, end = _span(node)
    spans = [_span(part) for part in tests]
    if len(tests) == 1:
        return ["\n".join(lines[start:end])]
    written = []
    for kept in range(len(tests)):
        left_out = {line for place, (first, last) in enumerate(spans) if place != kept for line in range(first, last)}
        written.append("\n".join(lines[line] for line in range(start, end) if line not in left_out).rstrip())
    return written


def _span(node: ast.stmt) -> tuple[int, int]:
    """Return the lines of a definition and its decorators, as a half-open range."""
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    return first - 1, node.end_lineno or node.lineno


def _segment(lines: list[str], node: ast.stmt) -> str:
    first, last = _span(node)
    return "\n".join(lines[first:last])


def _shared_source(lines: list[str], nodes: list[ast.stmt]) -> str:
    return "\n".join(_segment(lines, node) for node in nodes)
