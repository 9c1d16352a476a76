"""How a known reference cost turns into a limit."""

import pytest

from trl_rlvr.errors import ConfigError
from trl_rlvr.sandbox import SandboxConfig
from trl_rlvr.sandbox.limits import Limits


@pytest.mark.parametrize(
    ("reference_cpu_s", "cpu_s"),
    [
        (None, 10.0),  # unknown: the whole limit
        (0.001, 0.2),  # cheap: the floor
        (0.01, 0.5),  # fifty costs
        (1.0, 10.0),  # no more than the limit, where that leaves five costs
        (3.0, 15.0),
    ],
)
def test_cpu_time_follows_the_cost_of_the_reference(reference_cpu_s, cpu_s):
    assert Limits(cpu_s=10.0).for_program(reference_cpu_s).cpu_s == pytest.approx(cpu_s)


def test_a_program_that_imports_a_package_has_a_second_more():
    assert Limits().for_program(0.001, imports=True).cpu_s == pytest.approx(1.2)
    assert Limits(cpu_s=0.5).for_program(0.001, imports=True).cpu_s == pytest.approx(0.5)


def test_a_reference_from_data_raises_a_limit_to_three_times_what_was_set_at_most():
    for cost in (7_000.0, 1e300, float("inf")):
        limits = Limits(cpu_s=10.0).for_program(cost)

        assert (limits.cpu_s, limits.run_cpu_s, limits.wall_s) == (30.0, 30.0, 300.0)


@pytest.mark.parametrize("cost", [0.0, -1.0, float("nan")])
def test_a_cost_that_is_none_changes_no_limit(cost):
    assert Limits(cpu_s=10.0).for_program(cost).cpu_s == 10.0


def test_each_case_of_a_whole_program_has_the_limit_and_all_have_twelve_times_that():
    limits = Limits(cpu_s=10.0).for_program(None, cases=200)

    assert (limits.run_cpu_s, limits.cpu_s) == (10.0, 120.0)


def test_a_cheap_reference_lowers_the_limit_of_each_case_and_of_all():
    limits = Limits(cpu_s=10.0).for_program(0.02, cases=10)

    assert (limits.run_cpu_s, limits.cpu_s) == (1.0, 1.0)


def test_a_case_may_have_a_limit_of_its_own_which_concerns_no_other_programs():
    limits = Limits(cpu_s=10.0, case_cpu_s=2.0)

    assert (limits.for_program(None, cases=3).run_cpu_s, limits.for_program(None).run_cpu_s) == (2.0, 10.0)


@pytest.mark.parametrize(
    ("limit", "says"),
    [
        ({"floor_cpu_s": 0}, "limit floor_cpu_s is 0; give a number above 0 and at most 3600"),
        ({"cpu_s": 40_000}, "limit cpu_s is 40000; give a number above 0 and at most 3600"),
        ({"cpu_s": float("nan")}, "limit cpu_s is nan"),
        ({"idle_s": float("inf")}, "limit idle_s is inf"),
        ({"memory_mib": 512.5}, "limit memory_mib is 512.5; give a whole number"),
        ({"memory_mib": 1 << 50}, "limit memory_mib is 1125899906842624"),
        ({"answer_kib": 1 << 22}, "limit answer_kib is 4194304"),
        ({"cpu_s": None}, "limit cpu_s is None"),
        ({"cpu_s": "10"}, "limit cpu_s is '10'"),
    ],
)
def test_a_limit_that_no_message_or_kernel_can_carry_is_refused(limit, says):
    with pytest.raises(ConfigError, match=says):
        Limits(**limit)


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ({"sandbox_cpu_s": 40_000}, "sandbox_cpu_s is 40000; give a number above 0 and at most 3600"),
        ({"sandbox_case_cpu_s": -1}, "sandbox_case_cpu_s is -1"),
        ({"sandbox_idle_s": 0}, "sandbox_idle_s is 0"),
        ({"sandbox_memory_mib": 10**9}, "sandbox_memory_mib is 1000000000"),
        ({"sandbox_hash_seed": -1}, "sandbox_hash_seed is -1; give a number from 0 to 4294967295"),
    ],
)
def test_an_option_out_of_its_range_is_refused_by_its_own_name(option, says):
    with pytest.raises(ConfigError, match=says):
        SandboxConfig(**option)
