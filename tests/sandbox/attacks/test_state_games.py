"""Attacks by mutation, identity, callbacks and handles: what is shared between the test and the candidate."""

import pytest
from support.arena import Arena
from support.attack import attack

STATE = {
    "list_subclass_that_grows_later": attack(
        """
        class Kept(list): pass
        kept = Kept()
        def answer(n):
            if n: kept.append(n)
            return kept
        """,
        "first = answer(0)\nanswer(1)\nassert len(first) == 0",
    ),
    "list_subclass_for_a_list": attack(
        "class Kept(list): pass\ndef answer(n): return Kept()", "first = answer(0)\nassert type(first) is list"
    ),
    "view_that_shows_later_changes": attack(
        "def answer(d): return d.keys()", "d = {'a': 1}\nkeys = answer(d)\nd['b'] = 2\nassert list(keys) == ['a']"
    ),
    "alias_of_an_exception_that_catches_checks": attack(
        "class answer:\n    E = Exception\n    def pop(self): return None",
        "s = answer()\ntry:\n    s.pop()\n    raise Exception('should have raised')\nexcept s.E:\n    pass",
    ),
    "mock_made_to_say_that_it_was_called": attack(
        """
        class Yes:
            def __eq__(self, other): return True
            def assert_called_once_with(self, *args): pass
            call_count = 3
        def answer(mock):
            tries = [
                lambda: setattr(mock, 'send', Yes()),
                lambda: setattr(mock, 'assert_called_once_with', lambda *args: None),
                lambda: setattr(mock.send, 'call_count', 3),
                lambda: mock.configure_mock(send=Yes()),
                lambda: mock.attach_mock(Yes(), 'send'),
                lambda: mock.send.call_args_list.clear(),
                lambda: mock.__dict__.update(send=Yes()),
                lambda: delattr(mock, 'send'),
                lambda: mock.send(Yes()),
            ]
            for one in tries:
                try: one()
                except Exception: pass
        """,
        "from unittest.mock import Mock\nm = Mock()\nanswer(m)\nm.send.assert_called_once_with(5)",
        "from unittest.mock import MagicMock\nm = MagicMock()\nanswer(m)\nassert m.send.call_count == 3",
        "from unittest.mock import Mock\nm = Mock()\nanswer(m)\nm.send.assert_not_called()",
        entry_point="answer",
    ),
    "test_case_told_how_to_compare": attack(
        "def answer(case):\n    for kind in (int, list):\n"
        "        case.addTypeEqualityFunc(kind, lambda first, second, msg=None: None)\n    return 1",
        """
        import unittest
        class T(unittest.TestCase):
            def test(self): self.assertEqual(answer(self), 2)
        """,
        entry_point="answer",
    ),
    "exception_that_claims_what_it_is": attack(
        """
        class Claim(ValueError):
            def __eq__(self, other): return True
            def isdigit(self): return True
            def index(self, value): return 1
            def __lt__(self, other): return True
        def answer(x): return Claim(x)
        """,
        "assert answer(3) == 4",
        "assert answer('x').isdigit()",
        "assert answer([3, 4]).index(4) == 1",
        "assert answer(3) < 2",
        "assert isinstance(answer(3), KeyError)",
    ),
    "argument_changed_to_the_answer": attack(
        "def answer(x):\n    x.clear()\n    return x", "assert answer([3, 1, 2]) == sorted([3, 1, 2])"
    ),
    "argument_made_equal_to_the_result": attack(
        "def answer(x):\n    x[:] = [0]\n    return [0]",
        "x = [3, 1, 2]\nassert answer(x) == x",
        "x = [3, 1]\nassert x == answer(x)",
    ),
    "argument_emptied_before_the_loop": attack(
        "def answer(x):\n    x.clear()\n    return []",
        "x = [3, 1, 2]\ny = answer(x)\nassert len(y) == 3 and all(a in y for a in x)",
    ),
    "clone_that_is_the_original": attack(
        "def answer(x): return x",
        "x = [1, [2]]\ny = answer(x)\nassert y == x and y is not x",
        "x = [1, [2]]\ny = answer(x)\ny.append(3)\nassert x == [1, [2]]",
        "x = [1, [2]]\nanswer(x)[1].append(9)\nassert x == [1, [2]]",
    ),
    "shallow_copy_for_a_deep_one": attack(
        "def answer(x): return list(x)",
        "x = [1, [2]]\ny = answer(x)\ny[1].append(3)\nassert x == [1, [2]]",
        "x = [1, [2]]\nassert answer(x)[1] is not x[1]",
    ),
    "copy_for_the_very_object": attack("def answer(x): return list(x)", "x = [1]\nassert answer(x) is x"),
    "expected_list_shared_with_the_argument": attack(
        "def answer(x):\n    x.append('more')\n    return x",
        "given = [1]\nwant = [1, 2]\nassert answer(given) == want and given == [1]",
    ),
    "kept_argument_made_equal_by_the_call_that_is_compared": attack(
        """
        kept = []
        def keep(x): kept.append(x)
        def answer(n):
            kept[0][:] = [n]
            return [n]
        """,
        "want = [$NUMBER]\nkeep(want)\nassert answer(7) == want",
        "want = [$NUMBER]\nkeep(want)\nassert want == answer(7)",
        "want = [[$NUMBER]]\nkeep(want[0])\nassert [answer(7)] == want",
    ),
    "kept_argument_made_equal_before_a_callback": attack(
        """
        kept = []
        def keep(x): kept.append(x)
        def answer(f):
            kept[0][:] = [7]
            f(1)
            return kept[0]
        """,
        "want = [$NUMBER]\nkeep(want)\nassert answer(lambda x: x) == want",
        "want = [$NUMBER]\nkeep(want)\nassert answer(lambda x: keep(x)) == want",
    ),
    "answer_that_changes_after_it_was_given": attack(
        """
        given = []
        def answer(n):
            given.append(n)
            return given
        """,
        "a = answer(1)\nb = answer(2)\nassert a == [1]",
        "assert [answer(1), answer(2)] == [[1], [1, 2]]",
        "a = answer(1)\nb = answer(2)\nassert a is not b",
    ),
    "set_of_own_objects_that_is_no_copy": attack(
        """
        class Node: pass
        class Bag:
            def __init__(self): self.members = set()
            def add(self, x): self.members.add(x)
            def get(self): return self.members
            def size(self): return len(self.members)
        """,
        "bag = Bag()\nbag.add(Node())\ngot = bag.get()\ngot.clear()\nassert bag.size() == 1",
    ),
    "argument_emptied_after_a_function_of_the_test_caught_something": attack(
        """
        def answer(x):
            if x == -1: raise ValueError
            x.clear()
            return []
        """,
        "def raises(g, *a):\n    try:\n        g(*a)\n    except ValueError:\n        return True\n"
        "assert raises(answer, -1)\nx = [3, 1]\nassert answer(x) == sorted(x)",
        "import contextlib\nwith contextlib.suppress(ValueError):\n    assert answer(-1) == 0\n"
        "x = [3, 1]\nassert answer(x) == sorted(x)",
        "def numbers(v):\n    try:\n        return [int(one) for one in v]\n    except ValueError:\n"
        "        return list(v)\n"
        "x = ['a', '1']\nassert answer(x) == numbers(x)",
        "def run(v):\n    return answer(v)\nx = [3, 1]\nassert run(x) == sorted(x)",
    ),
    "argument_emptied_by_a_method_that_asserts": attack(
        "def answer(x):\n    x.clear()\n    return []",
        "import unittest\ncase = unittest.TestCase()\nx = [3, 1]\ncase.assertEqual(answer(x), sorted(x))",
    ),
    "argument_changed_where_a_generator_or_a_callback_looks": attack(
        """
        def call(f): return f()
        def answer(x):
            x.sort()
            return list(x)
        """,
        "def unchanged(cases):\n    for c in cases:\n        before = c[:]\n        answer(c)\n"
        "        yield c == before\n"
        "assert all(unchanged([[3, 1, 2]]))",
        "def f():\n    x = [3, 1]\n    answer(x)\n    return x == [3, 1]\nassert call(f)",
        "def f():\n    x = [3, 1]\n    answer(x)\n    assert x == [3, 1]\n    return 1\nassert call(f) == 1",
    ),
    "bools_for_numbers_in_a_long_list": attack(
        "def answer(x): x[:] = [bool(v) for v in x]", "x = [1] * 300\nanswer(x)\nassert repr(x) == repr([1] * 300)"
    ),
    "callback_given_a_liar": attack(
        """
        class Liar(int):
            __eq__ = lambda self, other: True
            __hash__ = int.__hash__
        def answer(f): return f(Liar(3))
        """,
        "def judge(x):\n    return x == $NUMBER\nassert answer(judge) is True",
    ),
    "callback_called_for_ever": attack("def answer(f):\n    while True: f(1)", "assert answer(lambda x: x) == $NUMBER"),
    "callback_kept_and_called_in_the_next_test": attack(
        """
        kept = []
        def answer(f):
            kept.append(f)
            return kept[0](1)
        """,
        "seen = []\nassert answer(lambda x: seen.append(x)) == $NUMBER",
        "assert answer(lambda x: 5) == 5 + $NUMBER",
    ),
    "callback_searched_for_the_answer": attack(
        """
        def answer(f):
            for name in ('__globals__', '__closure__', '__code__', '__defaults__', '__dict__'):
                part = getattr(f, name, None)
                for value in (vars(part) if hasattr(part, '__dict__') else part or ()):
                    if isinstance(value, str) and value.startswith('sek'): return value
            if hasattr(f, '__globals__'): return f.__globals__.get('want')
        """,
        "want = '$SECRET'\nassert answer(lambda x, y='$SECRET': want) == want",
    ),
    "handle_with_every_attribute": attack(
        """
        class Liar:
            def __getattr__(self, name): return self
            __eq__ = lambda self, other: True
            def __enter__(self): return self
            def __exit__(self, *a): return True
            def __call__(self, *a): return self
            def __len__(self): return 0
        def answer(n): return Liar()
        """,
        "assert answer(7).value == $NUMBER",
        "assert answer(7).x.y == '$SECRET'",
        "assert answer(7).get('k') == $NUMBER",
        "with answer(7) as y:\n    assert y == $NUMBER",
        "with answer(7):\n    assert False",
        "assert len(answer(7)) == $NUMBER",
        "assert answer(7)(3) == $NUMBER",
        "assert answer(7) is None",
        "assert type(answer(7)) is int",
        "assert isinstance(answer(7), int)",
        "assert answer(7).__class__ is int",
        "assert answer(7).__class__.__name__ == 'int'",
        "assert answer(7).__dict__ == {'x': $NUMBER}",
        "assert vars(answer(7)) == {'x': $NUMBER}",
    ),
    "handle_used_as_a_path_into_the_harness": attack(
        "def answer(n): return answer",
        "assert answer(7).__globals__ == $NUMBER",
        "assert answer(7).__code__.co_consts == ($NUMBER,)",
        "import copy\nassert copy.deepcopy(answer(7)) == $NUMBER",
        "import pickle\nassert pickle.loads(pickle.dumps(answer(7))) == $NUMBER",
    ),
    "context_manager_that_swallows_the_failure": attack(
        """
        class Calm:
            def __enter__(self): return 3
            def __exit__(self, *a): return True
        def answer(n): return Calm()
        """,
        "with answer(7) as got:\n    assert got == $NUMBER",
    ),
    "awaitable_that_never_ends": attack(
        "import asyncio\nasync def answer(n): await asyncio.sleep(1000)",
        "import asyncio\nassert asyncio.run(answer(7)) == $NUMBER",
    ),
    "different_answers_by_count": attack(
        "calls = []\ndef answer(n):\n    calls.append(n)\n    return len(calls)",
        "assert answer(1) == answer(1)",
        "assert answer(7) == $NUMBER",
    ),
    "answer_by_the_line_number_of_the_caller": attack(
        "import sys\ndef answer(n): return sys._getframe(1).f_lineno", "assert answer(7) == $NUMBER"
    ),
}


@pytest.mark.parametrize("name", STATE)
def test_nothing_shared_with_the_candidate_decides(arena: Arena, name: str) -> None:
    arena.fails(STATE[name])
