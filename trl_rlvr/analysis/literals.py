"""Evaluates expressions of test source that hold only literals, without running anything.

More than `ast.literal_eval` knows: names bound to literals, arithmetic, subscripts, and a few builtins. Every step is
bounded, so that source of any author can be read.
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

MAX_ITEMS = 200_000
"""Items or characters of one value that is computed; longer ones are left to whoever runs the test."""
_MAX_BITS = 1 << 16

_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
    ast.Not: operator.not_,
}
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_NUMBERS = (int, float, complex)
_SEQUENCES = (str, bytes, list, tuple)
_BUILTINS: dict[str, Callable[..., Any]] = {
    "bool": bool, "dict": dict, "float": float, "frozenset": frozenset, "int": int, "len": len, "list": list,
    "set": set, "str": str, "tuple": tuple,
}  # fmt: skip
"""Builtins whose result on a literal is a literal, computed in time proportional to it."""
_CONSTANTS = {("math", name): getattr(math, name) for name in ("inf", "nan", "pi", "e", "tau")}
_TABLES = {"range": range, "zip": zip, "enumerate": enumerate, "reversed": reversed}
_VIEWS = ("items", "keys", "values")


class NotLiteral(Exception):  # noqa: N818 - a finding about source, not a fault
    """The source holds something that only running it can tell."""


class Unreadable:
    """Something that a name in a scope is bound to, and that is no literal."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Module(Unreadable):
    """An imported module, or a name of one."""

    name: str


_UNBOUND = Unreadable()


class Literals:
    """Evaluates expressions in a scope.

    Args:
        taken: names that do not mean the builtin of that name, such as the solution's functions.
    """

    def __init__(self, taken: frozenset[str]) -> None:
        self._taken = taken

    def value(self, node: ast.expr, scope: Mapping[str, Any]) -> Any:
        """Return the value of an expression: a number, text, None, or containers of these.

        Raises:
            NotLiteral: it is no literal, or its evaluation would raise or take long.
        """
        try:
            return self._evaluate(node, scope)
        except (ValueError, TypeError, ArithmeticError, LookupError, RecursionError, MemoryError) as error:
            raise NotLiteral(type(error).__name__) from error

    def items(self, node: ast.expr, scope: Mapping[str, Any]) -> list[Any]:
        """Return what a `for` statement takes from an expression: `zip`, `range` and the like too.

        Raises:
            NotLiteral: as for `value`.
        """
        try:
            return self._items(node, scope)
        except (ValueError, TypeError, ArithmeticError, RecursionError, MemoryError) as error:
            raise NotLiteral(type(error).__name__) from error

    def _items(self, node: ast.expr, scope: Mapping[str, Any]) -> list[Any]:
        name = _name_of(node.func) if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Call) and name in _TABLES and self._is_builtin(name, scope):
            return self._table(name, node, scope)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _VIEWS:
            table = self._evaluate(node.func.value, scope)
            if type(table) is dict and not node.args and not node.keywords:
                return list(getattr(table, node.func.attr)())
        found = self._evaluate(node, scope)
        if type(found) not in (list, tuple, str, dict):  # the order of a set is the interpreter's
            raise NotLiteral("a loop over something that is no sequence")
        return list(found)

    def _table(self, name: str, node: ast.Call, scope: Mapping[str, Any]) -> list[Any]:
        if name == "range":
            if node.keywords:
                raise NotLiteral("range with keywords")
            numbers = range(*(self._evaluate(argument, scope) for argument in node.args))
            return list(_bounded(numbers))
        tables = [self._items(argument, scope) for argument in node.args[:1]]
        if name == "zip":
            tables = [self._items(argument, scope) for argument in node.args]
            options = {_keyword(one): self._evaluate(one.value, scope) for one in node.keywords}
            return list(zip(*tables, strict=bool(options.pop("strict", False)), **options))
        rest = [self._evaluate(argument, scope) for argument in node.args[1:]]
        options = {_keyword(one): self._evaluate(one.value, scope) for one in node.keywords}
        return list(_TABLES[name](*tables, *rest, **options))

    def _is_builtin(self, name: str, scope: Mapping[str, Any]) -> bool:
        return name not in self._taken and name not in scope

    def _evaluate(self, node: ast.expr, scope: Mapping[str, Any]) -> Any:
        match node:
            case ast.Constant():
                return node.value
            case ast.Name() if not isinstance(scope.get(node.id, _UNBOUND), Unreadable):
                return scope[node.id]
            case ast.List() | ast.Tuple() | ast.Set():
                kind = {ast.List: list, ast.Tuple: tuple, ast.Set: set}[type(node)]
                return kind([self._evaluate(item, scope) for item in node.elts])
            case ast.Dict():
                return {self._evaluate(_present(key), scope): self._evaluate(value, scope)
                        for key, value in zip(node.keys, node.values, strict=True)}  # fmt: skip
            case ast.UnaryOp():
                operand = self._evaluate(node.operand, scope)
                if not isinstance(operand, _NUMBERS):
                    raise NotLiteral("an operator on something that is no number")
                return _UNARY[type(node.op)](operand)
            case ast.BinOp():
                return _combined(node.op, self._evaluate(node.left, scope), self._evaluate(node.right, scope))
            case ast.Subscript():
                return _item(self._evaluate(node.value, scope), self._evaluate(node.slice, scope))
            case ast.Attribute() if isinstance(node.value, ast.Name):
                return _CONSTANTS[_module(scope.get(node.value.id)), node.attr]
            case ast.Call() if _name_of(node.func) in _BUILTINS and self._is_builtin(_name_of(node.func), scope):
                return self._call(_name_of(node.func), node, scope)
        raise NotLiteral(f"{type(node).__name__} is no literal")

    def _call(self, name: str, node: ast.Call, scope: Mapping[str, Any]) -> Any:
        if name in ("list", "tuple") and len(node.args) == 1 and not node.keywords:
            return _BUILTINS[name](self._items(node.args[0], scope))
        arguments = [self._evaluate(argument, scope) for argument in node.args]
        options = {_keyword(one): self._evaluate(one.value, scope) for one in node.keywords}
        return _BUILTINS[name](*arguments, **options)


def _module(bound: object) -> str:
    if not isinstance(bound, Module):
        raise NotLiteral("an attribute of something that is no module")
    return bound.name


def _present(key: ast.expr | None) -> ast.expr:
    if key is None:
        raise NotLiteral("a dict with **")
    return key


def _keyword(keyword: ast.keyword) -> str:
    if keyword.arg is None:
        raise NotLiteral("a call with **")
    return keyword.arg


def _name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _bounded(value: Any) -> Any:
    if len(value) > MAX_ITEMS:
        raise NotLiteral("a value of too many items")
    return value


def _item(container: Any, key: Any) -> Any:
    if type(container) not in (*_SEQUENCES, dict):
        raise NotLiteral("an item of something that is no container")
    return container[key]


def _combined(kind: ast.operator, left: Any, right: Any) -> Any:
    """Apply an operator whose result is small if its operands are."""
    numbers = isinstance(left, _NUMBERS), isinstance(right, _NUMBERS)
    if isinstance(kind, ast.Pow) and type(left) is int and type(right) is int and right >= 0:
        if left.bit_length() * right > _MAX_BITS:
            raise NotLiteral("a large power")
        return left**right
    if isinstance(kind, ast.Pow) and all(numbers) and type(left) is float:
        return left**right
    if all(numbers) and type(kind) in _BINARY:
        found = _BINARY[type(kind)](left, right)
        if type(found) is int and found.bit_length() > _MAX_BITS:
            raise NotLiteral("a large integer")
        return found
    if isinstance(kind, ast.Add) and type(left) is type(right) and type(left) in _SEQUENCES:
        return _bounded(left + right)
    if isinstance(kind, ast.Mult) and any(numbers):
        repeated, times = (right, left) if numbers[0] else (left, right)
        if type(repeated) in _SEQUENCES and type(times) is int:
            if len(repeated) * max(times, 0) > MAX_ITEMS:
                raise NotLiteral("a value of too many items")
            return repeated * times
    raise NotLiteral("an operator that is not read")
