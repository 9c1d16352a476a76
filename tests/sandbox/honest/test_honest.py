"""Every honest program passes, and its twin, spoilt in one place, does not."""

from collections.abc import Callable

import pytest
from programs import TABLES
from support.honest import Honest, Results, assert_passes, assert_twin_fails

CASES = [(table, name, entry) for table, programs in TABLES.items() for name, entry in programs.items()]


def params(cases: list[tuple[str, str, Honest]]) -> list[pytest.ParameterSet]:
    return [pytest.param(table, name, id=f"{table}-{name}") for table, name, _ in cases]


@pytest.mark.parametrize(("table", "name"), params(CASES))
def test_honest_program_passes(results_of: Callable[[str], Results], table: str, name: str) -> None:
    assert_passes(results_of(table), name)


@pytest.mark.parametrize(("table", "name"), params([case for case in CASES if case[2].wrong]))
def test_its_wrong_twin_does_not(results_of: Callable[[str], Results], table: str, name: str) -> None:
    assert_twin_fails(results_of(table), name)
