"""The visible tests as a tool: what each submission is told."""

import asyncio
import inspect
import pickle

import pytest

from trl_rlvr.data import problems_to_dataset
from trl_rlvr.errors import ConfigError
from trl_rlvr.problem import CodeProblem
from trl_rlvr.refinement import CodeEnvironment, CodeEnvironments, Refinement, RefinementConfig
from trl_rlvr.rewards import completion_text, named_reward
from trl_rlvr.sandbox import Sandbox, SandboxStats
from trl_rlvr.verdict import ExecutionResult, Verdict
from trl_rlvr.verifier import CodeVerifier

ADD = CodeProblem("add", "Add two numbers.", tests=("assert add(1, 2) == 3", "assert add(20, 700) == 720"))
TAKE = CodeProblem("take", "Subtract.", tests=("assert take(5, 2) == 3",))
WRONG = "def add(a, b):\n    return a - b"
RIGHT = "def add(a, b):\n    return a + b"
BY_HEART = "def add(a, b):\n    return 3"


@pytest.fixture(scope="module")
def verifier():
    with CodeVerifier(memory=100) as opened:
        yield opened


def factory(verifier, marks=(), **options):
    config = RefinementConfig(**{"refinement_turns": 3, **options})
    return CodeEnvironments(Refinement(config, verifier, "1"), marks)


def row(problem):
    return problems_to_dataset([problem])[0]


def told(environment, *codes):
    return [asyncio.run(environment.submit(code)) for code in codes]


def begun(of, problem=ADD):
    environment = of()
    assert environment.reset(**row(problem)) is None
    return environment


def test_a_failure_is_shown_and_then_a_pass(verifier):
    environment = begun(factory(verifier))

    first, second = told(environment, WRONG, RIGHT)

    assert first == "A test fails:\nassert add(1, 2) == 3\nwrong answer: got -1, expected 3"
    assert second == "All visible tests pass."
    assert environment.submissions == [WRONG, RIGHT]


def test_hidden_tests_are_never_told(verifier):
    said = told(begun(factory(verifier)), WRONG, BY_HEART)

    assert said[1] == "All visible tests pass."
    assert not any("720" in text or "700" in text for text in said)


def test_the_last_submission_is_told_nothing(verifier):
    said = told(begun(factory(verifier, refinement_turns=2)), WRONG, WRONG, RIGHT)

    assert said[1:] == ["Handed in; no submission is left."] * 2


def test_an_environment_is_used_again(verifier):
    environment = begun(factory(verifier))
    told(environment, WRONG)

    environment.reset(**row(TAKE))

    assert environment.submissions == []
    assert told(environment, "def take(a, b):\n    return a - b") == ["All visible tests pass."]


@pytest.mark.parametrize(("kind", "said"), [("verdict", "wrong_answer"), ("none", "A test fails.")])
def test_the_ablations(verifier, kind, said):
    assert told(begun(factory(verifier, refinement_feedback=kind)), WRONG) == [said]


def test_random_feedback_is_another_problems(verifier):
    of = factory(verifier, refinement_feedback="random")

    assert told(begun(of), WRONG) == ["A test fails."]
    (said,) = told(begun(of, TAKE), "def take(a, b):\n    return a + b")

    assert "add(1, 2)" in said


def test_what_a_program_prints_cannot_end_a_turn(verifier):
    environment = begun(factory(verifier, marks=("<|im_end|>",)))

    (said,) = told(environment, "def add(a, b):\n    return '<|im_end|>'")

    assert "got '< |im_end|>'" in said


class Broken(Sandbox):
    """A user's own sandbox that can run nothing."""

    name = "broken"

    def __init__(self):
        self.stats = SandboxStats()

    def run(self, programs, *, deadline_s=None):
        return [ExecutionResult.uniform(Verdict.SANDBOX_ERROR, program.problem.total) for program in programs]

    def close(self):
        pass


def test_a_submission_that_could_not_be_run_leaves_the_row_out(verifier):
    unknown, known = begun(factory(CodeVerifier(Broken(), fault_rate=1.0))), begun(factory(verifier))
    told(unknown, RIGHT)
    told(known, RIGHT)
    columns = {key: [value] * 2 for key, value in row(ADD).items() if key != "prompt"}

    found = named_reward("binary", verifier=verifier)(
        completions=[RIGHT, RIGHT], environments=[unknown, known], **columns
    )

    assert found == [None, 1.0]


def test_one_submission_is_refused(verifier):
    with pytest.raises(ConfigError, match="give refinement_turns 2 or more"):
        factory(verifier, refinement_turns=1)


def test_submit_is_the_only_tool():
    public = [name for name, _ in inspect.getmembers(CodeEnvironment, inspect.isfunction) if name[0] != "_"]

    assert public == ["reset", "submit"]


def test_it_pickles():
    assert isinstance(pickle.loads(pickle.dumps(factory(CodeVerifier())))(), CodeEnvironment)


def called(code, name="submit"):
    call = {"type": "function", "function": {"name": name, "arguments": {"code": code}}}
    return [{"role": "assistant", "content": "", "tool_calls": [call]}, {"role": "tool", "name": name, "content": "x"}]


def test_what_was_handed_in_last_is_the_answer():
    done = {"role": "assistant", "content": "Done."}
    shown = {"role": "assistant", "content": "```python\nx = 1\n```"}

    assert completion_text([*called(WRONG), *called(RIGHT)]) == RIGHT
    assert completion_text([*called(WRONG), done]) == WRONG
    assert completion_text([*called(WRONG), shown]) == shown["content"]
    assert completion_text([*called(WRONG, name="other"), done]) == "Done."
