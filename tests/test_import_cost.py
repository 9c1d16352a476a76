"""A sandbox worker starts in tens of milliseconds only while the lower rooms stay free of torch and its kin."""

import json
import subprocess
import sys

import pytest
from test_layers import HEAVY, SOURCES, TORCH_FREE, room

import trl_rlvr

SHOW = "import json, sys; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"


def modules_after(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after `code`."""
    ran = subprocess.run([sys.executable, "-c", f"{code}\n{SHOW}"], capture_output=True, text=True, check=True)
    return set(json.loads(ran.stdout.splitlines()[-1]))


def test_import_trl_rlvr_loads_nothing_heavy():
    assert modules_after("import trl_rlvr") & HEAVY == set()


def test_everything_below_training_loads_nothing_heavy():
    names = [name for name in SOURCES if room(name) in TORCH_FREE]

    loaded = modules_after("\n".join(f"import {name}" for name in names))

    assert loaded & HEAVY == set()


@pytest.mark.parametrize("command", ["score", "check", "harden", "gap", "doctor", "report", "compare", "rescore"])
def test_command_help_loads_nothing_heavy(command):
    code = f"from trl_rlvr.cli import main\ntry:\n    main([{command!r}, '--help'])\nexcept SystemExit:\n    pass"

    assert modules_after(code) & HEAVY == set()


def test_public_names_without_trl_load_nothing_heavy():
    needs_trl = {"PPOConfig", "PPOTrainer", "RunConfig"}
    names = [name for name in trl_rlvr.__all__ if name not in needs_trl]

    assert modules_after(f"from trl_rlvr import {', '.join(names)}") & HEAVY == set()


@pytest.mark.parametrize("name", trl_rlvr.__all__)
def test_every_public_name_loads(name):
    assert getattr(trl_rlvr, name) is not None


def test_unknown_public_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Judge'"):
        trl_rlvr.Judge  # noqa: B018 - the access itself is what is tested
