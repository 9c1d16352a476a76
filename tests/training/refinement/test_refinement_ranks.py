"""Two ranks repair under DDP with LoRA: the same weights, no token lost, and the measure that one process takes."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

HERE = Path(__file__).parent


def started(folder, launcher):
    folder.mkdir()
    ran = subprocess.run(
        [sys.executable, *launcher, str(HERE / "refinement_ranks.py"), str(folder)],
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-4000:]
    return [torch.load(file) for file in sorted(folder.glob("rank-*.pt"))]


@pytest.mark.slow
def test_two_ranks_with_lora(tmp_path):
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    first, second = started(tmp_path / "two", launcher)
    (alone,) = started(tmp_path / "one", [])

    assert all("lora" in name for name in first["weights"])
    assert all(torch.equal(value, second["weights"][name]) for name, value in first["weights"].items())
    assert any(float(value.abs().max()) > 0 for name, value in first["weights"].items() if "lora_B" in name)
    assert first["measure"] == second["measure"] == alone["measure"]
    assert first["rows"] != second["rows"]
    for rank in (first, second):
        for _, ids, mask, sampled in rank["rows"]:
            assert [token for token, is_sampled in zip(ids, mask, strict=True) if is_sampled] == sampled
    assert first["logged"]["refinement/turns"] > 1.0
