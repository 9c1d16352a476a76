"""What `monkeypatch` changes, and that it is put back."""

import os
import types
from pathlib import Path

import pytest

from trl_rlvr.sandbox.runner.monkeypatch import MonkeyPatch


def test_all_is_put_back(tmp_path: Path) -> None:
    thing, table, before = types.SimpleNamespace(a=1, b=2), {"k": 1, "l": 2}, (os.getcwd(), os.environ.get("HOME"))
    patch = MonkeyPatch()

    patch.setattr(thing, "a", 5)
    patch.setattr("os.path.sep", "|")
    patch.delattr(thing, "b")
    patch.setitem(table, "k", 5)
    patch.setitem(table, "new", 5)
    patch.delitem(table, "l")
    patch.setenv("HOME", "nowhere")
    patch.setenv("TRL_RLVR_NEW", "1")
    patch.delenv("TRL_RLVR_NEW")
    patch.chdir(tmp_path)
    changed = (vars(thing), dict(table), os.path.sep, os.environ["HOME"], os.getcwd())

    assert changed == ({"a": 5}, {"k": 5, "new": 5}, "|", "nowhere", str(tmp_path))
    patch.undo()
    assert (vars(thing), table, os.path.sep) == ({"a": 1, "b": 2}, {"k": 1, "l": 2}, "/")
    assert (os.getcwd(), os.environ.get("HOME")) == before
    assert "TRL_RLVR_NEW" not in os.environ


def test_what_is_not_there_is_named() -> None:
    patch = MonkeyPatch()

    with pytest.raises(AttributeError, match="'missing'"):
        patch.setattr(os, "missing", 1)
    with pytest.raises(KeyError):
        patch.delitem({}, "missing")
    patch.delenv("TRL_RLVR_MISSING", raising=False)
