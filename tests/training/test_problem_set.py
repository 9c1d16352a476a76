"""The problems of a run: proven at the gate, reported when set aside, never with their reference."""

import json
from dataclasses import replace

import pytest

from trl_rlvr.data import DataConfig, LoadOptions, load_data
from trl_rlvr.data.rows import problem_row
from trl_rlvr.data.stored import LazyProblems
from trl_rlvr.errors import DataError
from trl_rlvr.problem import CodeProblem
from trl_rlvr.sandbox import SandboxConfig
from trl_rlvr.training.problem_set import CHECK_SAMPLE, prepare_problems

INC = "def inc(x):\n    return x + 1"
GOOD = CodeProblem("good", "Add one.", tests=("assert inc(1) == 2",), reference_solution=INC)
BAD = CodeProblem("bad", "Add one.", tests=("assert inc(1) == 3",), reference_solution=INC)
WEAK = CodeProblem("weak", "Add one.", tests=("assert inc(1) != 3",), reference_solution=INC)

CALLS = CodeProblem(
    "calls", "Add two.", tests=("assert add(1) == 3",), reference_solution="def add(x):\n    return x + 2"
)


def prepared(problems, check="all", tokenizer=None, **data):
    data = DataConfig(data_check=check, data_prompt_style="completion", **data)
    return prepare_problems(problems, data, SandboxConfig(sandbox_workers=1), tokenizer, seed=0)


def test_what_cannot_be_scored_fairly_is_set_aside_with_its_reason():
    found = prepared([GOOD, BAD, WEAK])

    assert [problem.task_id for problem in found.problems] == ["good"]
    assert found.set_aside.keys() == {"bad", "weak"}
    assert "fails test 0" in found.set_aside["bad"]
    assert "wrong program passes" in found.set_aside["weak"]


def test_the_report_counts_and_names_them():
    told = prepared([GOOD, BAD, WEAK]).describe("training").splitlines()

    assert told[0] == "training: 1 problems; 2 of 3 checked are set aside, 0 have too long a prompt"
    assert told[1].startswith("  bad: its reference")
    assert len(told) == 3


def test_no_check_sets_nothing_aside():
    found = prepared([GOOD, BAD], check="none")

    assert (len(found.problems), found.checked, found.set_aside) == (2, 0, {})


def test_a_sample_runs_every_reference_and_wrong_programs_on_some():
    many = [replace(WEAK, task_id=f"weak {n}") for n in range(CHECK_SAMPLE + 5)]

    found = prepared([*many, BAD], check="sample")

    weak = [task_id for task_id, reason in found.set_aside.items() if "wrong program passes" in reason]
    assert CHECK_SAMPLE - 1 <= len(weak) <= CHECK_SAMPLE
    assert "fails test 0" in found.set_aside["bad"]
    assert all(problem.reference_cpu_s is not None for problem in found.problems)


def test_a_checked_problem_knows_what_its_reference_costs():
    assert prepared([GOOD]).problems[0].reference_cpu_s is not None


def test_nothing_left_is_an_error_with_a_reason():
    with pytest.raises(DataError, match="all 1 problems are set aside, the first one because its reference"):
        prepared([BAD])


def test_rows_and_problems_stay_in_step_when_prompts_are_too_long():
    class Words:
        def __call__(self, text):
            return {"input_ids": text.split()}

    long = CodeProblem("long", "Add one, " * 50, tests=("assert inc(1) == 2",))

    found = prepared([long, GOOD], check="none", tokenizer=Words(), data_max_prompt_tokens=20)

    assert [problem.task_id for problem in found.problems] == list(found.dataset["task_id"]) == ["good"]
    assert found.too_long == 1


def test_the_reference_is_in_no_column():
    assert "x + 1" not in str(prepared([GOOD]).dataset[0])


def test_problems_on_disk_are_checked_and_put_to_the_model_without_being_held(tmp_path, monkeypatch):
    monkeypatch.setattr("trl_rlvr.training.problem_set.CHUNK", 2)
    file = tmp_path / "own.jsonl"
    file.write_text("".join(json.dumps(problem_row(problem)) + "\n" for problem in (GOOD, BAD, WEAK, CALLS)))
    loaded = load_data(str(file), None, LoadOptions(cache=str(tmp_path / "cache"))).problems

    found = prepared(loaded, data_cache=str(tmp_path / "cache"))
    in_memory = prepared([*loaded])

    assert isinstance(found.problems, LazyProblems)
    assert [problem.task_id for problem in found.problems] == list(found.dataset["task_id"]) == ["good", "calls"]
    assert found.set_aside == in_memory.set_aside
    assert found.problems[0].reference_cpu_s == found.dataset[0]["reference_cpu_s"] > 0
    assert found.dataset.cache_files
