"""Two ranks end with the weights that `GRPOTrainer` ends with, though their micro-batches keep different rows."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tiny_policy import tiny_llama

from trl_rlvr.training.grpo import SUPPORTED_LOSS_TYPES

HERE = Path(__file__).parent
TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]


def deepspeed_launcher(folder, stage, micro_batches=3):
    """Write accelerate's configuration for two CPU ranks under ZeRO, and return the launcher's arguments."""
    file = folder / "accelerate.yaml"
    file.write_text(
        "compute_environment: LOCAL_MACHINE\n"
        "distributed_type: DEEPSPEED\n"
        "deepspeed_config:\n"
        f"  zero_stage: {stage}\n"
        f"  gradient_accumulation_steps: {micro_batches}\n"
        "  gradient_clipping: 1.0\n"
        "  zero3_init_flag: false\n"
        "machine_rank: 0\nmain_training_function: main\nmixed_precision: 'no'\n"
        "num_machines: 1\nnum_processes: 2\nuse_cpu: true\n"
    )
    return ["-m", "accelerate.commands.launch", "--config_file", str(file), "--main_process_port", "0"]


def launch(launcher, folder, kind, loss_types):
    run = subprocess.run(
        [sys.executable, *launcher, str(HERE / "grpo_ranks.py"), str(folder), kind, *loss_types],
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-4000:]
    return [torch.load(folder / f"{kind}-{loss_type}.pt") for loss_type in loss_types]


def assert_same_end(launcher, folder, loss_types):
    start = dict(tiny_llama(folder).named_parameters())
    plain_runs = launch(launcher, folder, "plain", loss_types)
    our_runs = launch(launcher, folder, "efficient", loss_types)

    for plain, ours in zip(plain_runs, our_runs, strict=True):
        assert plain["ranks"] == ours["ranks"] == 2
        assert max(row["forwarded/tokens"] for row in ours["history"]) < 0.7
        moved = max(float((weight - start[name]).abs().max()) for name, weight in plain["weights"].items())
        assert moved > 1e-2
        for name, weight in plain["weights"].items():
            label = f"{name}: {{}}".format
            torch.testing.assert_close(ours["weights"][name], weight, rtol=0, atol=1e-4 * moved, msg=label)


@pytest.mark.slow
def test_two_ranks_under_ddp_end_with_the_same_weights(tmp_path):
    assert_same_end(TORCHRUN, tmp_path, sorted(SUPPORTED_LOSS_TYPES))


@pytest.mark.slow
@pytest.mark.parametrize("stage", [2, 3])
def test_two_ranks_under_zero_end_with_the_same_weights(tmp_path, stage):
    pytest.importorskip("deepspeed")

    assert_same_end(deepspeed_launcher(tmp_path, stage), tmp_path, ["dapo"])
