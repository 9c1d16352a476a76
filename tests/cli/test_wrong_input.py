"""Every command with input that it cannot use: one sentence, status 2, no traceback, and nothing has run."""

import json
import os
import re

import pytest

from trl_rlvr.cli import main

PROBLEM = {
    "task_id": 5001,
    "text": "Add one.",
    "code": "def inc(x):\n    return x + 1",
    "test_list": ["assert inc(1) == 2"],
    "test_setup_code": "",
}
SHORT = (
    "--max_steps 2 --data_train_limit 8 --data_test_limit 4 --data_check none --per_device_train_batch_size 8 "
    "--num_generations 4 --sandbox_workers 1 --output_dir out"
)
FILES = {
    "p.jsonl": json.dumps(PROBLEM),
    "rows.jsonl": json.dumps({"task_id": 5001, "solution": "def inc(x):\n    return x + 1"}),
    "torn.jsonl": '{"task_id": 5001, "solut',
    "array.jsonl": "[1]",
    "stranger.jsonl": json.dumps({"task_id": 9, "solution": ""}),
    "bytes.jsonl": "\udcff\udcfe",
    "torn.yaml": "max_steps: [1",
    "list.yaml": "- max_steps",
    "unknown.yaml": "max_step: 7",
    "type.yaml": "max_steps: many",
    "nested.yaml": "learning_rate: [1, 2]",
}

COMMANDS = [
    ("", "unknown command 'scor'", "scor"),
    # score
    ("score", "the following arguments are required: problems, completions", ""),
    ("score", "invalid int value: 'one'", "p.jsonl rows.jsonl --k one"),
    ("score", "unrecognized arguments: --nope", "p.jsonl rows.jsonl --nope"),
    ("score", "unknown data set 'nothing'", "nothing rows.jsonl"),
    ("score", "no such file: 'absent.jsonl'", "absent.jsonl rows.jsonl"),
    ("score", "cannot read absent.jsonl", "p.jsonl absent.jsonl"),
    ("score", "torn.jsonl, line 1 is not JSON", "p.jsonl torn.jsonl"),
    ("score", "array.jsonl, line 1 is list", "p.jsonl array.jsonl"),
    ("score", "names task_id 9", "p.jsonl stranger.jsonl"),
    ("score", "not UTF-8|not JSON|cannot read bytes.jsonl", "p.jsonl bytes.jsonl"),
    ("score", "--k is 0; give 1 or more", "p.jsonl rows.jsonl --k 0"),
    ("score", "--k is 5, but task_id '5001' has 1 row", "p.jsonl rows.jsonl --k 1 5"),
    ("score", "cannot write no/out.jsonl: No such file", "p.jsonl rows.jsonl --output no/out.jsonl"),
    ("score", "cannot write .: Is a directory", "p.jsonl rows.jsonl --output ."),
    ("score", "has no split 'tset'|no split|splits", "starter rows.jsonl --split tset"),
    ("score", "sandbox_memory_mib is 1; give 64 or more", "p.jsonl rows.jsonl --sandbox_memory_mib 1"),
    ("score", "sandbox_require names 'nothing'", "p.jsonl rows.jsonl --sandbox_require nothing"),
    ("score", "sandbox_packages names 'nosuchpkg'", "p.jsonl rows.jsonl --sandbox_packages nosuchpkg"),
    ("score", "unknown sandbox backend 'dokcer'", "p.jsonl rows.jsonl --sandbox_backend dokcer"),
    ("score", "sandbox_workers is 0", "p.jsonl rows.jsonl --sandbox_workers 0"),
    ("score", "cpu_s is -1.0; ", "p.jsonl rows.jsonl --sandbox_cpu_s -1"),
    # check
    ("check", "the following arguments are required: problems", ""),
    ("check", "unknown data set 'nothing'", "nothing"),
    ("check", "not valid JSON", "torn.jsonl"),
    ("check", "sandbox_require names 'nothing'", "p.jsonl --sandbox_require nothing"),
    # harden
    ("harden", "the following arguments are required: --output", "p.jsonl"),
    ("harden", "--tests is 0; give 1 or more", "p.jsonl --output o.jsonl --tests 0"),
    ("harden", "--limit is 0; give 1 or more", "p.jsonl --output o.jsonl --limit 0"),
    ("harden", "cannot write no/o.jsonl", "p.jsonl --output no/o.jsonl"),
    ("harden", "unknown data set 'nothing'", "nothing --output o.jsonl"),
    ("harden", "sandbox_memory_mib is 1", "p.jsonl --output o.jsonl --sandbox_memory_mib 1"),
    # gap
    ("gap", "the following arguments are required: completions", "p.jsonl"),
    ("gap", "visible_tests is 'some'|visible", "p.jsonl rows.jsonl --visible some"),
    ("gap", "names task_id 9", "p.jsonl stranger.jsonl"),
    ("gap", "sandbox_workers is 0", "p.jsonl rows.jsonl --sandbox_workers 0"),
    # filter
    ("filter", "the following arguments are required: --output", ""),
    ("filter", "no pass rate is above 0.5 and below 0.5", "--output o.jsonl --low 0.5 --high 0.5"),
    ("filter", "cannot write no/o.jsonl: No such file", "--output no/o.jsonl"),
    ("filter", "give --data_train_split", "--output o.jsonl --data_test_split test"),
    ("filter", "unknown option --max_step; did you mean --max_steps", "--output o.jsonl --max_step 1"),
]

RUNS = [
    ("argument --config: expected one argument", "--config"),
    ("no configuration 'absent.yaml'", "--config absent.yaml"),
    ("torn.yaml is not YAML", "--config torn.yaml"),
    ("list.yaml holds list", "--config list.yaml"),
    ("unknown key max_step; did you mean max_steps", "--config unknown.yaml"),
    ("invalid int value: 'many'|give a whole number", "--config type.yaml"),
    (r"learning_rate is \[1, 2\]; give a number", "--config nested.yaml"),
    ("unknown option --max_step; did you mean --max_steps", "--max_step 1"),
    ("invalid float value: 'fast'", "--learning_rate fast"),
    ("heldout_k is .*give heldout_samples 4 or more", "--heldout_k 4"),
    ("sandbox_memory_mib is 1; give 64 or more", "--sandbox_memory_mib 1"),
    ("sandbox_require names 'nothing'", "--sandbox_require nothing"),
    ("sandbox_packages names 'nosuchpkg'", "--sandbox_packages nosuchpkg"),
    ("data_check|invalid choice", "--data_check some"),
]
"""What `train` and `eval` refuse alike."""


@pytest.fixture
def here(tmp_path, monkeypatch):
    for name, text in FILES.items():
        (tmp_path / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(capsys, here, command, complaint):
    """Run a command that must be refused, and hold its words and what it left behind to what they should be."""
    status = main(command)

    told = capsys.readouterr().err
    assert status == 2, told
    assert "Traceback" not in told
    assert told.count("\n") == 1, told
    assert re.search(complaint, told), told
    assert set(os.listdir(here)) == FILES.keys()


@pytest.mark.parametrize(("command", "complaint", "arguments"), COMMANDS, ids=lambda text: text or "none")
def test_a_command_refuses_input_that_it_cannot_use(here, capsys, command, complaint, arguments):
    refused(capsys, here, [*([command] if command else []), *arguments.split()], complaint)


@pytest.mark.parametrize("command", ["train", "eval"])
@pytest.mark.parametrize(("complaint", "arguments"), RUNS, ids=lambda text: text)
def test_a_run_refuses_options_that_it_cannot_use(here, capsys, command, complaint, arguments):
    refused(capsys, here, [command, *SHORT.split(), *arguments.split()], complaint)
