"""A sandbox that fails on one rank ends the run on all of them, with its reason and not by a collective's timeout."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_policy import tiny_llama

from trl_rlvr.errors import SandboxError
from trl_rlvr.training.ranks import agreed

HERE = Path(__file__).parent


@pytest.mark.slow
def test_an_error_of_one_rank_is_raised_on_all(tmp_path):
    tiny_llama(tmp_path)
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]

    run = subprocess.run(
        [sys.executable, *launcher, str(HERE / "stopping_ranks.py"), str(tmp_path)],
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        timeout=600,
    )

    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-4000:]
    said = {file.name: file.read_text() for file in tmp_path.glob("*.txt")}
    files = [f"{part}-{rank}.txt" for part in ("rewards", "turns", "visible") for rank in range(2)]
    assert said == dict.fromkeys(files, "SandboxFaultRateError: 9 of the last 10 programs could not be verified")


def test_a_rank_with_an_error_takes_part_in_what_it_has_missed():
    missed: list[str] = []

    def stops() -> None:
        raise SandboxError("no sandbox")

    with pytest.raises(SandboxError, match="no sandbox"):
        agreed(stops, lambda: missed.append("gathered"))
    assert missed == ["gathered"]
    assert agreed(lambda: 3, lambda: 4) == 3
