"""Two ranks draw the same problems and remember the same, though each hears only its own completions."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_policy import tiny_llama


@pytest.mark.slow
def test_two_ranks_share_one_curriculum(tmp_path):
    tiny_llama(tmp_path)
    script = Path(__file__).parent / "curriculum_ranks.py"
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    run = subprocess.run(
        [sys.executable, *launcher, str(script), str(tmp_path)],
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-4000:]
    first, second = (json.loads((tmp_path / f"rank{rank}.json").read_text()) for rank in range(2))

    assert first["state"] == second["state"]
    assert first["state"]["iteration"] == 3
    drawn = {task_id for rank in (first, second) for batch in rank["batches"] for task_id, _ in batch}
    assert set(first["state"]["pass_rates"]) == drawn
    sizes = [[len(batch) for batch in rank["batches"]] for rank in (first, second)]
    assert sizes[0] == sizes[1]
    assert len(sizes[0]) > 3  # at least one refill
    assert first["tokens"] == second["tokens"] == first["own_tokens"] + second["own_tokens"]
    for batch, other in zip(first["batches"], second["batches"], strict=True):
        assert not {task_id for task_id, _ in batch} & {task_id for task_id, _ in other}
