"""Problems of each shape of tests, made up, and the rate at which they are verified beside plain Python.

Plain Python is one process a solution, `python -I -c` of the solution and its tests, and one process a case where a
program reads standard input. It takes turns with ours over the same references, with as many workers.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from data_sets import whole_source

from trl_rlvr.data.schemas import problem_from_row
from trl_rlvr.problem import TOGETHER, CodeProblem
from trl_rlvr.sandbox import Program
from trl_rlvr.sandbox.backends.process import ProcessSandbox
from trl_rlvr.verdict import Verdict

CASES = 20
TESTS = 5
_STDIN = "numbers = list(map(int, input().split()))\nprint(sum(numbers) * {n})\n"
_FUNCTION = "def scale_{n}(numbers):\n    return [{n} * number for number in numbers]\n"
_CLASS = (
    "class Scale{n}:\n    def __init__(self):\n        self.seen = []\n\n    def add(self, number):\n"
    "        self.seen.append({n} * number)\n        return self\n\n"
    "    def total(self):\n        return sum(self.seen)\n"
)


def _of_stdin(n: int) -> dict[str, Any]:
    given = [list(range(case + 1)) for case in range(CASES)]
    cases = [{"input": " ".join(map(str, one)) + "\n", "output": f"{n * sum(one)}\n"} for one in given]
    return {"prompt": "Sum and scale.", "io_tests": cases, "reference_solution": _STDIN.format(n=n)}


def _of_check(n: int) -> dict[str, Any]:
    asserts = "".join(f"    assert candidate([{x}, 1]) == [{n * x}, {n}]\n" for x in range(TESTS))
    opening, body = _FUNCTION.format(n=n).split("\n", 1)
    row = {"prompt": opening + "\n", "canonical_solution": body, "entry_point": f"scale_{n}"}
    return {**row, "test": "def check(candidate):\n" + asserts}


def _of_unittest(n: int) -> dict[str, Any]:
    methods = "".join(
        f"    def test_{x}(self):\n        self.assertEqual(self.one.add({x}).add(1).total(), {n * (x + 1)})\n\n"
        for x in range(TESTS)
    )
    setup = f"    def setUp(self):\n        self.one = Scale{n}()\n\n"
    tests = f"import unittest\n\nclass TestScale(unittest.TestCase):\n{setup}{methods}"
    return {"prompt": "Scale.", "tests": tests, "reference_solution": _CLASS.format(n=n)}


def _of_pytest(n: int) -> dict[str, Any]:
    functions = "".join(
        f"def test_{x}():\n    one = Scale{n}()\n    for number in range({x + 2}):\n        one.add(number)\n"
        f"    assert one.total() == {n * sum(range(x + 2))}\n\n"
        for x in range(TESTS)
    )
    tests = f"from solution import Scale{n}\n\n{functions}"
    return {"prompt": "Scale.", "tests": tests, "reference_solution": _CLASS.format(n=n)}


SHAPES: dict[str, Callable[[int], dict[str, Any]]] = {
    f"stdin, {CASES} cases": _of_stdin,
    "check(candidate)": _of_check,
    "unittest": _of_unittest,
    "pytest": _of_pytest,
    "unittest, together": _of_unittest,
    "pytest, together": _of_pytest,
}


def problems_of(shape: str, count: int) -> list[CodeProblem]:
    """Return different problems of one shape, as their rows load."""
    rows = ({"task_id": str(n), **SHAPES[shape](n)} for n in range(2, count + 2))
    problems = [problem_from_row(row, f"{shape} {row['task_id']}") for row in rows]
    return [replace(one, isolation=TOGETHER) for one in problems] if "together" in shape else problems


def plainly(problem: CodeProblem) -> bool:
    """Verify a reference by plain processes."""
    command = [sys.executable, "-I", "-c"]
    if not problem.io_tests:
        return subprocess.run([*command, whole_source(problem)], capture_output=True, timeout=60).returncode == 0
    code = problem.reference_solution or ""
    return all(
        subprocess.run([*command, code], input=test.input, capture_output=True, text=True, timeout=60).stdout
        == test.output
        for test in problem.io_tests
    )


def shape_rows(workers: int, rounds: int, count: int, plain_count: int) -> list[dict[str, Any]]:
    """Return one row a shape: problems a second by us and by plain Python, and how many times faster ours is."""
    rows: list[dict[str, Any]] = []
    with ProcessSandbox(workers=workers) as sandbox, ThreadPoolExecutor(workers) as pool:
        sandbox.judges_together = True
        for shape in SHAPES:
            problems = problems_of(shape, count)
            programs = [Program(one.reference_solution or "", one) for one in problems]
            sandbox.run(programs)  # compiles the tests, as the gate does
            ours, plain = [], []
            for _ in range(rounds):
                results, rate = _timed(lambda asked: sandbox.run(asked), programs)
                ours.append(rate)
                passes, rate = _timed(lambda asked: list(pool.map(plainly, asked)), problems[:plain_count])
                plain.append(rate)
                wrong = sum(one.verdict is not Verdict.PASSED for one in results) + passes.count(False)
            row = {"tests": shape, "problems": count, "ours, problems/s": statistics.median(ours)}
            row |= {"plain, problems/s": statistics.median(plain), "not passed": wrong}
            row["ours is faster by"] = statistics.median(one / other for one, other in zip(ours, plain, strict=True))
            rows.append(row)
    return rows


def _timed(run: Callable[[Any], Any], asked: Sequence[Any]) -> tuple[Any, float]:
    started = time.perf_counter()
    found = run(asked)
    return found, len(asked) / (time.perf_counter() - started)
