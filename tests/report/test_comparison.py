"""Runs side by side: the difference is paired by problem, and what cannot be compared is refused."""

import pytest
from run_files import make_run

from trl_rlvr.cli import main
from trl_rlvr.errors import DataError
from trl_rlvr.report import compare_runs, read_run


def finished(folder, after):
    return read_run(make_run(folder, steps=1, count=1, before=dict.fromkeys(after, 0), after=after))


def test_the_difference_is_paired_over_the_problems_of_both(tmp_path):
    first = finished(tmp_path / "first", {"a": 0, "b": 1, "c": 2})
    second = finished(tmp_path / "second", {"a": 1, "b": 2, "d": 2})

    (found,) = compare_runs([first, second]).differences

    assert (found.problems, found.left_out, found.pass_at_1, found.interval) == (2, 2, 0.5, (0.5, 0.5))


def test_the_command_prints_each_run_and_each_difference(tmp_path, capsys):
    runs = [finished(tmp_path / name, {"a": count, "b": count}).path for name, count in (("x", 0), ("y", 1), ("z", 2))]

    assert main(["compare", *map(str, runs)]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["x", "y", "z"]
    assert lines[4:] == [
        "y less x: +50.0pp of pass@1, 95 % interval +50.0pp to +50.0pp, on 2 held-out problems",
        "z less x: +100.0pp of pass@1, 95 % interval +100.0pp to +100.0pp, on 2 held-out problems",
    ]


def test_runs_that_share_no_problem_are_refused(tmp_path):
    runs = [finished(tmp_path / "first", {"a": 1}), finished(tmp_path / "second", {"b": 1})]

    with pytest.raises(DataError, match="share no held-out problem"):
        compare_runs(runs)


def test_a_run_that_was_not_measured_is_refused(tmp_path):
    run = finished(tmp_path / "first", {"a": 1})
    (run.path / "rlvr_report.json").unlink()

    with pytest.raises(DataError, match="no measure of its trained policy"):
        compare_runs([read_run(run.path), run])


def test_one_run_is_not_compared(tmp_path, capsys):
    assert main(["compare", str(tmp_path)]) == 2
    assert "two runs or more" in capsys.readouterr().err
