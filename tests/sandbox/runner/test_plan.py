"""What a test's source is found to hold."""

import ast

import pytest

from trl_rlvr.sandbox.runner.plan import compile_tree, plan_of

SOURCE = """
import unittest
class TestPairs(unittest.TestCase):
    def test_one(self): ...
    @unittest.skip("no")
    def test_two(self): ...
    def helper(self): ...
class Fixture: ...
def test_three(): ...
def test_called(n): ...
def other(): ...
"""


def test_functions_and_methods_are_found_but_for_those_that_are_marked_to_be_skipped() -> None:
    plan = plan_of(ast.parse(SOURCE))

    assert (plan.functions, plan.classes) == (["test_three", "test_called"], {"TestPairs": ["test_one"]})
    assert not plan.does_something


def test_what_a_source_calls_itself_is_no_test_of_the_runners() -> None:
    plan = plan_of(ast.parse("def test_it(n):\n    assert n\ntest_it(1)"))

    assert (plan.functions, plan.helpers) == ([], {"test_it"})
    assert plan.does_something


@pytest.mark.parametrize("source", ["", "x = 1", "import os", "def f(): ...", "class TestNothing: ...", "'words'"])
def test_a_source_that_only_defines_is_empty(source: str) -> None:
    assert plan_of(ast.parse(source)).is_empty


def test_to_name_an_answer_is_to_ask_for_it() -> None:
    assert plan_of(ast.parse("y = answer(3)")).does_something


@pytest.mark.parametrize("guard", ["unittest.main()", "if __name__ == '__main__':\n    unittest.main()"])
def test_a_run_of_unittest_at_the_end_is_not_what_runs(guard: str) -> None:
    plan = plan_of(tree := ast.parse(f"{SOURCE}\n{guard}"))

    code = compile_tree(tree)
    assert "main" not in code.co_names or "__name__" in code.co_names
    assert not plan.does_something
