"""Every command with input that it cannot use: one sentence, status 2, no traceback, and nothing has run."""

import json
import os
import re

import pytest
from huggingface_hub import constants

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
    ("score", "sandbox_backend fake runs no program", "p.jsonl rows.jsonl --sandbox_backend fake"),
    ("score", "no space is left on the disk", "p.jsonl rows.jsonl --output /dev/full"),
    # check
    ("check", "the following arguments are required: problems", ""),
    ("check", "unknown data set 'nothing'", "nothing"),
    ("check", "not valid JSON", "torn.jsonl"),
    ("check", "sandbox_require names 'nothing'", "p.jsonl --sandbox_require nothing"),
    ("check", "sandbox_backend fake runs no program", "p.jsonl --sandbox_backend fake"),
    # harden
    ("harden", "the following arguments are required: --output", "p.jsonl"),
    ("harden", "--tests is 0; give 1 or more", "p.jsonl --output o.jsonl --tests 0"),
    ("harden", "--limit is 0; give 1 or more", "p.jsonl --output o.jsonl --limit 0"),
    ("harden", "cannot write no/o.jsonl", "p.jsonl --output no/o.jsonl"),
    ("harden", "unknown data set 'nothing'", "nothing --output o.jsonl"),
    ("harden", "sandbox_memory_mib is 1", "p.jsonl --output o.jsonl --sandbox_memory_mib 1"),
    ("harden", "sandbox_backend fake runs no program", "p.jsonl --output o.jsonl --sandbox_backend fake"),
    # gap
    ("gap", "the following arguments are required: completions", "p.jsonl"),
    ("gap", "visible_tests is 'some'|visible", "p.jsonl rows.jsonl --visible some"),
    ("gap", "names task_id 9", "p.jsonl stranger.jsonl"),
    ("gap", "sandbox_workers is 0", "p.jsonl rows.jsonl --sandbox_workers 0"),
    ("gap", "sandbox_backend fake runs no program", "p.jsonl rows.jsonl --sandbox_backend fake"),
    # convert, push, doctor
    ("convert", "the following arguments are required: --output", "p.jsonl"),
    ("convert", "unknown data set 'nothing'", "nothing --output o.jsonl"),
    ("convert", "cannot write no/o.jsonl", "p.jsonl --output no/o.jsonl"),
    ("push", "the following arguments are required: run", ""),
    ("push", "nowhere", "nowhere"),
    ("doctor", "sandbox_require names 'nothing'", "--sandbox_require nothing"),
    ("doctor", "unrecognized arguments: --nope", "--nope"),
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

TRAINING = [
    ("learning_rate is -1.0; give 0 or more", "--learning_rate -1"),
    ("temperature is 0.0; give more than 0", "--temperature 0"),
    ("per_device_train_batch_size is 0", "--per_device_train_batch_size 0"),
    ("gradient_accumulation_steps is 0", "--gradient_accumulation_steps 0"),
    ("max_completion_length is 0", "--max_completion_length 0"),
    ("reward_weights has 2 number", "--reward_weights 1 2"),
    ("unknown reward preset 'nothing'", "--reward_preset nothing"),
    ("loss_type is 'nothing'; choose one of", "--loss_type nothing"),
    ("scale_rewards is 'False'; choose one of", "--scale_rewards False"),
    ("data_system_prompt has no place", "--data_system_prompt Hello"),
    ("sandbox_backend fake runs no program", "--sandbox_backend fake"),
    ("use_vllm needs 'vllm', which is not installed", "--use_vllm true"),
    ("load_in_4bit needs 'bitsandbytes'", "--load_in_4bit true"),
    ("flash_attention_2 needs 'flash_attn'", "--attn_implementation flash_attention_2"),
    ("report_to wandb needs its package", "--report_to wandb"),
    ("report_to is 'nothing'; choose none", "--report_to nothing"),
    ("output_dir '/proc/no' cannot be written to", "--output_dir /proc/no"),
    ("'./nowhere' does not exist", "--model_name_or_path ./nowhere"),
    ("'no/model' is no folder here, not in the cache, and the Hub cannot be", "--model_name_or_path no/model"),
    ("cannot resume from checkpoint 'nowhere'", "--resume_from_checkpoint nowhere"),
    ("push_to_hub needs a token", "--push_to_hub true"),
    ("held-out problems are trained on as well", "--data_train_split test"),
]
"""What `train` refuses before it loads a model."""


@pytest.fixture
def here(tmp_path, monkeypatch):
    for name, text in FILES.items():
        (tmp_path / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")  # where nothing listens
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr("trl_rlvr.training.run.load_processor", None)
    return tmp_path


def refused(capsys, here, command, complaint):
    """Run a command that must be refused, and hold its words and what it left behind to what they should be."""
    status = main(command)

    told = capsys.readouterr().err
    assert status == 2, told
    assert "Traceback" not in told
    assert told.count("\n") == 1, told
    assert re.search(complaint, told), told
    assert set(os.listdir(here)) - {"out"} == FILES.keys()
    assert not (here / "out").exists() or os.listdir(here / "out") == []


@pytest.mark.parametrize(("command", "complaint", "arguments"), COMMANDS, ids=lambda text: text or "none")
def test_a_command_refuses_input_that_it_cannot_use(here, capsys, command, complaint, arguments):
    refused(capsys, here, [*([command] if command else []), *arguments.split()], complaint)


@pytest.mark.parametrize("command", ["train", "eval"])
@pytest.mark.parametrize(("complaint", "arguments"), RUNS, ids=lambda text: text)
def test_a_run_refuses_options_that_it_cannot_use(here, capsys, command, complaint, arguments):
    refused(capsys, here, [command, *SHORT.split(), *arguments.split()], complaint)


@pytest.mark.parametrize(("complaint", "arguments"), TRAINING, ids=lambda text: text)
def test_training_refuses_what_it_cannot_use_before_it_loads_a_model(here, capsys, complaint, arguments):
    refused(capsys, here, ["train", *SHORT.split(), *arguments.split()], complaint)
