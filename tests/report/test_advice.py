"""The advice: each rule fires on a run gone wrong in its way, alone, and all are silent on healthy ones."""

import json
import math
import random
from pathlib import Path

import pytest
from run_files import heldout_rows, metric_rows

from trl_rlvr.report.advice import RULES, advise, as_markdown
from trl_rlvr.report.history import History

ROOT = Path(__file__).parents[2]


def noisy(start, end, steps=30, noise=0.04, seed=0):
    draw = random.Random(seed)
    line = [start + (end - start) * step / (steps - 1) for step in range(steps)]
    return [min(1.0, max(0.0, rate + draw.gauss(0, noise))) for rate in line]


RISING = noisy(0.2, 0.6)
GAINED = heldout_rows(0.2, 0.55)

WRONG = {
    "never_passes": History(metric_rows([0.0] * 6), heldout_rows(0.0, 0.0)),
    "flat": History(metric_rows([0.28, 0.32] * 15), heldout_rows(0.3, 0.3)),
    "no_signal": History(metric_rows(noisy(0.3, 0.3), frac_reward_zero_std=0.9), heldout_rows(0.3, 0.3)),
    "solved": History(metric_rows([0.96] * 12, frac_reward_zero_std=0.9), heldout_rows(0.9, 0.95)),
    "unstable": History(metric_rows([*noisy(0.2, 0.6, 15), *noisy(0.6, 0.05, 15)]), heldout_rows(0.2, 0.05)),
    "invalid_code": History(metric_rows(RISING, extraction__syntax_error=0.4), GAINED),
    "no_code": History(metric_rows(RISING, extraction__no_code=0.5), GAINED),
    "wrong_name": History(metric_rows(RISING, extraction__missing_entry_point=0.5), GAINED),
    "truncated": History(metric_rows(RISING, extraction__truncated=0.2), GAINED),
    "sandbox_fails": History(metric_rows(RISING, verdict__sandbox_error=0.05, sandbox__faults=2.0), GAINED),
    "timeouts": History(metric_rows(RISING, verdict__timeout=0.3), GAINED),
    "hard_coding": History(metric_rows(RISING, reward_hacking__hard_coded=0.2), GAINED),
    "tricks": History(metric_rows(RISING, reward_hacking__exit=0.2), GAINED),
    "does_not_transfer": History(metric_rows(RISING), heldout_rows(0.3, 0.28)),
    "slow_verification": History(metric_rows(RISING, verification_s=8.0), GAINED),
}

FEW_COMPLETIONS = [passed / 16 for passed in (3, 2, 4, 3, 1, 0, 2, 2, 3, 4, 2, 5, 4, 8, 5, 4, 7, 8, 0, 3, 8, 3, 9, 0)]
"""Pass rates of a run of the embedded policy with 16 completions an update, which learned: all noise."""

HEALTHY = {
    "few completions an update": History(metric_rows(FEW_COMPLETIONS), heldout_rows(0.167, 0.333)),
    "rising": History(metric_rows(RISING), GAINED),
    "noisy": History(metric_rows(noisy(0.1, 0.5, noise=0.1, seed=3)), heldout_rows(0.1, 0.4)),
    "held at half by the curriculum": History(metric_rows(noisy(0.5, 0.5)), heldout_rows(0.2, 0.5)),
    "late": History(metric_rows(noisy(0.6, 0.8, steps=200)), heldout_rows(0.5, 0.7)),
    "two updates": History(metric_rows([0.0, 0.0], frac_reward_zero_std=1.0)),
    "without a measure": History(metric_rows(RISING)),
}


RECORDED = {path.stem: json.loads(path.read_text()) for path in sorted((Path(__file__).parent / "recorded").iterdir())}
"""Runs of the embedded policy as `benchmarks/advice_runs.py` has made them."""

HEALTHY_RUNS = ("grpo", "grpo_short", "rloo", "ppo", "curriculum")


def recorded(name):
    columns = RECORDED[name]["metrics"]
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return History(rows, [{"heldout/pass@1": rate} for rate in RECORDED[name]["heldout"]])


@pytest.mark.parametrize("name", HEALTHY_RUNS)
def test_it_is_silent_on_real_runs_that_learned(name):
    run = recorded(name)

    assert run.heldout_gain > 0
    assert advise(run) == []


@pytest.mark.parametrize("name", sorted(RECORDED.keys() - set(HEALTHY_RUNS)))
def test_it_finds_what_went_wrong_in_a_real_run(name):
    assert name in [one.rule.name for one in advise(recorded(name))]


def test_a_critic_learns_from_groups_of_one():
    rows = metric_rows(noisy(0.3, 0.7), frac_reward_zero_std=1.0, ppo__value_loss=0.1)

    assert advise(History(rows, GAINED)) == []


def test_every_rule_has_a_run_that_it_is_for():
    assert [rule.name for rule in RULES] == list(WRONG)


@pytest.mark.parametrize("name", WRONG)
def test_it_fires_on_a_run_that_goes_wrong_and_no_other_does(name):
    found = advise(WRONG[name])

    assert [one.rule.name for one in found] == [name]
    assert found[0].evidence in str(found[0])


@pytest.mark.parametrize("name", HEALTHY)
def test_it_is_silent_on_healthy_runs(name):
    assert advise(HEALTHY[name]) == []


def test_chance_alone_calls_for_nothing():
    for seed in range(60):
        draw = random.Random(seed)
        chances = [0.2 + 0.4 * min(1.0, step / 15) for step in range(30)]
        rates = [sum(draw.random() < chance for _ in range(40)) / 40 for chance in chances]

        assert advise(History(metric_rows(rates), GAINED)) == [], seed


def test_an_empty_run_and_values_that_are_no_numbers_call_for_nothing():
    rows = [row | {"pass_rate": None, "grad_norm": math.nan, "verdict/timeout": None} for row in metric_rows(RISING)]

    assert advise(History([])) == []
    assert advise(History(rows)) == []


def test_the_troubleshooting_page_has_the_same_table():
    assert as_markdown() in (ROOT / "docs" / "troubleshooting.md").read_text()


def test_rules_name_metrics_that_are_documented_and_options_that_exist():
    import dataclasses
    import re

    from trl_rlvr.training import RunSpec

    documented = (ROOT / "docs" / "metrics.md").read_text().replace("heldout/pass@<k>", "heldout/pass@1")
    fields = {field.name for part in RunSpec.__annotations__.values() for field in dataclasses.fields(part)}
    keys = {key for rule in RULES for key in rule.look_at} - fields
    options = {name for rule in RULES for name in re.findall(r"`([a-z_]+)[:`]", rule.do)}

    assert [key for key in sorted(keys) if f"`{key}`" not in documented] == []
    assert options - fields - {"chat", "completion"} == set()
