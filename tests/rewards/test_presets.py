"""Rewards by name, presets, and the options that shape them."""

import subprocess
import sys

import pytest

import trl_rlvr.rewards as rewards
from trl_rlvr.errors import ConfigError
from trl_rlvr.rewards import PRESETS, REWARD_NAMES, RewardConfig, build_rewards, named_reward
from trl_rlvr.sandbox.backends.fake import FakeSandbox
from trl_rlvr.verifier import CodeVerifier

COLUMNS = {"task_id": ["t"], "tests": [["assert f(1) == 1"]], "entry_point": ["f"], "entry_points": [["f"]]}
GOOD = "def f(x):\n    return x"


@pytest.mark.parametrize("name", REWARD_NAMES)
def test_every_name_is_an_attribute_for_trls_command_line(name: str) -> None:
    assert getattr(rewards, name).__name__ == name


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_rewards_with_weights_on_one_verifier(preset: str) -> None:
    verifier = CodeVerifier(FakeSandbox())

    built = build_rewards(RewardConfig(reward_preset=preset), verifier)

    assert [(reward.__name__, weight) for reward, weight in built] == list(PRESETS[preset])
    assert {reward.verifier for reward, _ in built} == {verifier}


def test_the_default_is_the_graded_reward_alone() -> None:
    assert [(reward.__name__, weight) for reward, weight in build_rewards()] == [("graded", 1.0)]


@pytest.mark.parametrize("preset", PRESETS)
def test_no_preset_pays_a_failing_program_more_than_a_passing_one(preset: str) -> None:
    worst_pass = best_fail = 0.0
    for name, weight in PRESETS[preset]:
        lowest_if_passing = {"graded": 1.0, "binary": 1.0}.get(name, 0.0)
        highest_if_failing = {"graded": 0.5}.get(name, 0.0)
        worst_pass += weight * lowest_if_passing
        best_fail += weight * highest_if_failing

    assert worst_pass > best_fail


def test_single_rewards_replace_the_preset() -> None:
    built = build_rewards(RewardConfig(reward_preset="efficient", reward_scores=["binary", "code_format"]))

    assert [(reward.__name__, weight) for reward, weight in built] == [("binary", 1.0), ("code_format", 1.0)]


def test_options_reach_their_rewards() -> None:
    verifier = CodeVerifier(FakeSandbox())
    config = RewardConfig(reward_alpha=2.0, reward_concise_characters=len(GOOD))

    values = [
        named_reward(name, config, verifier=verifier)(completions=[GOOD], **COLUMNS)
        for name in ("all_plus_fraction", "concise_bonus")
    ]

    assert values == [[3.0], [0.0]]


def test_the_overlong_punishment_is_added_where_asked() -> None:
    built = build_rewards(RewardConfig(reward_overlong_tokens=100), max_completion_tokens=400)

    assert [reward.__name__ for reward, _ in built] == ["graded", "overlong"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"reward_preset": "gradde"}, "unknown reward preset 'gradde'; choose one of graded, binary"),
        ({"reward_scores": ["tests"]}, "unknown reward 'tests'; choose one of all_plus_fraction, binary"),
        ({"reward_overlong_tokens": 400}, "reward_overlong_tokens is 400; give 0, or less than .* 400"),
        ({"reward_lint_cap": 0.0, "reward_scores": ["lint"]}, "lint cap is 0.0"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build_rewards(RewardConfig(**options), max_completion_tokens=400)


def test_importing_the_rewards_starts_no_process_and_no_thread() -> None:
    code = """
import glob, trl_rlvr.rewards
threads = glob.glob("/proc/self/task/*")
print(*[open(f"{thread}/children").read() for thread in threads], len(threads))
"""

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.split() == ["1"]
