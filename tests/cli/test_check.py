"""`trl-rlvr check`: the problems to set aside, with their reasons."""

import json

import pytest

from trl_rlvr.cli import main
from trl_rlvr.progress import progress


def problem(task_id, code, *tests):
    return {"task_id": task_id, "text": "Do it.", "code": code, "test_list": list(tests), "test_setup_code": ""}


def test_a_wrong_reference_and_a_test_that_anything_passes_are_listed(tmp_path, capsys):
    rows = [
        problem(5001, "def inc(x):\n    return x + 1", "assert inc(1) == 2", "assert inc(5) == 6"),
        problem(5002, "def inc(x):\n    return x", "assert inc(1) == 2"),
        problem(5003, "def inc(x):\n    return x + 1", "assert inc(1) != 5"),
    ]
    path = tmp_path / "problems.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))

    status = main(["check", str(path)])

    told = capsys.readouterr()
    listed = dict(line.split("\t") for line in told.out.splitlines())
    assert status == 0
    assert listed.keys() == {"5002", "5003"}
    assert "reference" in listed["5002"]
    assert "wrong program passes" in listed["5003"]
    assert "2 of 3 problems to set aside" in told.err


def test_what_must_run_together_with_the_solution_is_listed_with_its_reason(tmp_path, capsys):
    path = tmp_path / "problems.jsonl"
    save = "def save(x):\n    with open('f', 'w') as file:\n        file.write(str(x + 1))"
    path.write_text(json.dumps(problem(5001, save, "save(1)\nassert open('f').read() == '2'")) + "\n")

    assert main(["check", str(path)]) == 0
    assert "1 of 1 problems to set aside" in capsys.readouterr().err
    assert main(["check", str(path), "--sandbox_tests", "together_where_needed"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("5001\tis judged together with the solution: its reference solution fails test 0")
    assert "0 of 1 problems to set aside, 1 are judged together with the solution" in told.err


def test_a_problem_without_a_reference_is_said_not_to_have_been_checked(tmp_path, capsys):
    path = tmp_path / "problems.jsonl"
    row = problem("t\x1b[2J", "", "assert inc(1) == 2")
    del row["code"]
    path.write_text(json.dumps(row) + "\n")

    assert main(["check", str(path)]) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == (
        "0 of 1 problems to set aside; 1 could not be checked but by wrong programs, since they have no reference "
        "solution: t\\x1b[2J\n"
    )


def test_a_task_id_cannot_forge_a_line_or_move_the_cursor(tmp_path, capsys):
    path = tmp_path / "problems.jsonl"
    path.write_text(json.dumps(problem("a\n7\tfine\x1b[1A", "def inc(x):\n    return x", "assert inc(1) == 2")) + "\n")

    main(["check", str(path)])

    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(r"a\n7\tfine\x1b[1A" + "\t")


def test_plain_lines_tell_how_far_it_is_where_there_is_no_terminal(monkeypatch, capsys):
    monkeypatch.setattr("trl_rlvr.progress._EVERY_S", 0.0)

    with progress(3, "problem") as advance:
        advance(1)
        advance(2)

    assert capsys.readouterr().err == "1 of 3 problems\n"


@pytest.mark.slow
def test_the_starter_set_has_nothing_to_set_aside(capsys):
    assert main(["check", "starter", "--split", "test"]) == 0
    assert capsys.readouterr().out == ""
