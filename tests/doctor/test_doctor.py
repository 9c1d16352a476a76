import subprocess
import sys
import textwrap
from string import Template

import pytest
from support.arena import NAMESPACES

from trl_rlvr.cli.doctor import main
from trl_rlvr.doctor import report
from trl_rlvr.doctor.attacks import ATTACKS, surroundings
from trl_rlvr.errors import ConfigError
from trl_rlvr.sandbox.backends.fake import FakeSandbox
from trl_rlvr.sandbox.backends.process import ProcessSandbox
from trl_rlvr.verdict import ExecutionResult, Verdict

WORKS_UNCONFINED = (
    "read a secret from the trainer's environment",
    "read a file of the host",
    "write to a file of the host",
    "connect to a server on this machine",
    "start a process",
    "signal the trainer",
    "lower the trainer's own limits",
    "call the kernel past Python: ptrace, new namespaces, memory files",
    "store 256 MiB of files",
)


def attack(aim: str):
    (found,) = (one for one in ATTACKS if one.aim == aim)
    return found


def test_every_attack_is_held_here(capsys):
    status = report.show()

    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("held") for line in lines) == len(ATTACKS)
    assert lines[-1] == f"{len(ATTACKS)} of {len(ATTACKS)} attacks were held."
    assert status == 0


def test_every_attack_is_held_without_namespaces(monkeypatch, capsys):
    def open_without(config):
        return ProcessSandbox(limits=config.limits(), off=NAMESPACES)

    monkeypatch.setattr(report, "open_sandbox", open_without)

    assert report.show() == 0
    assert capsys.readouterr().out.count("\nheld ") == len(ATTACKS)


@pytest.mark.parametrize("aim", WORKS_UNCONFINED)
def test_the_attack_works_where_nothing_holds_it(aim, tmp_path):
    with surroundings() as known:
        code = Template(textwrap.dedent(attack(aim).code)).safe_substitute(known) + "\nprint(answer())"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=60)

    assert "done" in done.stdout.split(), done.stderr


def test_layers_only_runs_nothing(capsys):
    assert report.show(layers_only=True) == 0

    out = capsys.readouterr().out
    assert "seccomp" in out
    assert "held" not in out


def test_a_required_layer_that_there_is_none_of_is_refused():
    with pytest.raises(ConfigError, match="sandbox_require names 'time_travel'; choose from capabilities"):
        main(["--layers-only", "--sandbox_require", "time_travel"])


def test_the_table_gives_reason_and_meaning_of_a_missing_layer():
    table = report.layer_table([("seccomp", True, "allow-list"), ("pid_ns", False, "unshare: Operation not permitted")])

    _, seccomp, pid_ns = table.splitlines()
    assert seccomp.split() == ["seccomp", "on", "allow-list"]
    assert pid_ns == ("pid_ns         off  unshare: Operation not permitted (programs see that other processes exist)")


@pytest.mark.parametrize(
    ("verdict", "held", "word"),
    [
        (Verdict.PASSED, False, "GOT THROUGH"),
        (Verdict.SANDBOX_ERROR, False, "NO VERDICT"),
        (Verdict.CRASHED, True, "held"),
        (Verdict.TIMEOUT, True, "held"),
    ],
)
def test_only_a_verdict_other_than_passed_counts_as_held(verdict, held, word):
    result = ExecutionResult.uniform(verdict, 1, "why")

    assert report.outcome_line(ATTACKS[0], result)[0] is held
    assert report.outcome_line(ATTACKS[0], result)[1].startswith(word)


def test_an_attack_that_gets_through_makes_the_exit_status_1(monkeypatch, capsys):
    monkeypatch.setattr(report, "open_sandbox", lambda config: FakeSandbox())

    assert report.show() == 1
    assert f"0 of {len(ATTACKS)} attacks were held." in capsys.readouterr().out
