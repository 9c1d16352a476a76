"""What a run does to its own process: threads on a CPU, and the token for the Hub."""

import os
from types import SimpleNamespace

import pytest
import torch

from trl_rlvr.training.machine import token_in_environment, use_all_cores

LAUNCHED = {"OMP_NUM_THREADS": "1", "LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "1"}


@pytest.mark.parametrize(
    ("on_cpu", "environment", "threads"),
    [
        (True, LAUNCHED, 8),
        (True, LAUNCHED | {"LOCAL_WORLD_SIZE": "2"}, 4),
        (True, LAUNCHED | {"OMP_NUM_THREADS": "3"}, None),
        (True, {"OMP_NUM_THREADS": "1"}, None),
        (False, LAUNCHED, None),
    ],
    ids=["launched", "two ranks", "said otherwise", "not launched", "on a gpu"],
)
def test_a_launched_process_on_a_cpu_takes_its_share_of_the_cores(monkeypatch, on_cpu, environment, threads):
    asked = []
    for name in ("OMP_NUM_THREADS", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "ACCELERATE_MIXED_PRECISION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)))
    monkeypatch.setattr(torch, "set_num_threads", asked.append)

    use_all_cores(on_cpu=on_cpu)

    assert asked == ([threads] if threads else [])


@pytest.mark.parametrize("before", [None, "old"])
def test_the_token_is_where_the_client_looks_and_not_in_what_is_saved(monkeypatch, before):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    if before:
        monkeypatch.setenv("HF_TOKEN", before)
    grpo = SimpleNamespace(hub_token="secret")

    with token_in_environment(grpo):
        assert (grpo.hub_token, os.environ["HF_TOKEN"]) == (None, "secret")

    assert (grpo.hub_token, os.environ.get("HF_TOKEN")) == ("secret", before)
