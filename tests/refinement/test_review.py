"""What the writers of a batch of answers are told, by the kind of feedback."""

import pytest

from trl_rlvr.data import problems_to_dataset
from trl_rlvr.problem import CodeProblem
from trl_rlvr.sandbox import Program, Sandbox, SandboxStats
from trl_rlvr.training.refinement import Refinement, RefinementConfig
from trl_rlvr.verdict import ExecutionResult, TestResult, Verdict
from trl_rlvr.verifier import CodeVerifier

PROBLEMS = [
    CodeProblem(name, "x", tests=(f"assert {name}(1) == {name}(2) == 5", "assert 7 == 7 + 0 * f(1)"), entry_point=name)
    for name in "fgh"
]


class Wrong(Sandbox):
    """A user's own sandbox: notes what it was asked, and fails every program but those that say `right`."""

    name = "wrong"

    def __init__(self):
        self.stats = SandboxStats()
        self.asked: list[Program] = []

    def run(self, programs, *, deadline_s=None):
        self.asked += programs
        return [self._result(program) for program in programs]

    def _result(self, program):
        if "broken" in program.code:
            return ExecutionResult.uniform(Verdict.SANDBOX_ERROR, program.problem.total)
        if "right" in program.code:
            return ExecutionResult.uniform(Verdict.PASSED, program.problem.total)
        said = f"got {program.problem.entry_point}"
        return ExecutionResult((TestResult(Verdict.WRONG_ANSWER, said),) * program.problem.total)

    def close(self):
        pass


def judged(kind, texts, *, sandbox=None):
    verifier = CodeVerifier(sandbox or Wrong(), memory=100, fault_rate=1.0)
    refinement = Refinement(RefinementConfig(refinement_turns=2, refinement_feedback=kind), verifier, "1", seed=3)
    rows = list(problems_to_dataset(PROBLEMS, prompt_style="completion"))
    return refinement.judged(refinement.problems(rows), [[1]] * len(texts), texts, key="0/0/0")


def codes(**bodies):
    return [f"def {name}(x): return {bodies.get(name, name)!r}" for name in "fgh"]


def test_visible_feedback_is_of_the_own_answer():
    told = [turn.feedback for turn in judged("visible", codes())]

    assert [f"got {name}" in text for name, text in zip("fgh", told, strict=True)] == [True] * 3


def test_a_verdict_is_one_word():
    assert [turn.feedback for turn in judged("verdict", codes())] == ["wrong_answer"] * 3


def test_none_is_nothing():
    assert [turn.feedback for turn in judged("none", codes())] == [""] * 3


def test_random_feedback_is_another_problems_and_always_the_same():
    told = [turn.feedback for turn in judged("random", codes())]

    assert all("A test fails" in text and f"got {name}" not in text for name, text in zip("fgh", told, strict=True))
    assert told == [turn.feedback for turn in judged("random", codes())]


@pytest.mark.parametrize("kind", ["visible", "verdict", "random", "none"])
def test_who_passes_or_could_not_be_run_is_told_nothing(kind):
    right, broken, wrong = judged(kind, codes(f="right", g="broken"))

    assert right.passes
    assert broken.is_unknown
    assert right.feedback == broken.feedback == ""
    assert not wrong.passes


def test_only_visible_tests_are_run_and_each_program_once():
    sandbox = Wrong()
    verifier = CodeVerifier(sandbox, memory=100)
    refinement = Refinement(RefinementConfig(refinement_turns=2), verifier, "1")
    rows = list(problems_to_dataset(PROBLEMS, prompt_style="completion"))

    for _ in range(2):
        refinement.judged(refinement.problems(rows), [[1]] * 3, codes(), key="")

    assert [program.problem.tests for program in sandbox.asked] == [problem.tests[:1] for problem in PROBLEMS]
