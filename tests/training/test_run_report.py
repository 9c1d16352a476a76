"""What made a run's figures, in its report."""

import json

import pytest

from trl_rlvr.training import parse
from trl_rlvr.training.report import configuration, run_details


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


def test_nothing_secret_and_no_folder_of_this_host_is_in_the_report(monkeypatch):
    monkeypatch.setattr("sys.argv", ["/home/alice/bin/trl-rlvr", "train", "--hub_token", "s3cret", "--x=/home/alice/y"])
    options = [
        *(
            "--hub_token",
            "s3cret",
            "--model_init_kwargs",
            '{"token": "s3cret"}',
            "--data_name",
            "/home/alice/mine.jsonl",
        ),
        *("--vllm_server_base_url", "http://alice:s3cret@host:8000", "--output_dir", "/home/alice/out"),
    ]
    spec = parse(["--config", "embedded-starter", *options])

    text = json.dumps(run_details(spec, {}))

    assert "s3cret" not in text
    assert "/home/alice" not in text
    assert "http://***@host:8000" in text
