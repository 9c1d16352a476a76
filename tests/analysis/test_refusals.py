"""Tests that a wrong program could pass are refused by the construct's name, and their likes are not."""

import pytest

from trl_rlvr.analysis.refusals import refusal

ARRAY = "import numpy as np\na = np.array([3, 1])\n"
REFUSED = {
    "decorated_test": ("@f\ndef test_it(): assert 1 + 1 == 3", "test_it is decorated by the solution"),
    "decorator_factory": ("@f(3)\ndef test_it(): assert 1 + 1 == 3", "test_it is decorated by the solution"),
    "decorated_method": ("class TestF:\n    @f\n    def test_it(self): assert f(1) == g(1)", "test_it is decorated"),
    "decorated_class": ("import unittest\n@f\nclass Case(unittest.TestCase): ...", "Case is decorated by the solution"),
    "made_test": ("def check(): assert 1 == 2\ntest_x = f(check)", "test_x is made by the solution"),
    "derived_class": ("class TestF(f):\n    def test_it(self): ...", "class TestF of tests derives from the solution"),
    "array_read_again": (ARRAY + "b = f(a)\nassert list(a) == [3, 1]", "a is an array that is looked at after"),
    "own_list": ("class L(list): ...\nassert f(L()) == g()", "class L is a container of the test's own"),
    "own_dict": ("import collections\nclass D(collections.OrderedDict): ...\nassert f(D()) == g()", "class D is"),
    "sequence": (
        "class S:\n    def __getitem__(self, i): return g(i)\nassert f(S()) == 2",
        "class S is iterated by __getitem__",
    ),
    "cached": (
        "from functools import cached_property\nclass C:\n    @cached_property\n    def x(self): return g()\n"
        "assert f(C()) == 1",
        "C.x is a cached_property",
    ),
    "tasks": ("import asyncio\nasync def main(): return await asyncio.gather(f(1), f(2))", "gather of asyncio runs"),
    "imported_task": ("from asyncio import wait_for\nwait_for(f(1), 2)", "wait_for of asyncio runs"),
    "threads": ("from concurrent.futures import ThreadPoolExecutor", "concurrent.futures runs calls side by side"),
    "signals": ("import signal", "signal runs calls side by side"),
    "eval": ("assert eval(f(1)) == 5", "hands the candidate's value to eval"),
}
JUDGED = {
    "awaited": "import asyncio\nassert asyncio.run(f(1)) == 2",
    "literal": "assert f(1) == 2",
    "decorator_of_a_helper": "@f\ndef double(n): return 2 * n\nassert double(2) == 4",
    "decorator_of_the_tests_own": "import pytest\n@pytest.mark.slow\ndef test_it(): assert f(g(1)) == 2",
    "array_given": ARRAY + "assert list(f(a)) == [1, 3]",
    "array_given_twice": ARRAY + "assert list(f(a)) == list(f(a))",
    "iterated_class": "class S:\n    def __getitem__(self, i): ...\n    def __iter__(self): ...\nassert f(S()) == 2",
    "pattern_of_the_tests": "import re\nassert re.match('a', f(1))",
}


@pytest.mark.parametrize(("test", "what"), REFUSED.values(), ids=REFUSED.keys())
def test_construct_is_refused_by_its_name(test: str, what: str) -> None:
    found = refusal((test,), "", ("f",))

    assert found is not None
    assert found.startswith("test 0")
    assert what in found


@pytest.mark.parametrize("test", JUDGED.values(), ids=JUDGED.keys())
def test_its_like_is_judged(test: str) -> None:
    assert refusal((test,), "", ("f",)) is None
