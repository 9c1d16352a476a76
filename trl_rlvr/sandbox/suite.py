"""From a problem's tests to what candidate and harness get, once for each problem.

A suite is *plain* when every test has the form `assert f(literals) == literal`. Then the calls travel to the
candidate in one batch, the expected values to the harness, and nothing is computed on an answer. Any other test
source is *general*.
"""

import ast
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from trl_rlvr.problem import CodeProblem
from trl_rlvr.sandbox.codec import Encoder, RefusedValue
from trl_rlvr.sandbox.protocol.control import LITERAL, SOURCE, STDIO, pack_work

_TELLING_BYTES = 3
_TELLING_CHARS = 3
"""An answer of so few bytes, or characters, is a small number, a truth value or nothing: it stands among any arguments
by chance."""
_DECIMAL_BITS = 1 << 13
"""Longer integers are not written in decimal, which Python refuses."""


@dataclass(frozen=True, slots=True)
class Suite:
    """One problem's tests, ready to be sent."""

    kind: bytes
    tests: int
    names: tuple[str, ...]
    calls: bytes
    """What a candidate is asked; empty unless the suite is plain."""
    expected: bytes
    """What only the harness may see."""
    inputs: tuple[bytes, ...] = ()
    prelude: str = ""
    """What runs before the program."""
    alone: bool = False
    """Whether code of the problem judges what the program answers, which then may have made a harness its own."""

    def candidate_work(self, code: str) -> bytes:
        """Return what the candidate gets for this code."""
        return pack_work((str(code), self.names, self.calls, self.prelude))


@dataclass(frozen=True, slots=True)
class _Call:
    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    expected: Any


def compile_suite(problem: CodeProblem) -> Suite:
    """Prepare a problem's tests; the last few thousand problems are remembered."""
    tests, names = tuple(map(str, problem.tests)), tuple(map(str, problem.entry_points))  # not numpy's strings
    setup = (str(problem.prelude), str(problem.setup_code))
    return _compile(tests, setup, names, problem.io_tests, (str(problem.io_numbers), str(problem.io_case)))


@lru_cache(maxsize=4096)
def _compile(
    tests: tuple[str, ...],
    setup: tuple[str, str],
    names: tuple[str, ...],
    io_tests: tuple[Any, ...],
    comparison: tuple[str, str],
) -> Suite:
    prelude, setup_code = setup
    if io_tests:
        given = [str(test.input) for test in io_tests] if setup_code.strip() else []  # only a checker asks for it
        expected = pack_work((setup_code, given, [str(test.output) for test in io_tests], *comparison))
        inputs = tuple(test.input.encode("utf-8", "surrogateescape") for test in io_tests)
        return Suite(STDIO, len(io_tests), (), b"", expected, inputs, prelude, alone=bool(given))
    calls = None if setup_code.strip() else _plain_calls(tests, names)
    if calls is None or _gives_away(calls):
        work = pack_work((names, "\n".join(filter(None, setup)), tests))
        return Suite(SOURCE, len(tests), names, b"", work, prelude=prelude, alone=True)
    asked = [(call.name, call.args, call.kwargs) for call in calls]
    expected = pack_work([call.expected for call in calls])
    return Suite(LITERAL, len(tests), names, pack_work(asked), expected, prelude=prelude)


def _plain_calls(tests: tuple[str, ...], names: tuple[str, ...]) -> list[_Call] | None:
    calls = []
    for test in tests:
        call = _plain_call(test, names)
        if call is None:
            return None
        calls.append(call)
    return calls


def _gives_away(calls: list[_Call]) -> bool:
    """Say whether a later call's arguments hold what an earlier call is to answer, as in tests of a function's inverse.

    Calls of a batch lie in the candidate's memory together; those of a general suite come one at a time. An answer may
    stand there in other brackets, or as a part of something. What is beyond the caps of what may cross is left to the
    harness too.
    """
    answers: list[bytes] = []
    texts: list[str] = []
    try:
        for call in calls:
            arguments, shown = _encoded([call.args, call.kwargs]), _leaves([call.args, call.kwargs])
            if any(answer in arguments for answer in answers) or any(text in shown for text in texts):
                return True
            answer = _encoded(call.expected)
            if len(answer) > _TELLING_BYTES:
                answers.append(answer)
            text = _text(call.expected) if isinstance(call.expected, str | bytes) else _leaves(call.expected)
            if len(text.strip("\n")) > _TELLING_CHARS and text not in shown:  # else its own call gives it away as well
                texts.append(text)
    except RefusedValue:
        return True
    return False


def _leaves(value: Any) -> str:
    """Return what a literal holds, one thing a line, without brackets."""
    leaves: list[str] = []

    def add(part: Any) -> None:
        if isinstance(part, dict):
            add(tuple(part.items()))
        elif isinstance(part, list | tuple | set | frozenset):
            for item in part:
                add(item)
        else:
            leaves.append(_text(part))

    add(value)
    return "\n".join(("", *leaves, ""))


def _text(value: Any) -> str:
    """Return a single thing as it would be written in any of the types that can say the same."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, int) and value.bit_length() > _DECIMAL_BITS:
        return hex(value)
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)


def _encoded(value: Any) -> bytes:
    encoder = Encoder()
    encoder.value(value)
    return bytes(encoder.out)


def _plain_call(test: str, names: tuple[str, ...]) -> _Call | None:
    """Read `assert f(literals) == literal`, either way round; None for any other form."""
    try:
        body = ast.parse(test.strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if len(body) != 1 or not isinstance(body[0], ast.Assert) or not isinstance(body[0].test, ast.Compare):
        return None
    compare = body[0].test
    if len(compare.ops) != 1 or not isinstance(compare.ops[0], ast.Eq):
        return None
    for call, literal in ((compare.left, compare.comparators[0]), (compare.comparators[0], compare.left)):
        callee = _callee(call.func, names) if isinstance(call, ast.Call) else ""
        if isinstance(call, ast.Call) and callee:
            try:
                return _Call(
                    callee,
                    tuple(ast.literal_eval(arg) for arg in call.args),
                    {_keyword(keyword): ast.literal_eval(keyword.value) for keyword in call.keywords},
                    ast.literal_eval(literal),
                )
            except (ValueError, TypeError, RecursionError, MemoryError):
                return None
    return None


def _callee(node: ast.expr, names: tuple[str, ...]) -> str:
    """Return how a callee is written, a name or `Name().method`; empty if it is of another form."""
    if isinstance(node, ast.Name):
        return node.id if node.id in names else ""
    made = node.value if isinstance(node, ast.Attribute) else None
    if isinstance(made, ast.Call) and isinstance(made.func, ast.Name) and not (made.args or made.keywords):
        return f"{made.func.id}().{node.attr}" if made.func.id in names else ""  # type: ignore[attr-defined]
    return ""


def _keyword(keyword: ast.keyword) -> str:
    if keyword.arg is None:
        raise ValueError("a call with ** is not plain")
    return keyword.arg
