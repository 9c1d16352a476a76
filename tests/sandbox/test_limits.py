"""How a known reference cost turns into a limit."""

import pytest

from trl_rlvr.errors import ConfigError
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
    assert Limits(cpu_s=10.0).for_reference(reference_cpu_s).cpu_s == pytest.approx(cpu_s)


def test_a_program_that_imports_a_package_has_a_second_more():
    assert Limits().for_reference(0.001, imports=True).cpu_s == pytest.approx(1.2)
    assert Limits(cpu_s=0.5).for_reference(0.001, imports=True).cpu_s == pytest.approx(0.5)


def test_a_limit_must_be_positive():
    with pytest.raises(ConfigError, match=r"floor_cpu_s is 0; it must be greater than 0"):
        Limits(floor_cpu_s=0)
