"""Runs each table of honest programs once, together with their wrong twins."""

import importlib.util

import pytest
from honest_program import Honest, Results
from probe import run_or_fail

from trl_rlvr.sandbox.base import Sandbox


@pytest.fixture(scope="module")
def results(request: pytest.FixtureRequest, sandbox: Sandbox) -> Results:
    """What every program of the module's `HONEST` table, and its twin, showed; by name and kind."""
    table: dict[str, Honest] = request.module.HONEST
    runs = {}
    for name, entry in table.items():
        if entry.needs is None or importlib.util.find_spec(entry.needs) is not None:
            runs[name, "right"] = entry.program()
            if entry.wrong is not None:
                runs[name, "wrong"] = entry.twin()
    return dict(zip(runs, run_or_fail(sandbox, list(runs.values())), strict=True))
