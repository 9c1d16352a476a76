"""Attacks on tests that expect an exception, and exceptions that end a loop of the test early."""

import pytest
from support.arena import Arena
from support.attack import attack

CONFIG = "class Config:\n    def __init__(self): self.pi = 3"
EXCEPTIONS = {
    "error_of_an_object_that_is_none": attack(
        CONFIG,
        "c = Config()\ntry:\n    del c.pi\nexcept AttributeError:\n    pass\nelse:\n    assert False",
        "c, name = Config(), 'p' + 'i'\ntry:\n    setattr(c, name, 1)\nexcept AttributeError:\n    pass\nelse:\n"
        "    assert False",
        "import pickle\ntry:\n    pickle.dumps(Config())\nexcept TypeError:\n    pass\nelse:\n    assert False",
        entry_point="Config",
    ),
    "error_of_a_class_that_may_be_derived_from": attack(
        CONFIG,
        "try:\n    class Sub(Config): pass\n    Sub()\nexcept TypeError:\n    pass\nelse:\n    assert False",
        "try:\n    type('Sub', (Config,), {})\nexcept TypeError:\n    pass\nelse:\n    assert False",
        entry_point="Config",
    ),
    "error_of_operators_that_are_withheld": attack(
        "class Money:\n    __add__ = __radd__ = __iadd__ = __contains__ = lambda self, other: self\n"
        "    def __lt__(self, other): return True\ndef answer(n): return Money()",
        *(
            f"m = answer(7)\ntry:\n    {use}\nexcept TypeError:\n    pass\nelse:\n    assert False"
            for use in ("m + 1", "1 + m", "m += 1", "m < 'x'", "'x' > m", "5 in m")
        ),
    ),
    "error_of_arguments_that_are_not_passed_on": attack(
        "def answer(x): return 1",
        "import math\ntry:\n    answer(math)\nexcept TypeError:\n    pass\nelse:\n    assert False",
        "deep = []\nfor _ in range(200): deep = [deep]\ntry:\n    answer(deep)\nexcept Exception:\n    pass\n"
        "else:\n    assert False",
    ),
    "base_exception_where_an_exception_is_expected": attack(
        "class Quit(BaseException): pass\nclass Leave(SystemExit): pass\ndef answer(n): raise Quit if n else Leave",
        "try:\n    answer(7)\nexcept Exception:\n    pass",
        "try:\n    answer(0)\nexcept Exception:\n    pass",
    ),
    "value_error_only_by_name": attack(
        "class ValueError(Exception): pass\ndef answer(n): raise ValueError('no')",
        "try:\n    answer(7)\nexcept ValueError:\n    pass\nelse:\n    assert False",
    ),
    "value_error_by_a_lying_class": attack(
        "class Sly(Exception):\n    __class__ = ValueError\ndef answer(n): raise Sly",
        "try:\n    answer(7)\nexcept ValueError:\n    pass",
    ),
    "metaclass_that_claims_every_subclass": attack(
        """
        class Meta(type):
            __subclasscheck__ = __instancecheck__ = lambda cls, other: True
            def mro(cls): return [cls, Exception, BaseException, object]
            __name__ = 'ValueError'
        class ValueError(Exception, metaclass=Meta): pass
        def answer(n): raise ValueError
        """,
        "try:\n    answer(7)\nexcept ValueError:\n    pass",
    ),
    "alias_of_the_exception_that_the_checks_raise": attack(
        "def answer(n): return n\nMissing = AssertionError",
        "try:\n    answer(7)\n    assert False\nexcept Missing:\n    pass",
        entry_point=None,
    ),
    "alias_of_a_base_of_it": attack(
        "def answer(n): return n\nMissing = Exception",
        "try:\n    answer(7)\n    raise AssertionError('no error')\nexcept Missing:\n    pass",
        entry_point=None,
    ),
    "tuple_that_holds_a_base_of_it": attack(
        "def answer(n): return n\nMissing = (KeyError, (BaseException,))",
        "try:\n    answer(7)\n    assert False\nexcept Missing:\n    pass",
        entry_point=None,
    ),
    "attribute_that_is_the_exception_of_the_checks": attack(
        "class Stack:\n    Empty = AssertionError\n    def pop(self): return None",
        "try:\n    Stack().pop()\n    assert False\nexcept Stack.Empty:\n    pass",
        "s = Stack()\ntry:\n    s.pop()\n    assert False\nexcept s.Empty:\n    pass",
        "try:\n    Stack().pop()\n    assert False\nexcept (KeyError, Stack.Empty):\n    pass",
        "kind = Stack.Empty\ntry:\n    Stack().pop()\n    assert False\nexcept kind:\n    pass",
        "import contextlib\nwith contextlib.suppress(Stack.Empty):\n    Stack().pop()\n    assert False",
        "from contextlib import suppress\nwith suppress(*[Stack.Empty]):\n    Stack().pop()\n    assert False",
        entry_point="Stack",
    ),
    "attribute_that_is_any_exception_where_a_test_names_it_to_catch": attack(
        "class Stack:\n    Empty = Exception\n    def pop(self): return None",
        "try:\n    Stack().pop()\n    assert False, 'no error'\nexcept Stack.Empty:\n    pass",
        "try:\n    Stack().pop()\nexcept Exception:\n    assert False\nassert Stack().size == 0",
        entry_point="Stack",
    ),
    "block_that_swallows_what_a_check_met": attack(
        """
        class Ledger:
            def __enter__(self): return self
            def __exit__(self, *error): return True
            def deposit(self, x): pass
            def __getattr__(self, name): raise KeyError(name)
        """,
        "with Ledger() as l:\n    l.deposit(5)\n    assert l.balance == 5",
        "with Ledger() as l:\n    assert l.balance",
        "def check():\n    with Ledger() as l:\n        assert l.balance == 5\n    return 1\nassert check() == 1",
        "def check(l, n):\n    assert l.balance == n\nwith Ledger() as l:\n    check(l, 5)",
        "def checks(l):\n    yield 1\n    assert l.balance == 5\nwith Ledger() as l:\n    for _ in checks(l): pass",
        "from contextlib import contextmanager\n@contextmanager\ndef opened():\n    with Ledger() as l:\n"
        "        yield l\nwith opened() as l:\n    assert l.balance == 5",
        "def check(l):\n    assert l.balance == 5\nwith Ledger() as l:\n    try:\n        check(l)\n"
        "    except KeyError as error:\n        raise ValueError from error",
        entry_point="Ledger",
    ),
    "block_that_ends_by_the_same_exception_again": attack(
        """
        class Oops(Exception): pass
        AGAIN = Oops()
        class Account:
            opened = 0
            def __init__(self, balance): pass
            def __enter__(self):
                Account.opened += 1
                self.number = Account.opened
                return self
            def __exit__(self, *error):
                if self.number % 2 == 0: raise AGAIN
                return True
            def close(self): raise ValueError('again') from KeyError('why')
            def __getattr__(self, name): raise AGAIN
        """,
        "def check(account, wanted):\n    assert account.balance == wanted\n"
        "with Account(10) as a, Account(20) as b:\n    check(a, 5)\n    check(b, 25)",
        "def check(account, wanted):\n    assert account.balance == wanted\n"
        "with Account(10) as a:\n    try:\n        check(a, 5)\n    finally:\n        a.close()",
        entry_point="Account",
    ),
    "block_that_swallows_what_came_in_the_place_of_a_failure": attack(
        """
        class Ledger:
            balance = 0
            def __enter__(self): return self
            def __exit__(self, *error): return True
            async def __aenter__(self): return self
            async def __aexit__(self, *error): return True
            def close(self): raise KeyError
        """,
        "with Ledger() as l:\n    try:\n        assert l.balance == 5\n    finally:\n        l.close()",
        """
        import asyncio
        async def main():
            async with Ledger() as l:
                assert l.balance == 5
        asyncio.run(main())
        """,
        entry_point="Ledger",
    ),
    "exception_that_cannot_be_shown": attack(
        "class Sly(Exception):\n    def __str__(self): raise SystemExit(0)\ndef answer(n): return Sly(n)",
        "raise answer(7)",
        "assert answer(7) == 7",
    ),
    "answer_that_is_a_base_of_it": attack(
        "ERRORS = {'empty': Exception}\ndef error_type(): return Exception\ndef answer(n): return n",
        "try:\n    answer(7)\n    assert False\nexcept ERRORS['empty']:\n    pass",
        "try:\n    answer(7)\n    assert False\nexcept error_type():\n    pass",
        entry_point=None,
    ),
    "death_where_any_exception_is_expected": attack(
        "import os\ndef answer(n): os._exit(0)",
        "try:\n    answer(7)\nexcept Exception:\n    pass\nelse:\n    assert False",
        "try:\n    answer(7)\nexcept BaseException:\n    pass",
        "try:\n    answer(7)\nexcept:\n    pass",
        "try:\n    answer(7)\nfinally:\n    x = 1",
    ),
    "death_under_suppress": attack(
        "import os\ndef answer(n): os._exit(0)",
        "import contextlib\nwith contextlib.suppress(BaseException):\n    answer(7)",
    ),
    "hang_where_any_exception_is_expected": attack(
        "def answer(n):\n    while True: pass",
        "try:\n    answer(7)\nexcept BaseException:\n    pass",
    ),
    "refused_value_where_an_overflow_is_expected": attack(
        "def answer(n): return 1 << 10 ** 8",
        """
        try:
            answer(7)
        except (OverflowError, RecursionError, MemoryError, ValueError):
            pass
        else:
            assert False
        """,
        "try:\n    answer(7)\nexcept BaseException:\n    pass\nelse:\n    assert False",
    ),
    "deep_value_where_a_recursion_error_is_expected": attack(
        "held = []\nfor _ in range(10 ** 5): held = [held]\ndef answer(n): return held",
        "try:\n    answer(7)\nexcept RecursionError:\n    pass\nelse:\n    assert False",
    ),
    "closed_channel_where_an_exception_is_expected": attack(
        "import os\ndef answer(n): os.closerange(0, 256)",
        "try:\n    answer(7)\nexcept Exception:\n    pass\nelse:\n    assert False",
    ),
    "garbage_on_the_channel_where_an_exception_is_expected": attack(
        """
        import os
        def answer(n):
            for fd in range(3, 64):
                try: os.write(fd, b'\\xff' * 64)
                except OSError: pass
            os._exit(0)
        """,
        "try:\n    answer(7)\nexcept Exception:\n    pass\nelse:\n    assert False",
    ),
    "assert_raises_helper_and_death": attack(
        "import os\ndef answer(n): os._exit(1)",
        """
        def raises(kind, call):
            try: call()
            except kind: return True
            return False
        assert raises(Exception, lambda: answer(7))
        """,
    ),
    "stop_iteration_under_all": attack(
        "def answer(n): raise StopIteration",
        "assert all(map(answer, [1, 2, 3]))",
        "assert all(answer(x) == $NUMBER for x in [1, 2])",
        "assert list(map(answer, [1, 2])) == []",
        "assert sum(map(answer, [1, 2])) == 0",
        "assert not any(map(answer, [1, 2]))",
        "assert set(filter(answer, [1, 2])) == set()",
        "for x in map(answer, [1]):\n    assert x == $NUMBER",
        "assert not [x for x in map(answer, [1, 2]) if x != $NUMBER]",
        "assert all(a == b for a, b in zip(map(answer, [1]), [$NUMBER]))",
    ),
    "stop_iteration_subclass_under_all": attack(
        "class Stop(StopIteration): pass\ndef answer(n): raise Stop",
        "assert all(map(answer, [1, 2, 3]))",
        "for x in map(answer, [1]):\n    assert x == $NUMBER",
    ),
    "index_error_in_a_sequence_protocol": attack(
        "class Seq:\n    def __getitem__(self, i): raise IndexError\ndef answer(n): return Seq()",
        "assert list(answer(7)) == [$NUMBER]",
        "assert [x for x in answer(7)] == [$NUMBER]",
    ),
    "generator_exit_and_system_exit": attack(
        "def answer(n): raise SystemExit(0) if n else GeneratorExit",
        "assert answer(7) == $NUMBER",
        "assert answer(0) == $NUMBER",
        "assert list(answer(x) for x in [1]) == [$NUMBER]",
    ),
    "assertion_error_raised_by_the_candidate": attack(
        "def answer(n): raise AssertionError('expected')",
        "assert answer(7) == $NUMBER",
        "try:\n    assert answer(7) == $NUMBER\nexcept ValueError:\n    pass",
    ),
    "exception_with_lying_arguments": attack(
        """
        class Liar:
            __eq__ = lambda self, other: True
            __hash__ = lambda self: 0
        def answer(n): raise ValueError(Liar())
        """,
        """
        try:
            answer(7)
        except ValueError as error:
            assert error.args == ('$SECRET',)
        else:
            assert False
        """,
        "try:\n    answer(7)\nexcept ValueError as error:\n    assert str(error) == '$SECRET'\nelse:\n    assert False",
    ),
}


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_no_exception_passes_for_another(arena: Arena, name: str) -> None:
    arena.fails(EXCEPTIONS[name])
