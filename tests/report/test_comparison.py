"""Runs side by side: the difference is paired by problem, and what cannot be compared is refused."""

import json

import pytest
from run_files import evaluation, make_run

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
        "y less x: +50.0pp of pass@1, 95 % interval +50.0pp to +50.0pp, on 2 held-out problems; "
        "+0.0pp are format, +50.0pp are skill (+50.0pp to +50.0pp)",
        "z less x: +100.0pp of pass@1, 95 % interval +100.0pp to +100.0pp, on 2 held-out problems; "
        "+0.0pp are format, +100.0pp are skill (+100.0pp to +100.0pp)",
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


def test_seeds_are_pooled_with_an_interval_over_problems_and_seeds(tmp_path, capsys):
    before = finished(tmp_path / "base", dict.fromkeys("abcdefgh", 0))
    seeds = [
        finished(tmp_path / name, dict.fromkeys("abcdefgh", count)) for name, count in (("s0", 0), ("s1", 1), ("s2", 2))
    ]

    assert main(["compare", "--pool", *(str(run.path) for run in (before, *seeds))]) == 0

    line = capsys.readouterr().out.splitlines()[-1]
    assert line.startswith("mean of s0, s1, s2 less base: +50.0pp of pass@1, 95 % interval +0.0pp to +100.0pp, on 8 ")


def measured(folder, **verdicts):
    """A folder of `eval` with one sample a problem."""
    folder.mkdir()
    counts = {
        task: {"samples": 1, "passed": int(verdict == "passed"), "malformed": int(verdict == "cut")}
        for task, verdict in verdicts.items()
    }
    figures = evaluation(dict.fromkeys(verdicts, 0)).as_dict() | {"by_problem": counts}
    (folder / "rlvr_eval.json").write_text(json.dumps(figures))
    return str(folder)


def test_measures_alone_are_compared_and_format_is_told_from_skill(tmp_path, capsys):
    before = measured(tmp_path / "base", a="cut", b="wrong", c="passed", d="cut")
    after = measured(tmp_path / "trained", a="passed", b="passed", c="passed", d="wrong")

    assert main(["compare", before, after]) == 0

    line = capsys.readouterr().out.splitlines()[-1]
    assert line.endswith("; +25.0pp are format, +25.0pp are skill (+0.0pp to +75.0pp)")


def test_a_folder_that_does_not_tell_format_apart_has_no_split(tmp_path):
    before, after = (read_run(measured(tmp_path / name, a="wrong")) for name in ("base", "trained"))
    before.report["rlvr"]["by_problem"]["a"].pop("malformed")

    (found,) = compare_runs([before, after]).differences

    assert (found.pass_at_1, found.skill) == (0.0, None)
