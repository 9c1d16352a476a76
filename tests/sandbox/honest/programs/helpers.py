"""Tests among helpers: what has a test's name and needs arguments, is a callback, or is called from somewhere else."""

from support.honest import honest

ADD = "def add(a, b): return a + b"
WRONG = ("a + b", "0")
SOMETIMES = ("a + b", "a + b if a == 1 else 0")
CASE = "def test_case(a, b, c): assert add(a, b) == c\n"
TIMES = "def times(n, f): return [f(i) for i in range(n)]"

PROGRAMS = {
    "called_by_a_test": honest(ADD, CASE + "def test_all(): test_case(1, 2, 3)", wrong=WRONG, entry_points=("add",)),
    "called_by_a_later_test": honest(
        ADD, CASE, "assert add(1, 0) == 1", "def test_all(): test_case(2, 2, 4)", wrong=SOMETIMES, entry_point="add"
    ),
    "called_under_the_guard": honest(
        ADD, CASE + "def main(): test_case(1, 2, 3)\nif __name__ == '__main__': main()", wrong=WRONG, entry_point="add"
    ),
    "called_by_a_method": honest(
        ADD,
        """
        class TestAdd:
            def test_case(self, a, b, c): assert add(a, b) == c
            @staticmethod
            def test_more(a, c): assert add(a, a) == c
            def test_all(self):
                self.test_case(1, 2, 3)
                self.test_more(2, 4)
        """,
        wrong=WRONG,
        entry_point="add",
    ),
    "called_through_a_decorator": honest(
        ADD,
        """
        import functools
        def timed(f):
            @functools.wraps(f)
            def inner(*args): return f(*args)
            return inner
        @timed
        def test_case(a, b, c): assert add(a, b) == c
        def test_all(): test_case(1, 2, 3)
        """,
        wrong=WRONG,
        entry_point="add",
    ),
    "made_by_a_function_and_called": honest(
        ADD,
        """
        def make():
            def check(a, b, c): assert add(a, b) == c
            return check
        test_case = make()
        test_case(1, 2, 3)
        """,
        wrong=WRONG,
        entry_point="add",
    ),
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
    "generators_of_cases": honest(
        ADD,
        """
        def test_cases():
            yield 1, 2, 3
            yield 2, 2, 4
        async def test_more():
            yield 1, 2, 3
        def test_add():
            for a, b, c in test_cases(): assert add(a, b) == c
        async def test_add_more():
            async for a, b, c in test_more(): assert add(a, b) == c
        """,
        "a, b, c = next(test_cases())\nassert add(a, b) == c",
        wrong=WRONG,
        entry_point="add",
    ),
    "class_that_needs_arguments": honest(
        ADD,
        """
        class Tester:
            def __init__(self, n): self.n = n
            def test_a(self): assert add(self.n, 2) == self.n + 2
        """,
        "Tester(1).test_a()",
        wrong=WRONG,
    ),
    "callbacks": honest(
        TIMES,
        "test_f = lambda x: x * 2\nassert times(3, test_f) == [0, 2, 4]",
        "def test_g(x): return x\nassert times(0, test_g) == [] and times(1, test_g) == [0]",
        "def test_h(): pass\ntry: times(1, test_h)\nexcept TypeError: pass\nelse: assert False",
        "def test_i(*x): raise KeyError(*x)\ntry: times(1, test_i)\nexcept KeyError: pass\nelse: assert False",
        wrong=("range(n)", "range(n - 1)"),
    ),
    "callback_that_nobody_calls": honest(
        ADD, "def test_f(x): pass\nkept = [test_f]\nkept.remove(test_f)\nassert add(1, 2) == 3", wrong=WRONG
    ),
    "variable_of_another_source": honest(
        ADD,
        "def test_a(): assert add(1, 2) == 3",
        "def test_b():\n    test_a = 3\n    assert add(0, 0) == 3 - test_a",
        "if True:\n    def test_a(): assert add(0, 0) == 0\ntest_a()",
        wrong=WRONG,
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
    "class_in_one_that_the_source_runs": honest(
        ADD,
        """
        class Base:
            class TestInner:
                def test_a(self): assert add(1, 2) == 3
        class TestOuter(Base):
            def test_x(self): pass
        TestOuter().test_x()
        """,
        wrong=WRONG,
        entry_point="add",
    ),
    "classes_of_one_name": honest(
        ADD,
        """
        import unittest
        def make(a, b, c):
            class T(unittest.TestCase):
                def test_a(self): self.assertEqual(add(a, b), c)
            return T
        Test1, Test2 = make(1, 2, 3), make(0, 0, 0)
        """,
        wrong=WRONG,
        entry_point="add",
    ),
    "partial": honest(
        ADD,
        "import functools\ndef check(a, b, c): assert add(a, b) == c\ntest_a = functools.partial(check, 1, 2, 3)",
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
