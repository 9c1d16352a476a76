"""A run on a file of one's own, by its name alone, with the problems on disk."""

import json

import pytest
from small_run import small_spec

from trl_rlvr.data.stored import LazyProblems
from trl_rlvr.training.run import open_run

pytestmark = pytest.mark.slow


def test_a_file_of_ones_own_trains_by_its_name_with_problems_on_disk(tmp_path):
    rows = [
        {"prompt": f"Write `add_{n}(x)`, which adds {n} to a number.", "tests": [f"assert add_{n}(1) == {n + 1}"]}
        | {"reference_solution": f"def add_{n}(x):\n    return x + {n}\n"}
        for n in range(1, 21)
    ]
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    options = {"data_name": str(path), "data_cache": str(tmp_path / "cache"), "data_check": "sample"}

    with open_run(small_spec(tmp_path / "out", max_steps=1, save_completions="false", **options)) as run:
        run.begin()
        measured = run.baseline()
        run.train()

        assert isinstance(run.heldout.problems, LazyProblems)
        assert run.trainer.train_dataset.cache_files
        assert (len(run.trainer.train_dataset), len(measured.outcomes)) == (18, 2)
        assert run.trainer.state.global_step == 1
