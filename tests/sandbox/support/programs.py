"""Programs that are no attacks, and a run of a sandbox that does not hang the tests."""

import secrets
import textwrap
import threading
from collections.abc import Sequence

from trl_rlvr.problem import CodeProblem
from trl_rlvr.sandbox.base import Program, Sandbox
from trl_rlvr.verdict import ExecutionResult

HANG_S = 120.0
"""A sandbox that has not answered by then hangs."""


def simple(code: str, *tests: str, **fields: object) -> Program:
    """Return a program from solution code and tests."""
    problem = CodeProblem(
        task_id="t", prompt="", tests=tuple(textwrap.dedent(test).strip() for test in tests), **fields
    )  # type: ignore[arg-type]
    return Program(textwrap.dedent(code), problem)


def honest_programs(count: int) -> list[Program]:
    """Programs that must pass, no two alike, so that none is answered from another's verdict."""
    salts = [secrets.randbelow(10**9) for _ in range(count)]
    return [simple(f"def add(a, b):\n    return a + b + {salt} - {salt}", "assert add(1, 2) == 3") for salt in salts]


def run_or_fail(sandbox: Sandbox, programs: Sequence[Program]) -> list[ExecutionResult]:
    """Run programs; a sandbox that does not come back is a failed test, not a test run that hangs."""
    box: list[list[ExecutionResult]] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            box.append(sandbox.run(programs))
        except BaseException as error:  # the test's own thread raises it again
            errors.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(HANG_S)
    if errors:
        raise errors[0]
    assert box, f"the sandbox did not come back within {HANG_S:.0f} s"
    return box[0]
