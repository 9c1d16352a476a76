"""The share of mutants that tests catch."""

import math
from dataclasses import replace

import pytest

from trl_rlvr.errors import ConfigError
from trl_rlvr.hardening import Augmentation, Strength, measure_strength
from trl_rlvr.problem import CodeProblem
from trl_rlvr.sandbox.backends.fake import FakeSandbox
from trl_rlvr.verdict import ExecutionResult, TestResult, Verdict

POSITIVE = CodeProblem(
    "positive",
    "",
    tests=("assert f(9) == True",),
    reference_solution="def f(x):\n    return x > 0",
)
"""Four mutants: >= 0 and <= 0, > 1 and > -1. The last one does for whole numbers what the first does."""

ALL = Augmentation(POSITIVE, tests=("assert f(0) == False",), probes=("assert f(1) == True",))


def strength(augmentation, sandbox, **options):
    (found,) = measure_strength([augmentation], sandbox, **options)
    return found


def test_each_tier_of_tests_catches_its_share(sandbox):
    found = strength(ALL, sandbox)

    assert (found.mutants, found.caught, found.caught_augmented, found.mistaken) == (4, 1, 3, 4)
    assert (found.before, found.after) == (0.25, 0.75)


def test_mistakes_that_the_given_tests_miss_are_told(sandbox):
    assert strength(ALL, sandbox).missed == (
        "line 2: x > 0 becomes x >= 0",
        "line 2: 0 becomes 1",
        "line 2: 0 becomes -1",
    )


def test_a_mutant_that_nothing_tells_from_the_reference_counts_neither_for_nor_against(sandbox):
    same = Augmentation(replace(POSITIVE, tests=("assert f(9) == True",)), tests=("assert f(-9) == False",))

    found = strength(same, sandbox)

    assert (found.mutants, found.mistaken, found.before, found.after) == (4, 1, 1.0, 1.0)


def test_a_mutant_that_the_sandbox_could_not_judge_is_left_out():
    def answer(program):
        if ">= 0" in program.code:
            return ExecutionResult.uniform(Verdict.SANDBOX_ERROR, 3)
        return ExecutionResult((TestResult(Verdict.WRONG_ANSWER),) * 3)

    found = strength(ALL, FakeSandbox(answer))

    assert (found.mutants, found.caught) == (3, 3)


def test_without_new_tests_there_is_no_strength_and_nothing_runs():
    sandbox = FakeSandbox()

    assert strength(Augmentation(POSITIVE, reason="it has no reference"), sandbox) is None
    assert sandbox.programs == []


def test_the_number_of_mutants_is_bounded():
    sandbox = FakeSandbox()

    strength(ALL, sandbox, mutants=2)

    assert len(sandbox.programs) == 2


def test_strengths_add_up():
    total = Strength.total([Strength(4, 1, 3, 4, ("a",)), Strength(6, 2, 2, 2)])

    assert total == Strength(10, 3, 5, 6, ("a",))
    assert (total.before, total.after) == (0.5, 5 / 6)


def test_the_strength_of_nothing_does_not_exist():
    assert math.isnan(Strength.total([]).before)


def test_less_than_one_mutant_is_refused():
    with pytest.raises(ConfigError, match="mutants is 0; give how many mutants a problem to try, 1 or more"):
        measure_strength([ALL], FakeSandbox(), mutants=0)
