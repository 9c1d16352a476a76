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
from trl_rlvr.sandbox.protocol import GENERAL, PLAIN, STDIO
from trl_rlvr.sandbox.values import Encoder, RefusedValue

_TELLING_BYTES = 3
"""An answer of so few bytes is a small number, a truth value or nothing: it stands among any arguments by chance."""


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
    alone: bool = False
    """Whether code of the problem judges what the program answers, which then may have made a harness its own."""

    def candidate_work(self, code: str) -> bytes:
        """Return what the candidate gets for this code."""
        encoder = Encoder()
        encoder.value(code)
        encoder.value(self.names)
        return bytes(encoder.out) + self.calls


@dataclass(frozen=True, slots=True)
class _Call:
    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    expected: Any


def compile_suite(problem: CodeProblem) -> Suite:
    """Prepare a problem's tests; the last few thousand problems are remembered."""
    return _compile(problem.tests, problem.setup_code, problem.entry_points, problem.io_tests)


@lru_cache(maxsize=4096)
def _compile(tests: tuple[str, ...], setup_code: str, names: tuple[str, ...], io_tests: tuple[Any, ...]) -> Suite:
    encoder = Encoder()
    if io_tests:
        given = [test.input for test in io_tests] if setup_code.strip() else []  # only a checker asks for it
        encoder.value((setup_code, given, [test.output for test in io_tests]))
        inputs = tuple(test.input.encode("utf-8", "surrogateescape") for test in io_tests)
        return Suite(STDIO, len(io_tests), (), b"", bytes(encoder.out), inputs, alone=bool(given))
    calls = None if setup_code.strip() else _plain_calls(tests, names)
    if calls is not None and _gives_away(calls):
        calls = None
    if calls is not None:
        asked = Encoder()
        try:
            asked.length(len(calls))
            for call in calls:
                asked.text(call.name)
                Encoder.value(asked, call.args)
                asked.value(call.kwargs)
                encoder.value(call.expected)
        except RefusedValue:
            calls = None  # a literal beyond the caps of what may cross: leave it to the harness
        else:
            return Suite(PLAIN, len(tests), names, bytes(asked.out), bytes(encoder.out))
    encoder = Encoder()
    encoder.value((names, setup_code, tests))
    return Suite(GENERAL, len(tests), names, b"", bytes(encoder.out), alone=True)


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

    Calls of a batch lie in the candidate's memory together; those of a general suite come one at a time.
    """
    answers: list[bytes] = []
    try:
        for call in calls:
            arguments = _encoded([call.args, call.kwargs])
            if any(answer in arguments for answer in answers):
                return True
            answer = _encoded(call.expected)
            if len(answer) > _TELLING_BYTES:
                answers.append(answer)
    except RefusedValue:
        return True
    return False


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
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in names:
            try:
                return _Call(
                    call.func.id,
                    tuple(ast.literal_eval(arg) for arg in call.args),
                    {_keyword(keyword): ast.literal_eval(keyword.value) for keyword in call.keywords},
                    ast.literal_eval(literal),
                )
            except (ValueError, TypeError, RecursionError, MemoryError):
                return None
    return None


def _keyword(keyword: ast.keyword) -> str:
    if keyword.arg is None:
        raise ValueError("a call with ** is not plain")
    return keyword.arg
