"""From a problem's tests to what candidate and harness get, once for each problem.

A suite is *literal* when its tests only compare calls of the solution with literals
(`trl_rlvr.analysis.literal_tests`). Then the calls travel to the candidate, the expected values to the harness, and the
tests themselves never run. Any other suite is of kind *source*.
"""

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from trl_rlvr.analysis.literal_checks import IN, OF_TRUTH, Check
from trl_rlvr.analysis.literal_setup import NumberedChecks, literal_suite
from trl_rlvr.problem import TOGETHER as TOGETHER_MODE
from trl_rlvr.problem import CodeProblem
from trl_rlvr.sandbox.protocol.control import LITERAL, ROUNDS, SOURCE, STDIO, TOGETHER, pack_work

_SHORT_CHARS = 3
"""Text of so few characters stands within longer text by chance; it is looked for as a thing of its own."""
_MOST_AT_ONCE = 64
"""Calls of one round at most, so that looking for their answers takes time in proportion to the tests."""
_DECIMAL_BITS = 1 << 13
"""Longer integers are not written in decimal, which Python refuses."""
_TOKEN_BYTES = 16
"""Of what a verdict bears that comes from a process in which the solution runs too."""


@dataclass(frozen=True, slots=True)
class Suite:
    """One problem's tests, ready to be sent."""

    kind: bytes
    tests: int
    names: tuple[str, ...]
    calls: bytes
    """The first calls; empty unless the suite is literal."""
    expected: bytes
    """The harness's share, which no candidate sees."""
    inputs: tuple[bytes, ...] = ()
    prelude: str = ""
    """What runs before the program."""
    together: bytes = b""
    """What a process gets of the tests in which they run together with the solution; empty: they run apart."""
    alone: bool = False
    """Whether code of the problem judges what the program answers, which then may have made a harness its own."""

    def works(self, code: str) -> tuple[bytes, bytes]:
        """Return what the candidate gets for this code, and what the harness gets."""
        if not self.together:
            return pack_work((str(code), self.names, self.calls, self.prelude)), self.expected
        token = os.urandom(_TOKEN_BYTES)
        work = pack_work([str(code), self.names, self.prelude, self.together, token])
        return work, pack_work((token, self.tests))


def compile_suite(problem: CodeProblem) -> Suite:
    """Prepare a problem's tests; the last few thousand problems are remembered."""
    tests, names = tuple(map(str, problem.tests)), tuple(map(str, problem.entry_points))  # not numpy's strings
    setup = (str(problem.prelude), str(problem.setup_code))
    if problem.isolation == TOGETHER_MODE:
        work = pack_work((names, setup[1], tests))
        return Suite(TOGETHER, len(tests), names, b"", b"", prelude=setup[0], together=work)
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
    checks = literal_suite(tests, setup_code, names)
    if checks is None:
        work = pack_work((names, "\n".join(filter(None, setup)), tests))
        return Suite(SOURCE, len(tests), names, b"", work, prelude=prelude, alone=True)
    rounds = _rounds(checks)
    instances: dict[tuple[int, int], int] = {}
    requests = [pack_work([_request(test, check, instances) for test, check in part]) for part in rounds]
    judged = [[(test, check.kind, check.expected, check.details) for test, check in part] for part in rounds]
    kind = LITERAL if len(rounds) == 1 else ROUNDS
    work = pack_work((_last_checks(checks), [*zip([b"", *requests[1:]], judged, strict=True)]))
    return Suite(kind, len(tests), names, requests[0], work, prelude=prelude)


def _request(test: int, check: Check, instances: dict[tuple[int, int], int]) -> tuple[Any, ...]:
    """Return what the candidate sees of a check; the instances of all tests are numbered in one row."""
    callee = check.callee
    number = instances.setdefault((test, callee.number), len(instances))
    return number, callee.name, callee.method, check.arguments, check.options, check.kind in OF_TRUTH


def _last_checks(checks: NumberedChecks) -> list[int]:
    """Return the position of each test's last check."""
    return list({test: position for position, (test, _) in enumerate(checks)}.values())


def _rounds(checks: NumberedChecks) -> list[list[tuple[int, Check]]]:
    """Part the checks into rounds: the calls of one round travel together, those of the next when it is answered.

    Calls that lie in the candidate's memory together must not tell it an answer: as in tests of a function and its
    inverse, `f(1) == 50` and `g(50) == 1`. So a round ends before a call whose arguments hold anything that an earlier
    call of the round is to answer, in whatever brackets, as a part of something, or as text.
    """
    rounds: list[list[tuple[int, Check]]] = [[]]
    pending: list[str] = []
    for test, check in checks:
        shown = _leaves([check.arguments, list(check.options.values())])
        if len(rounds[-1]) == _MOST_AT_ONCE or any(text in shown for text in pending):
            rounds.append([])
            pending = []
        rounds[-1].append((test, check))
        pending += [text for text in _answers(check) if text not in shown]  # else its own call gives it away as well
    return rounds


def _answers(check: Check) -> list[str]:
    """Return what an answer to a check would look like among arguments."""
    if check.kind in OF_TRUTH:
        return []
    wanted = check.expected if check.kind == IN else [check.expected]
    return [_text(one) if isinstance(one, str | bytes) and len(one) > _SHORT_CHARS else _leaves(one) for one in wanted]


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
