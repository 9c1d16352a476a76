"""Mutants: programs with one small change each."""

import ast

import pytest

from trl_rlvr.hardening import make_mutants


def bodies(expression):
    """What the mutants of `return expression` return."""
    mutants = make_mutants(f"def f(a, b, xs):\n    return {expression}", 1000)
    return {mutant.code.partition("return ")[2] for mutant in mutants}


@pytest.mark.parametrize(
    ("expression", "changed"),
    [
        ("a < b", {"a <= b", "a >= b"}),
        ("a == b", {"a != b"}),
        ("a in xs", {"a not in xs"}),
        ("a and b", {"a or b"}),
        ("not a", {"a"}),
        ("a + b", {"a - b"}),
        ("a % b", {"a // b"}),
        ("a + 1", {"a - 1", "a + 2", "a + 0"}),
        ("True", {"False"}),
        ("sorted(xs)", {"xs"}),
        ("max(xs)", {"min(xs)"}),
        ("xs.upper()", {"xs.lower()"}),
        ("xs[a:b]", {"xs[:b]", "xs[a:]"}),
        ("max(xs, key=len)", {"min(xs, key=len)", "max(xs)"}),
        ("range(a, b)", {"range(a, b - 1)", "range(a, b + 1)"}),
        ("[x for x in xs if a]", {"[x for x in xs if not a]", "[x for x in xs if True]"}),
        ("a if xs else b", {"b if xs else a", "a if not xs else b"}),
        ("'x'", {"''"}),
        ("f'x{a}'", set()),
    ],
)
def test_each_kind_of_change_is_made(expression, changed):
    assert bodies(expression) == changed


def test_statements_are_left_out():
    source = "def f(xs):\n    xs.sort()\n    for x in xs:\n        if x:\n            continue\n    return xs"

    left_out = {mutant.what for mutant in make_mutants(source, 1000) if mutant.what.endswith("left out")}

    assert {"line 2: xs.sort() is left out", "line 5: continue is left out"} <= left_out


def test_docstrings_annotations_and_imports_are_let_be():
    source = "import math\n\ndef f(x: list[int]=None) -> 'int':\n    '''Say 1.'''\n    return x"

    assert make_mutants(source, 1000) == []


def test_mutants_compile_and_differ_from_the_program_and_from_each_other():
    source = "def f(n):\n    t = 0\n    while n > 0 and t < 9:\n        t += n % 10\n        n //= 10\n    return -t"

    codes = [mutant.code for mutant in make_mutants(source, 1000)]

    assert len({ast.unparse(ast.parse(source)), *codes}) == 1 + len(codes)
    assert all(compile(code, "mutant", "exec") for code in codes)


def test_the_draw_is_bounded_and_hangs_on_the_seed_alone():
    source = "def f(a):\n    return a * 2 + 3 - 4 * a"

    first, again, other = (make_mutants(source, 4, seed) for seed in ("1", "1", "2"))

    assert (len(first), first == again, first == other) == (4, True, False)


def test_what_does_not_parse_has_no_mutants():
    assert make_mutants("def", 5) == []
