"""`trl-rlvr train`, `eval` and `filter`: the recipe from an installed package, in a folder without the repository."""

import json
import re

import pytest

from trl_rlvr.cli import main
from trl_rlvr.data import load_problems
from trl_rlvr.data.rows import problem_row
from trl_rlvr.problem import CodeProblem, IOTest

SHORT = {
    "max_steps": 1,
    "per_device_train_batch_size": 8,
    "gradient_accumulation_steps": 1,
    "num_generations": 4,
    "data_train_limit": 8,
    "data_test_limit": 3,
    "data_check": "none",
    "max_completion_length": 48,
    "sandbox_workers": 1,
}


def options(folder, **more):
    return [text for key, value in {"output_dir": folder, **SHORT, **more}.items() for text in (f"--{key}", str(value))]


@pytest.mark.slow
def test_train_without_configuration_runs_the_embedded_default(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    status = main(["train", *options(tmp_path)])

    told = capsys.readouterr().out
    assert status == 0
    assert "embedded default" in told
    assert "FINAL RESULTS" in told


@pytest.mark.slow
def test_eval_says_each_pass_at_k_of_held_out_problems_and_nothing_of_training(tmp_path, capsys):
    status = main(["eval", *options(tmp_path, heldout_samples=2), "--heldout_k", "1", "2"])

    told = capsys.readouterr().out
    assert status == 0
    assert re.search(r"^measured: pass@1 .* %, pass@2 .* %, mean reward .* on 3 held-out problems", told, re.MULTILINE)
    assert "training: " not in told
    assert "an iteration" not in told
    assert json.loads((tmp_path / "rlvr_eval.json").read_text())["pass_at"].keys() == {"1", "2"}


@pytest.mark.slow
def test_filter_takes_what_train_would_train_on_and_writes_the_problems_in_the_band(tmp_path, capsys):
    output = tmp_path / "kept.jsonl"

    status = main(["filter", "--output", str(output), *options(tmp_path, data_train_limit=4, heldout_samples=2)])

    told = capsys.readouterr().out
    kept = [json.loads(row)["task_id"] for row in output.read_text().splitlines()]
    assert status == 0
    assert "training: 4 problems" in told
    assert " on 4 training problems" in told
    assert "held-out" not in told
    assert f"kept {len(kept)}, " in told
    assert set(kept) <= {problem.task_id for problem in load_problems("starter", "train")[:4]}


def test_bad_bounds_are_refused_before_anything_is_sampled(tmp_path, capsys):
    assert main(["filter", "--output", str(tmp_path / "kept.jsonl"), "--low", "0.5", "--high", "0.5"]) == 2
    assert "no pass rate is above 0.5 and below 0.5" in capsys.readouterr().err


@pytest.mark.parametrize(
    "problem",
    [
        CodeProblem("a", "Add.", tests=("assert f(1) == 2",), reference_solution="def f(x):\n    return x + 1"),
        CodeProblem("b", "Add.", tests=("assert f(T(1)) == 2",), setup_code="T = int", entry_points=("f", "g")),
        CodeProblem("c", "Echo.", io_tests=(IOTest("1\n", "1\n"),), reference_cpu_s=0.5),
    ],
    ids=lambda problem: problem.task_id,
)
def test_a_written_problem_loads_to_an_equal_one(tmp_path, problem):
    path = tmp_path / "kept.jsonl"
    path.write_text(json.dumps(problem_row(problem)) + "\n")

    assert load_problems(str(path)) == [problem]


def test_an_unknown_option_is_one_sentence_and_status_2(tmp_path, capsys):
    assert main(["train", "--config", "absent.yaml"]) == 2
    assert "no configuration 'absent.yaml'" in capsys.readouterr().err
