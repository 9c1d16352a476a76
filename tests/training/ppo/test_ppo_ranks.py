"""Two ranks, under DDP and ZeRO, end with the weights of one rank on the same batch, critic and export included."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from test_grpo_ranks import TORCHRUN, deepspeed_launcher
from tiny_policy import tiny_llama

from trl_rlvr.training.ppo.critic import is_critics

HERE = Path(__file__).parent


def launch(launcher, folder, name, critics):
    run = subprocess.run(
        [sys.executable, *launcher, str(HERE / "ppo_ranks.py"), str(folder), name, *critics],
        env={
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "CUDA_VISIBLE_DEVICES": "",
            "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parent)]),
            "TRL_EXPERIMENTAL_SILENCE": "1",
        },
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-4000:]
    return {critic: torch.load(folder / f"{name}-{critic}.pt") for critic in critics}


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """What one rank ends with, by critic."""
    folder = tmp_path_factory.mktemp("ranks")
    start = {name: weight.detach().clone() for name, weight in tiny_llama(folder).named_parameters()}
    return folder, start, launch([], folder, "alone", ["head", "adapter"])


def assert_same_end(launcher, alone, name, critics):
    folder, _, expected = alone
    found = launch(launcher, folder, name, critics)

    for critic in critics:
        one, two = expected[critic], found[critic]
        assert (one["ranks"], two["ranks"]) == (1, 2)
        head = next(weight for key, weight in one["weights"].items() if key.endswith("critic.head.weight"))
        assert float(head.abs().max()) > 1e-3
        for key, weight in one["weights"].items():
            torch.testing.assert_close(two["weights"][key], weight, rtol=1e-3, atol=2e-5, msg=f"{key}: {{}}".format)
        for figure in ("ppo/explained_variance", "ppo/value_loss", "ppo/return_mean"):
            wanted = [row[figure] for row in one["history"]]
            assert [row[figure] for row in two["history"]] == pytest.approx(wanted, rel=1e-3, abs=1e-5)
        (exported,) = (folder / f"{name}-{critic}").glob("*.safetensors")
        assert [key for key in load_file(exported) if is_critics(key)] == []
        critics_own = load_file(folder / f"{name}-{critic}" / "critic" / "weights.safetensors")
        torch.testing.assert_close(critics_own["critic.head.weight"], head, rtol=1e-3, atol=2e-5)


@pytest.mark.slow
def test_two_ranks_under_ddp_end_with_the_weights_of_one(alone):
    assert_same_end(TORCHRUN, alone, "ddp", ["head", "adapter"])


@pytest.mark.slow
@pytest.mark.parametrize("stage", [2, 3])
def test_two_ranks_under_zero_end_with_the_weights_of_one(alone, stage):
    pytest.importorskip("deepspeed")
    launcher = deepspeed_launcher(alone[0], stage)
    file = alone[0] / "accelerate.yaml"  # DeepSpeed would clip policy and critic together: here nothing is clipped
    text = file.read_text().replace("gradient_clipping: 1.0", "gradient_clipping: 100.0")
    file.write_text(text.replace("zero3_init_flag", "zero3_save_16bit_model: true\n  zero3_init_flag"))

    assert_same_end(launcher, alone, f"zero{stage}", ["head", "adapter"])
