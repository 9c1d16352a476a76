"""One rank and two train on the same prompts, completions and advantages, and end with the same weights."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from equal_ranks import trained
from test_grpo_ranks import TORCHRUN, deepspeed_launcher
from tiny_policy import tiny_llama

pytestmark = pytest.mark.slow

LOSS_TYPES = ["dapo", "grpo"]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The folder of the policy, its weights before training, and how one rank ends, by loss type."""
    folder = tmp_path_factory.mktemp("alone")
    start = {name: weight.clone() for name, weight in tiny_llama(folder).named_parameters()}
    return folder, start, {loss_type: trained(folder, 1, loss_type) for loss_type in LOSS_TYPES}


def two_ranks(launcher, folder, loss_types):
    script = Path(__file__).parent / "equal_ranks.py"
    run = subprocess.run(
        [sys.executable, *launcher, str(script), str(folder), "2", *loss_types],
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-4000:]
    return {loss_type: torch.load(folder / f"ranks-{loss_type}.pt") for loss_type in loss_types}


def assert_same(alone, together):
    _, start, ended = alone
    for loss_type, both in together.items():
        one = ended[loss_type]
        assert (one["ranks"], both["ranks"]) == (1, 2)
        assert both["seen"] == one["seen"]
        assert len({advantage for batch in one["seen"] for advantage in batch["advantages"]}) > 4
        moved = max(float((weight - start[name]).abs().max()) for name, weight in one["weights"].items())
        assert moved > 1e-2
        for name, weight in one["weights"].items():
            label = f"{loss_type}, {name}: {{}}".format
            torch.testing.assert_close(both["weights"][name], weight, rtol=0, atol=1e-5, msg=label)


def test_two_ranks_under_ddp_end_as_one_does(alone):
    assert_same(alone, two_ranks(TORCHRUN, alone[0], LOSS_TYPES))


@pytest.mark.parametrize("stage", [2, 3])
def test_two_ranks_under_zero_end_as_one_does(alone, tmp_path, stage):
    pytest.importorskip("deepspeed")
    launcher = deepspeed_launcher(tmp_path, stage, micro_batches=2)

    assert_same(alone, two_ranks(launcher, alone[0], LOSS_TYPES[:1]))
