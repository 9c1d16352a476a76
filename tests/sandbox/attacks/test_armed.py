"""Attacks on judging are real: each deceives a naive grader in this very run, or is listed with the reason why not."""

import pytest
from support.attack import Attack, attack
from support.naive import graded
from support.programs import run_or_fail
from test_arithmetic_lies import GATHERED, LISTS, NUMBERS, NUMERIC, TEXTS, TEXTUAL
from test_equality_lies import FORMS, LIARS, SAME
from test_exception_games import EXCEPTIONS
from test_exits import EXITS
from test_expected_side import EXPECTED_SIDE
from test_introspection import INTROSPECTION
from test_name_games import NAMES
from test_runner_games import GAMES
from test_state_games import STATE
from undeceiving import UNDECEIVING

from trl_rlvr.sandbox.base import Sandbox
from trl_rlvr.verdict import Verdict


def in_forms(codes: dict[str, str], forms: tuple[str, ...]) -> dict[str, Attack]:
    return {name: attack(code, *forms) for name, code in codes.items()}


FAMILIES: dict[str, dict[str, Attack]] = {
    "equality": in_forms(LIARS, FORMS) | SAME,
    "arithmetic": in_forms(NUMBERS, NUMERIC) | in_forms(TEXTS, TEXTUAL) | in_forms(LISTS, GATHERED),
    "exceptions": EXCEPTIONS,
    "exits": EXITS,
    "expected_side": EXPECTED_SIDE,
    "introspection": INTROSPECTION,
    "names": NAMES,
    "runners": GAMES,
    "state": STATE,
}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_attack_on_judging_deceives_a_naive_grader_or_is_listed(sandbox: Sandbox, family: str) -> None:
    attacks = FAMILIES[family]
    listed = {name for names in UNDECEIVING[family].values() for name in names.split()}

    results = run_or_fail(sandbox, [graded(attack, {}) for attack in attacks.values()])

    harmless = {name for name, result in zip(attacks, results, strict=True) if result.verdict is not Verdict.PASSED}
    assert sorted(harmless - listed) == [], "disarmed: these deceive nobody any more"
    assert sorted(listed - attacks.keys()) == [], "listed, but there is no such attack"
