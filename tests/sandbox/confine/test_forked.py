"""Work in a fork: its answer comes back, and nothing else."""

import os

import pytest

from trl_rlvr.sandbox.confine.forked import in_a_fork


def test_the_answer_comes_back_and_no_trace_of_the_work():
    read: list[str] = []

    assert in_a_fork(lambda: read.append("name") is None) is True
    assert in_a_fork(lambda: False) is False
    assert read == []


def test_work_that_raises_ends_the_fork():
    def fails() -> bool:
        raise PermissionError("closed")

    before = os.getpid()

    assert in_a_fork(fails) is False
    assert os.getpid() == before


def test_where_no_process_can_be_had_the_work_is_not_done(monkeypatch: pytest.MonkeyPatch):
    def full() -> int:
        raise BlockingIOError("no process")

    monkeypatch.setattr(os, "fork", full)

    assert in_a_fork(lambda: True) is None
