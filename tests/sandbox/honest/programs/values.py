"""Honest programs with unusual plain values, or whose tests look at what became of the arguments."""

from support.honest import honest

PROGRAMS = {
    "big_integers": honest(
        "def f(n): return 3 ** n", "assert f(2000) == 3 ** 2000", "assert f(5) == 243", wrong=("3 ** n", "3 ** n + 1")
    ),
    "big_integer_literal": honest(
        "def f(): return 10 ** 60", "assert f() == 1" + "0" * 60, wrong=("60", "61"), entry_point="f"
    ),
    "the_same_big_integer_many_times": honest(
        "def f(n): return [2 ** 200] * n",
        "assert f(1500) == [2 ** 200] * 1500",
        "assert f(1) == [2 ** 200]",
        wrong=("** 200", "** 201"),
    ),
    "strings_of_all_sorts": honest(
        "def f(s): return s[::-1]",
        "assert f('äöü€') == '€üöä'",
        "assert f('a\\x00b') == 'b\\x00a'",
        "assert f('\\ud800x') == 'x\\ud800'",
        "assert f('😀é') == 'é😀'",
        "assert f('') == ''",
        wrong=("[::-1]", "[:]"),
    ),
    "long_string": honest("def f(n): return 'ab' * n", "assert f(200000) == 'ab' * 200000", wrong=("'ab'", "'ba'")),
    "bytes_and_bytearrays": honest(
        "def f(b): return bytes(b) + b'\\xff', bytearray(b)",
        "assert f(b'ab') == (b'ab\\xff', bytearray(b'ab'))",
        wrong=("xff", "xfe"),
    ),
    "none_true_and_false": honest(
        "def f(n): return [None, True, False][n]",
        "assert f(0) is None",
        "assert f(1) is True",
        "assert f(2) == False",
        wrong=("None, True", "True, None"),
    ),
    "bare_truth": honest(
        "def f(n): return n > 1", "assert f(2)", "assert not f(1)", "assert f(2) is True", wrong=(">", "<")
    ),
    "ellipsis_and_not_implemented": honest(
        "def f(): return [..., 1]",
        "assert f()[1] == 1",
        "assert f()[0] is ...",
        wrong=("..., 1", "1, ..."),
        entry_point="f",
    ),
    "sets_and_frozensets": honest(
        "def f(xs): return set(xs), frozenset(xs)",
        "assert f([1, 2, 1]) == ({1, 2}, frozenset({1, 2}))",
        "assert set(f([1])[0]) == set([1])",
        "assert f('ab')[1] == {'a', 'b'}",
        wrong=("set(xs),", "set(xs[1:]) or {9},"),
    ),
    "sets_in_sets_and_tuples_as_keys": honest(
        "def f(): return {frozenset({1, 2}), frozenset()}, {(1, (2, 3)): 'a'}",
        "assert f() == ({frozenset([2, 1]), frozenset([])}, {(1, (2, 3)): 'a'})",
        wrong=("'a'", "'b'"),
        entry_point="f",
    ),
    "dict_order": honest(
        "def f(xs): return {x: i for i, x in enumerate(xs)}",
        "assert list(f('ba')) == ['b', 'a']",
        "assert f('ba') == {'a': 1, 'b': 0}",
        "assert list(f('cab').items()) == [('c', 0), ('a', 1), ('b', 2)]",
        wrong=("enumerate(xs)", "enumerate(sorted(xs))"),
    ),
    "tuples_are_not_lists": honest(
        "def f(xs): return tuple(xs)",
        "assert f([1, 2]) == (1, 2)",
        "assert f([1, 2]) != [1, 2]",
        "assert type(f([])) is tuple",
        wrong=("tuple(xs)", "list(xs)"),
    ),
    "true_and_one_are_equal": honest(
        "def f(x): return x == 1", "assert f(1) == 1", "assert f(1) == 1.0", wrong=("== 1", "!= 1")
    ),
    "floats_at_the_edges": honest(
        "def f(x): return x * 2",
        "assert f(1e308) == float('inf')",
        "assert str(f(-0.0)) == '-0.0'",
        "assert f(5e-324) == 1e-323",
        "assert f(float('nan')) != f(float('nan'))",
        "assert math.isnan(f(math.nan))",
        "assert math.copysign(1, f(-0.0)) == -1",
        wrong=("x * 2", "x + 2"),
    ),
    "floats_nearly_equal": honest(
        "def f(xs): return sum(xs) / len(xs)",
        "assert math.isclose(f([0.1, 0.2, 0.3]), 0.2)",
        "assert abs(f([0.1, 0.2]) - 0.15) < 1e-9",
        "assert round(f([1, 2, 2]), 2) == 1.67",
        "import math\nassert math.isclose(f([1, 2]), 1.5, rel_tol=1e-9, abs_tol=1e-9)",
        wrong=("/ len(xs)", "/ (len(xs) + 1)"),
    ),
    "complex_numbers": honest(
        "def f(a, b): return complex(a, b) ** 2",
        "assert f(1, 1) == 2j",
        "assert f(1, 1).imag == 2.0",
        wrong=("** 2", "** 3"),
    ),
    "ranges_and_slices": honest(
        "def f(n): return range(0, n, 2)",
        "assert f(5) == range(0, 6, 2)",
        "assert list(f(5)) == [0, 2, 4]",
        "assert 4 in f(5) and len(f(5)) == 3",
        wrong=("n, 2", "n, 3"),
    ),
    "lazy_answers": honest(
        "def f(xs): return map(str, xs)\ndef g(xs): return zip(xs, reversed(xs))\ndef h(xs): return filter(None, xs)",
        "assert list(f([1, 2])) == ['1', '2']",
        "assert list(g([1, 2])) == [(1, 2), (2, 1)]",
        "assert set(h([0, 1])) == {1}",
        "assert dict(enumerate(f([5]))) == {0: '5'}",
        wrong=("reversed(xs)", "xs"),
        entry_points=("f", "g", "h"),
    ),
    "dict_views": honest(
        "def f(d): return d.keys()\ndef g(d): return d.values()\ndef h(d): return d.items()",
        "assert list(g({'a': 1})) == [1]",
        "assert sorted(h({'b': 2, 'a': 1})) == [('a', 1), ('b', 2)]",
        wrong=("d.values()", "d.keys()"),
        entry_points=("f", "g", "h"),
    ),
    "lazy_arguments": honest(
        "def f(xs): return [x for x in xs]",
        "assert f(range(3)) == [0, 1, 2]",
        "assert f(x * x for x in [1, 2]) == [1, 4]",
        "assert f(map(int, '12')) == [1, 2]",
        "assert f(iter([1])) == [1]",
        "assert f(zip('ab', [1, 2])) == [('a', 1), ('b', 2)]",
        wrong=("[x for", "[[x] for"),
    ),
    "endless_argument": honest(
        "def f(xs, n): return [x for x, _ in zip(xs, range(n))]",
        "import itertools\nassert f(itertools.count(5), 2) == [5, 6]",
        wrong=("range(n)", "range(n + 1)"),
    ),
    "arguments_from_the_library": honest(
        "def f(x): return x + x",
        "assert f(Decimal('1.5')) == Decimal('3.0')",
        "assert f(Fraction(1, 3)) == Fraction(2, 3)",
        "assert f(timedelta(hours=1)) == timedelta(hours=2)",
        "assert f(Counter('a')) == Counter('aa')",
        wrong=("x + x", "x"),
    ),
    "nested_five_hundred_deep": honest(
        "def f(n):\n    x = []\n    for _ in range(n): x = [x]\n    return x",
        "x = f(50)\ndepth = 0\nwhile x:\n    x, depth = x[0], depth + 1\nassert depth == 50",
        wrong=("range(n)", "range(n + 1)"),
    ),
    "large_answer": honest(
        "def f(n): return list(range(n))", "assert f(50000) == list(range(50000))", wrong=("range(n)", "range(n - 1)")
    ),
    "large_table": honest(
        "def f(n): return [[i * j for i in range(n)] for j in range(n)]",
        "assert f(150)[149][149] == 22201",
        wrong=("i * j", "i + j"),
    ),
    "answer_that_repeats_one_object": honest(
        "def f(n):\n    row = [0] * n\n    return [row] * n",
        "x = f(2)\nx[0][0] = 1\nassert x == [[1, 0], [1, 0]]",
        wrong=("[row] * n", "[row, row[:]]"),
    ),
    "argument_sorted_in_place": honest(
        "def f(xs): xs.sort()",
        "x = [3, 1, 2]\nf(x)\nassert x == [1, 2, 3]",
        "x = [3, 1]\nassert f(x) is None",
        wrong=("xs.sort()", "sorted(xs)"),
    ),
    "argument_left_alone": honest(
        "def f(xs): return sorted(xs)",
        "x = [3, 1, 2]\nassert f(x) == [1, 2, 3]\nassert x == [3, 1, 2]",
        wrong=("return sorted(xs)", "xs.sort(); return xs"),
    ),
    "nested_argument_changed": honest(
        "def f(d):\n    d['k'].append(1)\n    d['n'] = {2}",
        "d = {'k': [0]}\nf(d)\nassert d == {'k': [0, 1], 'n': {2}}",
        wrong=("append(1)", "append(2)"),
    ),
    "keyword_argument_changed": honest(
        "def f(*, out): out.update(a=1)", "d = {}\nf(out=d)\nassert d == {'a': 1}", wrong=("a=1", "a=2")
    ),
    "aliased_rows_of_an_argument": honest(
        "def f(grid): grid[0][0] = 1",
        "g = [[0] * 2] * 2\nf(g)\nassert g == [[1, 0], [1, 0]]",
        "g = [[0], [0]]\nf(g)\nassert g == [[1], [0]]",
        wrong=("[0][0] = 1", "[0] = [1, 0]"),
    ),
    "one_list_passed_twice": honest(
        "def f(a, b):\n    a.append(1)\n    return len(b)",
        "x = []\nassert f(x, x) == 1",
        "assert f([], []) == 0",
        wrong=("len(b)", "len(a) - 1"),
    ),
    "argument_returned_is_the_same_object": honest(
        "def f(xs):\n    xs.append(1)\n    return xs",
        "x = []\nassert f(x) is x",
        "x = [0]\ny = f(x)\ny.append(2)\nassert x == [0, 1, 2]",
        wrong=("return xs", "return xs[:]"),
    ),
    "part_of_the_argument_returned": honest(
        "def f(d): return d['inner']",
        "d = {'inner': []}\nf(d).append(1)\nassert d == {'inner': [1]}",
        wrong=("d['inner']", "list(d['inner'])"),
    ),
    "copy_is_another_object": honest(
        "def f(xs): return list(xs)",
        "x = [1]\ny = f(x)\nassert y == x and y is not x\ny.append(2)\nassert x == [1]",
        wrong=("list(xs)", "xs"),
    ),
    "answer_changed_by_the_test_and_passed_back": honest(
        "kept = []\ndef f(): return kept\ndef g(x): return x is kept, len(kept)",
        "x = f()\nassert x == []",
        "assert g([]) == (False, 0)",
        wrong=("len(kept)", "len(kept) + 1"),
        entry_points=("f", "g"),
    ),
    "argument_that_holds_itself": honest(
        "def f(x): return x[0] is x", "x = []\nx.append(x)\nassert f(x) is True", wrong=("is x", "is not x")
    ),
    "argument_of_a_million_values": honest(
        "def f(xs): return len(xs)",
        "assert f(list(range(10**6))) == 10**6",
        wrong=("len(xs)", "len(xs) - 1"),
    ),
    "names_bound_by_a_pattern_of_the_test": honest(
        "def f(x): return x + 1",
        "match f(1), 2:\n    case first, second:\n        assert first == second",
        wrong=("x + 1", "x + 2"),
    ),
    "exit_at_the_end_of_the_module": honest("def f(x): return x + 1\nexit()", "assert f(1) == 2", wrong=("+ 1", "+ 2")),
    "answer_that_holds_itself": honest(
        "def f():\n    x = [1]\n    x.append(x)\n    return x",
        "x = f()\nassert x[1] is x and x[1][1][0] == 1",
        wrong=("[1]\n", "[2]\n"),
        entry_point="f",
    ),
    "deques_and_default_dictionaries_changed_in_place": honest(
        "def f(q, d):\n    q.appendleft(0)\n    d['x'] += 1",
        """
        from collections import defaultdict, deque
        q, d = deque([1]), defaultdict(int)
        f(q, d)
        assert q == deque([0, 1]) and d == {'x': 1}
        """,
        wrong=("appendleft", "append"),
    ),
}
