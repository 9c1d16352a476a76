"""`trl-rlvr harden` and `trl-rlvr gap`, end to end, on the sandbox that users get."""

import json

import pytest

from trl_rlvr.cli import main

PROBLEMS = [
    {
        "task_id": 1,
        "text": "Return the largest number of a list.",
        "code": "def largest(xs):\n    return max(xs)",
        "test_list": ["assert largest([3, 1, 2]) == 3", "assert largest([4, 9]) == 9"],
        "test_setup_code": "",
    },
    {"task_id": 2, "text": "Add one.", "test_list": ["assert inc(1) == 2"], "test_setup_code": ""},
]


def jsonl(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def rows_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def problems(tmp_path):
    return jsonl(tmp_path / "problems.jsonl", PROBLEMS)


def test_each_problem_is_written_in_order_with_its_new_tests(tmp_path, problems, capsys):
    output = tmp_path / "hard.jsonl"

    status = main(["harden", problems, "--output", str(output), "--tests", "4", "--mutants", "5"])

    rows = rows_of(output)
    told = capsys.readouterr().out
    assert status == 0
    assert [(row["task_id"], len(row["augmented_tests"])) for row in rows] == [(1, 4), (2, 0)]
    assert rows[0]["test_list"] == PROBLEMS[0]["test_list"]
    assert "1 of 2 problems have new tests" in told
    assert "1 not: it has no reference" in told


def test_the_same_command_writes_the_same_file(tmp_path, problems):
    first, second = tmp_path / "1.jsonl", tmp_path / "2.jsonl"

    for output in (first, second):
        main(["harden", problems, "--output", str(output), "--append"])

    assert first.read_text() == second.read_text()


@pytest.mark.parametrize("option", [["--tests", "0"], ["--mutants", "-1"], ["--limit", "0"]])
def test_options_out_of_range_are_refused_before_anything_is_written(option, tmp_path, problems, capsys):
    output = tmp_path / "hard.jsonl"

    assert main(["harden", problems, "--output", str(output), *option]) == 2
    assert f"{option[0]} is {option[1]}; give " in capsys.readouterr().err
    assert not output.exists()


def test_a_file_that_cannot_be_written_is_said_before_anything_runs(tmp_path, problems, capsys):
    assert main(["harden", problems, "--output", str(tmp_path / "no" / "where.jsonl")]) == 2
    assert "cannot write" in capsys.readouterr().err


def test_hard_coded_answers_show_as_a_gap(tmp_path, problems, capsys):
    hardened = tmp_path / "hard.jsonl"
    main(["harden", problems, "--output", str(hardened), "--limit", "1"])
    completions = [
        {"task_id": 1, "solution": "def largest(xs):\n    return sorted(xs)[-1]"},
        {"task_id": 1, "solution": "def largest(xs):\n    return {3: 3, 2: 9}[len(xs)]"},
        {"task_id": 1, "solution": "def largest(xs):\n    return 3"},
        {"task_id": 1, "solution": "def largest(xs):\n    return 0"},
    ]
    capsys.readouterr()

    status = main(["gap", str(hardened), jsonl(tmp_path / "rows.jsonl", completions), "--visible", "1"])

    assert status == 0
    assert capsys.readouterr().out.splitlines() == [
        "tests        pass rate",
        "visible         75.0 %",
        "hidden          50.0 %",
        "augmented       25.0 %",
        "66.7 % of those that pass the visible tests fail others",
        "4 completions",
    ]


@pytest.mark.slow
def test_mbpp_s_problems_can_be_hardened(tmp_path, mbpp_path, capsys):
    output = tmp_path / "hard.jsonl"

    main(["harden", str(mbpp_path), "--split", "test", "--limit", "20", "--output", str(output), "--mutants", "0"])

    rows = rows_of(output)
    assert sum(bool(row["augmented_tests"]) for row in rows) >= 16
