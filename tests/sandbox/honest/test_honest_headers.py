"""Honest programs under tests that other data sets bring: written for a runner, or for a module of the solution's."""

import pytest
from honest_program import Results, assert_passes, assert_twin_fails, honest
from probe import run_or_fail, simple

from trl_rlvr.sandbox.base import Sandbox
from trl_rlvr.verdict import Verdict

SQUARE = "def square(n): return n * n"
WRONG = ("n * n", "n + n")
HONEST = {
    "imported_from_the_solution": honest(
        SQUARE,
        "from solution import square\nassert square(3) == 9\nassert len([square(4)]) == 1",
        "assert square(5) == 25",
        wrong=WRONG,
    ),
    "imported_under_another_name": honest(
        SQUARE,
        "from solution import square as sq\nassert sq(3) == 9",
        "def test_sq():\n    from solution import square as sq\n    assert sq(5) == 25\ntest_sq()",
        wrong=WRONG,
    ),
    "attributes_of_the_module": honest(
        SQUARE,
        "import solution\nsquare = solution.square(3)\nassert square == 9",
        "import math, solution as s\nassert math.isqrt(s.square(3)) == 3",
        wrong=WRONG,
    ),
    "imported_in_the_setup": honest(
        f"{SQUARE}\nclass Odd(Exception): pass\ndef odd(n):\n    if n % 2: raise Odd(n)",
        "assert square(3) == 9",
        "try:\n    odd(3)\n    assert False\nexcept Odd as error:\n    assert error.args == (3,)",
        wrong=WRONG,
        setup="from solution import *\nfrom solution import square, odd, Odd",
    ),
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_program_passes(results: Results, name: str) -> None:
    assert_passes(results, name)


@pytest.mark.parametrize("name", [name for name in HONEST if HONEST[name].wrong])
def test_its_wrong_twin_does_not(results: Results, name: str) -> None:
    assert_twin_fails(results, name)


@pytest.mark.parametrize("test", ["from solution import cube", "import solution\nsolution.cube(2)"])
def test_a_name_that_the_problem_does_not_ask_for_is_a_missing_one(sandbox: Sandbox, test: str) -> None:
    program = simple("def square(n): return n * n\ndef cube(n): return n ** 3", test, entry_points=("square",))

    (result,) = run_or_fail(sandbox, [program])

    assert result.verdict is Verdict.MISSING_ENTRY_POINT
