import pytest

from trl_rlvr.analysis.literal_tests import literal_checks
from trl_rlvr.analysis.literals import NotLiteral

NAMES = ("f", "Solution")


def calls(source):
    return [(check.callee.name, check.callee.method, *check.arguments) for check in literal_checks(source, NAMES)]


CHECKER = """
METADATA = {'author': 'x'}

def check(candidate):
    assert candidate([1, 2], 3) == 4, "message"
    assert candidate(*[5]) == -6
    assert abs(candidate(7) - 0.5) < 1e-6
"""
TABLE = """
def check(candidate):
    inputs = [[1, [2]], [3, [4]]]
    results = [5, 6]
    for i, (given, wanted) in enumerate(zip(inputs, results)):
        assert candidate(*given) == wanted
check(f)
"""
PYTEST = """
import pytest
from solution import f

def test_one():
    given = [1, 2]
    assert f(given) == 3

def test_two():
    for n in range(3):
        assert f(n) is None

class TestMore:
    def test_three(self):
        assert f("a" * 3) and not f(10**2)

if __name__ == "__main__":
    pytest.main()
"""
UNITTEST = """
import unittest

class TestF(unittest.TestCase):
    def test_b(self):
        self.assertEqual(f(2), 4)
        self.assertAlmostEqual(f(3), 0.5, places=2)
    def test_a(self):
        for n in (1, 5):
            with self.subTest(n=n):
                self.assertTrue(f(n), "message")
        self.assertIn(f(6), [1, 2])
"""


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (f"{CHECKER}\ncheck(f)", [("f", "", [1, 2], 3), ("f", "", 5), ("f", "", 7)]),
        (f"{CHECKER}\ncheck(Solution().m)", [("Solution", "m", [1, 2], 3), ("Solution", "m", 5), ("Solution", "m", 7)]),
        ("assert Solution().m(1) == 2", [("Solution", "m", 1)]),
        (TABLE, [("f", "", 1, [2]), ("f", "", 3, [4])]),
        (PYTEST, [("f", "", [1, 2]), *[("f", "", n) for n in range(3)], ("f", "", "aaa"), ("f", "", 100)]),
        (UNITTEST, [("f", "", 1), ("f", "", 5), ("f", "", 6), ("f", "", 2), ("f", "", 3)]),
        ("import math\nassert math.isclose(f(1), math.pi, rel_tol=1e-3)", [("f", "", 1)]),
        ("import numpy as np\nassert np.allclose(f(1), -2.5, rtol=1e-7)", [("f", "", 1)]),
    ],
    ids=["checker", "method", "one-method", "table", "pytest", "unittest", "isclose", "allclose"],
)
def test_calls_are_read_in_the_order_in_which_the_test_makes_them(source, found):
    assert calls(source) == found


def test_a_method_given_to_a_checker_is_of_one_instance_and_calls_of_a_test_are_of_several():
    together = literal_checks(f"{CHECKER}\ncheck(Solution().m)", NAMES)
    apart = literal_checks("assert Solution().m(1) == 2\nassert Solution().m(1) == 2", NAMES)

    assert len({check.callee for check in together}) == 1
    assert len({check.callee for check in apart}) == 2


@pytest.mark.parametrize(
    "source",
    [
        "assert f(1) != 2",
        "assert f(1) == g(1)",
        "assert f(1) == f(2)",
        "assert g(f(1)) == 1",
        "f(1)",
        "x = f(1)\nassert x == 2",
        "x = [1]\nassert f(x) == 1\nassert f(x) == 2",
        "x = [1]\nassert f(x) == x",
        "x = [1]\nassert f([x, x]) == 2",
        "assert f([[0]] * 2) == 2",
        "f = len\nassert f('a') == 1",
        "from os import getpid as f\nassert f() == 1",
        "import requests\nassert f(1) == 1",
        "def f(x): ...\nassert f(1) == None",
        "abs = len\nassert abs(f(1) - 2) < 3",
        "def check(candidate):\n    assert candidate(1) == 2",
        "def test_a(fixture):\n    assert f(fixture) == 2",
        "@mark\ndef test_a():\n    assert f(1) == 2",
        "class TestF(TestCase):\n    def setUp(self): ...\n    def test_a(self):\n        self.assertEqual(f(1), 2)",
        "class TestF(unittest.TestCase):\n    def test_a(self):\n        self.assertRaises(ValueError, f, 1)",
        "try:\n    assert f(1) == 2\nexcept Exception: pass",
        "if True:\n    assert f(1) == 2",
        "for x in {1, 2}:\n    assert f(x) == 2",
        "while True:\n    assert f(1) == 2",
        "assert f(2 ** 10 ** 10) == 1",
        "assert f('a' * 10 ** 9) == 1",
        "for i in range(10 ** 9):\n    assert f(i) == 1",
        "for i in range(1000):\n    for j in range(1000):\n        assert f(i) == 1",
        "assert isinstance(f(1), int)",
        "assert np.allclose(f(1), 2.5)",
        "import numpy as np\nassert np.allclose(f(1), [[2.5]])",
        "import numpy as np\nassert np.allclose(2.5, f(1))",
        "import numpy as np\nassert np.allclose(f(1), 1e999)",
        "import numpy as np\nassert np.allclose(f(1), 2.5, equal_nan=True)",
        "assert abs(f(1) - f(2)) < 1",
        "def test_a():\n    return\n    assert f(1) == 2",
        "async def test_a():\n    assert f(1) == 2",
        "",
    ],
)
def test_what_means_more_than_a_comparison_with_a_literal_is_not_read(source):
    with pytest.raises(NotLiteral):
        literal_checks(source, NAMES)
