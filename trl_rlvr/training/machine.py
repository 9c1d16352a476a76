"""What a run does to its own process before anything is loaded: the threads of a CPU, and the token for the Hub."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import torch

_LAUNCHED = ("ACCELERATE_MIXED_PRECISION", "TORCHELASTIC_RUN_ID", "LOCAL_RANK")


def use_all_cores(*, on_cpu: bool) -> None:
    """Give a launched process its share of the cores: `accelerate launch` and `torchrun` leave it one thread.

    Does nothing where `OMP_NUM_THREADS` says anything but 1, or nothing was launched.
    """
    if not on_cpu or os.environ.get("OMP_NUM_THREADS") != "1" or not any(name in os.environ for name in _LAUNCHED):
        return
    here = max(1, int(os.environ.get("LOCAL_WORLD_SIZE", "1")))
    torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // here))


@contextlib.contextmanager
def token_in_environment(grpo: Any) -> Iterator[None]:
    """Move `hub_token` out of TRL's arguments, which are saved beside the model, to where the Hub's client looks."""
    token, before = grpo.hub_token, os.environ.get("HF_TOKEN")
    if token is None:
        yield
        return
    grpo.hub_token, os.environ["HF_TOKEN"] = None, token
    try:
        yield
    finally:
        grpo.hub_token = token
        del os.environ["HF_TOKEN"]
        if before is not None:
            os.environ["HF_TOKEN"] = before
