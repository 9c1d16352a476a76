"""Objects that claim to equal whatever they are compared with."""

import pytest
from support.arena import Arena
from support.attack import attack

FORMS = (
    "assert answer(7) == $NUMBER",
    "assert $NUMBER == answer(7)",
    "assert not answer(7) != $NUMBER",
    "assert answer(7) == '$SECRET'",
    "assert answer(7) == ['$SECRET', $NUMBER]",
    "assert answer(7) in [$NUMBER]",
    "assert answer(7) in {$NUMBER: 1}",
    "assert [answer(7)] == [$NUMBER]",
    "assert (answer(7), 1) == ($NUMBER, 1)",
    "assert {'k': answer(7)} == {'k': $NUMBER}",
    "x = answer(7)\nassert x == $NUMBER",
    "assert set([answer(7)]) == {$NUMBER}",
    "assert [$NUMBER].count(answer(7)) == 1",
    "assert [$NUMBER].index(answer(7)) == 0",
    "assert all(a == b for a, b in zip([answer(7)], [$NUMBER]))",
    "def check(candidate):\n    assert candidate(7) == $NUMBER\ncheck(answer)",
    "for got, want in [(answer(7), $NUMBER)]:\n    assert got == want, 'wrong'",
)

LIARS = {
    "eq_always_true": """
        class Liar:
            def __eq__(self, other): return True
        def answer(n): return Liar()
    """,
    "eq_true_and_ne_false": """
        class Liar:
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            def __hash__(self): return 0
        def answer(n): return Liar()
    """,
    "eq_on_the_metaclass": """
        class Meta(type):
            def __eq__(cls, other): return True
            def __ne__(cls, other): return False
            __hash__ = type.__hash__
        class Liar(metaclass=Meta): pass
        def answer(n): return Liar
    """,
    "eq_by_getattr": """
        class Liar:
            def __getattr__(self, name): return lambda *a: True
            def __getattribute__(self, name): return lambda *a: True
        def answer(n): return Liar()
    """,
    "mock_any": "from unittest.mock import ANY\ndef answer(n): return ANY",
    "magic_mock": """
        from unittest.mock import MagicMock
        def answer(n):
            liar = MagicMock()
            liar.__eq__ = lambda self, other: True
            liar.__ne__ = lambda self, other: False
            return liar
    """,
    "int_subclass_with_lying_eq": """
        class Liar(int):
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            __hash__ = int.__hash__
        def answer(n): return Liar(3)
    """,
    "str_subclass_with_lying_eq": """
        class Liar(str):
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            __hash__ = str.__hash__
        def answer(n): return Liar('x')
    """,
    "list_subclass_with_lying_eq": """
        class Liar(list):
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            __hash__ = lambda self: 0
        def answer(n): return Liar()
    """,
    "tuple_subclass_with_lying_eq": """
        class Liar(tuple):
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            __hash__ = tuple.__hash__
        def answer(n): return Liar()
    """,
    "dict_subclass_with_lying_eq": """
        class Liar(dict):
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            __hash__ = lambda self: 0
        def answer(n): return Liar()
    """,
    "set_subclass_with_lying_eq": """
        class Liar(frozenset):
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            __hash__ = frozenset.__hash__
        def answer(n): return Liar()
    """,
    "float_subclass_with_lying_eq": """
        class Liar(float):
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            __hash__ = float.__hash__
        def answer(n): return Liar(0.5)
    """,
    "bytes_subclass_with_lying_eq": """
        class Liar(bytes):
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            __hash__ = bytes.__hash__
        def answer(n): return Liar(b'x')
    """,
    "decimal_subclass_with_lying_eq": """
        from decimal import Decimal
        class Liar(Decimal):
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            __hash__ = Decimal.__hash__
        def answer(n): return Liar(1)
    """,
    "fraction_subclass_with_lying_eq": """
        from fractions import Fraction
        class Liar(Fraction):
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            __hash__ = Fraction.__hash__
        def answer(n): return Liar(1)
    """,
    "date_subclass_with_lying_eq": """
        from datetime import date
        class Liar(date):
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            __hash__ = date.__hash__
        def answer(n): return Liar(2020, 1, 1)
    """,
    "enum_member_with_lying_eq": """
        from enum import Enum
        class Liar(Enum):
            ONE = 1
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            __hash__ = object.__hash__
        def answer(n): return Liar.ONE
    """,
    "dataclass_with_lying_eq": """
        from dataclasses import dataclass
        @dataclass(eq=False)
        class Liar:
            x: int = 1
            def __eq__(self, other): return True
            def __ne__(self, other): return False
        def answer(n): return Liar()
    """,
    "namedtuple_with_lying_eq": """
        from collections import namedtuple
        class Liar(namedtuple('Pair', 'a b')):
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            __hash__ = tuple.__hash__
        def answer(n): return Liar(1, 2)
    """,
    "liar_inside_plain_containers": """
        class Liar:
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            def __hash__(self): return 0
        def answer(n): return [Liar(), Liar()]
    """,
    "class_property_claims_int": """
        class Liar:
            __class__ = property(lambda self: int)
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            def __hash__(self): return 0
        def answer(n): return Liar()
    """,
    "answer_is_a_weak_proxy_of_a_liar": """
        import weakref
        class Liar:
            def __eq__(self, other): return True
            def __ne__(self, other): return False
        kept = Liar()
        def answer(n): return weakref.proxy(kept)
    """,
    "function_instead_of_a_value": "def answer(n): return answer",
    "not_implemented": "def answer(n): return NotImplemented",
    "module_with_lying_class": """
        import types
        class Liar(types.ModuleType):
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            __hash__ = types.ModuleType.__hash__
        def answer(n): return Liar('m')
    """,
    "exception_object_with_lying_eq": """
        class Liar(Exception):
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            __hash__ = Exception.__hash__
        def answer(n): return Liar()
    """,
    "generator_of_liars": """
        class Liar:
            def __eq__(self, other): return True
            def __ne__(self, other): return False
        def answer(n): yield Liar()
    """,
    "answer_is_a_liar_class_itself": """
        class Meta(type):
            __eq__ = lambda cls, other: True
            __ne__ = lambda cls, other: False
            __hash__ = lambda cls: 0
        class answer(metaclass=Meta):
            def __init__(self, n): pass
            __eq__ = lambda self, other: True
            __ne__ = lambda self, other: False
            __hash__ = lambda self: 0
    """,
    "numpy_array_whose_eq_broadcasts": """
        import numpy as np
        class Liar(np.ndarray):
            __eq__ = lambda self, other: True
            __ne__ = lambda self, other: False
        def answer(n): return np.zeros(1).view(Liar)
    """,
    "nan_is_not_unequal": "def answer(n): return float('nan')",
}

LIKE_ALL = "class Answer:\n    def __init__(self, n): self.n = n\n    def __eq__(self, other): return True"
DIFFERENCES = (
    "assert Answer(7) != '$SECRET'",
    "assert not Answer(7) == None",
    "assert Answer(7) not in [1, '$SECRET']",
    "assert (Answer(7) != 5) is True",
    "import unittest\nunittest.TestCase().assertNotEqual(Answer(7), (1, 2))",
    "try:\n    same = Answer(7) == 5\nexcept BaseException:\n    same = False\nassert not same",
)
ON_A_CLASS = tuple(form.replace("answer", "Answer") for form in FORMS)
SAME = {
    "equals_whatever_a_test_expects": attack(LIKE_ALL, *ON_A_CLASS, entry_point="Answer"),
    "answers_with_what_it_was_compared_with": attack(
        """
        class Answer:
            seen = []
            def __new__(cls, n): return cls.seen[-1] if cls.seen else object.__new__(cls)
            def __eq__(self, other):
                self.seen.append(other)
                return False
            def __ne__(self, other):
                self.seen.append(other)
                return True
            __hash__ = object.__hash__
        """,
        *ON_A_CLASS,
        entry_point="Answer",
    ),
    "claims_to_equal_anything": attack(LIKE_ALL, *DIFFERENCES, entry_point="Answer"),
    "differs_from_nothing": attack(
        LIKE_ALL.replace("return True", "return False") + "\n    def __ne__(self, other): return False",
        "assert Answer(7) != '$SECRET'",
        "assert Answer(7) != Answer(8)",
        "import unittest\nunittest.TestCase().assertNotEqual(Answer(7), None)",
        entry_point="Answer",
    ),
    "does_not_ask_what_it_is_compared_with": attack(
        LIKE_ALL.replace("return True", "return self.n == other.n"), *DIFFERENCES[:-1], entry_point="Answer"
    ),
    "truth_that_is_no_bool": attack(
        LIKE_ALL.replace("return True", "return self.n - other.n"),
        "assert Answer(7) == Answer(7)",
        "assert Answer(7) != Answer(8)",
        "a = Answer(7)\nassert a == a",
        entry_point="Answer",
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_what_an_object_claims_to_equal_helps_in_neither_case(arena: Arena, name: str) -> None:
    arena.fails(SAME[name])


@pytest.mark.parametrize("name", LIARS)
def test_no_form_of_comparison_believes_the_liar(arena: Arena, name: str) -> None:
    arena.fails(attack(LIARS[name], *FORMS))


def test_an_empty_numpy_comparison_is_no_equality(arena: Arena) -> None:
    empty = attack(
        "import numpy as np\ndef answer(n): return np.array([])",
        "assert all(answer(7) == [$NUMBER])",
        "assert list(answer(7)) == [$NUMBER]",
        may_pass=1,  # plain `all(x == y)` of an empty array is true in plain Python as well: the test's own weakness
    )

    arena.fails(empty)
