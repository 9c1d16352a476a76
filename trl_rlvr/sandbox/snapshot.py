"""Keeps a candidate from writing the expected side of a comparison.

In `assert f(x) == sorted(x)` the call may change `x` before the right side is evaluated. So the names that another
operand of the same comparison reads are evaluated first, and their containers copied.
"""

import ast
import copy
from typing import Any

PUSH, PULL = "__names_before__", "__name_before__"
_PLAIN = (list, dict, set, bytearray)


class Snapshots:
    """The values that names had before the calls of the comparisons that are being evaluated."""

    def __init__(self) -> None:
        self._values: dict[tuple[int, str], Any] = {}

    def push(self, number: int, **values: Any) -> None:
        """Remember the values of names for comparison `number`, copying plain containers."""
        for name, value in values.items():
            self._values[number, name] = copy.deepcopy(value) if type(value) in _PLAIN and _is_plain(value) else value

    def pull(self, number: int, name: str) -> Any:
        """Return the value that a name had."""
        return self._values[number, name]


def _is_plain(value: Any) -> bool:
    if type(value) in (list, set, tuple):
        return all(_is_plain(item) for item in value)
    if type(value) is dict:
        return all(_is_plain(key) and _is_plain(item) for key, item in value.items())
    return type(value) in (int, float, str, bool, bytes, bytearray, complex, type(None))


class _Transformer(ast.NodeTransformer):
    def __init__(self, names: frozenset[str], mutable: frozenset[str]) -> None:
        self.names = names
        self.mutable = mutable
        self.count = 0

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        operands = [node.left, *node.comparators]
        asking = [_asks(operand, self.names) for operand in operands]
        by_value = all(isinstance(op, ast.Eq | ast.NotEq | ast.In | ast.NotIn) for op in node.ops)
        if not any(asking) or all(asking) or not by_value:
            self.generic_visit(node)
            return node
        self.count += 1
        number = self.count
        read: set[str] = set()
        changed: list[ast.expr] = []
        for operand, asks in zip(operands, asking, strict=True):
            if asks:
                changed.append(operand)
            else:
                pull = _Puller(number, self.mutable)
                changed.append(pull.visit(operand))
                read |= pull.read
        if not read:
            self.generic_visit(node)
            return node
        compare = ast.Compare(changed[0], node.ops, changed[1:])
        push = ast.Call(
            ast.Name(PUSH, ast.Load()),
            [ast.Constant(number)],
            [ast.keyword(name, ast.Name(name, ast.Load())) for name in sorted(read)],
        )
        both = ast.Tuple([push, compare], ast.Load())
        return ast.copy_location(ast.Subscript(both, ast.Constant(1), ast.Load()), node)


class _Puller(ast.NodeTransformer):
    def __init__(self, number: int, mutable: frozenset[str]) -> None:
        self.number = number
        self.mutable = mutable
        self.read: set[str] = set()

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id not in self.mutable or not isinstance(node.ctx, ast.Load):
            return node
        self.read.add(node.id)
        call = ast.Call(ast.Name(PULL, ast.Load()), [ast.Constant(self.number), ast.Constant(node.id)], [])
        return ast.copy_location(call, node)


def _asks(node: ast.AST, names: frozenset[str]) -> bool:
    """Say whether an operand calls the candidate."""
    return any(
        isinstance(sub, ast.Call) and any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(sub))
        for sub in ast.walk(node)
    )


def with_snapshots(tree: ast.Module, names: frozenset[str]) -> ast.Module:
    """Rewrite a test so that comparisons read names as they were before their calls.

    Only names that the test itself assigns by plain assignment are read early: those of comprehensions and functions
    may not exist yet where the comparison begins.
    """
    inner = {
        sub.id
        for node in ast.walk(tree)
        if isinstance(node, ast.comprehension)
        for sub in ast.walk(node.target)
        if isinstance(sub, ast.Name)
    }
    assigned = {
        sub.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.For)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        for sub in ast.walk(target)
        if isinstance(sub, ast.Name) and isinstance(sub.ctx, ast.Store)
    }
    parameters = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    changed: ast.Module = _Transformer(names, frozenset((assigned | parameters) - inner)).visit(tree)
    return ast.fix_missing_locations(changed)
