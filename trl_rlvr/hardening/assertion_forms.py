"""What a problem's tests ask the solution for, read from their source, and new tests of the same form.

A new test keeps all of an old one but the arguments and the answer: where the old one compares `set(f(x))`, so does the
new one, since its author held the order of the items to be free.
"""

import ast
import builtins
import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from trl_rlvr.analysis.parsing import try_parse
from trl_rlvr.analysis.standard_names import STANDARD_MODULES, STANDARD_NAMES
from trl_rlvr.hardening.reference_probe import literal
from trl_rlvr.problem import CodeProblem

_CALL = "_CALL_"
_FREE_NAMES = set(dir(builtins)) | STANDARD_NAMES.keys() | STANDARD_MODULES
_CLOSE = "rel_tol=1e-06, abs_tol=1e-09"


class Form(Enum):
    """How a test compares."""

    EQUAL = "equal"
    """`assert expression == literal`"""
    CLOSE = "close"
    """`assert math.isclose(expression, literal)`, or a difference below a bound"""
    TRUTH = "truth"
    """`assert expression` or `assert not expression`"""


@dataclass(frozen=True, slots=True)
class Frame:
    """A test less its arguments and its answer."""

    function: str
    positional: int
    """How many arguments come without a name."""
    keywords: tuple[str, ...]
    """The names of the others."""
    around: str
    """Source of the expression, with a placeholder for the call."""
    form: Form
    tolerance: str = ""
    """Keywords of `math.isclose`, where the form is CLOSE."""

    def question(self, args: tuple[Any, ...]) -> str:
        """Write the expression whose value is the answer.

        Raises:
            ValueError: an argument is no plain data.
        """
        texts = [literal(arg) for arg in args]
        named = [f"{name}={text}" for name, text in zip(self.keywords, texts[self.positional :], strict=True)]
        call = f"{self.function}({', '.join([*texts[: self.positional], *named])})"
        expression = self.around.replace(_CALL, call)
        return f"bool({expression})" if self.form is Form.TRUTH else expression

    def test(self, question: str, answer: Any) -> str | None:
        """Write the test that expects `answer`; None where no fair one can: floats inside of other data.

        A float is compared within a tolerance, since it depends on the order of operations.
        """
        if self.form is Form.TRUTH:
            expression = question.removeprefix("bool(").removesuffix(")")
            return f"assert {expression}" if answer else f"assert not {expression}"
        if self.form is Form.CLOSE or type(answer) is float:
            tolerance = self.tolerance or _CLOSE
            return f"assert math.isclose({question}, {literal(answer)}, {tolerance})"
        return None if _holds_float(answer) else f"assert {question} == {literal(answer)}"


@dataclass(frozen=True, slots=True)
class KnownCall:
    """One call that the tests make, with literal arguments."""

    frame: Frame
    args: tuple[Any, ...]
    """Those without a name, then those with one."""
    answer: Any


def _holds_float(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_float, (*value, *value.values())))
    if isinstance(value, list | tuple | set | frozenset):
        return any(map(_holds_float, value))
    return isinstance(value, float)


def known_calls(problem: CodeProblem) -> list[KnownCall]:
    """Read the calls of a problem's tests, in their order.

    Assertions of any other form than those of `Form`, and calls with arguments that are no literals, are passed over.
    """
    found = []
    for source in problem.tests:
        tree = try_parse(source)
        if tree is not None:
            names = {name: name for name in problem.entry_points} | _aliases(tree, problem.entry_points)
            found += [call for call in map(_Reader(names).read, _asserts(tree)) if call is not None]
    return found


def _asserts(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield what is asserted, in source order, each part of an `and` for itself."""
    asserted = sorted((n for n in ast.walk(tree) if isinstance(n, ast.Assert)), key=lambda node: node.lineno)
    for node in asserted:
        is_and = isinstance(node.test, ast.BoolOp) and isinstance(node.test.op, ast.And)
        yield from node.test.values if is_and else [node.test]  # type: ignore[attr-defined]  # a BoolOp has values


def _aliases(tree: ast.Module, entry_points: tuple[str, ...]) -> dict[str, str]:
    """Find the other names of an entry point: the parameter of a function that is called with it, as HumanEval's."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    aliases = {}
    for statement in tree.body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in functions:
            for parameter, value in zip(functions[call.func.id].args.args, call.args, strict=False):
                if isinstance(value, ast.Name) and value.id in entry_points:
                    aliases[parameter.arg] = value.id
    return aliases


@dataclass(frozen=True, slots=True)
class _Reader:
    names: dict[str, str]
    """A name that stands for an entry point -> that entry point."""

    def read(self, asserted: ast.expr) -> KnownCall | None:
        try:
            return self._compared(asserted) or self._close(asserted) or self._truth(asserted)
        except (ValueError, TypeError, RecursionError, MemoryError):  # what should be a literal is none
            return None

    def _compared(self, node: ast.expr) -> KnownCall | None:
        if not isinstance(node, ast.Compare) or len(node.ops) != 1:
            return None
        left, operator, right = node.left, node.ops[0], node.comparators[0]
        if isinstance(operator, ast.Eq | ast.Is):
            asked, expected = (left, right) if self._asks(left) else (right, left)
            return self._call(asked, Form.EQUAL, ast.literal_eval(expected))
        if isinstance(operator, ast.Lt | ast.LtE) and isinstance(left, ast.Call) and _name(left.func) == "abs":
            difference = left.args[0]
            if isinstance(difference, ast.BinOp) and isinstance(difference.op, ast.Sub):
                bound = f"rel_tol=0.0, abs_tol={literal(ast.literal_eval(right))}"
                return self._call(difference.left, Form.CLOSE, ast.literal_eval(difference.right), bound)
        return None

    def _close(self, node: ast.expr) -> KnownCall | None:
        if not isinstance(node, ast.Call) or _name(node.func) != "isclose" or len(node.args) != 2:
            return None
        tolerance = ", ".join(f"{keyword.arg}={literal(ast.literal_eval(keyword.value))}" for keyword in node.keywords)
        asked, expected = node.args if self._asks(node.args[0]) else node.args[::-1]
        return self._call(asked, Form.CLOSE, ast.literal_eval(expected), tolerance)

    def _truth(self, node: ast.expr) -> KnownCall | None:
        is_not = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
        asked = node.operand if is_not else node  # type: ignore[attr-defined]  # a UnaryOp has an operand
        is_bare = isinstance(asked, ast.Call) and self._asks(asked.func)
        return self._call(asked, Form.TRUTH, not is_not) if is_bare else None

    def _asks(self, node: ast.expr) -> bool:
        return any(_name(inner) in self.names for inner in ast.walk(node))

    def _call(self, asked: ast.expr, form: Form, answer: Any, tolerance: str = "") -> KnownCall | None:
        calls = [n for n in ast.walk(asked) if isinstance(n, ast.Call) and _name(n.func) in self.names]
        mentioned = [name for name in map(_name, ast.walk(asked)) if name]
        own = [name for name in mentioned if name in self.names]
        if len(calls) != 1 or len(own) != 1 or not set(mentioned) <= {*_FREE_NAMES, *own}:
            return None
        (call,) = calls
        keywords = tuple(keyword.arg for keyword in call.keywords if keyword.arg is not None)
        args = tuple(ast.literal_eval(node) for node in (*call.args, *(keyword.value for keyword in call.keywords)))
        if len(keywords) != len(call.keywords) or any(_unwritable(value) for value in (*args, answer)):
            return None
        around = ast.unparse(_replaced(asked, call))
        return KnownCall(Frame(self.names[own[0]], len(call.args), keywords, around, form, tolerance), args, answer)


def _name(node: ast.AST) -> str:
    """Name that an expression is or, of an attribute, ends in where it is `math.isclose`; else nothing."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == math.__name__:
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _replaced(tree: ast.expr, target: ast.Call) -> ast.expr:
    class Replacer(ast.NodeTransformer):
        def visit_Call(self, node: ast.Call) -> ast.AST:
            return ast.Name(_CALL, ast.Load()) if node is target else self.generic_visit(node)

    return Replacer().visit(tree)  # type: ignore[no-any-return]  # an expression stays one


def _unwritable(value: Any) -> bool:
    try:
        literal(value)
    except ValueError:
        return True
    return False
