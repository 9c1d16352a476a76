"""Objects whose operators, conversions and protocols lie, compared through something other than a bare `==`."""

import pytest
from support.arena import Arena
from support.attack import Attack, attack

NUMERIC = (
    "assert abs(answer(7) - $NUMBER) < 1e-6",
    "assert abs($NUMBER - answer(7)) < 1e-6",
    "assert answer(7) - $NUMBER == 0",
    "assert round(answer(7) - $NUMBER, 3) == 0",
    "assert math.isclose(answer(7), $NUMBER)",
    "assert math.isclose(answer(7), $NUMBER, rel_tol=1e-9)",
    "assert round(answer(7), 2) == $NUMBER",
    "assert int(answer(7)) == $NUMBER",
    "assert float(answer(7)) == $NUMBER",
    "assert abs(answer(7)) == $NUMBER",
    "assert answer(7) + 0 == $NUMBER",
    "assert 0 + answer(7) == $NUMBER",
    "assert sum([answer(7)]) == $NUMBER",
    "assert max(answer(7), 1) == $NUMBER",
    "assert answer(7) ^ $NUMBER == 0",
    "assert not answer(7) - $NUMBER",
    "assert divmod(answer(7), 1)[0] == $NUMBER",
    "assert $NUMBER - 1 < answer(7) < $NUMBER + 1",
    "assert $NUMBER <= answer(7) <= $NUMBER",
    "assert '%d' % answer(7) == '$NUMBER'",
    "assert '{:.2f}'.format(answer(7)) == '$NUMBER.00'",
    "assert f'{answer(7)}' == '$NUMBER'",
    "assert range($NUMBER + 1)[answer(7)] == $NUMBER",
)
TEXTUAL = (
    "assert str(answer(7)) == '$SECRET'",
    "assert repr(answer(7)) == repr('$SECRET')",
    "assert answer(7).strip() == '$SECRET'",
    "assert answer(7).lower() == '$SECRET'.lower()",
    "assert ''.join(answer(7)) == '$SECRET'",
    "assert '' + answer(7) == '$SECRET'",
    "assert '%s' % answer(7) == '$SECRET'",
    "assert answer(7)[0:] == '$SECRET'",
    "assert answer(7).replace('$SECRET', '') == '' and answer(7)",
    "assert len(answer(7)) == 27 and answer(7).count('$SECRET') == 1",
)
GATHERED = (
    "assert sorted(answer(7)) == [1, $NUMBER]",
    "assert set(answer(7)) == {1, $NUMBER}",
    "assert list(answer(7)) == [1, $NUMBER]",
    "assert tuple(answer(7)) == (1, $NUMBER)",
    "assert answer(7)[1] == $NUMBER",
    "assert sum(answer(7)) == $NUMBER + 1",
    "assert max(answer(7)) == $NUMBER",
    "a, b = answer(7)\nassert b == $NUMBER",
    "assert Counter(answer(7)) == Counter([1, $NUMBER])",
    "assert sorted(answer(7), key=str) == sorted([1, $NUMBER], key=str)",
    "assert {1, $NUMBER}.issubset(answer(7))",
    "assert set(answer(7)) >= {1, $NUMBER}",
    "assert not set([1, $NUMBER]) - set(answer(7))",
    "assert answer(7).index($NUMBER) == 1 and list(answer(7))[1] == $NUMBER",
    "assert dict(answer(7)) == {1: $NUMBER}",
)

OPERATORS = """
        names = '''add sub mul truediv floordiv mod divmod pow lshift rshift and or xor radd rsub rmul rtruediv
        rfloordiv rmod rdivmod rpow rlshift rrshift rand ror rxor neg pos abs invert round trunc floor ceil'''.split()
        def lie(Liar, result):
            for name in names:
                setattr(Liar, f'__{name}__', lambda self, *a: result(self))
            for name in 'eq lt le gt ge'.split():
                setattr(Liar, f'__{name}__', lambda self, *a: True)
            Liar.__ne__ = lambda self, other: False
"""

NUMBERS = {
    "every_operator_answers_zero": OPERATORS
    + """
        class Liar:
            def __int__(self): return 0
            def __index__(self): return 0
            def __float__(self): return 0.0
        lie(Liar, lambda self: 0)
        def answer(n): return Liar()
    """,
    "every_operator_answers_the_liar": OPERATORS
    + """
        class Liar:
            def __bool__(self): return False
        lie(Liar, lambda self: self)
        def answer(n): return Liar()
    """,
    "int_subclass_with_lying_operators": OPERATORS
    + """
        class Liar(int):
            def __bool__(self): return False
        lie(Liar, lambda self: 0)
        def answer(n): return Liar(5)
    """,
    "float_subclass_with_lying_operators": OPERATORS
    + """
        class Liar(float):
            def __bool__(self): return False
            def __float__(self): return 1.0
        lie(Liar, lambda self: 0.0)
        def answer(n): return Liar(5)
    """,
    "operand_is_kept_and_given_back": """
        class Liar:
            seen = 0
            def __sub__(self, other): return other - other
            def __rsub__(self, other): return other - other
            def __add__(self, other): Liar.seen = other; return self
            def __index__(self): return Liar.seen
            def __abs__(self): return Liar.seen
            def __lt__(self, other): Liar.seen = other - 1; return True
            def __gt__(self, other): Liar.seen = other + 1; return True
            def __le__(self, other): Liar.seen = other; return True
            def __ge__(self, other): Liar.seen = other; return True
            def __eq__(self, other): return True
        kept = Liar()
        def answer(n): return kept
    """,
    "bool_subclassing_tricks": "def answer(n): return True",
    "infinity": "def answer(n): return float('inf')",
    "nan": "def answer(n): return float('nan')",
    "complex_nan": "def answer(n): return complex('nan+nanj')",
    "decimal_nan": "from decimal import Decimal\ndef answer(n): return Decimal('NaN')",
    "decimal_signalling_nan": "from decimal import Decimal\ndef answer(n): return Decimal('sNaN')",
    "numpy_nan": "import numpy\ndef answer(n): return numpy.float64('nan')",
    "numpy_infinity": "import numpy\ndef answer(n): return numpy.float32('inf')",
    "numpy_object_array": """
        import numpy
        class Liar:
            __eq__ = lambda self, other: True
            __sub__ = __rsub__ = lambda self, other: 0
        def answer(n): return numpy.array([Liar()], dtype=object)
    """,
}
TEXTS = {
    "repr_and_str_quote_everything": """
        class Liar:
            def __repr__(self): return "'x'"
            __str__ = __repr__
            def __format__(self, spec): return 'x'
            def __getattr__(self, name): return lambda *a: self
            def __len__(self): return 27
            def __iter__(self): return iter('x' * 27)
            def __getitem__(self, key): return self
            def __add__(self, other): return other
            def __radd__(self, other): return other
            def __eq__(self, other): return True
        def answer(n): return Liar()
    """,
    "str_subclass_with_lying_methods": """
        class Text(str):
            __eq__ = lambda self, other: True
            __ne__ = lambda self, other: False
            __hash__ = str.__hash__
            __len__ = lambda self: 27
            __radd__ = __getitem__ = strip = lower = replace = lambda self, *a: self
            startswith = count = lambda self, *a: 1
        def answer(n): return Text('x')
    """,
    "str_whose_encode_lies": """
        class Text(str):
            def encode(self, *a): return b'y'
            def __str__(self): return self
        def answer(n): return Text('x')
    """,
    "string_of_format_fields": "def answer(n): return '{0.__class__.__init__.__globals__}%s%(x)s'",
    "bytes_for_text": "def answer(n): return b'x'",
}
LISTS = {
    "list_subclass_that_iterates_otherwise": """
        class Liar(list):
            def __iter__(self): return iter([1, 2])
            def __len__(self): return 2
            def __getitem__(self, key): return self
            def index(self, value): return 1
            __eq__ = lambda self, other: True
        def answer(n): return Liar()
    """,
    "dict_subclass_with_every_key": """
        class Liar(dict):
            def __missing__(self, key): return self
            def __contains__(self, key): return True
            def keys(self): return [1, 2]
            def items(self): return [(1, 2)]
            __eq__ = lambda self, other: True
        def answer(n): return Liar()
    """,
    "set_subclass_containing_everything": """
        class Liar(set):
            def __contains__(self, key): return True
            __eq__ = __ge__ = __le__ = issuperset = lambda self, other: True
            __rsub__ = lambda self, other: set()
        def answer(n): return Liar([1])
    """,
    "sequence_of_liars": """
        class Item(int):
            __eq__ = lambda self, other: True
            __hash__ = lambda self: 0
            __lt__ = lambda self, other: True
            __radd__ = __add__ = lambda self, other: other
        def answer(n): return [Item(1), Item(2)]
    """,
    "object_answering_every_protocol": """
        class Liar:
            def __iter__(self): return iter([1, self])
            def __len__(self): return 2
            def __getitem__(self, key): return self
            def __contains__(self, item): return True
            def __eq__(self, other): return True
            def __hash__(self): return hash(1)
            def __lt__(self, other): return True
            def __radd__(self, other): return self
            def __rsub__(self, other): return set()
            def __ge__(self, other): return True
            def keys(self): return [1]
            def index(self, item): return 1
        def answer(n): return Liar()
    """,
    "namedtuple_with_other_fields": """
        from collections import namedtuple
        class Liar(namedtuple('Pair', 'a b')):
            __iter__ = lambda self: iter([1, self])
            __getitem__ = lambda self, key: self
            __eq__ = lambda self, other: True
            __hash__ = lambda self: 0
        def answer(n): return Liar(1, 2)
    """,
    "counter_with_lying_subtraction": """
        from collections import Counter
        class Liar(Counter):
            __sub__ = __rsub__ = lambda self, other: Counter()
            __eq__ = __ge__ = lambda self, other: True
        def answer(n): return Liar({1: 1})
    """,
    "mapping_proxy": "import types\ndef answer(n): return types.MappingProxyType({1: 2})",
    "memoryview": "def answer(n): return memoryview(b'12')",
}


def family(codes: dict[str, str], forms: tuple[str, ...]) -> list[pytest.ParameterSet]:
    return [pytest.param(attack(code, *forms), id=name) for name, code in codes.items()]


@pytest.mark.parametrize("lie", family(NUMBERS, NUMERIC) + family(TEXTS, TEXTUAL) + family(LISTS, GATHERED))
def test_no_operator_of_the_candidate_decides(arena: Arena, lie: Attack) -> None:
    arena.fails(lie)
