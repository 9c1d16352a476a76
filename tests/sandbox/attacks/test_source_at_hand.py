"""Attacks by somebody who has read this package: forged frames, borrowed handles, operands."""

import pytest
from support.arena import Arena
from support.attack import VICTIM, attack

from trl_rlvr.sandbox.codec import tags
from trl_rlvr.sandbox.protocol.requests import Reply

PLAIN = ("assert answer(7) == $NUMBER", "assert answer(8) == '$SECRET'", "assert answer(9) == []")
GENERAL = (
    "x = answer(7)\nassert x == $NUMBER",
    "assert list(answer(8)) == ['$SECRET']",
    "try:\n    answer(9)\nexcept ArithmeticError:\n    pass\nelse:\n    assert False",
)

SEND = """
import os, random, struct, time

def send(*frames):
    for frame in frames:
        os.write(4, struct.pack('<I', len(frame)) + frame)
"""


def text(value: str) -> bytes:
    return bytes([tags.STR, len(value)]) + value.encode()


def plain(*frames: bytes) -> str:
    """A program whose first answers are these frames."""
    return (
        SEND
        + f"def answer(n):\n    send(*{[bytes(frame) for frame in frames]!r})\n    time.sleep(0.05)\n    os._exit(0)\n"
    )


def ndarray(kind: str, shape: bytes, data: bytes = bytes(8)) -> bytes:
    head = bytes([tags.NDARRAY, len(kind)]) + kind.encode()
    return Reply.VALUE + head + shape + bytes([tags.BYTES, len(data)]) + data


def exception(name: str) -> bytes:
    """An exception without arguments, behind nothing printed and nothing changed."""
    return Reply.RAISED + text("") + b"\0\0" + text("") + text("") + text(name) + bytes([tags.TUPLE, 0])


FORGED = {
    "end_for_no_known_reason": plain(Reply.VALUE + b"\0", b"F\xc8"),
    "array_of_pointers": plain(ndarray("|O8", bytes([1, tags.INT, 65]))),
    "array_of_a_negative_shape": plain(ndarray("<i8", bytes([1, tags.INT, 63]))),
    "array_of_a_huge_shape": plain(ndarray("<i8", bytes([2, tags.INT, 255, tags.INT, 255]))),
    "array_of_an_impossible_type": plain(ndarray("<f99", bytes([1, tags.INT, 65]))),
    "array_of_text": plain(ndarray("<U2", bytes([1, tags.INT, 65]))),
    "array_of_nothing": plain(ndarray("<i8", bytes([1, tags.INT, 64]), b"")),
    "named_tuple_with_names_that_become_equal": plain(
        Reply.VALUE
        + bytes([tags.NAMED_TUPLE, 1])
        + b"T"
        + bytes([2, 3])
        + "ﬁ".encode()
        + bytes([2])
        + b"fi"
        + bytes([2, 0, 0])
    ),
    "named_tuple_called_like_a_keyword": plain(
        Reply.VALUE + bytes([tags.NAMED_TUPLE, 3]) + b"def" + bytes([1, 5]) + b"class" + bytes([1, 0])
    ),
    "reference_to_nothing": plain(Reply.VALUE + bytes([tags.REF, 200])),
    "list_that_holds_itself": plain(Reply.VALUE + bytes([tags.LIST, 1, tags.REF, 0])),
    "length_beyond_the_frame": plain(Reply.VALUE + bytes([tags.LIST, 255]) + b"\xff\xff\xff\xff"),
    "text_beyond_the_frame": plain(Reply.VALUE + bytes([tags.STR, 255]) + b"\xff\xff\xff\x7f"),
    "text_that_is_not_utf8": plain(Reply.VALUE + bytes([tags.STR, 2]) + b"\xff\xfe"),
    "handle_in_a_plain_suite": plain(Reply.VALUE + bytes([tags.HANDLE, 0, 1])),
    "unhashable_key": plain(Reply.VALUE + bytes([tags.DICT, 1, tags.LIST, 0, tags.NONE])),
    "unknown_constant": plain(Reply.VALUE + bytes([tags.CONSTANT, 4]) + b"eval"),
    "known_constant": plain(Reply.VALUE + bytes([tags.CONSTANT, 4]) + b"type"),
    "every_tag": plain(*(Reply.VALUE + bytes([tag]) + bytes(range(1, 40)) for tag in range(80))),
    "signalling_nan": plain(Reply.VALUE + bytes([tags.DECIMAL]) + text("sNaN")),
    "range_with_a_zero_step": plain(Reply.VALUE + bytes([tags.RANGE, tags.INT, 65, tags.INT, 66, tags.INT, 64])),
    "date_out_of_range": plain(Reply.VALUE + bytes([tags.DATE, tags.INT, 64, tags.INT, 64, tags.INT, 64])),
    "empty_frame": plain(b""),
    "kind_without_a_value": plain(Reply.VALUE, Reply.RAISED, Reply.REFUSED, Reply.FATAL, Reply.CALLBACK),
    "unknown_kinds": plain(*(bytes([kind]) * 20 for kind in range(256))),
    "fatal_of_an_unknown_reason": plain(Reply.FATAL + text("passed") + text("all")),
    "fatal_too_late": plain(Reply.VALUE + bytes([tags.NONE]), Reply.FATAL + text("syntax") + text("x")),
    "more_answers_than_questions": plain(*[Reply.VALUE + bytes([tags.NONE])] * 50),
    "callback_nobody_asked_for": plain(Reply.CALLBACK + b"C" + bytes([tags.HANDLE, 0, 1, tags.TUPLE, 0, tags.DICT, 0])),
    "frame_announced_and_not_sent": SEND
    + "def answer(n):\n    os.write(4, struct.pack('<I', 1000) + b'V')\n    os._exit(0)",
    "exception_that_is_a_function": plain(Reply.VALUE, exception("print")),
    "exception_that_is_a_type": plain(Reply.VALUE, exception("int"), exception("type"), exception("object")),
    "exception_that_ends_the_harness": plain(Reply.VALUE, exception("SystemExit"), exception("KeyboardInterrupt")),
    "exception_of_a_module_that_is_not_to_be_loaded": plain(
        Reply.VALUE, exception("unittest:SkipTest"), exception("os:error")
    ),
    "exception_group_without_arguments": plain(
        Reply.VALUE, exception("ExceptionGroup"), exception("UnicodeDecodeError")
    ),
    "own_pipes_reopened": SEND
    + """
def answer(n):
    for fd in (3, 4, 5):
        for mode in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR):
            try: other = os.open(f'/proc/self/fd/{fd}', mode | os.O_NONBLOCK)
            except OSError: continue
            try: os.read(other, 100)
            except OSError: pass
            try: os.write(other, b'x')
            except OSError: pass
    return 1
""",
}


@pytest.mark.parametrize("name", FORGED)
@pytest.mark.parametrize("tests", [PLAIN, GENERAL], ids=["plain", "general"])
def test_no_forged_frame_passes_or_hurts(arena: Arena, name: str, tests: tuple[str, ...]) -> None:
    arena.fails(attack(FORGED[name], *tests))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("tests", [PLAIN, GENERAL], ids=["plain", "general"])
def test_random_frames_neither_pass_nor_hurt(arena: Arena, seed: int, tests: tuple[str, ...]) -> None:
    code = f"""{SEND}
r = random.Random({seed})
KINDS = b'VERFK'
def answer(n):
    for _ in range(r.choice((1, 3, 300))):
        body = bytes(r.choice((r.randrange(256), r.randrange(70), r.randrange(4))) for _ in range(r.randrange(60)))
        send(bytes([r.choice(KINDS)]) + r.choice((b'', bytes([7, 0]))) + body)
    return 1
"""
    arena.fails(attack(code, *tests))


BORROWED = {
    "globals_of_a_callback": "ask(b'A', f, '__globals__')['want']",
    "code_of_a_callback": "ask(b'A', f, '__code__')",
    "attribute_without_underscores_of_a_callback": "ask(b'A', f, 'format')",
    "operation_on_a_callback": "ask(b'O', '__eq__', (f, f)) and ask(b'O', '__getitem__', (f, 'want'))",
    "operation_on_what_was_not_handed": "ask(b'O', '__getitem__', ({'want': 1}, 'want'))",
    "call_of_what_was_not_handed": "ask(b'C', getattr, (f, '__globals__'), {})['want']",
    "call_with_a_builtin_to_reach_in": "ask(b'C', f, (getattr, '__globals__'), {})",
    "attribute_set_on_a_callback": "ask(b'S', f, '__code__', 1)",
    "iteration_of_a_callback": "ask(b'N', f)",
    "number_of_another_object": "[ask(b'C', guess(n), (), {}) for n in range(50)]",
}


@pytest.mark.parametrize("name", BORROWED)
def test_a_borrowed_callback_leads_nowhere(arena: Arena, name: str) -> None:
    code = f"""{VICTIM}
def answer(f):
    connection = victim(f, '_connection')
    ask = victim(connection, 'ask')
    victim(f, '_number')
    def guess(number):
        other = object.__new__(type(f))
        object.__setattr__(other, '_connection', connection)
        object.__setattr__(other, '_number', number)
        return other
    return {BORROWED[name]}
"""

    arena.fails(attack(code, "want = '$SECRET'\nassert answer(lambda *a: len(want)) == want"))


LIAR = """
class Liar:
    __eq__ = __lt__ = __gt__ = __le__ = __ge__ = __contains__ = lambda self, other: True
    __sub__ = __rsub__ = __mod__ = __rmod__ = __xor__ = __rxor__ = lambda self, other: 0
    __hash__ = object.__hash__
def answer(n): return Liar()
def other(n): return Liar()
class Point:
    def __init__(self, n): self.n = n
"""
OPERATORS = (
    "assert abs(answer(7) - $NUMBER) < 1e-6",
    "assert abs($NUMBER - other(7)) < 1e-6",
    "assert $NUMBER - 1 < answer(7) < $NUMBER + 1",
    "assert not answer(7) ^ $NUMBER",
    "assert answer(7) - other(7) == $NUMBER",
)


@pytest.mark.parametrize("names", [("answer", "other"), ("answer", "other", "Point")], ids=["functions", "and_a_class"])
def test_a_problem_of_several_names_shows_no_number_to_an_operator(arena: Arena, names: tuple[str, ...]) -> None:
    mentions = "assert Point(1).n == 1" if "Point" in names else "assert callable(other)"

    arena.fails(attack(LIAR, *OPERATORS, mentions, may_pass=1))


ALIASED = {
    "deque": "from collections import deque\nx = deque([3, 1, 2])\nassert answer(x) == x",
    "tuple_around_a_list": "x = (9, [3, 1, 2])\nassert answer(x) == x",
    "part_of_a_tuple": "x = (9, [3, 1, 2])\nassert answer(x[1]) == x[1]",
    "counter": "from collections import Counter\nx = Counter('aab')\nassert answer(x) == x",
    "default_dictionary": "from collections import defaultdict\nx = defaultdict(list, {1: [2]})\nassert answer(x) == x",
    "attribute_of_a_class": "class T:\n    x = [3, 1, 2]\nassert answer(T.x) == T.x",
    "value_of_a_dictionary": "x = {'a': [3, 1, 2]}\nassert answer(x['a']) == x['a']",
    "bytes_that_change": "x = bytearray(b'abc')\nassert answer(x) == x",
    "chained_comparison": "x = [3, 1, 2]\nassert [] != answer(x) == x",
    "membership": "x = [3, 1, 2]\nassert answer(x) in [x]",
    "length_of_the_argument": "x = [3, 1, 2]\nassert len(answer(x)) == len(x)",
    "name_bound_by_with_and_walrus": "if (x := [3, 1, 2]) and True:\n    assert answer(x) == x",
    "name_of_a_comprehension": "assert all(answer(x) == x for x in [[3, 1, 2]])",
    "parameter_of_a_function": "def judge(x):\n    assert answer(x) == x\njudge([3, 1, 2])",
    "default_of_a_lambda": "assert (lambda x=[3, 1, 2]: answer(x) == x)()",
}


@pytest.mark.parametrize("name", ALIASED)
def test_the_expected_side_is_what_it_was_before_the_call(arena: Arena, name: str) -> None:
    code = """
        import copy
        def answer(x):
            inner = x[1] if isinstance(x, tuple) else x
            inner.clear()
            if not isinstance(inner, (dict, bytearray)): inner.append(0)
            return copy.deepcopy(x)
    """

    arena.fails(attack(code, ALIASED[name]))


REMOTE = (
    VICTIM
    + """
import sys

def remote(name):
    'The globals of the module that serves the requests, in which `name` is a victim.'
    frame = sys._getframe()
    while frame and 'Connection' not in frame.f_globals:
        frame = frame.f_back
    if frame is None or name not in frame.f_globals: raise Unarmed(name)
    return frame.f_globals
"""
)


def test_a_candidate_that_rewrites_its_end_passes_nothing(arena: Arena) -> None:
    code = """
def answer(n):
    bad = ('x', b'', -(1 << 40), 1 - (1 << 40), 'y')
    remote('plain_arguments')['plain_arguments'] = lambda error: bad
    raise UnicodeDecodeError('utf-8', b'x', 0, 1, 'no')
"""
    test = "try:\n    answer(1)\nexcept ValueError as error:\n    assert str(error) == '$SECRET'"

    arena.fails(attack(REMOTE + code, test))
