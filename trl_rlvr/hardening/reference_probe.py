"""Answers questions about a reference solution from inside the sandbox.

The text of this very module is sent there together with the reference, so it imports nothing of this package.
"""

import ast
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

MAX_ANSWER_CHARS = 180
"""Longer answers are none: the error line that carries one out has 200 characters."""
MAX_LINES = 20_000
"""Lines of Python that one answer may take: a measure of speed that is the same on every machine."""


class Answer(Exception):  # noqa: N818 - not an error, but the way out of a sandbox that returns no values
    """Carries the literal of an answer in its message."""


class TooManyLines(BaseException):
    """An answer takes too long; no `except Exception` of the reference holds it up."""


def literal(value: object) -> str:
    """Write plain data as source that `ast.literal_eval` reads, sets in an order of their own.

    Raises:
        ValueError: it is no plain data, or a float that has no literal.
    """
    kind = type(value)
    is_finite_float = kind is float and isinstance(value, float) and abs(value) < float("inf")
    if value is None or kind in (bool, int) or is_finite_float:
        return repr(value)
    if kind in (str, bytes):
        return ascii(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, set | frozenset):
        return "{" + ", ".join(sorted(map(literal, value))) + "}" if value else "set()"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(literal, value)) + (",)" if len(value) == 1 else ")")
    raise ValueError(f"a {kind.__name__} has no literal")


_SET_OPERATIONS = ["and", "or", "sub", "xor", "rand", "ror", "rsub", "rxor"]
_SET_METHODS = ["copy", "difference", "intersection", "symmetric_difference", "union"]


def _backwards(kind: Any) -> Any:
    """Make a set type that iterates the other way round, so that an answer that rests on the order shows it."""

    class Backwards(kind):  # type: ignore[misc]  # the base is a parameter
        def __iter__(self) -> Any:
            return reversed(list(kind.__iter__(self)))

    def again(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: object, *args: object) -> Any:
            result = method(self, *args)
            return result if result is NotImplemented else Backwards(result)

        return call

    for name in [*(f"__{name}__" for name in _SET_OPERATIONS), *_SET_METHODS]:
        setattr(Backwards, name, again(getattr(kind, name)))
    if kind is set:

        def pop(self: set[Any]) -> Any:
            item = next(iter(self))
            self.remove(item)
            return item

        Backwards.pop = pop
    return Backwards


class _SetDisplays(ast.NodeTransformer):
    """Turns `{a, b}` and `{x for ...}` into calls of the name `set`."""

    def _called(self, node: ast.AST) -> ast.AST:
        self.generic_visit(node)
        call = ast.Call(ast.Name("set", ast.Load()), [node], [])  # type: ignore[list-item]  # a set is an expression
        return ast.fix_missing_locations(ast.copy_location(call, node))

    visit_Set = visit_SetComp = _called  # noqa: N815 - names that ast looks up


def _compiled(source: str, mode: str, backwards: bool) -> Any:
    tree: Any = ast.parse(source, mode=mode)
    return compile(_SetDisplays().visit(tree) if backwards else tree, "solution.py", mode, dont_inherit=True)


def _evaluated(code: Any, namespace: dict[str, Any]) -> Any:
    """Evaluate within `MAX_LINES` lines.

    Raises:
        TooManyLines: it takes more, or went on after more by holding that exception up.
    """
    lines = 0

    def count(frame: FrameType, event: str, arg: object) -> Any:
        nonlocal lines
        lines += 1
        if lines > MAX_LINES:
            raise TooManyLines
        return count

    sys.settrace(count)
    try:
        value = eval(code, namespace)
    finally:
        sys.settrace(None)
    if lines > MAX_LINES:
        raise TooManyLines
    return value


def probe(source: str, imports: str, questions: Sequence[str], backwards: bool) -> Callable[[int], int]:
    """Load a reference and return the function that answers a question, by its number.

    It raises `Answer` with the answer's literal, or returns 0 where there is none: the reference raises, takes too
    long, or answers with what is no plain data or too long.

    Args:
        source: the reference.
        imports: source that binds the standard names which the questions use.
        questions: expressions.
        backwards: sets iterate the other way round.
    """
    namespace: dict[str, Any] = {"__name__": "solution"}
    exec(imports, namespace)
    if backwards:
        namespace.update({"set": _backwards(set), "frozenset": _backwards(frozenset)})
    exec(_compiled(source, "exec", backwards), namespace)

    def answer(number: int) -> int:
        try:
            text = literal(_evaluated(_compiled(questions[number], "eval", backwards), namespace))
        except BaseException:  # whatever it is, this question has no answer
            return 0
        text = text.replace("  ", " \\x20")  # inside of strings: an error line has no two spaces beside each other
        if len(text) > MAX_ANSWER_CHARS:
            return 0
        raise Answer(text)

    return answer
