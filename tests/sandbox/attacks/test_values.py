"""Answers meant to break the side that reads them: endless, huge, deep, colliding, lying about their size."""

import pytest
from support.arena import Arena
from support.attack import attack

PLAIN = (
    "assert answer(7) == $NUMBER",
    "assert answer(8) == [1, 2, '$SECRET']",
    "assert answer(9) == {'k': $NUMBER}",
    "assert [answer(7)] == [$NUMBER]",
)
COMPUTING = (
    "assert sorted(answer(7)) == [$NUMBER]",
    "assert list(answer(7)) == [$NUMBER]",
    "assert set(answer(7)) == {$NUMBER}",
    "assert len(list(answer(7))) == $NUMBER",
    "assert sum(answer(7)) == $NUMBER",
    "assert max(answer(7)) == $NUMBER",
    "assert '$SECRET' in answer(7)",
    "assert tuple(answer(7)) == ($NUMBER,)",
    "assert Counter(answer(7)) == Counter([$NUMBER])",
    "assert [x for x in answer(7)] == [$NUMBER]",
)
NUMERIC = (
    "assert 3 ** answer(7) == $NUMBER",
    "assert len(range(answer(7))) == $NUMBER",
    "assert 'x' * answer(7) == '$SECRET'",
    "assert str(answer(7)) == '$NUMBER'",
    "assert '{:.2f}'.format(answer(7)) == '$NUMBER.00'",
    "assert int(answer(7)) == $NUMBER",
    "assert round(answer(7), 3) == $NUMBER",
    "assert math.factorial(answer(7)) == $NUMBER",
    "assert hash(answer(7)) == $NUMBER",
    "assert answer(7) % 1000000007 == -1",
    "assert 1 << answer(7) == $NUMBER",
    "assert [0] * answer(7) == [$NUMBER]",
    "assert sum(range(answer(7))) == -1",
    "assert Decimal(answer(7)) == $NUMBER",
)
TEXTUAL = (
    "assert re.match(answer(7), 'a' * 40 + 'c$SECRET')",
    "assert re.fullmatch('(a|a)*$SECRET', answer(7))",
    "assert answer(7) % ('$SECRET',) == '$SECRET' * 2",
    "assert answer(7).format('$SECRET') == '$SECRET' * 2",
    "assert int(answer(7)) == $NUMBER",
    "assert answer(7).encode() == b'$SECRET'",
    "assert answer(7).split('x') == ['$SECRET']",
    "assert json.loads(answer(7)) == '$SECRET'",
    "assert float(answer(7)) == $NUMBER",
    "assert Fraction(answer(7)) == $NUMBER",
)


def returns(expression: str, first: str = "") -> str:
    return f"{first}\ndef answer(n): return {expression}\n"


LAZY = {
    "range_of_a_quintillion": returns("range(10 ** 18)"),
    "range_nested_in_a_list": returns("[range(10 ** 18)] * 1000"),
    "counter_with_huge_counts": returns("Counter({1: 10 ** 18}).elements()", "from collections import Counter"),
    "counter_itself": returns("Counter({1: 10 ** 18})", "from collections import Counter"),
    "endless_generator": "def answer(n):\n    while True: yield 1",
    "endless_count": returns("itertools.count()", "import itertools"),
    "endless_repeat": returns("itertools.repeat(1)", "import itertools"),
    "endless_cycle": returns("itertools.cycle([1, 2])", "import itertools"),
    "product_of_many": returns("itertools.product(range(10), repeat=30)", "import itertools"),
    "permutations_of_many": returns("itertools.permutations(range(60))", "import itertools"),
    "map_without_end": returns("map(str, itertools.count())", "import itertools"),
    "iter_of_a_callable": returns("iter(int, 1)"),
    "sequence_protocol_without_end": returns("Endless()", "class Endless:\n    def __getitem__(self, i): return i"),
    "length_without_items": returns(
        "Long()", "class Long:\n    def __len__(self): return 2**62\n    def __getitem__(self, i): return i"
    ),
    "iterator_that_returns_itself_for_ever": returns(
        "Loop()", "class Loop:\n    def __iter__(self): return self\n    def __next__(self): return self"
    ),
    "default_dictionary_that_grows": returns(
        "Grow(int)",
        "from collections import defaultdict\n"
        "class Grow(defaultdict):\n    def __iter__(self):\n        while True: yield 1",
    ),
    "endless_strings": "def answer(n):\n    while True: yield 'x' * 100000",
    "endless_fresh_objects": "def answer(n):\n    while True: yield object()",
}
HUGE = {
    "int_of_ten_million_bits": returns("1 << 10 ** 7"),
    "int_of_a_hundred_million_bits": returns("1 << 10 ** 8"),
    "decimal_with_a_huge_exponent": returns("Decimal('1e999999999')", "from decimal import Decimal"),
    "decimal_with_a_huge_negative_exponent": returns("Decimal('1e-999999999')", "from decimal import Decimal"),
    "decimal_of_a_million_digits": returns("Decimal('7' * 10 ** 6)", "from decimal import Decimal"),
    "fraction_of_huge_parts": returns("Fraction(3 ** 10 ** 6, 2 ** 10 ** 6)", "from fractions import Fraction"),
    "fraction_not_in_lowest_terms": returns(
        "made",
        "from fractions import Fraction\nmade = Fraction(1, 2)\nmade._numerator = made._denominator = 3 ** 10 ** 6",
    ),
    "fraction_with_a_zero_denominator": returns(
        "made", "from fractions import Fraction\nmade = Fraction(1, 2)\nmade._denominator = 0"
    ),
    "fraction_of_strings": returns(
        "made", "from fractions import Fraction\nmade = Fraction(1, 2)\nmade._numerator = 'x'"
    ),
    "decimal_that_signals": returns("Decimal('sNaN')", "from decimal import Decimal"),
    "largest_float_power": returns("10 ** 9"),
    "negative_huge": returns("-10 ** 4000"),
    "complex_infinity": returns("complex('inf+infj')"),
}
TEXTS = {
    "hundred_million_characters": returns("'x' * 10 ** 8"),
    "pattern_that_backtracks": returns("'(a*)*(a*)*(a*)*b'"),
    "text_that_backtracks": returns("'a' * 50 + 'b'"),
    "format_with_a_huge_width": returns("'%2000000000s%%'"),
    "format_fields_with_a_huge_width": returns("'{:>2000000000}'"),
    "format_fields_that_reach_in": returns("'{0.__class__.__mro__[1].__subclasses__}'"),
    "million_digits": returns("'9' * 10 ** 6"),
    "number_with_a_huge_exponent": returns("'1e999999999'"),
    "deeply_nested_json": returns("'[' * 10 ** 5"),
    "lone_surrogates": returns("chr(0xD800) * 1000"),
    "nul_characters": returns("chr(0) * 1000"),
    "text_of_control_characters": returns("''.join(map(chr, range(32)))"),
}
SHAPES = {
    "list_that_holds_itself": returns("held", "held = []\nheld.append(held)"),
    "dict_that_holds_itself": returns("held", "held = {}\nheld['k'] = held"),
    "two_that_hold_each_other": returns("a", "a, b = [], []\na.append(b); b.append(a)"),
    "tuple_with_a_cycle": returns("t", "held = []\nt = (held,)\nheld.append(t)"),
    "nested_a_hundred_thousand_deep": returns("held", "held = []\nfor _ in range(10 ** 5): held = [held]"),
    "nested_tuples": returns("held", "held = ()\nfor _ in range(10 ** 5): held = (held,)"),
    "nested_dicts": returns("held", "held = {}\nfor _ in range(10 ** 5): held = {'k': held}"),
    "nested_just_so": returns("held", "held = []\nfor _ in range(900): held = [held]"),
    "doubling_by_sharing": returns("held", "held = [1]\nfor _ in range(60): held = [held, held]"),
    "tuples_doubling_by_sharing": returns("held", "held = (1,)\nfor _ in range(60): held = (held, held)"),
    "named_tuples_doubling_by_sharing": returns(
        "held",
        "from collections import namedtuple\nPair = namedtuple('Pair', 'a b')\nheld = Pair(1, 2)\n"
        "for _ in range(60): held = Pair(held, held)",
    ),
    "named_tuple_called_array": returns("namedtuple('array', 'a')(1)", "from collections import namedtuple"),
    "items_that_do_not_hash": returns("{1: [2]}.items()"),
    "a_million_lists": returns("[[] for _ in range(10 ** 6)]"),
    "ten_million_items": returns("[0] * 10 ** 7"),
    "a_million_keys": returns("{i: i for i in range(10 ** 6)}"),
    "a_hundred_thousand_handles": returns("[object() for _ in range(10 ** 5)]"),
    "keys_with_equal_hashes": returns("{i * (2 ** 61 - 1): 0 for i in range(30000)}"),
    "set_with_equal_hashes": returns("{i * (2 ** 61 - 1) for i in range(30000)}"),
    "list_of_equal_hashes": returns("[i * (2 ** 61 - 1) for i in range(30000)]"),
    "fractions_with_equal_hashes": returns(
        "[Fraction(1, i * (2 ** 61 - 1)) for i in range(1, 20000)]", "from fractions import Fraction"
    ),
    "tuples_with_equal_hashes": returns("[(-1 - i % 2,) * 14 for i in range(30000)]"),
    "tuples_of_minus_one_and_two": returns(
        "list(itertools.product((-1, -2), repeat=14))", "import itertools"
    ),
    "unpicklable_things": returns("[lambda: 0, open('/dev/null'), (x for x in []), type('T', (), {})]"),
    "object_with_reduce": returns(
        "Bad()",
        "import os\nclass Bad:\n    def __reduce__(self): return (os._exit, (0,))\n"
        "    __reduce_ex__ = __getstate__ = __reduce__",

    ),
    "list_subclass_lying_about_its_length": returns(
        "Liar([1])",
        "class Liar(list):\n    def __len__(self): return 2 ** 60\n"
        "    def __iter__(self): return iter(range(10 ** 12))",

    ),
    "dict_changed_while_read": returns(
        "Liar(a=1)",
        "class Liar(dict):\n    def items(self):\n        while True: yield 1, 2\n"
        "    keys = __iter__ = items",

    ),
    "list_growing_in_a_thread": """
import threading
held = []
def grow():
    while len(held) < 10 ** 7: held.append(len(held))
def answer(n):
    threading.Thread(target=grow, daemon=True).start()
    return held
""",
    "namedtuple_classes_without_end": returns(
        "[namedtuple('T%d' % i, 'a b')(1, 2) for i in range(3000)]", "from collections import namedtuple"
    ),
    "namedtuple_with_evil_names": returns(
        "made",
        "from collections import namedtuple\nmade = namedtuple('T', 'a')(1)\n"
        "type(made)._fields = ('__class__', 'import os', 'a' * 10 ** 6)",

    ),
    "enum_with_a_huge_value": returns("E.A", "import enum\nclass E(enum.IntEnum):\n    A = 1 << 10 ** 7"),
    "date_time_with_an_evil_zone": returns(
        "made",
        "import datetime, os\nclass Z(datetime.tzinfo):\n    def utcoffset(self, t): os._exit(0)\n"
        "made = datetime.datetime(2000, 1, 1, tzinfo=Z())",

    ),
    "deque_of_deques": returns(
        "held", "from collections import deque\nheld = deque()\n"
        "for _ in range(10 ** 5): held = deque([held])",
    ),
    "numpy_array_of_a_billion": returns("numpy.broadcast_to(numpy.zeros(1), (10 ** 9,))", "import numpy"),
    "numpy_array_with_a_strange_type": returns("numpy.zeros(3, dtype=[('a', 'O'), ('b', 'V100')])", "import numpy"),
    "bytes_of_a_gigabyte": returns("bytes(3 * 10 ** 8)"),
    "memory_view_of_strides": returns("memoryview(bytearray(10 ** 8))[::-3]"),
    "exception_group_without_end": returns(
        "made", "made = ValueError()\nfor _ in range(10 ** 5): made = ExceptionGroup('x', [made])"
    ),
}  # fmt: skip

CASES = [
    *[pytest.param(code, PLAIN + COMPUTING, id=f"lazy-{name}") for name, code in LAZY.items()],
    *[pytest.param(code, PLAIN + NUMERIC, id=f"huge-{name}") for name, code in HUGE.items()],
    *[pytest.param(code, PLAIN + TEXTUAL, id=f"text-{name}") for name, code in TEXTS.items()],
    *[pytest.param(code, PLAIN + COMPUTING, id=f"shape-{name}") for name, code in SHAPES.items()],
]


@pytest.fixture(scope="module")
def values(arena: Arena) -> Arena:
    """The arena in which all values have answered, side by side."""
    arena.run_ahead(attack(case.values[0], *case.values[1]) for case in CASES)
    return arena


@pytest.mark.parametrize(("code", "tests"), CASES)
def test_no_value_passes_stalls_or_breaks_the_reader(values: Arena, code: str, tests: tuple[str, ...]) -> None:
    values.fails(attack(code, *tests))


ONE_BY_ONE = [
    pytest.param(code, test, id=f"{name}-{number}")
    for name, code, tests in [
        ("range", LAZY["range_of_a_quintillion"], COMPUTING),
        ("count", LAZY["endless_count"], COMPUTING[::3]),
        ("billion", HUGE["largest_float_power"], NUMERIC),
        ("decimal", HUGE["decimal_with_a_huge_exponent"], NUMERIC),
        ("backtracking", TEXTS["pattern_that_backtracks"], TEXTUAL[:2]),
        ("width", TEXTS["format_with_a_huge_width"], TEXTUAL[2:3]),
        ("collisions", SHAPES["list_of_equal_hashes"], COMPUTING[2:3]),
    ]
    for number, test in enumerate(tests)
]


@pytest.fixture(scope="module")
def single_values(arena: Arena) -> Arena:
    """The arena in which these values have answered, side by side."""
    arena.run_ahead(attack(*case.values) for case in ONE_BY_ONE)
    return arena


@pytest.mark.slow
@pytest.mark.parametrize(("code", "test"), ONE_BY_ONE)
def test_what_a_test_computes_with_the_answer_is_bounded(single_values: Arena, code: str, test: str) -> None:
    """The first value that hangs ends a program, so each way to compute gets a program of its own."""
    single_values.fails(attack(code, test))
