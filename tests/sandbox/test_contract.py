"""What `Sandbox` promises about programs, verdicts and batches, on every backend whose programs are here."""

import asyncio
import textwrap
import threading
from collections.abc import Callable

import pytest
from support.programs import honest_programs, run_or_fail, simple

from trl_rlvr.problem import CodeProblem, IOTest
from trl_rlvr.sandbox import Limits, Program, Sandbox
from trl_rlvr.verdict import ExecutionResult, Verdict


def run(sandbox: Sandbox, program: Program) -> ExecutionResult:
    (result,) = run_or_fail(sandbox, [program])
    return result


def reads(code: str, *pairs: tuple[str, str]) -> Program:
    problem = CodeProblem(task_id="io", prompt="", io_tests=tuple(IOTest(*pair) for pair in pairs))
    return Program(textwrap.dedent(code), problem)


IDENTITY = "def f(x): return x"

VERDICTS = {
    Verdict.PASSED: [
        simple(IDENTITY, "assert f(1) == 1", "assert f('a') == 'a'"),
        simple(IDENTITY, "x = f([1])\nassert x == [1]"),
        reads("print(input())", ("a\n", "a\n"), ("b\n", "b\n")),
    ],
    Verdict.WRONG_ANSWER: [
        simple(IDENTITY, "assert f(1) == 2"),
        simple(IDENTITY, "for n in range(3):\n    assert f(n) == 0"),
        reads("print(1)", ("", "2\n")),
    ],
    Verdict.RUNTIME_ERROR: [
        simple("def f(x): raise ValueError('no')", "assert f(1) == 1"),
        simple("def f(x): return 1 / 0", "x = f(1)\nassert x == 1"),
        simple("raise ValueError('early')", "assert f(1) == 1"),
        reads("print(1 / 0)", ("", "1\n")),
    ],
    Verdict.TIMEOUT: [
        simple("def f(x):\n    while True: pass", "assert f(1) == 1"),
        simple("while True: pass", "assert f(1) == 1"),
        simple("import time\ndef f(x): time.sleep(60)", "x = f(1)\nassert x == 1"),
        simple(IDENTITY, "f(1)\nwhile True: pass"),
        reads("while True: pass", ("", "1\n")),
        reads("import time\ntime.sleep(60)", ("", "1\n")),
    ],
    Verdict.MEMORY_LIMIT: [
        simple("def f(x): return len(bytearray(10 ** 10))", "assert f(1) == 1"),
        simple("def f(x): return len(bytearray(10 ** 10))", "x = f(1)\nassert x == 1"),
        reads("print(len(bytearray(10 ** 10)))", ("", "1\n")),
    ],
    Verdict.OUTPUT_LIMIT: [
        simple("def f(x): return 'x' * 10 ** 6", "assert f(1) == 1"),
        simple("def f(x): return 'x' * 10 ** 6", "x = f(1)\nassert x == 1"),
        reads("print('x' * 10 ** 6)", ("", "1\n")),
    ],
    Verdict.CRASHED: [
        simple("import os\ndef f(x): os._exit(0)", "assert f(1) == 1"),
        simple("import os\ndef f(x): os.abort()", "x = f(1)\nassert x == 1"),
        simple("import os\nos._exit(0)", "assert f(1) == 1"),
    ],
    Verdict.REFUSED_VALUE: [
        simple("def f(x):\n    for _ in range(10 ** 4): x = [x]\n    return x", "assert f(1) == 1"),
        simple("def f(x): return 1 << 10 ** 7", "assert f(1) == 1"),
        simple("def f(x): return range(10 ** 15)", "x = f(1)\nassert x == 1"),
    ],
    Verdict.SYNTAX_ERROR: [
        simple("def f(x) return x", "assert f(1) == 1"),
        simple("def f(x):\nreturn x", "x = f(1)\nassert x == 1"),
        reads("print(", ("", "1\n")),
    ],
    Verdict.MISSING_ENTRY_POINT: [
        simple("def g(x): return x", "assert f(1) == 1"),
        simple("", "x = f(1)\nassert x == 1"),
    ],
}  # fmt: skip
CASES = [
    pytest.param(verdict, program, id=f"{verdict.value}-{number}")
    for verdict, programs in VERDICTS.items()
    for number, program in enumerate(programs)
]


@pytest.mark.parametrize(("verdict", "program"), CASES)
def test_each_end_has_its_verdict(opened: Sandbox, verdict: Verdict, program: Program) -> None:
    result = run(opened, program)

    assert (result.verdict, result.total) == (verdict, program.problem.total), result.error


def test_results_come_in_the_order_of_the_programs(opened: Sandbox) -> None:
    programs = [
        simple(f"import time\ntime.sleep({0.05 * (n % 3)})\ndef f(): return {n}", "assert f() == 3") for n in range(6)
    ]

    results = run_or_fail(opened, programs)

    assert [result.verdict is Verdict.PASSED for result in results] == [False, False, False, True, False, False]


def test_problems_of_all_kinds_mix_in_one_batch(opened: Sandbox) -> None:
    programs = [VERDICTS[Verdict.PASSED][n % 3] for n in range(9)]

    assert [result.verdict for result in run_or_fail(opened, programs)] == [Verdict.PASSED] * 9


def test_no_programs_give_no_results(opened: Sandbox) -> None:
    assert opened.run([]) == []


def test_a_program_has_one_result_for_each_test(opened: Sandbox) -> None:
    result = run(opened, simple(IDENTITY, "assert f(1) == 1", "assert f(2) == 3", "assert f(4) == 4"))

    assert [test.verdict.value for test in result.tests] == ["passed", "wrong_answer", "passed"]
    assert (result.passed, result.total, result.verdict) == (2, 3, Verdict.WRONG_ANSWER)


def test_tests_that_were_finished_keep_their_verdict_when_time_runs_out(opened: Sandbox) -> None:
    result = run(
        opened, simple("def f(x):\n    while x == 2: pass\n    return x", *(f"assert f({n}) == {n}" for n in (1, 2, 3)))
    )

    assert [test.verdict.value for test in result.tests] == ["passed", "timeout", "timeout"]


def test_the_code_comes_before_the_setup_and_the_setup_before_the_tests(opened: Sandbox) -> None:
    program = simple(
        "BASE = 5\nclass Node:\n    def __init__(self, n): self.n = n\ndef f(node): return node.n + BASE",
        "assert f(root) == WANT",
        setup_code="root = Node(2)\nWANT = 7",
        entry_points=("f", "Node"),
    )

    assert run(opened, program).verdict is Verdict.PASSED


def test_each_run_of_a_program_starts_afresh(opened: Sandbox) -> None:
    program = simple(
        "calls = []\ndef f():\n    calls.append(1)\n    return len(calls)", "assert f() == 1", "assert f() == 2"
    )

    assert [result.verdict for result in run_or_fail(opened, [program] * 6)] == [Verdict.PASSED] * 6


def test_the_order_of_a_set_is_the_same_for_every_worker(opened: Sandbox) -> None:
    program = simple("def f(): raise ValueError(str(set('abcdefgh')))", "assert f() == 1")

    errors = {result.error for result in run_or_fail(opened, [program] * 8)}

    assert len(errors) == 1


@pytest.mark.parametrize(
    "code", ["def f(x): return '\ud800'", "def f(x): return 1\0", "\ufeff", "\x1a", "é = 'é'", "x" * 200_000, "f = 1"]
)
def test_no_code_whatsoever_raises(opened: Sandbox, code: str) -> None:
    result = run(opened, simple(code, "assert f(1) == '$'"))

    assert result.verdict not in (Verdict.PASSED, Verdict.SANDBOX_ERROR)


@pytest.mark.parametrize("test", ["assert f(", "assert f(1) == undefined_name", "raise SystemExit", "f(1)\nx = 1 / 0"])
def test_no_test_whatsoever_raises(opened: Sandbox, test: str) -> None:
    result = run(opened, simple(IDENTITY, test, entry_point="f"))

    assert result.verdict not in (Verdict.PASSED, Verdict.SANDBOX_ERROR)


def test_error_lines_are_short_and_printable(opened: Sandbox) -> None:
    program = simple(
        "def f(x): raise ValueError('\\x1b[2J\\n' + chr(0xD800) + 'x' * 10 ** 5)", "assert f(1) == 1", "x = f(1)"
    )

    result = run(opened, program)

    assert all(
        0 < len(test.error) <= 200 and test.error.isascii() and test.error.isprintable() for test in result.tests
    )


def test_a_passed_test_has_no_error_line(opened: Sandbox) -> None:
    assert [test.error for test in run(opened, VERDICTS[Verdict.PASSED][0]).tests] == ["", ""]


def test_cost_is_measured(opened: Sandbox) -> None:
    result = run(opened, simple("def f(x): return sum(range(3 * 10 ** 6)) and x", "assert f(1) == 1"))

    assert result.verdict is Verdict.PASSED
    assert 0.01 < result.cpu_s < 0.5
    assert result.wall_s > 0


def test_time_of_all_threads_counts(opened: Sandbox) -> None:
    code = """
        import threading
        def burn():
            while True: sum(range(1000))
        def f(x):
            for _ in range(3): threading.Thread(target=burn, daemon=True).start()
            threading.Event().wait(30)
    """
    result = run(opened, simple(code, "assert f(1) == 1"))

    assert result.verdict is Verdict.TIMEOUT
    assert result.cpu_s >= 0.5


def test_a_cheap_reference_lowers_the_limit(backend: Callable[..., Sandbox]) -> None:
    with backend(limits=Limits(cpu_s=30.0, floor_cpu_s=0.2), workers=1) as sandbox:
        result = run(sandbox, simple("def f(x):\n    while True: pass", "assert f(1) == 1", reference_cpu_s=0.001))

    assert result.verdict is Verdict.TIMEOUT
    assert result.cpu_s < 5


def test_a_costly_reference_raises_the_limit(opened: Sandbox) -> None:
    code = "import time\ndef f(x):\n    while time.process_time() < 1.0: pass\n    return x"
    tests = ("assert f(1) == 1",)

    without, with_cost = run_or_fail(opened, [simple(code, *tests), simple(code, *tests, reference_cpu_s=1.0)])

    assert (without.verdict, with_cost.verdict) == (Verdict.TIMEOUT, Verdict.PASSED)


FACTORS = """
def check_output(given, printed, expected):
    left, right = map(int, printed.split())
    return left * right == int(given) and min(left, right) > 1
"""


@pytest.mark.parametrize(
    ("printed", "passed"), [("3 5", [True]), ("5 3", [True]), ("1 15", [False]), ("none", [False]), ("", [False])]
)
def test_a_checker_decides_where_several_outputs_are_right(opened: Sandbox, printed: str, passed: list[bool]) -> None:
    problem = CodeProblem("factors", "", io_tests=(IOTest("15\n", "3 5\n"),), setup_code=FACTORS)

    result = run(opened, Program(f"print({printed!r})", problem))

    assert [test.verdict is Verdict.PASSED for test in result.tests] == passed


def test_a_checker_is_held_to_the_harnesss_limits(opened: Sandbox) -> None:
    endless = "def check_output(given, printed, expected):\n    while True: pass"
    problem = CodeProblem("endless", "", io_tests=(IOTest("", "1\n"),), setup_code=endless)

    assert run(opened, Program("print(1)", problem)).verdict is Verdict.TIMEOUT
    assert run(opened, honest_programs(1)[0]).verdict is Verdict.PASSED


BURNS = "import time\nwhile time.process_time() < 0.1: pass\nprint(input())"


def test_each_case_of_a_script_has_the_cpu_limit_for_itself(backend: Callable[..., Sandbox]) -> None:
    with backend(limits=Limits(cpu_s=0.3), workers=1) as sandbox:
        result = run(sandbox, reads(BURNS, *[("1\n", "1\n")] * 8))

    assert (result.verdict, result.passed) == (Verdict.PASSED, 8)


def test_all_cases_of_a_script_together_have_twelve_times_that(backend: Callable[..., Sandbox]) -> None:
    with backend(limits=Limits(cpu_s=10.0, case_cpu_s=0.15), workers=1) as sandbox:
        result = run(sandbox, reads(BURNS, *[("1\n", "1\n")] * 40))

    assert result.verdict is Verdict.TIMEOUT
    assert result.error == "used more than 1.8 s of CPU time in all cases together"
    assert 10 < result.passed < 20


def test_no_case_is_run_behind_one_that_fails_where_that_is_asked_for(backend: Callable[..., Sandbox]) -> None:
    cases = [("1\n", "1\n"), ("2\n", "1\n"), ("1\n", "1\n")]
    with backend(limits=Limits(stop_at_failure=True), workers=1) as sandbox:
        result = run(sandbox, reads("print(input())", *cases))

    assert [test.verdict for test in result.tests] == [Verdict.PASSED, Verdict.WRONG_ANSWER, Verdict.WRONG_ANSWER]
    assert result.tests[2].error == "not run, as case 2 failed"
    assert 1 <= result.passed <= 3


def test_a_deadline_that_has_passed_makes_no_verdict(opened: Sandbox) -> None:
    results = opened.run(honest_programs(3), deadline_s=0.0)

    assert [result.verdict for result in results] == [Verdict.SANDBOX_ERROR] * 3


def test_what_was_done_before_the_deadline_counts(opened: Sandbox) -> None:
    sleepers = [simple(f"import time\ntime.sleep(0.4)\ndef f(): return {n}", f"assert f() == {n}") for n in range(30)]

    opened.run(honest_programs(1))  # whatever a backend does at its first use is done
    results = opened.run([*honest_programs(2), *sleepers], deadline_s=3.0)

    verdicts = [result.verdict for result in results]
    assert verdicts[:2] == [Verdict.PASSED] * 2
    assert verdicts[-1] is Verdict.SANDBOX_ERROR
    assert run(opened, honest_programs(1)[0]).verdict is Verdict.PASSED


def test_several_threads_may_use_one_sandbox(opened: Sandbox) -> None:
    found: list[Verdict] = []

    def work() -> None:
        found.extend(result.verdict for result in opened.run(honest_programs(10)))

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [Verdict.PASSED] * 50


def test_arun_leaves_the_event_loop_free(opened: Sandbox) -> None:
    async def main() -> tuple[list[ExecutionResult], int]:
        turns = 0
        task = asyncio.ensure_future(
            opened.arun([simple("import time\ntime.sleep(0.3)\ndef f(): return 1", "assert f() == 1")])
        )
        while not task.done():
            await asyncio.sleep(0.01)
            turns += 1
        return task.result(), turns

    results, turns = asyncio.run(main())

    assert results[0].verdict is Verdict.PASSED
    assert turns > 3
