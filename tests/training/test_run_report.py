"""What made a run's figures, in its report."""

import json

import pytest

from trl_rlvr.training import parse
from trl_rlvr.training.report import configuration, run_details, without_secrets, write_json


@pytest.fixture
def spec():
    return parse(["--config", "smollm2-135m-mbpp", "--use_cpu", "true", "--bf16", "false", "--seed", "5"])


def test_details_name_seed_timing_versions_hardware_and_every_option(spec):
    details = run_details(spec, {"training": 1.23456})

    assert (details["seed"], details["timing_s"]) == (5, {"training": 1.235})
    assert {"python", "trl-rlvr", "trl", "torch"} <= details["versions"].keys()
    assert details["hardware"]["processes"] == 1
    assert details["configuration"]["GRPOConfig"]["max_steps"] == 20
    assert details["configuration"]["ModelConfig"]["lora_r"] == 32
    assert details["configuration"]["DataConfig"]["data_name"] == "mbpp"


def test_every_part_of_the_specification_is_recorded(spec):
    assert configuration(spec).keys() == {type(part).__name__ for part in spec}


def test_tokens_and_keys_are_left_out():
    options = {"hub_token": "a", "api_key": "b", "seed": 1, "eos_token_ids": [2]}

    assert without_secrets(options) == {"seed": 1, "eos_token_ids": [2]}


def test_the_file_is_plain_json_in_a_folder_that_need_not_exist(tmp_path, spec):
    write_json(tmp_path / "new" / "report.json", run_details(spec, {}))

    assert json.loads((tmp_path / "new" / "report.json").read_text())["seed"] == 5
