"""The comparisons of a call's answer with literals that mean the same on plain data as in the test itself.

Each has a kind, by which the harness compares. `!=`, identity of anything but None and truth values, and containers
compared with a tolerance are not among them: plain data cannot decide them.
"""

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from trl_rlvr.analysis.literals import Module, NotLiteral

EQUAL, IS, IN, TRUE, FALSE, BELOW, AT_MOST, WITHIN, IS_CLOSE, ROUNDS_TO, ALL_CLOSE = range(11)
"""`answer == x`; `answer is x`; `answer in x`; `answer`; `not answer`; `abs(answer - x) < d`; the same with `<=`;
that, or equal; `math.isclose(answer, x, rel_tol=d, abs_tol=e)`; `round(abs(answer - x), d) == 0`, or equal;
`numpy.allclose(answer, x, d, e)` of a number `x`, or of several in a list."""

OF_TRUTH = (TRUE, FALSE)
"""Kinds for which the solution sends the truth of its answer, which may be no plain data."""

_CONSTANT = {True: ast.Constant(True), False: ast.Constant(False), None: ast.Constant(None)}
_NOTHING = ast.Constant(None)
_EQUALITIES = ("assertEqual", "assertEquals", "assertListEqual", "assertDictEqual", "assertTupleEqual",
               "assertSetEqual", "assertSequenceEqual", "assertMultiLineEqual")  # fmt: skip


class Comparison(NamedTuple):
    """One comparison as source: a call, how its answer is compared, and with which expressions."""

    call: ast.Call
    kind: int
    expected: ast.expr
    details: tuple[ast.expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison with everything evaluated."""

    callee: Any
    arguments: tuple[Any, ...]
    options: dict[str, Any]
    """Arguments by keyword."""
    kind: int
    expected: Any
    details: tuple[Any, ...]
    """Tolerances, as the kind says."""


IsCall = Callable[[ast.expr], bool]
"""Whether an expression calls the solution."""


def comparison_of(test: ast.expr, is_call: IsCall, scope: Mapping[str, Any]) -> Comparison:
    """Read the condition of an `assert`.

    Raises:
        NotLiteral: it is none of the comparisons that are read.
    """
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        if "abs" in scope and not isinstance(test.ops[0], ast.Eq | ast.Is | ast.In):
            raise NotLiteral("an `abs` of the test's own")
        return _compared(test.left, test.ops[0], test.comparators[0], is_call)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) and is_call(test.operand):
        return Comparison(_as_call(test.operand), FALSE, _NOTHING)
    if is_call(test):
        return Comparison(_as_call(test), TRUE, _NOTHING)
    name = _dotted(test.func, scope) if isinstance(test, ast.Call) else ""
    if isinstance(test, ast.Call) and name in ("math.isclose", "numpy.allclose"):
        return _isclose(test, is_call) if name == "math.isclose" else _allclose(test, is_call)
    raise NotLiteral("a condition that is not read")


def unittest_comparison(method: str, call: ast.Call, is_call: IsCall) -> Comparison:
    """Read a call of one of `unittest`'s assert methods; messages are left out.

    Raises:
        NotLiteral: it is none of the methods that are read.
    """
    options = {str(one.arg): one.value for one in call.keywords}
    options.pop("msg", None)
    arguments = list(call.args)
    if method in _EQUALITIES and not options and len(arguments) in (2, 3):
        return _either_way(arguments[0], arguments[1], EQUAL, (), is_call)
    if method == "assertAlmostEqual" and len(arguments) in (2, 3):
        return _almost(arguments, options, is_call)
    if options or len(arguments) not in ((1, 2) if method in _OF_ONE else (2, 3)):
        raise NotLiteral("a method of the test case that is not read")
    if method in _OF_ONE and is_call(arguments[0]):
        kind, expected = _OF_ONE[method]
        return Comparison(_as_call(arguments[0]), kind, expected)
    if method in _OPERATORS:
        return _compared(arguments[0], _OPERATORS[method], arguments[1], is_call)
    raise NotLiteral("a method of the test case that is not read")


_OF_ONE: dict[str, tuple[int, ast.expr]] = {
    "assertTrue": (TRUE, _NOTHING),
    "assertFalse": (FALSE, _NOTHING),
    "assertIsNone": (IS, _CONSTANT[None]),
}
_OPERATORS: dict[str, ast.cmpop] = {"assertIs": ast.Is(), "assertIn": ast.In()}


def _compared(left: ast.expr, operator: ast.cmpop, right: ast.expr, is_call: IsCall) -> Comparison:
    match operator:
        case ast.Eq():
            return _either_way(left, right, EQUAL, (), is_call)
        case ast.Is() if is_call(left) and isinstance(right, ast.Constant) and right.value in (True, False, None):
            return Comparison(_as_call(left), IS, right)
        case ast.In() if is_call(left) and isinstance(right, ast.List | ast.Tuple):
            return Comparison(_as_call(left), IN, right)
        case ast.Lt() | ast.LtE() if not is_call(left):
            distance = left.args[0] if isinstance(left, ast.Call) and _is_abs(left) else None
            if isinstance(distance, ast.BinOp) and isinstance(distance.op, ast.Sub):
                kind = BELOW if isinstance(operator, ast.Lt) else AT_MOST
                return _either_way(distance.left, distance.right, kind, (right,), is_call)
    raise NotLiteral("a comparison that is not read")


def _either_way(
    left: ast.expr, right: ast.expr, kind: int, details: tuple[ast.expr, ...], is_call: IsCall
) -> Comparison:
    if is_call(left):
        return Comparison(_as_call(left), kind, right, details)
    if is_call(right):
        return Comparison(_as_call(right), kind, left, details)
    raise NotLiteral("a comparison without a call")


def _almost(arguments: list[ast.expr], options: dict[str, ast.expr], is_call: IsCall) -> Comparison:
    places = arguments[2] if len(arguments) == 3 else options.pop("places", None)
    delta = options.pop("delta", None)
    if options or (places is not None and delta is not None):
        raise NotLiteral("a tolerance that is not read")
    if delta is not None:
        return _either_way(arguments[0], arguments[1], WITHIN, (delta,), is_call)
    return _either_way(arguments[0], arguments[1], ROUNDS_TO, (places or ast.Constant(7),), is_call)


def _isclose(test: ast.Call, is_call: IsCall) -> Comparison:
    options = {str(one.arg): one.value for one in test.keywords}
    relative = options.pop("rel_tol", ast.Constant(1e-09))
    absolute = options.pop("abs_tol", ast.Constant(0.0))
    if options or len(test.args) != 2:
        raise NotLiteral("a tolerance that is not read")
    return _either_way(test.args[0], test.args[1], IS_CLOSE, (relative, absolute), is_call)


def _allclose(test: ast.Call, is_call: IsCall) -> Comparison:
    options = {str(one.arg): one.value for one in test.keywords}
    relative = options.pop("rtol", ast.Constant(1e-05))
    absolute = options.pop("atol", ast.Constant(1e-08))
    if options or len(test.args) != 2 or not is_call(test.args[0]):
        raise NotLiteral("a tolerance that is not read")
    expected = test.args[1]
    if not all(map(_is_number, expected.elts if isinstance(expected, ast.List | ast.Tuple) else [expected])):
        raise NotLiteral("a tolerance of something else than numbers")
    return Comparison(_as_call(test.args[0]), ALL_CLOSE, expected, (relative, absolute))


def _is_number(node: ast.expr) -> bool:
    """Say whether a finite number is written out."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    value = node.value if isinstance(node, ast.Constant) else None
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _dotted(function: ast.expr, scope: Mapping[str, Any]) -> str:
    """Return the full name of a function of an imported module; empty for any other."""
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        module = _module(scope, function.value.id)
        return f"{module}.{function.attr}" if module else ""
    return _module(scope, function.id) if isinstance(function, ast.Name) else ""


def _module(scope: Mapping[str, Any], name: str) -> str:
    found = scope.get(name)
    return found.name if isinstance(found, Module) else ""


def _is_abs(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "abs" and len(call.args) == 1 and not call.keywords


def _as_call(node: ast.expr) -> ast.Call:
    assert isinstance(node, ast.Call)
    return node
