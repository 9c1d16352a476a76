import pytest
from bpf_machine import run_filter

from trl_rlvr.sandbox.confine import bpf

ALLOW, DENY, OTHER = bpf.ALLOW, bpf.errno_action(1), bpf.errno_action(38)


def test_dispatch_finds_each_leaf_and_nothing_else():
    numbers = {0: DENY, 7: OTHER, 8: OTHER, 300: DENY}
    code = bpf.load_number() + bpf.dispatch({n: bpf.give(v) for n, v in numbers.items()}, bpf.give(ALLOW))

    verdicts = {n: run_filter(code, n) for n in range(400)}

    assert {n: verdict for n, verdict in verdicts.items() if verdict != ALLOW} == numbers


def test_dispatch_reaches_leaves_more_than_255_instructions_away():
    long = bpf.load_arg(0) + [step for value in range(1, 200) for step in bpf.if_equal(value, bpf.give(DENY))]
    leaves = {n: long + bpf.give(bpf.errno_action(n)) for n in range(1, 40, 2)}
    code = bpf.load_number() + bpf.dispatch(leaves, bpf.give(ALLOW))

    verdicts = [run_filter(code, n) for n in range(40)]

    assert verdicts == [bpf.errno_action(n) if n % 2 else ALLOW for n in range(40)]


@pytest.mark.parametrize(("value", "expected"), [(4, DENY), (5, ALLOW), (6, DENY), (7, ALLOW)])
def test_if_either_takes_two_values(value, expected):
    code = bpf.load_arg(1) + bpf.if_either(4, 6, bpf.give(DENY)) + bpf.give(ALLOW)

    assert run_filter(code, 0, (99, value)) == expected


def test_high_half_of_an_argument_is_seen():
    code = bpf.load_arg(2, high=True) + bpf.if_equal(3, bpf.give(DENY)) + bpf.give(ALLOW)

    assert run_filter(code, 0, (0, 0, 3 << 32)) == DENY


def test_constants_are_found_where_they_are_assembled():
    code = bpf.load_arg(0) + bpf.if_equal(0xABCD, bpf.give(DENY)) + bpf.give(ALLOW)
    (offset,) = bpf.constant_offsets(code, 0xABCD)

    assert bpf.assemble(code)[offset : offset + 4] == bytes((0xCD, 0xAB, 0, 0))
