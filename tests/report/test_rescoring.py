"""Completions scored again: what differs is counted, what cannot be scored is said, nothing silently becomes 0."""

import json

import pytest
from run_files import metric_rows

from trl_rlvr.cli import main
from trl_rlvr.data import load_problems
from trl_rlvr.json_lines import write_rows


@pytest.fixture
def run(tmp_path):
    """A run of one update on two starter problems; one stored verdict is wrong, one problem is of another set."""
    folder = tmp_path / "run"
    first, second = load_problems("starter", "train")[:2]
    texts = [(first, first.reference_solution, "wrong_answer", -0.5), (first, "no code here", "no_code", -0.5)]
    texts += [(second, f"def {second.entry_point}(x): return None", "wrong_answer", -0.5)]
    rows = [
        {"step": 1, "task_id": p.task_id, "prompt": p.prompt, "completion": text, "verdict": verdict,
         "rewards": {"graded": reward}}
        for p, text, verdict, reward in texts
    ]  # fmt: skip
    write_rows(folder / "completions" / "step-000001.jsonl", [*rows, rows[0] | {"task_id": "elsewhere"}])
    write_rows(folder / "metrics.jsonl", metric_rows([0.1]))
    (folder / "_rlvr_config.yaml").write_text("data_name: starter\nsandbox_workers: 1\nreward_preset: graded\n")
    return folder


def test_the_difference_of_verdicts_and_rewards_is_said(run, tmp_path, capsys):
    output = tmp_path / "again.jsonl"

    assert main(["rescore", str(run), "--reward_preset", "binary", "--output", str(output)]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "3 completions scored again: 1 verdicts differ",
        "  wrong_answer -> passed  1",
        "mean reward -0.500 -> +0.333; 3 of 3 rewards differ",
        "1 completions are left out: their problem is not among those loaded",
    ]
    rows = [json.loads(line) for line in output.read_text().splitlines()]
    assert [(row["row"], row["new_verdict"], row["new_rewards"]) for row in rows] == [
        (0, "passed", {"binary": 1.0}),
        (1, "no_code", {"binary": 0.0}),
        (2, "wrong_answer", {"binary": 0.0}),
    ]
    assert rows[0]["rewards"] == {"graded": -0.5}


def test_a_run_without_completions_is_refused(run, capsys):
    (run / "completions" / "step-000001.jsonl").unlink()

    assert main(["rescore", str(run)]) == 2
    assert "holds no completions" in capsys.readouterr().err
