"""Honest programs under tests that other data sets bring: written for a runner, or for a module of the solution's."""

from support.honest import honest

SQUARE = "def square(n): return n * n"
WRONG = ("n * n", "n + n")
SOURCES = {
    "class_for_pytest": """
        class TestSquare:
            def setup_method(self, method): self.seen, self.name = [], method.__name__
            def teardown_method(self): assert len(self.seen) == 1
            def test_three(self):
                self.seen.append(square(3))
                assert self.seen == [9] and self.name == 'test_three'
            def test_four(self):
                self.seen.append(square(4))
                assert self.seen == [16]
        """,
    "main_of_unittest": """
        import unittest
        class TestCases(unittest.TestCase):
            def test_all(self): self.assertListEqual([square(n) for n in range(4)], [0, 1, 4, 9])
        class AsyncCases(unittest.IsolatedAsyncioTestCase):
            async def test_it(self): self.assertEqual(square(5), 25)
        unittest.main()
        """,
    "run_of_unittest_that_nobody_reads": """
        import unittest
        class TestCases(unittest.TestCase):
            def test_all(self): self.assertListEqual([square(n) for n in range(4)], [0, 1, 4, 9])
            @unittest.skip('not now')
            def test_later(self): self.fail()
        def run_tests():
            suite = unittest.TestLoader().loadTestsFromTestCase(TestCases)
            unittest.TextTestRunner().run(suite)
        run_tests()
        """,
}
PROGRAMS = {name: honest(SQUARE, one, wrong=WRONG, entry_point="square") for name, one in SOURCES.items()} | {
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
    "modules_that_are_not_imported": honest(
        "import datetime\ndef later(day, days): return day + datetime.timedelta(days)",
        "assert later(datetime.date(2024, 2, 28), 2) == datetime.date(2024, 3, 1)",
        "assert later(datetime.datetime(2024, 2, 28), 2) == datetime.datetime(2024, 3, 1)",
        "assert copy.deepcopy([later(datetime.date.min, 1)]) == [datetime.date(1, 1, 2)]",
        "assert time.time() > 0 and later(datetime.date.min, 1) > datetime.date.min",
        wrong=("timedelta(days)", "timedelta(-days)"),
        entry_point="later",
    ),
    "names_that_are_not_imported": honest(
        "from datetime import timedelta\ndef later(day, days): return day + timedelta(days)",
        "assert later(datetime(2024, 2, 28), 2) == datetime(2024, 3, 1)",
        "assert copy([later(date.min, 1)]) == [date(1, 1, 2)] and time(1) < time(2)",
        wrong=("timedelta(days)", "timedelta(-days)"),
        entry_point="later",
    ),
    "callbacks_kept_from_test_to_test": honest(
        """
        KEPT = []
        def register(f):
            known = f in KEPT
            KEPT.append(f)
            return known
        def fire(n):
            done = []
            for f in KEPT:
                try: done.append(f(n))
                except RuntimeError: pass
            return done
        def last(): return KEPT[-2]
        """,
        "f = lambda n: n + 1\nassert not register(f) and register(f) and fire(1) == [2, 2]",
        "f = lambda n: n + 1\nassert not register(f) and fire(1) == [2]",
        "f = lambda n: n + 2\nassert not register(f) and fire(1) == [3] and last() != f",
        wrong=("known = f in KEPT", "known = KEPT and KEPT[0](1)"),
        entry_points=("register", "fire", "last"),
    ),
    "functions_for_pytest": honest(
        SQUARE,
        "from solution import square\ndef test_one(): assert square(1) == 1\ndef test_more(): assert square(3) == 9",
        "async def test_two():\n    assert square(2) == 4\n    assert square(4) == 16",
        "def test_five(): assert square(5) == 25\nif __name__ == '__main__': test_five()",
        wrong=WRONG,
    ),
    "stars_in_the_setup": honest(
        "import math\ndef dist(a, b): return [abs(x - y) for x, y in zip(a, b)]\ne = 5\ndef trunc(x): return 3",
        "assert dist((0, 0), (3, 4)) == [3, 4]",
        "assert ref(0.5) == sum(dist((0,), (expm1(0.5),)))",
        "assert round(e, 2) == 2.72 and dist([e], [0])[0] == e",
        setup="from typing import *\nfrom math import *\ndef ref(x): return expm1(x)",
        wrong=("abs(x - y)", "x - y + 1"),
        entry_point="dist",
    ),
    "check_in_a_script": honest(
        SQUARE,
        "def check(candidate):\n    assert candidate(3) == 9\nif __name__ == '__main__':\n    check(square)",
        "'Checks it.'\nLIMIT = 4\ndef run():\n    for x in range(2, LIMIT): assert square(x) == x * x\n"
        "if '__main__' == __name__:\n    run()",
        "assert square(5) == 25\nif __name__ == '__main__':\n    import pytest\n    pytest.main([__file__])",
        wrong=WRONG,
    ),
    "class_for_unittest": honest(
        SQUARE,
        """
        import unittest
        class Base(unittest.TestCase):
            def setUp(self): self.numbers = [1, 2, 3]
        class Squares(Base):
            def test_all(self):
                for n in self.numbers:
                    with self.subTest(n=n): self.assertEqual(square(n), n ** 2)
            def test_error(self):
                with self.assertRaises(TypeError): square('a')
            @unittest.skip('not now')
            def test_later(self): self.fail()
        """,
        wrong=("n * n", "n * n * n"),
        entry_point="square",
    ),
    "classes_that_are_no_tests": honest(
        SQUARE,
        "class TestData:\n    number = 3\nclass Rest(TestData): pass\nassert square(Rest.number) == 9",
        "class Kind(type): pass\nassert square(4) == 16",
        wrong=WRONG,
        entry_point="square",
    ),
}
