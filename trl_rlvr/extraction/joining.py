"""A program over several blocks: what the main block reads and does not bind, the others define.

Blocks before it are read as a notebook is, in order. A block behind it lends only what it defines, as "and the helper
is" does; the imports of a usage example do not mend a program that forgot them.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from trl_rlvr.analysis.parsing import top_level_bindings, unbound_names
from trl_rlvr.extraction.statements import module_statements, without


@dataclass(frozen=True)
class Part:
    """A block that parses."""

    text: str
    tree: ast.Module

    @cached_property
    def binds(self) -> set[str]:
        """Names that it binds at its top level."""
        return {name for name, _ in top_level_bindings(self.tree)}

    @cached_property
    def defines(self) -> set[str]:
        """Names of its own functions and classes."""
        definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        return {node.name for node in module_statements(self.tree) if isinstance(node, definitions)}

    @cached_property
    def reads(self) -> set[str]:
        """Global names that it reads and does not bind."""
        return unbound_names(self.text)


def joined(program: str, before: Sequence[Part], behind: Sequence[Part], entry_point: str | None) -> str:
    """Put a program together from its main block and what it needs of others.

    Args:
        program: the main block.
        before: blocks before it, in order.
        behind: blocks behind it, in order.
        entry_point: the name that the main block defines; others lend no definition of it.

    Returns:
        The program itself where it needs nothing that the others have.
    """
    if not before and not behind:
        return program
    needed = unbound_names(program) - {entry_point}
    first: list[str] = []
    for part in reversed(before):
        if needed & part.binds:
            text = _lent(part, entry_point)
            needed = (needed - part.binds) | (unbound_names(text) - {entry_point})
            first.insert(0, text)
    last: list[str] = []
    for part in behind:
        if needed & part.defines and entry_point not in part.reads | part.binds:
            needed -= part.defines
            last.append(_lent(part, entry_point))
    return _with_future_first([*first, program, *last]) if first or last else program


def _lent(part: Part, entry_point: str | None) -> str:
    """Leave out what a block does only to show itself: asserts, printing, a main guard, uses of the entry point."""
    return without(part.text, part.tree, lambda statement: _only_shows(statement, entry_point)).strip("\n")


def _only_shows(statement: ast.stmt, entry_point: str | None) -> bool:
    if isinstance(statement, ast.Assert):
        return True
    if isinstance(statement, ast.If):
        return any(isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(statement.test))
    if not isinstance(statement, ast.Expr):
        return False
    return any(
        isinstance(node, ast.Name) and node.id in ("print", "input", entry_point) for node in ast.walk(statement)
    )


def _with_future_first(parts: Sequence[str]) -> str:
    lines = "\n\n\n".join(part.strip("\n") for part in parts).split("\n")
    future = [line for line in lines if line.startswith("from __future__ import")]
    return "\n".join([*future, *(line for line in lines if line not in future)]) if future else "\n".join(lines)
