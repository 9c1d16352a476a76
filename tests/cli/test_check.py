"""`trl-rlvr check`: the problems to set aside, with their reasons."""

import json

import pytest

from trl_rlvr.cli import main


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


@pytest.mark.slow
def test_the_starter_set_has_nothing_to_set_aside(capsys):
    assert main(["check", "starter", "--split", "test"]) == 0
    assert capsys.readouterr().out == ""
