"""The verifier, on a sandbox that runs nothing."""

import asyncio
import os
import pickle
import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest

from trl_rlvr.errors import ConfigError, DataError, SandboxFaultRateError
from trl_rlvr.extraction import ExtractionOutcome
from trl_rlvr.problem import CodeProblem
from trl_rlvr.sandbox import Program, SandboxConfig
from trl_rlvr.sandbox.backends.fake import FakeSandbox
from trl_rlvr.verdict import ExecutionResult, Verdict
from trl_rlvr.verifier import FAULT_WINDOW, CodeVerifier

ADD = CodeProblem("add", "Add two numbers.", tests=("assert add(1, 2) == 3", "assert add(0, 0) == 0"))
GOOD = "def add(a, b):\n    return a + b"
OTHER = "def add(a, b):\n    return b + a"


def fault(program: Program) -> ExecutionResult:
    return ExecutionResult.uniform(Verdict.SANDBOX_ERROR, program.problem.total, "the server is gone")


class FlakySandbox(FakeSandbox):
    """Faults as often as it is told, then passes everything."""

    def __init__(self, faults: int) -> None:
        self.faults_left = faults
        super().__init__(self._fault_or_pass)

    def _fault_or_pass(self, program: Program) -> ExecutionResult:
        if self.faults_left > 0:
            self.faults_left -= 1
            return fault(program)
        return ExecutionResult.uniform(Verdict.PASSED, program.problem.total)


def distinct_programs(count: int) -> list[str]:
    return [f"def add(a, b):\n    return {number}" for number in range(count)]


def test_each_distinct_program_runs_once() -> None:
    sandbox = FakeSandbox()
    verifier = CodeVerifier(sandbox)

    verifier.verify([GOOD, OTHER, GOOD, GOOD], [ADD] * 4)

    assert [program.code for program in sandbox.programs] == [GOOD, OTHER]


def test_the_same_code_runs_again_against_other_tests() -> None:
    sandbox = FakeSandbox()
    other = CodeProblem("add", "Add two numbers.", tests=("assert add(1, 2) == 3",))

    results = CodeVerifier(sandbox).verify_code([GOOD, GOOD], [ADD, other])

    assert [result.total for result in results] == [2, 1]


def test_rows_come_back_in_order_around_those_without_code() -> None:
    def answer(program: Program) -> ExecutionResult:
        return ExecutionResult.uniform(Verdict.PASSED if program.code == GOOD else Verdict.WRONG_ANSWER, 2)

    verifications = CodeVerifier(FakeSandbox(answer)).verify(["", GOOD, "Sorry.", OTHER], [ADD] * 4)

    verdicts = [verification.verdict for verification in verifications]
    assert verdicts == [Verdict.NO_CODE, Verdict.PASSED, Verdict.NO_CODE, Verdict.WRONG_ANSWER]


@pytest.mark.parametrize(
    ("completion", "verdict"),
    [
        ("I cannot do this.", Verdict.NO_CODE),
        ("```python\ndef add(a, b:\n    return a\n```", Verdict.SYNTAX_ERROR),
        ("```python\ndef plus(a, b):\n    return a + b\n```", Verdict.MISSING_ENTRY_POINT),
    ],
)
def test_a_completion_without_runnable_code_gets_its_verdict_without_a_run(completion: str, verdict: Verdict) -> None:
    sandbox = FakeSandbox()

    (verification,) = CodeVerifier(sandbox).verify([completion], [ADD])

    assert (verification.verdict, verification.result.total, sandbox.programs) == (verdict, 2, [])


def test_a_truncated_program_counts_as_a_syntax_error() -> None:
    cut = "```python\ndef add(a, b):\n    return (a +"

    (verification,) = CodeVerifier(FakeSandbox()).verify([cut], [ADD], truncated=[True])

    assert verification.extraction.outcome is ExtractionOutcome.TRUNCATED
    assert verification.verdict is Verdict.SYNTAX_ERROR


def test_memory_spares_a_later_batch_the_run() -> None:
    sandbox = FakeSandbox()
    verifier = CodeVerifier(sandbox, memory=10)
    verifier.verify_code([GOOD], [ADD])

    verifier.verify_code([GOOD], [ADD])

    assert len(sandbox.programs) == 1


def test_without_memory_a_later_batch_runs_again() -> None:
    sandbox = FakeSandbox()
    verifier = CodeVerifier(sandbox)
    verifier.verify_code([GOOD], [ADD])

    verifier.verify_code([GOOD], [ADD])

    assert len(sandbox.programs) == 2


def test_memory_drops_the_least_recently_used_verdict() -> None:
    sandbox = FakeSandbox()
    verifier = CodeVerifier(sandbox, memory=2)
    first, second, third = distinct_programs(3)
    for code in (first, second, first, third):  # the third pushes out the second, not the first
        verifier.verify_code([code], [ADD])
    sandbox.programs.clear()

    verifier.verify_code([first, second], [ADD, ADD])

    assert [program.code for program in sandbox.programs] == [second]


def test_a_sandbox_error_is_never_remembered() -> None:
    verifier = CodeVerifier(FlakySandbox(faults=1), memory=10)

    verdicts = [verifier.verify_code([GOOD], [ADD])[0].verdict for _ in range(2)]

    assert verdicts == [Verdict.SANDBOX_ERROR, Verdict.PASSED]


def test_too_many_faults_stop_the_run() -> None:
    verifier = CodeVerifier(FlakySandbox(faults=11))

    with pytest.raises(SandboxFaultRateError, match=r"11 of the last 50 programs .* allowed share of 0.2"):
        verifier.verify_code(distinct_programs(50), [ADD] * 50)


def test_a_share_of_faults_up_to_the_limit_is_borne() -> None:
    verifier = CodeVerifier(FlakySandbox(faults=10))

    results = verifier.verify_code(distinct_programs(50), [ADD] * 50)

    assert sum(result.verdict is Verdict.SANDBOX_ERROR for result in results) == 10


def test_few_programs_are_too_few_to_judge_the_fault_rate() -> None:
    verifier = CodeVerifier(FakeSandbox(fault))

    results = verifier.verify_code(distinct_programs(FAULT_WINDOW - 1), [ADD] * (FAULT_WINDOW - 1))

    assert {result.verdict for result in results} == {Verdict.SANDBOX_ERROR}


def test_faults_of_small_batches_add_up() -> None:
    verifier = CodeVerifier(FakeSandbox(fault))
    for _ in range(4):
        verifier.verify_code(distinct_programs(10), [ADD] * 10)

    with pytest.raises(SandboxFaultRateError, match="50 of the last 50 programs"):
        verifier.verify_code(distinct_programs(10), [ADD] * 10)


def test_old_faults_are_forgotten() -> None:
    sandbox = FlakySandbox(faults=40)
    verifier = CodeVerifier(sandbox)
    verifier.verify_code(distinct_programs(40), [ADD] * 40)
    verifier.verify_code(distinct_programs(50), [ADD] * 50)
    sandbox.faults_left = 1

    results = verifier.verify_code(distinct_programs(10), [ADD] * 10)

    assert sum(result.verdict is Verdict.SANDBOX_ERROR for result in results) == 1


def test_async_and_sync_give_the_same_verifications() -> None:
    verifier = CodeVerifier(FakeSandbox())

    awaited = asyncio.run(verifier.averify([GOOD, "no code"], [ADD, ADD]))

    assert awaited == verifier.verify([GOOD, "no code"], [ADD, ADD])


def test_a_verifier_pickles_without_its_open_sandbox() -> None:
    verifier = CodeVerifier(config=SandboxConfig(sandbox_backend="fake"), memory=5)
    verifier.verify_code([GOOD], [ADD])

    copy = pickle.loads(pickle.dumps(verifier))

    assert copy.verify_code([GOOD], [ADD])[0].verdict is Verdict.PASSED
    assert (verifier.stats.programs, copy.stats.programs) == (1, 1)


def test_a_fork_opens_a_sandbox_of_its_own() -> None:
    verifier = CodeVerifier(config=SandboxConfig(sandbox_backend="fake"))
    verifier.verify_code([GOOD], [ADD])

    child = os.fork()
    if child == 0:
        os._exit(10 + verifier.stats.programs)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 10


def test_a_fork_is_not_caught_by_a_lock_that_another_thread_held() -> None:
    verifier = CodeVerifier(config=SandboxConfig(sandbox_backend="fake"))

    with verifier._lock:
        child = os.fork()
        if child == 0:
            os._exit(len(verifier.verify_code([GOOD], [ADD])))
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 1


def test_threads_share_one_sandbox() -> None:
    verifier = CodeVerifier(config=SandboxConfig(sandbox_backend="fake"))
    codes = distinct_programs(20)
    threads = [threading.Thread(target=verifier.verify_code, args=([code], [ADD])) for code in codes]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert verifier.stats.programs == 20


def test_a_given_sandbox_is_not_closed() -> None:
    class Closable(FakeSandbox):
        closed = False

        def close(self) -> None:
            self.closed = True

    sandbox = Closable()
    with CodeVerifier(sandbox) as verifier:
        verifier.verify_code([GOOD], [ADD])

    assert not sandbox.closed


def test_a_closed_verifier_opens_anew() -> None:
    verifier = CodeVerifier(config=SandboxConfig(sandbox_backend="fake"))
    verifier.verify_code([GOOD], [ADD])
    verifier.close()

    verifier.verify_code([GOOD], [ADD])

    assert verifier.stats.programs == 1


def test_the_deadline_reaches_the_sandbox() -> None:
    class Deadlines(FakeSandbox):
        def run(self, programs, *, deadline_s=None):
            deadlines.append(deadline_s)
            return super().run(programs)

    deadlines: list[float | None] = []
    CodeVerifier(Deadlines(), batch_deadline_s=7.0).verify_code([GOOD], [ADD])

    assert deadlines == [7.0]


def test_lengths_that_differ_are_refused() -> None:
    with pytest.raises(ConfigError, match="got 2 completions for 1 problems"):
        CodeVerifier(FakeSandbox()).verify([GOOD, GOOD], [ADD])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"memory": -1}, "memory is -1"),
        ({"batch_deadline_s": 0}, "batch_deadline_s is 0"),
        ({"fault_rate": 1.5}, "fault_rate is 1.5"),
        ({"sandbox": FakeSandbox(), "config": SandboxConfig()}, "both a sandbox and a config"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        CodeVerifier(**options)


def test_no_completions_need_no_sandbox() -> None:
    class NoSandbox(FakeSandbox):
        def run(self, programs: Sequence[Program], *, deadline_s: float | None = None) -> list[ExecutionResult]:
            raise AssertionError("nothing is to be run")

    assert CodeVerifier(NoSandbox()).verify([], []) == []


def test_a_problem_that_cannot_be_judged_apart_is_refused_by_the_constructs_name() -> None:
    problem = replace(ADD, tests=("assert eval(add(2, 3)) == 5",))

    with pytest.raises(DataError, match="test 0 hands the candidate's value to eval"):
        CodeVerifier(FakeSandbox()).verify_code([GOOD], [problem])


def test_such_a_problem_is_judged_together_where_that_is_allowed() -> None:
    sandbox = FakeSandbox()
    sandbox.judges_together = True
    problem = replace(ADD, tests=("assert eval(add(2, 3)) == 5",))

    CodeVerifier(sandbox).verify_code([GOOD], [problem])
    CodeVerifier(sandbox).verify_code([GOOD], [ADD])

    assert [program.problem.isolation for program in sandbox.programs] == ["together", "apart"]


def test_a_row_cannot_choose_for_itself_to_be_judged_together() -> None:
    with pytest.raises(DataError, match="sandbox_tests"):
        CodeVerifier(FakeSandbox()).verify_code([GOOD], [replace(ADD, isolation="together")])


def test_real_programs_get_their_verdicts() -> None:
    completions = [
        f"Here you are:\n```python\n{GOOD}\n```",
        "def add(a, b):\n    return a - b",
        "def add(a, b):\n    while True:\n        pass",
        "def add(a, b):\n    raise KeyError(a)",
        "import os\ndef add(a, b):\n    os._exit(0)",
    ]

    with CodeVerifier(config=SandboxConfig(sandbox_workers=1, sandbox_cpu_s=0.3)) as verifier:
        verifications = verifier.verify(completions, [ADD] * 5)

    assert [(v.verdict, v.result.passed) for v in verifications] == [
        (Verdict.PASSED, 2),
        (Verdict.WRONG_ANSWER, 1),
        (Verdict.TIMEOUT, 0),
        (Verdict.RUNTIME_ERROR, 0),
        (Verdict.CRASHED, 0),
    ]


def test_what_misses_the_batch_deadline_is_our_fault_and_not_the_programs() -> None:
    sleepers = [f"import time\ndef add(a, b):\n    time.sleep({seconds})" for seconds in (60, 61)]

    with CodeVerifier(config=SandboxConfig(sandbox_workers=1, sandbox_idle_s=1.0), batch_deadline_s=0.5) as verifier:
        results = verifier.verify_code(sleepers, [ADD, ADD])

    assert [result.verdict for result in results] == [Verdict.TIMEOUT, Verdict.SANDBOX_ERROR]


def test_a_forked_child_verifies_on_a_server_of_its_own_and_leaves_ours_alone() -> None:
    with CodeVerifier(config=SandboxConfig(sandbox_workers=1)) as verifier:
        verifier.verify_code([OTHER], [ADD])
        child = os.fork()
        if child == 0:
            try:
                passed = verifier.verify_code([GOOD], [ADD])[0].passed
                verifier.close()
            except BaseException:  # whatever it is, this copy of the test run must end here
                passed = 99
            os._exit(passed)
        _, status = os.waitpid(child, 0)
        ours = verifier.verify_code([GOOD], [ADD])[0].passed
        restarts = verifier.stats.restarts

    assert (os.waitstatus_to_exitcode(status), ours, restarts) == (2, 2, 0)
