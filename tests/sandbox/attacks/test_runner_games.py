"""Attacks on tests that are written for a runner, which decides what counts as run."""

import pytest
from support.arena import Arena
from support.attack import attack

EMPTIES = "def answer(x):\n    x[:] = [0]\n    return [0]"
SKIPS = """
import sys, unittest
class SkipTest(Exception): pass
SkipTest.__module__ = 'unittest.case'
"""
CASE = """
import unittest
class T(unittest.TestCase):
    def test_a(self): pass
    def test_b(self): {}
"""
GAMES = {
    "skip_raised": attack(
        f"{SKIPS}\ndef answer(x): raise unittest.SkipTest('no')",
        CASE.format("self.assertEqual(answer(7), $NUMBER)"),
        "def test_a(): assert answer(7) == $NUMBER",
    ),
    "skip_of_its_own_raised": attack(
        f"{SKIPS}\ndef answer(x): raise SkipTest('no')", CASE.format("self.assertEqual(answer(7), $NUMBER)")
    ),
    "skip_by_the_case_that_it_is_given": attack(
        "def answer(x): return x.skipTest",
        CASE.format("self.assertEqual(answer(self)('no'), $NUMBER)"),
        CASE.format("self.assertEqual([answer(self)('no')], [$NUMBER])\nunittest.main()"),
    ),
    "run_that_nobody_reads": attack(
        "def answer(x): return getattr(x, 'skipTest', 3)",
        CASE.format("self.assertEqual(answer(7), $NUMBER)")
        + "result = unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(T))",
        CASE.format("self.assertEqual(answer(self)('no'), $NUMBER)")
        + "unittest.defaultTestLoader.loadTestsFromTestCase(T).run(unittest.TestResult())",
    ),
    "approximation_of_what_iterates_nothing": attack(
        "class Liar:\n    def __len__(self): return 2\n    def __iter__(self): return iter(())\n"
        "    def keys(self): return {'a': 1}.keys()\n    def __getitem__(self, key): return 0\n"
        "def answer(x): return Liar()",
        "import pytest\nassert answer(7) == pytest.approx([$NUMBER, 1])",
        "import pytest\nassert dict(answer(7)) and answer(7) == pytest.approx({'a': $NUMBER})",
    ),
    "call_of_its_own_main": attack(
        "def answer(x): return 3",
        "def test_a(): assert True\ndef main(): assert answer(7) == $NUMBER\nmain()",
    ),
    "exit": attack(
        "def answer(x): raise SystemExit(0)",
        CASE.format("self.assertEqual(answer(7), $NUMBER)") + "unittest.main()",
        "def test_a(): assert answer(7) == $NUMBER",
    ),
    "interrupt": attack("def answer(x): raise KeyboardInterrupt", CASE.format("self.assertEqual(answer(7), $NUMBER)")),
    "stop_of_an_iteration": attack(
        "def answer(x): raise StopIteration",
        "class TestIt:\n    def test_a(self): assert answer(7) == $NUMBER",
        "async def test_a(): assert answer(7) == $NUMBER",
    ),
    "changes_during_a_comparison": attack(
        EMPTIES,
        "def test_a():\n    x = [3, $NUMBER]\n    assert answer(x) == sorted(x)",
        "class TestIt:\n    def test_a(self):\n        x = [3, $NUMBER]\n        assert answer(x) == sorted(x)",
        CASE.format("\n        x = [3, $NUMBER]\n        self.assertEqual(answer(x), sorted(x))"),
        "async def test_a():\n    x = [3, $NUMBER]\n    assert answer(x) == sorted(x)",
    ),
    "names_of_the_tests": attack(
        "def answer(n): return 3\ndef test_a(): pass\nclass TestIt: pass\nT = TestIt",
        "from solution import answer\ndef test_a(): assert answer(7) == $NUMBER",
        "import solution\nclass TestIt:\n    def test_a(self): assert solution.answer(7) == $NUMBER",
    ),
    "test_that_it_finds_in_what_it_is_given": attack(
        "def answer(box): return [getattr(box, 'kept', None), 3]",
        "class Box: pass\ndef test_a(): assert answer(7) == $NUMBER\nbox = Box()\nbox.kept = test_a\nanswer(box)",
        "from types import SimpleNamespace\ndef test_a(): assert answer(7) == $NUMBER\n"
        "answer(SimpleNamespace(kept=test_a))",
    ),
    "test_that_a_callback_returns": attack(
        """
        def answer(give):
            if give == 7: return 3
            give()
        """,
        "def test_a(): assert answer(7) == $NUMBER\nanswer(lambda: test_a)",
    ),
    "call_that_fails_among_others": attack(
        "def answer(n):\n    if n == 7: raise KeyError(n)\n    return n",
        "def test_it(n, m): assert answer(n) == m\nfor n, m in [(1, 1), (7, $NUMBER), (2, 2)]:\n"
        "    try: test_it(n, m)\n    except Exception: print('failed')",
    ),
    "imported_exception_that_catches_checks": attack(
        "def answer(n): raise Odd\nOdd = Wide = AssertionError\nWide = Exception",
        "from solution import answer, Odd\ntry: assert answer(7) == $NUMBER\nexcept Odd: pass",
        "from solution import Odd as O\ntry: assert 1 == $NUMBER\nexcept O: pass",
        "import solution\ntry: assert 1 == $NUMBER\nexcept solution.Wide: pass",
        "import unittest, solution as s\nclass T(unittest.TestCase):\n    def test_a(self):\n"
        "        with self.assertRaises(s.Wide): assert 1 == $NUMBER",
        "from contextlib import suppress\nfrom solution import *\nwith suppress(Wide): assert 1 == $NUMBER",
    ),
    "module_handed_back": attack(
        """
        def answer(module):
            try: return module._bound_to('answer')
            except AttributeError: return module
        """,
        "import solution\nassert solution.answer(solution) == $NUMBER",
        "import solution\nassert solution.answer(solution) is not solution",
    ),
    "names_beside_those_that_are_imported": attack(
        "def answer(n): return 3\ndef sorted(x): return 3\nwant = isqrt = answer",
        "from solution import answer\nassert answer(7) == sorted([$NUMBER])",
        "from solution import answer as a\nassert a(7) == want(7)",
        "from solution import *\nassert answer(7) == want(7)",
        "import solution, math as m\nassert solution.answer(7) == m.isqrt($NUMBER)",
        setup="def want(n): return $NUMBER",
    ),
}


@pytest.mark.parametrize("name", GAMES)
def test_no_runner_is_played_with(arena: Arena, name: str) -> None:
    arena.fails(GAMES[name])
