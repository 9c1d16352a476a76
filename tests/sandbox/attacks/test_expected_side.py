"""Attacks found with the source at hand: on the expected side of a test, and on who answers for its names."""

import pytest
from support.arena import Arena
from support.attack import VICTIM, attack

EMPTIES = "def answer(x):\n    x.clear()\n    return []"
EXPECTED_SIDE = {
    "check_function": attack(
        EMPTIES, "def check(candidate):\n    x = [3, 1, 2]\n    assert candidate(x) == sorted(x)\ncheck(answer)"
    ),
    "alias_and_helper": attack(
        EMPTIES,
        "g = answer\nx = [3, 1]\nassert g(x) == sorted(x)",
        "def run(v):\n    return answer(v)\nx = [3, 1]\nassert run(x) == sorted(x)",
    ),
    "one_operand": attack(
        "def answer(x):\n    x[:] = [0]\n    return 0",
        "x = [3, 1]\nassert abs(answer(x) - sum(x) / len(x)) < 1e-6",
        "x = [3, 1]\nassert isclose(answer(x), sum(x))",
        "x = [3, 1]\nassert answer(x) >= max(x)",
    ),
    "setup_names": attack(EMPTIES, "assert answer(DATA) == sorted(DATA)", setup="DATA = [3, 1, 2]"),
    "setup_names_of_the_next_test": attack(
        "def answer(x):\n    x.clear()\n    return 1",
        "answer(CASES)\nassert False",
        "for given, wanted in CASES:\n    assert answer(list(given)) == wanted\nassert answer([]) == 2",
        setup="CASES = [((1,), 7)]",
    ),
    "comprehension_and_walrus": attack(
        EMPTIES,
        "assert all(answer(x) == sorted(x) for x in [[3, 1, 2]])",
        "assert answer(x := [3, 1, 2]) == sorted(x)",
    ),
    "items_of_a_list_and_conditions_of_an_assertion": attack(
        "def answer(x):\n    x[:] = [0, 0]\n    return [0, 0]",
        "x = [3, 1]\nassert all([answer(x) == sorted(x), True])",
        "x = [3, 1]\nassert any((answer(x) == sorted(x), False))",
        "x = [3, 1]\nassert all([answer(x) is not x, x == [3, 1]])",
        """
        import unittest
        class T(unittest.TestCase):
            def test_it(self):
                x = [3, 1]
                self.assertTrue(answer(x) == sorted(x) and x)
        """,
        """
        import unittest
        class T(unittest.TestCase):
            def test_it(self):
                x = [3, 1]
                self.assertTrue(answer(x) is not x and x == [3, 1])
        """,
    ),
    "items_of_all": attack(
        "def answer(x):\n    x[:] = [0, 0]\n    return [0, 0]",
        "x = [3, 1]\nassert all(a == b for a, b in zip(answer(x), sorted(x)))",
        "cases = [[3, 1]]\nassert all(a == b for x in cases for a, b in zip(answer(x), sorted(x)))",
        "cases = [[3, 1]]\nassert all(False for x in cases if sum(answer(x)) != sum(x))",
    ),
    "identity_of_truth_values": attack(
        "def answer(x):\n    x.clear()\n    return False",
        "x = [3, 1, 1]\nassert answer(x) is (len(x) != len(set(x)))",
        "x = [3, 1]\nassert answer(x) is bool(x)",
    ),
    "condition_of_a_statement": attack(
        "def answer(x):\n    x[:] = [0, 0]\n    return 0",
        "import math\nx = [3, 1]\nif not math.isclose(answer(x), sum(x)):\n    raise AssertionError",
    ),
    "assertion_inside_an_expression": attack(
        "def answer(x):\n    x[:] = [0, 0]\n    return 0",
        "import unittest\nt = unittest.TestCase()\nx = [3, 1]\n_ = [t.assertEqual(answer(x), sum(x))]",
    ),
    "methods_that_are_given_what_is_expected": attack(
        "class Liar:\n    seen = 0\n    def index(self, value):\n        Liar.seen = value\n        return 1\n"
        "    def symmetric_difference(self, other): return set()\n    def __iter__(self): return iter([1, Liar.seen])\n"
        "def answer(x): return Liar()",
        "assert answer(7).index($NUMBER) == 1 and list(answer(7))[1] == $NUMBER",
        "assert answer([1, 1, 2]).symmetric_difference({1, 2}) == set()",
    ),
    "subclass_filled_with_what_another_call_is_given": attack(
        "class Bag(list):\n    size = 1\nMADE = Bag()\ndef answer(x):\n    MADE[:] = x\n    return MADE",
        "b = answer([])\nassert (answer([3, 4]), b)[1] == [3, 4]",
        "b = answer([])\nassert b == [n for n in (3, 4) if answer([3, 4]).size]",
        "b = answer([])\nassert b == [0] * answer([0]).size",
    ),
    "list_inside_a_tuple": attack(
        "def answer(x):\n    x[0].clear()\n    return x", "x = ([3, 1, 2],)\nassert answer(x) == (sorted(x[0]),)"
    ),
    "identity_of_two_answers": attack(
        "def answer(x):\n    x.clear()\n    return True",
        "x = [3, 1, 2]\nassert answer(x) is in_order(x)",
        "import unittest\nx = [3, 1, 2]\nunittest.TestCase().assertTrue(answer(x) is in_order(x))",
        setup="def in_order(x): return x == sorted(x)",
    ),
    "functions_in_a_named_tuple": attack(
        "from collections import namedtuple\ndef answer(x): return namedtuple('P', 'index count')(bool, bool)",
        "assert answer(7).index($NUMBER) == 1",
    ),
    "containers_of_all_kinds": attack(
        "def answer(x):\n    (x[0] if isinstance(x, tuple) else x).clear()\n    return 0",
        "x = ([1, 2], 3)\nassert answer(x) == len(x[0])",
        "x = deque([1, 2])\nassert answer(x) == len(x)",
        "x = Counter('aab')\nassert answer(x) == sum(x.values())",
    ),
    "own_check_in_a_callback": attack(
        "def answer(f):\n    try:\n        f(0)\n    except BaseException:\n        pass",
        "def cb(v):\n    assert v == $NUMBER\nanswer(cb)",
    ),
    "predicate_of_a_handle": attack(
        "class Agree:\n    def __getattr__(self, name): return lambda *a: True\ndef answer(x): return Agree()",
        "assert answer('abc').startswith('zzz')",
        "assert answer([1]).issuperset({1, 2, 3})",
        "assert answer('x').isdigit()",
    ),
    "predicate_of_a_named_tuple": attack(
        "from collections import namedtuple\ndef answer(x): return namedtuple('P', 'issuperset')(bool)",
        "assert answer([1]).issuperset({1, 2, 3})",
    ),
    "attributes_of_a_partial": attack(
        "def answer(f): return f.args[0]",
        "from functools import partial\ndef chk(a): return a\nassert answer(partial(chk, $NUMBER)) == $NUMBER",
    ),
    "method_of_an_object_of_the_test_replaced": attack(
        "def answer(bus): bus.check = lambda *wanted: True",
        "bus = Bus()\nanswer(bus)\nbus.check([$NUMBER])\nassert bus.log == [$NUMBER]",
        "bus = Bus()\nanswer(bus)\nassert bus.check([$NUMBER])",
        setup=(
            "class Bus:\n    def __init__(self): self.log = []\n    def check(self, wanted): return self.log == wanted"
        ),
    ),
    "function_in_an_object_of_the_test_replaced": attack(
        "def answer(bus): bus.check = lambda *wanted: True",
        "from types import SimpleNamespace\nbus = SimpleNamespace(check=lambda wanted: wanted == [])\n"
        "answer(bus)\nassert bus.check([$NUMBER])",
        "class Bus:\n    def __init__(self): self.check = lambda wanted: wanted == []\n"
        "bus = Bus()\nanswer(bus)\nassert bus.check([$NUMBER])",
        "class Bus:\n    __slots__ = ('check',)\n    def __init__(self): self.check = lambda wanted: wanted == []\n"
        "bus = Bus()\nanswer(bus)\nassert bus.check([$NUMBER])",
    ),
    "object_of_an_earlier_test": attack(
        "KEPT = []\ndef answer(f):\n    KEPT.append(f)\n    return KEPT[0]",
        "assert answer(lambda n: n)(7) == $NUMBER",
        "assert answer(lambda n: n)(7) == $NUMBER",
        "assert answer(lambda n: $NUMBER) == (lambda n: $NUMBER)",
        "assert answer(lambda n: $NUMBER)",
        "assert answer(lambda n: $NUMBER).n == $NUMBER",
        "assert list(answer(lambda n: $NUMBER)) == [$NUMBER]",
        "assert $NUMBER in answer(lambda n: $NUMBER)",
    ),
    "object_that_was_never_handed_over": attack(
        VICTIM
        + """
def answer(f):
    other = object.__new__(type(f))
    object.__setattr__(other, '_connection', victim(f, '_connection'))
    object.__setattr__(other, '_number', victim(f, '_number') + 1000)
    return other
""",
        "assert answer(lambda n: n) != $NUMBER",
    ),
    "name_of_a_builtin_taken_away": attack(
        VICTIM
        + """
import sys
def gcd(a, b): return 0
frame = sys._getframe()
while frame and 'serve' not in frame.f_globals: frame = frame.f_back
if frame is None: raise Unarmed('serve')
end = victim(frame.f_globals['serve'], '__globals__')['Connection']
do = victim(end, '_do')
def lie(self, request, work, *rest):
    if request == b'D': self.namespace.pop('gcd', None)
    return do(self, request, work, *rest)
end._do = lie
""",
        "x = 12\nassert gcd(x, 8) == 4",
        entry_point="gcd",
    ),
    "operators_of_what_a_method_answers": attack(
        "class Zero(float):\n"
        "    def __sub__(self, other): return 0.0\n"
        "    def __gt__(self, other): return True\n"
        "class Circle:\n    def area(self): return Zero(1)",
        "assert abs(Circle().area() - 78.54) < 0.01",
        "assert Circle().area() > 78",
        entry_point="Circle",
    ),
    "operators_in_a_problem_of_two_functions": attack(
        "class Zero:\n    def __sub__(self, other): return 0.0\n"
        "def first(x): return Zero()\ndef second(x): return Zero()",
        "assert abs(first(2) - 3.5) < 1e-9",
        "assert abs(second(2) - first(2)) < 1e-9",
        entry_point=None,
    ),
    "star_import_of_the_setup": attack(
        "def isqrt(n): return 0\ndef answer(n): return 0", "assert answer(10) == isqrt(10)", setup="from math import *"
    ),
}


@pytest.mark.parametrize("name", EXPECTED_SIDE)
def test_the_expected_side_is_never_the_candidates(arena: Arena, name: str) -> None:
    arena.fails(EXPECTED_SIDE[name])


def test_memory_left_in_the_harness_costs_no_other_program_its_verdict(arena: Arena) -> None:
    hoarder = attack(
        "from collections import namedtuple\n"
        "def answer(x):\n    return namedtuple('P', [f'n{i}_' + 'é' * 90 for i in range(99)])(*range(99))",
        "assert answer(1) == $NUMBER",
    )

    for _ in range(5):
        arena.fails(hoarder)


def test_a_slow_program_with_many_tests_keeps_what_it_finished(arena: Arena) -> None:
    tests = tuple(f"assert answer({n}) == {n}" for n in range(200))
    code = "def answer(n):\n    total = 0\n    for i in range(3_000_000): total += i\n    return n"

    result = arena.fails(attack(code, *tests, may_pass=199))

    assert result.verdict.value == "timeout"
    assert result.passed > 0
