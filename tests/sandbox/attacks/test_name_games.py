"""Attacks by definitions: names that the tests use, and names that only the tests may give a meaning."""

import pytest
from support.arena import Arena
from support.attack import attack

NAMES = {
    "names_that_a_pattern_of_the_test_binds": attack(
        "def answer(n): return None\na = b = rest = 0",
        "match answer(1), '$SECRET':\n    case a, b:\n        assert a == b",
        "match [answer(1), '$SECRET']:\n    case [a, *rest]:\n        assert [a] == rest",
        "match {1: answer(1), 2: '$SECRET'}:\n    case {1: a, **rest}:\n        assert a == rest[2]",
        entry_point=None,
    ),
    "names_that_a_star_brings": attack(
        "tau = e = 0\nassert_array_equal = slice\nexpm1 = int\ndef answer(n): return 0.0",
        "from math import *\nassert answer(1) == tau * $NUMBER",
        "from math import *\ndef test_it(): assert isclose(answer(1), e * $NUMBER)",
        "from solution import answer\nfrom math import *\nassert answer(1) == expm1($NUMBER / 10 ** 9)",
        "from numpy.testing import *\nassert_array_equal(answer(1), $NUMBER)",
        entry_point=None,
    ),
    "check_defined_by_the_solution": attack(
        "def check(candidate): return True\ndef answer(n): return 3",
        "def check(candidate):\n    assert candidate(7) == $NUMBER\ncheck(answer)",
    ),
    "candidate_defined_by_the_solution": attack(
        "candidate = lambda n: 3\nMETADATA = {}\nanswer = candidate",
        """
        METADATA = {}
        def check(candidate):
            assert candidate(7) == $NUMBER
            assert candidate(8) == '$SECRET'
        check(answer)
        """,
    ),
    "library_names_defined_by_the_solution": attack(
        """
        class Everything:
            def __init__(self, *a, **k): pass
            def __eq__(self, other): return True
            def __call__(self, *a, **k): return True
            def __getattr__(self, name): return self
        Counter = isclose = math = sorted = set = abs = len = all = any = round = str = Decimal = Everything()
        collections = itertools = Fraction = deepcopy = re = json = isinstance = type = Everything()
        AssertionError = print = list = tuple = dict = sum = max = min = zip = map = Everything()
        def answer(n): return 3
        """,
        "assert Counter([answer(7)]) == Counter([$NUMBER])",
        "assert math.isclose(answer(7), $NUMBER)",
        "assert isclose(answer(7), $NUMBER)",
        "assert sorted([answer(7)]) == sorted([$NUMBER])",
        "assert set([answer(7)]) == set([$NUMBER])",
        "assert abs(answer(7) - $NUMBER) < 1",
        "assert len([answer(7)]) == len([1, 2])",
        "assert all([answer(7) == $NUMBER])",
        "assert any([answer(7) == $NUMBER])",
        "assert str(answer(7)) == str($NUMBER)",
        "assert Decimal(answer(7)) == Decimal($NUMBER)",
        "assert collections.Counter([answer(7)]) == collections.Counter([$NUMBER])",
        "assert re.match(str($NUMBER), str(answer(7)))",
        "assert isinstance(answer(7), str)",
        "assert type(answer(7)) is type('$SECRET')",
        "assert list(map(answer, [7])) == list([$NUMBER])",
        "assert sum([answer(7)]) == sum([$NUMBER])",
    ),
    "more_names_of_the_library_defined_by_the_solution": attack(
        """
        class Everything:
            def __getattr__(self, name): return self
            def __call__(self, *a, **k): return 3
        mean = median = hypot = heapify = bisect_left = sleep = attrgetter = field = Everything()
        io = hashlib = base64 = datetime = Everything()
        def answer(n): return 3
        """,
        "assert answer(7) == mean([$NUMBER])",
        "assert answer(7) == median([$NUMBER])",
        "assert answer(7) == hypot($NUMBER, 0)",
        "assert answer(7) == bisect_left(range($NUMBER), $NUMBER)",
        "assert answer(7) == io.StringIO('$SECRET').read()",
        "assert answer(7) == base64.b64encode(b'$SECRET')",
        "assert answer(7) == hashlib.md5(b'$SECRET').hexdigest()",
        "assert answer(7) == datetime.timedelta($NUMBER)",
        "got = answer(7)\nassert True is False",
        "assert got == mean([$NUMBER])",
        entry_point=None,
    ),
    "names_of_the_setup_defined_by_the_solution": attack(
        "EXPECTED = 3\ndef expected(n): return 3\ndef answer(n): return 3",
        "assert answer(7) == EXPECTED",
        "assert answer(7) == expected(7)",
        setup="EXPECTED = $NUMBER\ndef expected(n): return $NUMBER",
    ),
    "helper_of_the_test_defined_by_the_solution": attack(
        "def same(a, b): return True\ndef answer(n): return 3",
        "def same(a, b):\n    return a == b\nassert same(answer(7), $NUMBER)",
    ),
    "later_test_helper_overwritten": attack(
        "def answer(n):\n    globals()['want'] = 3\n    return 3",
        "want = $NUMBER\nassert answer(7) == want",
        "want = [$NUMBER]\nassert [answer(7)] == want",
    ),
    "entry_point_missing": attack("def reply(n): return 3", "assert answer(7) == $NUMBER"),
    "entry_point_is_no_function": attack("answer = 3", "assert answer(7) == $NUMBER", "assert answer == $NUMBER"),
    "entry_point_imported": attack("from math import sqrt as answer", "assert answer(7) == $NUMBER"),
    "entry_point_looked_up_lazily": attack("def __getattr__(name): return lambda n: 3", "assert answer(7) == $NUMBER"),
    "module_dictionary_replaced": attack(
        """
        import sys, types
        class Module(types.ModuleType):
            def __getattribute__(self, name): return lambda *a: True
        sys.modules[__name__].__class__ = Module
        def answer(n): return 3
        """,
        "assert answer(7) == $NUMBER",
    ),
    "tests_in_the_solution": attack(
        "def answer(n): return 3\nassert answer(7) == 3\nprint('passed')", "assert answer(7) == $NUMBER"
    ),
    "test_code_by_string": attack("def answer(n): return 'True'", "assert eval(answer(7)) == $NUMBER"),
    "code_in_an_evaluated_answer": attack(
        """def answer(n): return "__import__('os')._exit(0)" """, "assert eval(answer(7)) == $NUMBER"
    ),
}


@pytest.mark.parametrize("name", NAMES)
def test_no_definition_of_the_candidate_decides(arena: Arena, name: str) -> None:
    arena.fails(NAMES[name])
