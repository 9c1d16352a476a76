"""Runs each table of honest programs once, together with their wrong twins."""

import importlib.util
from collections.abc import Callable
from functools import lru_cache

import pytest
from programs import TABLES
from support.honest import Honest, Results
from support.programs import run_or_fail

from trl_rlvr.sandbox.base import Sandbox


def run_table(sandbox: Sandbox, table: dict[str, Honest]) -> Results:
    """Return what every program of a table, and its twin, showed; by name and kind."""
    runs = {}
    for name, entry in table.items():
        if entry.needs is None or importlib.util.find_spec(entry.needs) is not None:
            runs[name, "right"] = entry.program()
            if entry.wrong is not None:
                runs[name, "wrong"] = entry.twin()
    return dict(zip(runs, run_or_fail(sandbox, list(runs.values())), strict=True))


@pytest.fixture(scope="session")
def results_of(sandbox: Sandbox) -> Callable[[str], Results]:
    """What the programs of a table showed, by the table's name; each table is run once."""
    return lru_cache(lambda table: run_table(sandbox, TABLES[table]))


@pytest.fixture(scope="module")
def results(request: pytest.FixtureRequest, sandbox: Sandbox) -> Results:
    """What the programs of the module's own table `HONEST` showed."""
    return run_table(sandbox, request.module.HONEST)
