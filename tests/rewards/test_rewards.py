"""Rewards under TRL's contract, on a sandbox that runs nothing."""

import asyncio
import inspect
import pickle
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest

import trl_rlvr.rewards as rewards
from trl_rlvr.errors import ConfigError, SandboxUnavailableError
from trl_rlvr.problem import CodeProblem
from trl_rlvr.rewards import AsyncCodeReward, CodeReward, OverlongReward, SiblingReward, TextReward, scores
from trl_rlvr.sandbox import Program, SandboxConfig
from trl_rlvr.sandbox.backends.fake import FakeSandbox
from trl_rlvr.verdict import ExecutionResult, TestResult, Verdict
from trl_rlvr.verifier import CodeVerifier, Verification

TESTS = ["assert f(1) == 1", "assert f(2) == 2"]

GOOD = "def f(x):\n    return x"
HALF = "def f(x):\n    return 1"
FAULTY = "def f(x):\n    return 'fault'"


def answer(program: Program) -> ExecutionResult:
    if program.code == FAULTY:
        return ExecutionResult.uniform(Verdict.SANDBOX_ERROR, 2, "the server is gone")
    if program.code == HALF:
        return ExecutionResult((TestResult(Verdict.PASSED), TestResult(Verdict.WRONG_ANSWER, "1 is not 2")))
    return ExecutionResult.uniform(Verdict.PASSED, 2)


def columns(count: int) -> dict[str, list[Any]]:
    return {
        "task_id": ["echo"] * count,
        "tests": [TESTS] * count,
        "setup_code": [""] * count,
        "entry_point": ["f"] * count,
        "entry_points": [["f"]] * count,
        "reference_cpu_s": [None] * count,
    }


class Log:
    def __init__(self) -> None:
        self.metrics: list[tuple[str, float]] = []
        self.extra: list[tuple[str, list[Any]]] = []

    def log_metric(self, name: str, value: float) -> None:
        self.metrics.append((name, value))

    def log_extra(self, column: str, values: list[Any]) -> None:
        self.extra.append((column, values))


@pytest.fixture
def sandbox() -> FakeSandbox:
    return FakeSandbox(answer)


@pytest.fixture
def verifier(sandbox: FakeSandbox) -> CodeVerifier:
    return CodeVerifier(sandbox)


def test_a_reward_scores_each_completion(verifier: CodeVerifier) -> None:
    reward = CodeReward(scores.graded, verifier=verifier)

    assert reward(completions=[GOOD, HALF, "Sorry."], **columns(3)) == [1.0, 0.25, -0.5]


def test_trainers_pass_much_that_a_reward_may_ignore(verifier: CodeVerifier) -> None:
    reward = CodeReward(scores.graded, verifier=verifier)

    values = reward(
        prompts=["p"], completions=[GOOD], completion_ids=[[1, 2]], trainer_state=object(), level=[3], **columns(1)
    )

    assert values == [1.0]


@pytest.mark.parametrize(
    "completion",
    [
        [{"role": "assistant", "content": GOOD}],
        [{"role": "assistant", "content": [{"type": "text", "text": GOOD}]}],
        [
            {"role": "assistant", "content": "Let me see."},
            {"role": "tool", "content": "4"},
            {"role": "assistant", "content": GOOD},
        ],
        [
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"type": "function", "function": {"name": "submit", "arguments": {"code": GOOD}}}],
            }
        ],
    ],
)
def test_conversational_completions_are_read(completion: list[dict[str, Any]], verifier: CodeVerifier) -> None:
    assert CodeReward(scores.graded, verifier=verifier)(completions=[completion], **columns(1)) == [1.0]


@pytest.mark.parametrize("completion", [[{"role": "assistant", "content": None}], [], [{"role": "assistant"}]])
def test_a_completion_without_content_has_no_code(completion: list[dict[str, Any]], verifier: CodeVerifier) -> None:
    assert CodeReward(scores.graded, verifier=verifier)(completions=[completion], **columns(1)) == [-0.5]


def test_a_completion_of_another_kind_is_refused(verifier: CodeVerifier) -> None:
    with pytest.raises(ConfigError, match="completion 7 is neither a string nor a list of messages"):
        CodeReward(scores.graded, verifier=verifier)(completions=[7], **columns(1))


def test_a_completion_that_continues_its_prompt_is_put_behind_it(sandbox: FakeSandbox, verifier: CodeVerifier) -> None:
    opening = 'def f(x):\n    """Return x."""\n'

    CodeReward(scores.graded, verifier=verifier)(prompts=[opening], completions=["    return x"], **columns(1))

    assert [program.code for program in sandbox.programs] == [opening + "    return x"]


def every_reward(verifier: CodeVerifier) -> list[Any]:
    named = [rewards.named_reward(name, verifier=verifier) for name in rewards.REWARD_NAMES]
    return [*named, OverlongReward(10, 5, verifier=verifier)]


def test_every_reward_says_none_on_a_sandbox_fault(verifier: CodeVerifier) -> None:
    batch = [FAULTY, GOOD]
    given = columns(2)

    answers = {
        reward.__name__: reward(completions=batch, completion_ids=[[1], [1]], **given)
        for reward in every_reward(verifier)
    }

    assert {name: [value is None for value in values] for name, values in answers.items()} == {
        name: [True, False] for name in (*rewards.REWARD_NAMES, "overlong")
    }


def test_rewards_called_with_the_same_batch_cost_one_execution(sandbox: FakeSandbox, verifier: CodeVerifier) -> None:
    batch, given = [GOOD, FAULTY], columns(2)

    for reward in every_reward(verifier):
        reward(completions=batch, completion_ids=[[1], [1]], **given)

    assert [program.code for program in sandbox.programs] == [GOOD, FAULTY]


def test_the_next_batch_is_verified_anew_even_if_it_is_equal(sandbox: FakeSandbox, verifier: CodeVerifier) -> None:
    reward = CodeReward(scores.graded, verifier=verifier)

    for _ in range(2):
        reward(completions=[FAULTY], **columns(1))

    assert len(sandbox.programs) == 2


def test_a_list_that_was_refilled_is_another_batch(verifier: CodeVerifier) -> None:
    reward, batch, given = CodeReward(scores.graded, verifier=verifier), [GOOD], columns(1)
    reward(completions=batch, **given)

    batch[0] = HALF

    assert reward(completions=batch, **given) == [0.25]


@pytest.mark.parametrize("inner", [False, True])
def test_columns_that_were_changed_in_place_are_another_batch(
    sandbox: FakeSandbox, verifier: CodeVerifier, inner: bool
) -> None:
    reward, batch, given = CodeReward(scores.graded, verifier=verifier), [GOOD], columns(1) | {"tests": [list(TESTS)]}
    reward(completions=batch, **given)

    if inner:
        given["tests"][0][1] = "assert f(3) == 3"
    else:
        given["tests"][0] = [TESTS[0], "assert f(3) == 3"]
    reward(completions=batch, **given)

    assert [program.problem.tests[1] for program in sandbox.programs] == [TESTS[1], "assert f(3) == 3"]


def test_async_rewards_share_one_execution_with_each_other_and_with_sync_ones(
    sandbox: FakeSandbox, verifier: CodeVerifier
) -> None:
    batch, given = [GOOD, HALF], columns(2)
    sync = CodeReward(scores.binary, verifier=verifier)

    async def gather() -> list[list[float | None]]:
        awaited = [AsyncCodeReward(CodeReward(score, verifier=verifier)) for score in (scores.graded, scores.fraction)]
        threaded = asyncio.to_thread(sync, completions=batch, **given)
        return await asyncio.gather(*(reward(completions=batch, **given) for reward in awaited), threaded)

    assert asyncio.run(gather()) == [[1.0, 0.25], [1.0, 0.5], [1.0, 0.0]]
    assert len(sandbox.programs) == 2


def test_threads_share_one_execution(sandbox: FakeSandbox, verifier: CodeVerifier) -> None:
    batch, given, seen = [GOOD], columns(1), []
    reward = CodeReward(scores.graded, verifier=verifier)
    threads = [threading.Thread(target=lambda: seen.append(reward(completions=batch, **given))) for _ in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (seen, len(sandbox.programs)) == ([[1.0]] * 8, 1)


def test_an_error_of_the_sandbox_reaches_the_caller_and_is_not_kept() -> None:
    class Broken(FakeSandbox):
        broken = True

        def run(self, programs: Sequence[Program], *, deadline_s: float | None = None) -> list[ExecutionResult]:
            if self.broken:
                raise SandboxUnavailableError("no server")
            return super().run(programs)

    broken = Broken()
    reward, batch, given = CodeReward(scores.graded, verifier=CodeVerifier(broken)), [GOOD], columns(1)
    with pytest.raises(SandboxUnavailableError, match="no server"):
        reward(completions=batch, **given)

    broken.broken = False

    assert reward(completions=batch, **given) == [1.0]


def test_only_the_first_reward_of_a_batch_logs(verifier: CodeVerifier) -> None:
    log, batch, given = Log(), [GOOD, HALF], columns(2)

    for score in (scores.graded, scores.binary):
        CodeReward(score, verifier=verifier)(
            completions=batch, log_metric=log.log_metric, log_extra=log.log_extra, **given
        )

    assert set(Counter(name for name, _ in log.metrics).values()) == {1}
    assert [column for column, _ in log.extra] == [
        "task_id",
        "code",
        "verdict",
        "isolation",
        "passed",
        "total",
        "test_verdicts",
        "test_tiers",
        "reward_hacking",
        "error",
        "test_errors",
    ]


def test_metrics_are_shares_over_the_batch(verifier: CodeVerifier) -> None:
    log = Log()
    batch = [GOOD, HALF, "Sorry.", FAULTY]

    CodeReward(scores.graded, verifier=verifier)(completions=batch, log_metric=log.log_metric, **columns(4))

    metrics = dict(log.metrics)
    shown = {
        name: metrics[name]
        for name in ("verdict/passed", "verdict/no_code", "verdict/sandbox_error", "verdict/timeout", "extraction/code")
    }
    assert shown == {
        "verdict/passed": 0.25,
        "verdict/no_code": 0.25,
        "verdict/sandbox_error": 0.25,
        "verdict/timeout": 0.0,
        "extraction/code": 0.75,
    }


def test_pass_rates_leave_out_what_the_sandbox_could_not_judge(verifier: CodeVerifier) -> None:
    log = Log()

    CodeReward(scores.graded, verifier=verifier)(
        completions=[GOOD, HALF, FAULTY, FAULTY], log_metric=log.log_metric, **columns(4)
    )

    metrics = dict(log.metrics)
    assert (metrics["pass_rate"], metrics["tests_pass_rate"]) == (0.5, 0.75)


def test_visible_and_hidden_tests_are_told_apart_where_the_data_set_says_so(verifier: CodeVerifier) -> None:
    log = Log()
    counts = {"visible_count": [1, 1], "hidden_count": [1, 1], "augmented_count": [0, 0]}

    CodeReward(scores.graded, verifier=verifier)(
        completions=[GOOD, HALF], log_metric=log.log_metric, log_extra=log.log_extra, **columns(2), **counts
    )

    metrics = dict(log.metrics)
    assert (metrics["pass_rate/visible"], metrics["pass_rate/hidden"]) == (1.0, 0.5)
    assert "pass_rate/augmented" not in metrics
    assert dict(log.extra)["test_tiers"] == ["visible 1 hidden 1 augmented 0"] * 2


def test_every_step_logs_the_same_names(verifier: CodeVerifier) -> None:
    reward = CodeReward(scores.graded, verifier=verifier)
    names = []

    for completion in (GOOD, "Sorry."):
        log = Log()
        reward(completions=[completion], log_metric=log.log_metric, **columns(1))
        names.append([name for name, _ in log.metrics])

    assert names[0] == names[1]


def test_columns_show_what_happened_to_each_row(verifier: CodeVerifier) -> None:
    log = Log()

    CodeReward(scores.graded, verifier=verifier)(completions=[HALF, "Sorry."], log_extra=log.log_extra, **columns(2))

    assert dict(log.extra) == {
        "task_id": ["echo", "echo"],
        "code": [HALF, ""],
        "verdict": ["wrong_answer", "no_code"],
        "isolation": ["apart", "apart"],
        "passed": [1, 0],
        "total": [2, 2],
        "test_verdicts": ["passed wrong_answer", "no_code no_code"],
        "test_tiers": ["", ""],
        "reward_hacking": ["", ""],
        "error": ["1 is not 2", "no code in the completion"],
        "test_errors": ["\n1 is not 2", "no code in the completion\nno code in the completion"],
    }


def test_sandbox_counts_are_of_the_batch_and_not_of_the_run(verifier: CodeVerifier) -> None:
    reward = CodeReward(scores.graded, verifier=verifier)
    programs = []

    for _ in range(2):
        log = Log()
        reward(completions=[GOOD, HALF], log_metric=log.log_metric, **columns(2))
        programs.append(dict(log.metrics)["sandbox/programs"])

    assert programs == [2.0, 2.0]


def test_an_observer_is_told_once_about_each_batch(verifier: CodeVerifier) -> None:
    told: list[list[tuple[str, Verdict]]] = []

    def observe(problems: Sequence[CodeProblem], verifications: Sequence[Verification]) -> None:
        told.append([(p.task_id, v.verdict) for p, v in zip(problems, verifications, strict=True)])

    batch, given = [GOOD, HALF], columns(2)
    for score in (scores.graded, scores.binary):
        CodeReward(score, verifier=verifier, observers=[observe])(completions=batch, **given)

    assert told == [[("echo", Verdict.PASSED), ("echo", Verdict.WRONG_ANSWER)]]


def test_siblings_are_the_rows_of_one_problem(verifier: CodeVerifier) -> None:
    long = "def f(x):\n    y = x + 0\n    return y"  # 33 characters, GOOD has 22
    given = columns(3)
    given["task_id"] = ["one", "one", "other"]

    values = SiblingReward(scores.brevity, verifier=verifier)(completions=[long, GOOD, GOOD], **given)

    assert values == [0.0, pytest.approx(1 - len(GOOD) / len(long)), 0.0]


def test_a_completion_at_the_length_limit_counts_as_truncated(verifier: CodeVerifier) -> None:
    log = Log()
    reward = CodeReward(scores.graded, verifier=verifier, max_completion_tokens=3)
    cut = "```python\ndef f(x):\n    return (x"

    reward(completions=[cut, cut], completion_ids=[[1, 2, 3], [1, 2]], log_metric=log.log_metric, **columns(2))

    metrics = dict(log.metrics)
    assert (metrics["extraction/truncated"], metrics["extraction/syntax_error"]) == (0.5, 0.5)


def test_a_text_reward_scores_the_text_of_failing_code_too(verifier: CodeVerifier) -> None:
    reward = TextReward(scores.code_format, verifier=verifier)

    assert reward(completions=["```python\nx = 1\n```", GOOD], **columns(2)) == [1.0, 0.0]


def test_overlong_needs_token_ids(verifier: CodeVerifier) -> None:
    with pytest.raises(ConfigError, match="overlong reward needs completion_ids"):
        OverlongReward(10, 5, verifier=verifier)(completions=[GOOD], **columns(1))


def test_overlong_is_trls_own_punishment(verifier: CodeVerifier) -> None:
    ids = [[0] * length for length in (5, 6, 10, 11)]

    values = OverlongReward(10, 5, verifier=verifier)(completions=[GOOD] * 4, completion_ids=ids, **columns(4))

    assert values == [0.0, -0.2, -1.0, -1.0]


def is_async_as_trl_sees_it(reward: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(reward) or inspect.iscoroutinefunction(reward.__call__)


def test_trl_can_tell_async_from_sync(verifier: CodeVerifier) -> None:
    reward = CodeReward(scores.graded, verifier=verifier)

    assert [is_async_as_trl_sees_it(reward), is_async_as_trl_sees_it(AsyncCodeReward(reward))] == [False, True]


def test_rewards_have_names_for_trls_log(verifier: CodeVerifier) -> None:
    reward = CodeReward(scores.graded, verifier=verifier)

    assert [reward.__name__, AsyncCodeReward(reward).__name__] == ["graded", "graded"]


def test_a_score_without_a_name_needs_one() -> None:
    with pytest.raises(ConfigError, match="has no __name__; give the reward a name"):
        CodeReward(scores.AllPlusFraction(0.5))


def test_rewards_pickle_and_still_share_their_verifier() -> None:
    verifier = CodeVerifier(config=SandboxConfig(sandbox_backend="fake"))
    pair = [CodeReward(scores.graded, verifier=verifier), SiblingReward(scores.brevity, verifier=verifier)]
    batch, given = [GOOD], columns(1)
    pair[0](completions=batch, **given)

    graded, brevity = pickle.loads(pickle.dumps(pair))
    graded(completions=batch, **given)
    brevity(completions=batch, **given)

    assert (graded.verifier is brevity.verifier, graded.verifier.stats.programs) == (True, 1)


def test_a_named_reward_pickles_onto_the_shared_verifier() -> None:
    copy = pickle.loads(pickle.dumps(rewards.graded))

    assert copy.verifier is rewards.shared_verifier()


def test_an_empty_batch_has_no_rewards(verifier: CodeVerifier) -> None:
    log = Log()

    assert CodeReward(scores.graded, verifier=verifier)(completions=[], log_metric=log.log_metric, **columns(0)) == []


@pytest.mark.parametrize("value", ["1.0", float("nan"), float("inf"), None, [1.0]])
def test_a_score_that_is_no_finite_number_is_refused_by_its_name(verifier: CodeVerifier, value: Any) -> None:
    reward = CodeReward(lambda _: value, name="mine", verifier=verifier)

    with pytest.raises(ConfigError, match=r"score 'mine' is .* for row 0; give a finite number for each completion"):
        reward(completions=[GOOD], **columns(1))


def test_what_a_score_says_of_a_row_that_nobody_judged_is_not_looked_at(verifier: CodeVerifier) -> None:
    class Odd(CodeReward):
        def scores(self, batch: rewards.VerifiedBatch) -> list[float]:
            return [float("nan")] * len(batch.texts)

    assert Odd(scores.graded, verifier=verifier)(completions=[FAULTY], **columns(1)) == [None]


def test_numbers_of_other_kinds_are_scores(verifier: CodeVerifier) -> None:
    assert CodeReward(lambda _: True, name="mine", verifier=verifier)(completions=[GOOD], **columns(1)) == [1.0]


def test_a_score_of_siblings_gives_one_number_each(verifier: CodeVerifier) -> None:
    reward = SiblingReward(lambda _: [1.0], name="mine", verifier=verifier)

    with pytest.raises(ConfigError, match="score 'mine' gave 1 numbers for 2 completions"):
        reward(completions=[GOOD, HALF], **columns(2))


def test_what_programs_tried_is_logged_and_changes_no_reward(verifier: CodeVerifier) -> None:
    log = Log()
    reward = CodeReward(scores.graded, verifier=verifier)

    values = reward(
        completions=["import os\ndef f(x): os._exit(0)", GOOD],
        log_metric=log.log_metric,
        log_extra=log.log_extra,
        **columns(2),
    )

    metrics = dict(log.metrics)
    tried = {name: share for name, share in metrics.items() if name.startswith("reward_hacking/") and share}
    assert tried == {"reward_hacking/exit": 0.5}
    assert dict(log.extra)["reward_hacking"] == ["exit", ""]
    assert values == [1.0, 1.0]
