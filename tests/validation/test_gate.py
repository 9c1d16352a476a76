"""The gate at load: first its rules, on a sandbox that runs nothing, then its verdicts on the real one."""

import ast
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from trl_rlvr.data import load_problems
from trl_rlvr.problem import CodeProblem, IOTest
from trl_rlvr.sandbox import Program, Sandbox
from trl_rlvr.sandbox.backends.fake import FakeSandbox
from trl_rlvr.validation.gate import ProblemCheck, check_problems
from trl_rlvr.validation.wrong_programs import wrong_programs
from trl_rlvr.verdict import ExecutionResult, TestResult, Verdict

DOUBLE = CodeProblem(
    "double",
    "Double a number.",
    tests=("assert double(2) == 4", "assert double(0) == 0"),
    reference_solution="def double(x):\n    return 2 * x",
)
MBPP = Path(os.environ.get("TRL_RLVR_MBPP", Path(__file__).parents[3] / "shared" / "data" / "mbpp.jsonl"))

ECHO = CodeProblem("echo", "Print the sum.", io_tests=(IOTest("1 2", "3"),), reference_solution="print(3)")


def uniform(verdict: Verdict, program: Program, cpu_s: float = 0.0, error: str = "") -> ExecutionResult:
    return replace(ExecutionResult.uniform(verdict, program.problem.total, error), cpu_s=cpu_s)


def fair(program: Program) -> ExecutionResult:
    """The reference passes at a cost of 12.3 ms, all else fails."""
    is_reference = program.code == program.problem.reference_solution
    return uniform(Verdict.PASSED if is_reference else Verdict.WRONG_ANSWER, program, cpu_s=0.0123)


def check(problem: CodeProblem, answer: Callable[[Program], ExecutionResult] = fair, **options: bool) -> ProblemCheck:
    (checked,) = check_problems([problem], FakeSandbox(answer), **options)
    return checked


def test_a_sound_problem_may_be_used_and_knows_its_cost() -> None:
    checked = check(DOUBLE)

    assert (checked.reason, checked.cpu_s, checked.problem.reference_cpu_s) == (None, 0.0123, 0.013)


def needs_files(program: Program) -> ExecutionResult:
    """Pass the reference only where it shares its files with the tests."""
    return fair(program) if program.problem.isolation == "together" else uniform(Verdict.WRONG_ANSWER, program)


def test_a_problem_that_cannot_be_judged_apart_is_judged_together_where_that_is_allowed() -> None:
    sandbox = FakeSandbox(needs_files)
    sandbox.judges_together = True

    sound, needy = check_problems([ECHO, DOUBLE], sandbox)

    assert (sound.problem.isolation, needy.problem.isolation) == ("apart", "together")
    assert needy.reason is None
    assert needy.together == "its reference solution fails test 0: wrong_answer"
    assert needy.problem.reference_cpu_s == 0.013
    assert {one.problem.isolation for one in sandbox.programs[-5:]} == {"together"}, "wrong programs face them too"


def test_together_needs_to_be_allowed_also_where_the_data_asks_for_it() -> None:
    asks = replace(DOUBLE, isolation="together")

    assert check(DOUBLE, needs_files).reason == "its reference solution fails test 0: wrong_answer"
    assert "sandbox_tests" in (check(asks).reason or "")


def test_what_fails_both_ways_is_set_aside_for_both_reasons() -> None:
    sandbox = FakeSandbox(lambda program: uniform(Verdict.WRONG_ANSWER, program))
    sandbox.judges_together = True

    (checked,) = check_problems([DOUBLE], sandbox)

    assert checked.together is None
    assert (checked.reason or "").count("its reference solution fails") == 2


def test_a_failing_reference_sets_the_problem_aside() -> None:
    def second_fails(program: Program) -> ExecutionResult:
        return ExecutionResult((TestResult(Verdict.PASSED), TestResult(Verdict.WRONG_ANSWER, "1 is not 0")))

    checked = check(DOUBLE, second_fails)

    assert checked.reason == "its reference solution fails test 1: wrong_answer 1 is not 0"
    assert checked.cpu_s is None


@pytest.mark.parametrize("problem", [DOUBLE, ECHO], ids=["calls", "standard input"])
def test_any_wrong_program_that_passes_sets_the_problem_aside(problem: CodeProblem) -> None:
    for what, code in wrong_programs(problem).items():
        checked = check(problem, lambda p, code=code: uniform(Verdict.PASSED, p) if p.code == code else fair(p))

        assert checked.reason == f"a wrong program passes all its tests: {what}"


@pytest.mark.parametrize("problem", [DOUBLE, ECHO], ids=["calls", "standard input"])
def test_wrong_programs_compile(problem: CodeProblem) -> None:
    assert all(ast.parse(code).body for code in wrong_programs(problem).values())


def test_wrong_programs_define_every_name_that_the_candidate_answers_for() -> None:
    problem = CodeProblem("two", "", tests=("assert f(Node(1)) == g(1)",), entry_points=("f", "Node", "g"))

    for code in wrong_programs(problem).values():
        body = ast.parse(code).body
        assert {"f", "Node", "g"} <= {node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def test_without_a_reference_the_wrong_programs_alone_decide() -> None:
    bare = replace(DOUBLE, reference_solution=None)

    failing = check(bare, lambda program: uniform(Verdict.WRONG_ANSWER, program))
    passing = check(bare, lambda program: uniform(Verdict.PASSED, program))

    assert (failing.reason, failing.cpu_s, failing.problem.reference_cpu_s) == (None, None, None)
    assert passing.reason is not None


def test_a_slow_reference_gets_time_enough_to_be_measured() -> None:
    def slow(program: Program) -> ExecutionResult:
        if program.code != DOUBLE.reference_solution:
            return uniform(Verdict.WRONG_ANSWER, program)
        is_patient = program.problem.reference_cpu_s is not None
        return uniform(Verdict.PASSED if is_patient else Verdict.TIMEOUT, program, cpu_s=4.0)

    checked = check(DOUBLE, slow)

    assert (checked.reason, checked.problem.reference_cpu_s) == (None, 4.0)


def test_a_fault_of_the_sandbox_is_tried_again() -> None:
    faults = []

    def once(program: Program) -> ExecutionResult:
        if len(faults) < 1:
            faults.append(program)
            return uniform(Verdict.SANDBOX_ERROR, program, error="the server is gone")
        return fair(program)

    assert check(DOUBLE, once).reason is None


def test_a_problem_that_the_sandbox_cannot_run_is_set_aside_as_its_fault() -> None:
    checked = check(DOUBLE, lambda program: uniform(Verdict.SANDBOX_ERROR, program, error="no server"))

    assert checked.reason == "the sandbox could not run its reference: no server"


def test_tests_that_execute_an_answer_are_refused() -> None:
    checked = check(replace(DOUBLE, tests=("assert eval(double(2)) == 4",)))

    assert checked.reason == "test 0 hands the candidate's value to eval"


def test_a_refused_problem_is_not_run() -> None:
    sandbox = FakeSandbox(fair)

    check_problems([replace(DOUBLE, tests=("assert eval(double(2)) == 4",))], sandbox)

    assert sandbox.programs == []


def test_checks_come_back_in_order() -> None:
    problems = [DOUBLE, replace(DOUBLE, task_id="eval", tests=("assert eval(double(2))",)), ECHO]

    checks = check_problems(problems, FakeSandbox(fair))

    assert [(c.problem.task_id, c.reason is None) for c in checks] == [
        ("double", True),
        ("eval", False),
        ("echo", True),
    ]


SOUND = [
    DOUBLE,
    ECHO,
    CodeProblem(
        "in order",
        "Sort a list in place and return it.",
        tests=("x = [3, 1, 2]\nassert in_order(x) == [1, 2, 3]\nassert x == [1, 2, 3]",),
        reference_solution="def in_order(x):\n    x.sort()\n    return x",
    ),
    CodeProblem(
        "refuse",
        "Raise ValueError for numbers below 0.",
        tests=(
            "try:\n    refuse(-1)\nexcept ValueError:\n    pass\nelse:\n    raise AssertionError",
            "assert refuse(1) == 2",
        ),
        reference_solution="def refuse(x):\n    if x < 0:\n        raise ValueError(x)\n    return x + 1",
    ),
    CodeProblem(
        "generate",
        "Count from 0 to n - 1.",
        tests=("assert all(a == b for a, b in zip(generate(3), [0, 1, 2], strict=True))",),
        reference_solution="def generate(n):\n    yield from range(n)",
    ),
]

WEAK = {
    "copied": CodeProblem("copied", "", tests=("assert copied([1]) == [1]",)),
    "nothing": CodeProblem("nothing", "", tests=("assert nothing(1) is None",)),
    "anything": CodeProblem("anything", "", tests=("assert anything(1) or True",)),
    "summed": CodeProblem(
        "summed", "", tests=("xs = [4, 5]\ngot = summed(xs)\nwanted = len(xs)\nassert got == wanted",)
    ),
    "area": CodeProblem("area", "", tests=("if abs(area(2) - 12.57) > 0.01: raise AssertionError",)),
    "checked": CodeProblem(
        "checked",
        "",
        setup_code=(
            "def check_output(given, printed, expected):\n"
            "    pairs = zip(printed.split(), expected.split(), strict=True)\n"
            "    return not any(abs(float(p) - float(e)) > 1e-6 for p, e in pairs)"
        ),
        io_tests=(IOTest("1\n", "0.5 0.25\n"), IOTest("2\n", "0.75\n")),
    ),
    "scaled": CodeProblem(
        "scaled", "", tests=("import numpy as np\nassert np.allclose(scaled(np.array([1, 2])), [2.0, 4.0])",)
    ),
}


def test_a_test_that_calls_nothing_is_refused() -> None:
    checked = check(replace(DOUBLE, tests=("def check():\n    assert double(2) == 4",)))

    assert checked.reason == "test 0: it defines functions, and nothing calls them"


def test_expected_values_are_read_before_the_solution_can_change_them(sandbox: Sandbox) -> None:
    node = "class Node:\n    def __init__(self, next): self.next = next\n"
    size = "def size(node): return 0 if node is None else 1 + size(node.next)"
    counted = CodeProblem(
        "counted", "", tests=("tree = Node(Node(None))\nassert counted(tree) == size(tree)",), setup_code=node + size
    )
    doubled = CodeProblem(
        "doubled",
        "",
        tests=("p = Point(3)\nassert doubled(p) == p.x * 2",),
        setup_code="class Point:\n    def __init__(self, x): self.x = x",
    )

    assert [checked.reason for checked in check_problems([counted, doubled], sandbox)] == [None, None]


def test_sound_problems_pass_the_gate_of_the_real_sandbox(sandbox: Sandbox) -> None:
    checks = check_problems(SOUND, sandbox)

    assert {check.problem.task_id: check.reason for check in checks} == {p.task_id: None for p in SOUND}
    assert all(check.cpu_s is not None and 0 < check.cpu_s < 1 for check in checks)


@pytest.mark.parametrize(
    ("task_id", "what"),
    [
        ("copied", "one that returns its argument"),
        ("nothing", "one that returns None"),
        ("anything", "one that returns its argument"),
        ("summed", "one that empties its arguments and returns 0"),
        ("area", "one that returns NaN"),
        ("checked", "one that prints nan for everything"),
        ("scaled", "one that returns an array without items"),
    ],
)
def test_weak_tests_are_found_out_by_the_real_sandbox(task_id: str, what: str, sandbox: Sandbox) -> None:
    (checked,) = check_problems([WEAK[task_id]], sandbox)

    assert checked.reason == f"a wrong program passes all its tests: {what}"


@pytest.mark.slow
@pytest.mark.skipif(not MBPP.is_file(), reason="needs a local file of MBPP in its official JSONL form (TRL_RLVR_MBPP)")
def test_mbpps_references_pass_and_four_problems_have_weak_tests(sandbox: Sandbox) -> None:
    checks = check_problems(load_problems(str(MBPP)), sandbox)

    set_aside = {check.problem.task_id: check.reason for check in checks if check.reason is not None}
    weak = "a wrong program passes all its tests: one that "
    returns_its_argument = dict.fromkeys(["404", "698", "847"], f"{weak}returns its argument")
    always_true = {"899": f"{weak}empties its arguments and returns True"}
    assert (len(checks), set_aside) == (974, returns_its_argument | always_true)
