"""Sets to measure on beside the run's own."""

import json

import pytest
from small_run import small_spec

from trl_rlvr.training import train

pytestmark = pytest.mark.slow


def write_set(path, name):
    tests = [f"assert {name}(1) == 2", f"assert {name}(4) == 5"]
    row = {"task_id": name, "prompt": f"Write `{name}`, which adds one to a number.", "tests": tests}
    path.write_text(json.dumps(row) + "\n")
    return str(path)


def test_every_set_is_measured_before_and_after(tmp_path):
    names = [write_set(tmp_path / "one.jsonl", "plus"), write_set(tmp_path / "two.jsonl", "add_one")]
    spec = small_spec(tmp_path / "out", heldout_data=names, max_steps=1, save_completions="false")

    report = train(spec)

    assert list(report.others) == names
    written = json.loads((tmp_path / "out" / "rlvr_report.json").read_text())
    assert [len(found["rlvr"]) > 0 for found in written["heldout_data"].values()] == [True, True]
    labels = [json.loads(line)["label"] for line in (tmp_path / "out" / "heldout.jsonl").read_text().splitlines()]
    places = ["", *(f" on {name}" for name in names)]
    assert labels == [f"{when}{place}" for when in ("baseline", "trained") for place in places]
