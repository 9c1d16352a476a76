"""Edits of source by the places of its nodes, which leave all other text as it is."""

import ast
from collections.abc import Iterable

from trl_rlvr.analysis.scopes import walk


def cut_with(lines: list[str], node: ast.stmt, names: Iterable[ast.Name | ast.arg], text: str) -> str:
    """Cut a statement out of its source, with other text in the place of names.

    Args:
        lines: of the whole source, without line ends.
        node: the statement.
        names: nodes in it that are written as one name.
        text: to write instead.
    """
    last = node.end_lineno or node.lineno
    cut = [line.encode() for line in lines[node.lineno - 1 : last]]
    cut[-1] = cut[-1][: node.end_col_offset]
    for name in sorted(names, key=lambda name: (name.lineno, name.col_offset), reverse=True):
        line = cut[name.lineno - node.lineno]
        end = name.col_offset + len((name.id if isinstance(name, ast.Name) else name.arg).encode())
        cut[name.lineno - node.lineno] = line[: name.col_offset] + text.encode() + line[end:]
    cut[0] = cut[0][node.col_offset :]
    return b"\n".join(cut).decode()


def names_in(node: ast.AST, name: str) -> list[ast.Name]:
    """Return where a name is read or bound within a node."""
    return [one for one in walk(node) if isinstance(one, ast.Name) and one.id == name]
