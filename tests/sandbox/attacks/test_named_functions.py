"""Attacks by functions that a solution only names, for a test's own function to call in the harness."""

import pytest
from support.arena import Arena
from support.attack import VICTIM, attack, program
from support.programs import simple

from trl_rlvr.verdict import Verdict

HOSTS = {
    "apply": ("", "lambda fn, *a: fn(*a)", "call(getattr, o, n)"),
    "fold": (
        "def fold(fn, acc, xs):\n    for x in xs: acc = fn(acc, x)\n    return acc",
        "fold",
        "call(getattr, o, [n])",
    ),
    "reduce": ("import functools", "functools.reduce", "call(getattr, [n], o)"),
    "partial": ("import functools", "functools.partial", "call(getattr, o, n)()"),
    "map": ("", "lambda fn, *its: list(map(fn, *its))", "call(getattr, [o], [n])[0]"),
}
"""Setup, what is handed over, and how it is made to call `getattr` on itself."""


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("name", ["__globals__", "__builtins__", "__self__", "__class__"])
def test_getattr_reaches_nothing_in_the_harness(arena: Arena, host: str, name: str) -> None:
    setup, handed, reach = HOSTS[host]
    code = f"""
        def answer(call):
            o, n = call, {name!r}
            thing = {reach}
            return 'nothing' if thing is getattr(call, n, None) else 'done'
    """

    arena.fails(attack(code, f"assert answer({handed}) == 'done'", setup=setup))


def test_globals_of_a_function_that_calls_another_hold_no_answer(arena: Arena) -> None:
    code = """
        def answer(call):
            return call(getattr, call, '__globals__')['want']
    """

    arena.fails(attack(code, "want = '$SECRET'\nassert answer(lambda fn, *a: fn(*a)) == want"))


def test_no_class_is_made_in_the_harness(arena: Arena) -> None:
    code = "def answer(call): return call(call(type, 'X', (), {'__eq__': lambda *o: True}))"

    arena.fails(attack(code, "assert answer(lambda fn, *a: fn(*a)) == '$SECRET'"))


IN_PLACE = {
    "delitem": "d = {'a': $NUMBER}\nassert answer(d, 'a') == d.get('a')",
    "setitem": "d = {'a': $NUMBER}\nassert answer(d, 'a', None) == d.get('a')",
    "imul": "xs = [3, $NUMBER]\nassert answer(xs, 0) == sorted(xs)",
    "iconcat": "xs = [3, $NUMBER]\nassert answer(xs, [1]) == xs",
    "iadd": "xs = [3, $NUMBER]\nassert answer(xs, [1]) == xs",
}


@pytest.mark.parametrize("function", IN_PLACE)
def test_a_builtin_solution_changes_no_expected_side(arena: Arena, function: str) -> None:
    arena.fails(attack(f"import operator\nanswer = operator.{function}", IN_PLACE[function]))


CONTEXT = """
class Recorder:
    error = None
    def __enter__(self): return self
    def __exit__(self, kind, error, trace):
        self.error = error
        return True
want = '$SECRET'
assert answer(Recorder()) == want
"""


def test_the_exception_that_ends_a_block_is_no_function(arena: Arena) -> None:
    code = (
        VICTIM
        + """
def answer(block):
    ask = victim(victim(block, '_connection'), 'ask')
    ask(b'O', '__exit__', (block, getattr, (block, '__exit__')))
    ask(b'O', '__exit__', (block, getattr, (block.error, '__globals__')))
    return block.error['want']
"""
    )

    arena.fails(attack(code, CONTEXT))


TAKES_OVER = """
import sys
frame = sys._getframe()
while frame:
    names = frame.f_globals
    if '_judge_answer' in names:
        names['_judge_answer'] = lambda *a, V=names['Verdict']: (V.PASSED, '')
        names['same_output'] = lambda *a: ''
        break
    frame = frame.f_back
"""


def test_a_checker_that_evaluates_judges_no_other_problem(arena: Arena) -> None:
    checker = "def check_output(given, printed, expected): return sorted(eval(printed)) == sorted(eval(expected))"
    evil = f"print({f'[exec({TAKES_OVER!r})]'!r})"
    payloads = [program(attack(f"{evil}  # {n}", setup=checker, io=[("", "[1, 2]\n")])) for n in range(6)]
    wrong = [simple(f"def f(x): return {n}", "assert f(1) == 'two'") for n in range(6)]
    wrong += [program(attack(f"print({n})", io=[("", "$NUMBER\n")])) for n in range(6)]

    arena.sandbox.run(payloads)  # enough of them that each worker has had one
    results = arena.sandbox.run(wrong)

    assert {result.verdict for result in results} == {Verdict.WRONG_ANSWER}
