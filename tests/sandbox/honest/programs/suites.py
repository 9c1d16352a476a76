"""Honest programs under unusual tests: loops, helper functions, imports, HumanEval's `check`."""

from support.honest import honest

from programs.headers import SQUARE, WRONG

SOURCES = {
    "check_of_humaneval": """
        METADATA = {'author': 'x'}


        def check(candidate):
            assert candidate(3) == 9
            assert candidate(-2) == 4, 'negative'

        check(square)
        """,
    "check_with_a_loop": """
        def check(candidate):
            for n in range(50):
                assert candidate(n) == n ** 2
            assert True, 'done'
        check(square)
        """,
    "check_with_inputs_and_results": """
        import math
        def is_floats(x): return isinstance(x, float)
        def assertion(out, exp, atol):
            if atol == 0 and is_floats(exp): atol = 1e-6
            if atol: assert math.isclose(out, exp, abs_tol=atol)
            else: assert out == exp, f'out: {out}, exp: {exp}'
        def check(candidate):
            inputs = [[1], [2], [0.5]]
            results = [1, 4, 0.25]
            for i, (inp, exp) in enumerate(zip(inputs, results)): assertion(candidate(*inp), exp, 0)
        check(square)
        """,
    "test_case_of_unittest": """
        import unittest
        class T(unittest.TestCase):
            def test_small(self): self.assertEqual(square(3), 9)
            def test_all(self): self.assertListEqual([square(n) for n in range(3)], [0, 1, 4])
        result = unittest.TestResult()
        unittest.defaultTestLoader.loadTestsFromTestCase(T).run(result)
        assert result.testsRun == 2 and result.wasSuccessful()
        """,
}
PROGRAMS = {name: honest(SQUARE, one, wrong=WRONG, entry_point="square") for name, one in SOURCES.items()} | {
    "check_that_changes_its_arguments": honest(
        "def tail(xs):\n    xs.pop(0)\n    return xs",
        """
        def check(candidate):
            x = [1, 2, 3]
            assert candidate(x) == [2, 3]
            assert x == [2, 3]
            x.append(4)
            assert candidate(x) == [3, 4]
        check(tail)
        """,
        wrong=("return xs", "return xs[:1]"),
        entry_point="tail",
    ),
    "check_in_the_setup": honest(
        SQUARE, "check(square)", wrong=WRONG, setup="def check(f):\n    assert f(4) == 16", entry_point="square"
    ),
    "loop_over_cases": honest(
        SQUARE, "for n, want in [(1, 1), (2, 4), (3, 9)]:\n    assert square(n) == want, n", wrong=WRONG
    ),
    "helper_function_in_the_test": honest(
        "def unique(xs): return list(dict.fromkeys(xs))",
        "def same(a, b):\n    return sorted(a) == sorted(b)\nassert same(unique([2, 1, 2]), [1, 2])",
        wrong=("dict.fromkeys(xs)", "xs"),
    ),
    "helper_class_in_the_test": honest(
        SQUARE, "class T:\n    def run(self): assert square(3) == 9\nT().run()", wrong=WRONG
    ),
    "comprehension_over_calls": honest(
        SQUARE,
        "assert [square(n) for n in range(4)] == [0, 1, 4, 9]",
        "assert sum(square(n) for n in range(4)) == 14",
        wrong=WRONG,
    ),
    "map_filter_and_sorted_by_the_solution": honest(
        SQUARE,
        "assert list(map(square, [1, 2])) == [1, 4]",
        "assert sorted([-3, 1, 2], key=square) == [1, 2, -3]",
        "assert max([1, -3], key=square) == -3",
        "assert all(map(square, [1, 2])) and not any(map(square, [0]))",
        "assert list(filter(square, [0, 1])) == [1]",
        wrong=("n * n", "n * n * n"),
    ),
    "two_calls_in_one_comparison": honest(
        "def half(n): return n // 2",
        "assert half(4) == half(5)",
        "assert half(half(8)) == 2",
        "assert half(2) + half(4) == 3",
        wrong=("// 2", "/ 2"),
    ),
    "two_entry_points": honest(
        "def encode(s): return s[::-1].upper()\ndef decode(s): return s[::-1].lower()",
        "assert decode(encode('abc')) == 'abc'",
        "assert encode('ab') == 'BA'",
        "assert encode('x') == decode('X').upper()",
        wrong=("[::-1].lower()", ".lower()"),
    ),
    "not_and_bare_calls": honest(
        "def even(n): return n % 2 == 0",
        "assert even(2)",
        "assert not even(3)",
        "assert even(2) and not even(1)",
        wrong=("== 0", "== 1"),
    ),
    "chained_comparison": honest(
        SQUARE, "assert 8 < square(3) < 10", "assert 1 == square(1) == square(-1)", wrong=("n * n", "n * n + n")
    ),
    "membership_of_the_answer": honest(
        SQUARE, "assert square(3) in (8, 9)", "assert square(3) not in [6]", wrong=WRONG
    ),
    "set_of_the_answer": honest(
        "def shared(a, b): return [x for x in a if x in b]",
        "assert set(shared([1, 2, 3], [2, 3])) == set([3, 2])",
        "assert sorted(shared('abc', 'cab')) == ['a', 'b', 'c']",
        "assert len(shared([1], [2])) == 0",
        "assert tuple(shared([1], [1])) == (1,)",
        wrong=("x in b", "x not in b"),
    ),
    "assertion_with_a_message_that_calls": honest(
        SQUARE, "assert square(2) == 4, f'got {square(2)}'", wrong=("n * n", "n * 3")
    ),
    "several_asserts_in_one_test": honest(
        SQUARE,
        "assert square(1) == 1\nassert square(2) == 4\nx = square(3)\nassert x == 9",
        wrong=("n * n", "n * n if n < 3 else 0"),
    ),
    "assert_after_a_comment_and_blank_lines": honest(
        SQUARE, "# squares\n\nassert square(2) == 4  # so it is\n", wrong=("n * n", "n * 3")
    ),
    "imports_in_the_test": honest(
        SQUARE,
        "from functools import reduce\nassert reduce(lambda a, b: a + square(b), [1, 2], 0) == 5",
        wrong=("n * n", "n * n * n"),
    ),
    "imports_in_the_setup": honest(
        "def area(r): return 3.141592653589793 * r * r",
        "assert m.isclose(area(1), m.pi)",
        "assert isclose(area(2), 4 * pi)",
        wrong=("3.14", "3.15"),
        setup="import math as m\nfrom math import *",
    ),
    "names_of_the_solution_used_by_the_setup": honest(
        "BASE = 10\ndef shift(n): return n + BASE",
        "assert shift(1) == WANT",
        wrong=("return n + BASE", "return n - BASE"),
        setup="WANT = 11",
    ),
    "state_shared_by_tests": honest(
        "def add(xs, x): return xs + [x]",
        "acc = add([], 1)",
        "acc = add(acc, 2)\nassert acc == [1, 2]",
        wrong=("xs + [x]", "[x] + xs"),
    ),
}
