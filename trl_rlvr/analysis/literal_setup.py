"""Reads all tests of a problem as literal checks, where its setup code does not matter to them."""

import ast
from functools import lru_cache

from trl_rlvr.analysis.conventions import MODULE
from trl_rlvr.analysis.literal_checks import Check
from trl_rlvr.analysis.literal_tests import Reader, is_docstring, literal_checks
from trl_rlvr.analysis.literals import NotLiteral
from trl_rlvr.analysis.parsing import try_parse

NumberedChecks = tuple[tuple[int, Check], ...]
"""Checks, each with the number of its test."""


@lru_cache(maxsize=4096)
def literal_suite(tests: tuple[str, ...], setup_code: str, names: tuple[str, ...]) -> NumberedChecks | None:
    """Return each check of a problem's tests; None if the tests do more than compare with literals."""
    if setup_code.strip() and not is_inert(setup_code, names):
        return None
    try:
        return tuple((number, check) for number, test in enumerate(tests) for check in literal_checks(test, names))
    except NotLiteral:
        return None


def is_inert(setup_code: str, names: tuple[str, ...]) -> bool:
    """Tell whether setup code only brings names that no literal check needs: imports, definitions, literals."""
    tree = try_parse(setup_code)
    if tree is None:
        return False
    reader = Reader(frozenset(names))
    try:
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not _calls(node):
                reader.require_free(node.name)
            elif _asks_for(node, names):
                continue
            elif isinstance(node, ast.Import | ast.ImportFrom):
                for alias in node.names:
                    reader.require_free((alias.asname or alias.name).partition(".")[0])
            elif isinstance(node, ast.Assign):
                reader.assign(node, {})
            elif not is_docstring(node):
                return False
    except NotLiteral:
        return False
    return True


def _asks_for(node: ast.stmt, names: tuple[str, ...]) -> bool:
    """Say whether a statement imports from the solution names that are the candidate's anyway."""
    is_import = isinstance(node, ast.ImportFrom) and node.module == MODULE
    return is_import and all(alias.asname is None and alias.name in names for alias in node.names)  # type: ignore[attr-defined]


def _calls(node: ast.FunctionDef | ast.ClassDef) -> bool:
    """Say whether making a function or class calls anything: decorators, defaults, keywords of a class."""
    if isinstance(node, ast.FunctionDef):
        parts: list[ast.expr] = [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
        return bool(node.decorator_list) or any(isinstance(one, ast.Call) for part in parts for one in ast.walk(part))
    if node.decorator_list or node.keywords or not all(isinstance(base, ast.Name) for base in node.bases):
        return True
    return not all((isinstance(part, ast.FunctionDef) and not _calls(part)) or is_docstring(part) for part in node.body)
