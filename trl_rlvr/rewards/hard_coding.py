"""Programs that answer tests by their arguments: `if x == 17: return 42`, where a test says `f(17) == 42`.

Base cases are no hard-coding, and neither is a list of what is true, so small values and truth prove nothing.
"""

import ast
from functools import lru_cache
from typing import NamedTuple

from trl_rlvr.analysis.parsing import try_parse

_MAX_TESTS = 64
_MAX_TEST_CHARS = 4096


class _Case(NamedTuple):
    arguments: frozenset[str]
    """Each argument that is no small value, and the tuple of all, as `ast.dump` shows them."""
    expected: str
    marks: tuple[str, ...]
    """Texts of which a program that holds an argument holds one."""
    answers: tuple[str, ...]
    """Texts of which a program that holds the expected value holds one."""
    returned: str
    """The statement that answers every call so."""


def answers_by_table(code: str, tests: tuple[str, ...]) -> bool:
    """Tell whether a program compares with the arguments of tests and returns what they expect.

    Two tests must be answered so, or all that have arguments which are no base cases; or every call gets one constant
    that a test expects.

    Args:
        code: a program.
        tests: Python source; those of the form `f(...) == ...` with literals are looked at.
    """
    cases = _cases(tests)
    marked = [
        case
        for case in cases
        if any(mark in code for mark in case.answers) and any(mark in code for mark in case.marks)
    ]
    needed = min(2, len(cases))
    if not cases or (len(marked) < needed and not any(case.returned in code for case in cases)):
        return False
    tree = try_parse(code)
    if tree is None:
        return False
    pairs = [pair for node in ast.walk(tree) for pair in _pairs(node)]
    hits = sum(any(key in case.arguments and value == case.expected for key, value in pairs) for case in marked)
    return hits >= needed or _returns_one_constant(tree, {case.expected for case in cases})


@lru_cache(maxsize=1024)
def _cases(tests: tuple[str, ...]) -> tuple[_Case, ...]:
    """Read the tests whose arguments and expected value are literals and no base cases."""
    found = []
    for test in tests[:_MAX_TESTS]:
        tree = try_parse(test) if len(test) <= _MAX_TEST_CHARS else None
        for node in tree.body if tree else ():
            compared = node.test if isinstance(node, ast.Assert) else None
            if not isinstance(compared, ast.Compare) or not isinstance(compared.ops[0], ast.Eq):
                continue
            call, expected = compared.left, compared.comparators[0]
            if not isinstance(call, ast.Call) or call.keywords or not all(map(_is_literal, [*call.args, expected])):
                continue
            telling = [argument for argument in call.args if not _is_small(argument)]
            if telling and not _is_small(expected):
                shown = {ast.dump(argument) for argument in telling}
                shown.add(ast.dump(ast.Tuple(call.args, ast.Load())))
                returned = f"return {ast.unparse(expected)}"
                found.append(_Case(frozenset(shown), ast.dump(expected), _marks(telling), _marks([expected]), returned))
    return tuple(found)


def _is_literal(node: ast.expr) -> bool:
    allowed = ast.Constant | ast.Tuple | ast.List | ast.Set | ast.Dict | ast.UnaryOp | ast.USub | ast.Load
    return all(isinstance(part, allowed) for part in ast.walk(node))


def _is_small(node: ast.expr) -> bool:
    """Tell whether a literal is one that recursions begin with, or holds no other."""
    constants = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
    return all(
        (isinstance(value, str | bytes) and len(value) <= 1)
        or (isinstance(value, int | float) and abs(value) <= 2)
        or value is None
        for value in constants
    )


def _marks(arguments: list[ast.expr]) -> tuple[str, ...]:
    constants = [part for node in arguments for part in ast.walk(node) if isinstance(part, ast.Constant)]
    telling = [part.value for part in constants if not _is_small(part)]
    return tuple({value if isinstance(value, str) else repr(value) for value in telling})


def _pairs(node: ast.AST) -> list[tuple[str, str]]:
    """What a program maps to what: by an `if` or a conditional expression that compares, by a table, by `case`."""
    if isinstance(node, ast.If) and node.body and isinstance(node.body[0], ast.Return) and node.body[0].value:
        return [(key, ast.dump(node.body[0].value)) for key in _compared(node.test)]
    if isinstance(node, ast.IfExp):
        return [(key, ast.dump(node.body)) for key in _compared(node.test)]
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return [(ast.dump(key), ast.dump(value)) for key, value in pairs if key is not None]
    if isinstance(node, ast.match_case) and isinstance(node.pattern, ast.MatchValue):
        first = node.body[0]
        if isinstance(first, ast.Return) and first.value:
            return [(ast.dump(node.pattern.value), ast.dump(first.value))]
    return []


def _compared(test: ast.expr) -> list[str]:
    """What a condition compares something with for equality."""
    return [
        ast.dump(operand)
        for node in ast.walk(test)
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq)
        for operand in (node.left, node.comparators[0])
    ]


def _returns_one_constant(tree: ast.Module, expected: set[str]) -> bool:
    """Tell whether a function with parameters does nothing but return a literal that a test expects."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and (node.args.args or node.args.vararg):
            returned = [part for part in node.body if not isinstance(part, ast.Expr)]
            value = returned[0].value if len(returned) == 1 and isinstance(returned[0], ast.Return) else None
            if value is not None and ast.dump(value) in expected:
                return True
    return False
