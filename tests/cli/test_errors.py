"""Whatever ends a command is one sentence and a status; `--debug` shows the traceback."""

import json
import os
import signal
from pathlib import Path

import pytest
from huggingface_hub.errors import LocalEntryNotFoundError
from jinja2 import TemplateError

from trl_rlvr.cli import main
from trl_rlvr.cli.errors import run_command, split_debug
from trl_rlvr.errors import ConfigError, SandboxError
from trl_rlvr.sandbox.backends.process import ProcessSandbox


def raising(error):
    def command(*arguments, **options):
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (ConfigError("low is 2; give 1"), 2, "low is 2; give 1"),
        (SandboxError("no worker"), 1, "no worker"),
        (OSError(28, "No space left on device", "out.jsonl"), 2, "no space is left on the disk for 'out.jsonl'"),
        (PermissionError(13, "Permission denied", "/x"), 2, "cannot use '/x': Permission denied"),
        (ValueError("several\n  lines"), 2, "several lines"),
        (ImportError("install vllm"), 2, "a package is missing: install vllm"),
        (TemplateError("System role not supported"), 2, "chat template does not take these messages: System role"),
        (RuntimeError("CUDA error"), 1, "RuntimeError: CUDA error (unexpected; the traceback is in "),
        (ValueError("\x1b[2J"), 2, "\\x1b[2J"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_an_error_is_one_sentence_with_its_status(error, status, text, capsys):
    assert run_command("prog", raising(error)) == status

    told = capsys.readouterr().err
    assert told.startswith("prog: ")
    assert told.count("\n") == 1
    assert text in told


def test_an_error_of_the_hub_says_so(capsys):
    assert run_command("prog", raising(LocalEntryNotFoundError("no network\n\nand no cache"))) == 2
    assert "the Hugging Face Hub cannot be used: no network and no cache" in capsys.readouterr().err


def test_the_traceback_of_an_unexpected_error_is_kept(capsys):
    run_command("prog", raising(KeyError("lost")))

    kept = Path(capsys.readouterr().err.rpartition(" in ")[2].strip(")\n"))
    assert "KeyError: 'lost'" in kept.read_text()
    kept.unlink()


def test_debug_shows_the_traceback_before_the_sentence(capsys):
    assert main(["score", "no-such-set", "rows.jsonl", "--debug"]) == 2

    told = capsys.readouterr().err
    assert told.startswith("Traceback")
    assert "unknown data set" in told.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "rest", "debug"),
    [
        (["train", "--debug", "underflow_overflow"], ["train", "--debug", "underflow_overflow"], False),
        (["train", "--debug", "x", "--debug"], ["train", "--debug", "x"], True),
        (["train", "--debug", "--max_steps", "1"], ["train", "--max_steps", "1"], True),
        (["--debug", "train"], ["train"], True),
        (["train"], ["train"], False),
    ],
)
def test_a_bare_debug_is_ours_and_one_with_a_value_is_of_transformers(arguments, rest, debug):
    assert split_debug(arguments) == (debug, rest)


def test_sigterm_unwinds_the_stack_and_is_status_143(capsys):
    closed = []

    def command():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            signal.pause()
        finally:
            closed.append(True)

    assert run_command("prog", command) == 143
    assert capsys.readouterr().err == "prog: terminated\n"
    assert closed == [True]
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_ranks_say_once_what_all_of_them_raise(monkeypatch, capsys):
    monkeypatch.setenv("RANK", "1")

    assert run_command("prog", raising(ConfigError("low is 2"))) == 2
    assert run_command("prog", raising(SandboxError("no worker"))) == 1
    assert capsys.readouterr().err == "prog, rank 1: no worker\n"


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_is_told(option, capsys):
    import trl_rlvr

    assert main([option]) == 0
    assert capsys.readouterr().out == f"trl-rlvr {trl_rlvr.__version__}\n"


@pytest.mark.parametrize(
    "command",
    ["check p.jsonl", "harden p.jsonl --output o.jsonl", "gap p.jsonl rows.jsonl", "score p.jsonl rows.jsonl"],
)
def test_ctrl_c_is_one_line_and_status_130(tmp_path, monkeypatch, capsys, command):
    problem = {"task_id": 1, "prompt": "Add one.", "tests": ["assert inc(1) == 2"], "reference_solution": "inc = abs"}
    (tmp_path / "p.jsonl").write_text(json.dumps(problem))
    (tmp_path / "rows.jsonl").write_text(json.dumps({"task_id": 1, "solution": "def inc(x): return x + 1"}))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ProcessSandbox, "run", raising(KeyboardInterrupt()))

    assert main([*command.split(), "--sandbox_workers", "1"]) == 130
    assert capsys.readouterr().err == f"trl-rlvr {command.split()[0]}: interrupted\n"
    assert sorted(os.listdir(tmp_path)) == ["p.jsonl", "rows.jsonl"]
