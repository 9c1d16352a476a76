"""Test source that fails, or that checks nothing, is never passed: what it only defines is run, or counts as failed."""

import pytest
from programs.headers import SQUARE
from programs.runners import ADD, CASE
from support.programs import run_or_fail, simple

from trl_rlvr.sandbox.base import Sandbox
from trl_rlvr.verdict import Verdict


@pytest.mark.parametrize("test", ["from solution import cube", "import solution\nsolution.cube(2)"])
def test_a_name_that_the_problem_does_not_ask_for_is_a_missing_one(sandbox: Sandbox, test: str) -> None:
    program = simple("def square(n): return n * n\ndef cube(n): return n ** 3", test, entry_points=("square",))

    (result,) = run_or_fail(sandbox, [program])

    assert result.verdict is Verdict.MISSING_ENTRY_POINT


RUN_BY_NOBODY = {
    "assertion": ("def test_one(): assert square(3) == 8", Verdict.WRONG_ANSWER, "got 9, expected 8"),
    "case": (
        "import unittest\nclass T(unittest.TestCase):\n    def test_it(self): self.assertEqual(square(3), 8)",
        Verdict.WRONG_ANSWER,
        "got 9, expected 8",
    ),
    "error": (
        "import unittest\nclass T(unittest.TestCase):\n    def test_it(self): self.assertEqual(square('a'), 8)",
        Verdict.RUNTIME_ERROR,
        "TypeError: ",
    ),
    "fixture": ("def test_one(given): assert True", Verdict.WRONG_ANSWER, "LookupError: "),
    "generator": ("def test_one():\n    yield\n    assert square(3) == 9", Verdict.WRONG_ANSWER, "failed: "),
    "nothing": ("import unittest\nunittest.main()", Verdict.WRONG_ANSWER, "failed: "),
    "no_method": ("import unittest\nclass T(unittest.TestCase): pass", Verdict.WRONG_ANSWER, "failed: "),
    "all_skipped": (
        "import unittest\n@unittest.skip('')\nclass T(unittest.TestCase):\n    def test_it(self): pass",
        Verdict.WRONG_ANSWER,
        "failed: ",
    ),
    "skips_itself": (
        "import unittest\nclass T(unittest.TestCase):\n    def test_a(self): pass\n"
        "    def test_it(self): self.skipTest('')",
        Verdict.WRONG_ANSWER,
        "failed: ",
    ),
}
"""A test that fails, its verdict, and how its error begins."""


@pytest.mark.parametrize("name", RUN_BY_NOBODY)
def test_what_a_test_only_defines_can_fail(sandbox: Sandbox, name: str) -> None:
    test, verdict, begin = RUN_BY_NOBODY[name]

    (result,) = run_or_fail(sandbox, [simple(SQUARE, test, entry_point="square")])

    assert (result.verdict, result.error[: len(begin)]) == (verdict, begin)


def test_a_variable_that_was_never_bound_is_nothing_of_the_library(sandbox: Sandbox) -> None:
    tests = ("queue = make()\nassert queue", "assert queue", "mean = make()\nassert mean")
    program = simple("def make(): raise ValueError", *tests, entry_point="make")

    (result,) = run_or_fail(sandbox, [program])

    assert result.passed == 0


NEVER_CALLED = {
    "alone": (CASE,),
    "beside_a_test": (CASE + "def test_a(): assert add(1, 2) == 3",),
    "in_what_nobody_calls": (CASE + "def run(): test_case(1, 2, 3)\ndef all(): map(test_case, [])",),
    "variable_of_its_name": (CASE + "def test_a():\n    test_case = 3\n    assert add(1, 2) == test_case",),
    "mentioned_later": (CASE, "def run(): test_case(1, 2, 3)"),
    "method": ("class TestAdd:\n    def test_a(self, a): assert add(a, 0) == a\n    def test_b(self): pass",),
    "in_a_function": (
        "import unittest\ndef run():\n    class T(unittest.TestCase):\n        def test(self): assert add(1, 2) == 4\n"
        "    unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(T))\nrun()",
    ),
    "in_a_branch": ("if add(1, 2) == 3:\n    def test_b(): assert add(1, 2) == 4",),
    "partial": ("import functools\ntest_b = functools.partial(add, 1)",),
    "swallowed": (CASE + "try: test_case(1, 2, 4)\nexcept AssertionError: pass",),
    "inner_class": ("class TestAdd:\n    class TestInner:\n        def test_b(self): assert add(1, 2) == 4",),
    "class": ("class TestAdd:\n    def __init__(self, a): self.a = a\n    def test_b(self): assert add(1, 2) == 3",),
}
"""Tests that need what nobody gives them, or that stand where no runner looks for them: they check nothing."""


@pytest.mark.parametrize("name", NEVER_CALLED)
def test_what_nobody_calls_is_no_pass(sandbox: Sandbox, name: str) -> None:
    (result,) = run_or_fail(sandbox, [simple(ADD, *NEVER_CALLED[name], entry_point="add")])

    assert result.tests[-1].verdict is Verdict.WRONG_ANSWER
