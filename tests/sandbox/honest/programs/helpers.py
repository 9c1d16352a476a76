"""Tests among helpers: what has a test's name and needs arguments, is a callback, or is called from somewhere else."""

from support.honest import honest

ADD = "def add(a, b): return a + b"
WRONG = ("a + b", "0")
SOMETIMES = ("a + b", "a + b if a == 1 else 0")
CASE = "def test_case(a, b, c): assert add(a, b) == c\n"
TIMES = "def times(n, f): return [f(i) for i in range(n)]"

PROGRAMS = {
    "called_by_a_test": honest(ADD, CASE + "def test_all(): test_case(1, 2, 3)", wrong=WRONG, entry_points=("add",)),
    "some_calls_fail_and_that_is_only_printed": honest(
        ADD,
        CASE
        + """
for case in [(1, 2, 3), (2, 2, 4)]:
    try: test_case(*case)
    except Exception as error: print(error)
""",
        wrong=SOMETIMES,
        entry_point="add",
    ),
    "other_name_in_a_later_source": honest(
        ADD, CASE + "test_case(1, 2, 3)", "test_same = test_case\nassert add(1, 1) == 2", wrong=WRONG, entry_point="add"
    ),
    "run_for_one_class_only": honest(
        ADD,
        """
        class Base:
            def test_a(self): assert add(self.n, 2) == self.n + 2
        class TestZero(Base): n = -2
        class TestOne(Base): n = 1
        TestZero().test_a()
        """,
        wrong=WRONG,
        entry_point="add",
    ),
    "hooks_that_check": honest(
        ADD,
        "LEFT = [1]\ndef setup_module(): LEFT.pop()\ndef test_one(): assert add(0, 0) == 0",
        "def test_two(): assert add(0, 0) == 0",
        "SEEN = []\ndef teardown_module(module): assert SEEN == [3]\ndef test_a(): SEEN.append(add(1, 2))",
        "import unittest\nSEEN = []\ndef tearDownModule(): assert SEEN == [3]\n"
        "class T(unittest.TestCase):\n    def test_a(self): SEEN.append(add(1, 2))",
        wrong=WRONG,
        entry_point="add",
    ),
}
