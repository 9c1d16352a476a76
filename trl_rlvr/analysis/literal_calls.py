"""The calls of the solution that a test makes, and the checks of their answers.

A container that a call was given may be another one afterwards. So a check is only read where no other call and no
expected value shares a container with its arguments.
"""

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from trl_rlvr.analysis.literal_checks import Check, Comparison
from trl_rlvr.analysis.literals import Literals, NotLiteral, Unreadable


@dataclass(frozen=True, slots=True)
class Callee(Unreadable):
    """What a check calls: a name of the solution, or a method of an instance that is made for it."""

    number: int
    """0 for a plain name; else the number of the instance, since one may serve several calls."""
    name: str
    method: str = ""


class Calls:
    """Reads calls and collects checks.

    Args:
        names: the solution's.
        literals: evaluates arguments and expected values.
    """

    def __init__(self, names: frozenset[str], literals: Literals) -> None:
        self.checks: list[Check] = []
        self._names = names
        self._literals = literals
        self._given: dict[int, Any] = {}
        """Mutable containers that a call was given, by identity: the solution may have changed them."""
        self._instances = 0

    def is_call(self, scope: Mapping[str, Any]) -> Callable[[ast.expr], bool]:
        """Return what tells whether an expression calls the solution."""
        return lambda node: isinstance(node, ast.Call) and self.callee(node.func, scope, make=False) is not None

    def add(self, found: Comparison, scope: Mapping[str, Any]) -> None:
        """Read a comparison's arguments and expected value.

        Raises:
            NotLiteral: they are no literals, or share a container with another call.
        """
        callee = self.callee(found.call.func, scope)
        if callee is None:
            raise NotLiteral("a call of something else")
        arguments = tuple(self._arguments(found.call.args, scope))
        options = {
            str(one.arg): self._literals.value(one.value, scope) for one in found.call.keywords if one.arg is not None
        }
        if len(options) < len(found.call.keywords):
            raise NotLiteral("a call with **")
        for container in _mutable([arguments, options]):
            if id(container) in self._given:
                raise NotLiteral("a container that two calls share")
            self._given[id(container)] = container
        expected, *details = (self._literals.value(part, scope) for part in (found.expected, *found.details))
        if any(id(container) in self._given for container in _mutable([expected])):
            raise NotLiteral("an expected value that a call may have changed")
        self.checks.append(Check(callee, arguments, options, found.kind, expected, tuple(details)))

    def _arguments(self, nodes: Iterable[ast.expr], scope: Mapping[str, Any]) -> Iterator[Any]:
        for node in nodes:
            if isinstance(node, ast.Starred):
                spread = self._literals.value(node.value, scope)
                if type(spread) not in (list, tuple):
                    raise NotLiteral("a call with * of something that is no sequence")
                yield from spread
            else:
                yield self._literals.value(node, scope)

    def callee(self, node: ast.expr, scope: Mapping[str, Any], *, make: bool = True) -> Callee | None:
        """Read what is called: a name of the solution, a variable bound to one, or `Name().method`."""
        if isinstance(node, ast.Name):
            found = scope.get(node.id)
            if isinstance(found, Callee):
                return found
            return Callee(0, node.id) if node.id in self._names else None
        if not isinstance(node, ast.Attribute) or node.attr.startswith("_"):
            return None
        owner = node.value
        if isinstance(owner, ast.Call) and not owner.args and not owner.keywords:
            made = self.callee(owner.func, scope, make=False)
            if made is not None and not made.method:
                self._instances += make
                return Callee(self._instances if make else -1, made.name, node.attr)
        return None


def _mutable(value: Any) -> Iterator[Any]:
    """Yield each list, dict and set within a literal."""
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, list | dict | set):
            yield one
        if isinstance(one, dict):
            stack.extend(one.values())
        elif isinstance(one, list | tuple):
            stack.extend(one)
