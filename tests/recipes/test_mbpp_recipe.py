"""The recipe as a user starts it: from any folder, on one process or two."""

import json
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from trl_rlvr.training import evaluate, parse

ROOT = Path(__file__).parents[2]
RECIPE = ROOT / "recipes" / "mbpp_rlvr.py"
RECIPES = sorted((ROOT / "recipes").glob("mbpp_*.py"))
ACCELERATE = ROOT / "recipes" / "accelerate_configs"
BIN = Path(sys.executable).parent

SHORT = {
    "max_steps": 2,
    "per_device_train_batch_size": 8,
    "gradient_accumulation_steps": 1,
    "num_generations": 4,
    "data_train_limit": 16,
    "data_test_limit": 5,
    "data_check": "none",
    "heldout_samples": 2,
    "max_completion_length": 48,
    "temperature": 1.0,
    "sandbox_workers": 1,
}


def started(folder, launcher, **options):
    """Run the recipe in `folder` and return its output lines."""
    pairs = {"output_dir": folder / "out", **SHORT, **options}
    arguments = [text for key, value in pairs.items() for text in (f"--{key}", str(value))]
    ran = subprocess.run(
        [*map(str, launcher), str(RECIPE), *arguments],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=540,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-4000:]
    return ran.stdout.splitlines()


def report(folder):
    return json.loads((folder / "out" / "rlvr_report.json").read_text())


def on_the_cpu(folder, name):
    """Return one of our accelerate configurations, changed as its comment says for a machine without GPUs."""
    config = yaml.safe_load((ACCELERATE / f"{name}.yaml").read_text())
    path = folder / "accelerate.yaml"
    path.write_text(yaml.safe_dump(config | {"use_cpu": True, "mixed_precision": "no", "num_processes": 2}))
    return path


def launch(config, port=0, *more):
    """Return the launcher's words; port 0 is any that is free."""
    return [BIN / "accelerate", "launch", "--config_file", config, "--main_process_port", port, *more]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def assert_one_run_on_two_ranks(folder, lines):
    iterations = [line for line in lines if line.startswith("iteration ")]
    found = report(folder)
    assert [line.split(" | ")[0] for line in iterations] == ["iteration 1/2", "iteration 2/2"]
    assert any("16 completions, 4 problems x 4, on 2 process(es)" in line for line in lines)
    assert lines.count("FINAL RESULTS") == 1
    assert found["hardware"]["processes"] == 2
    assert [found[phase]["samples"] for phase in ("baseline", "rlvr")] == [10, 10]


def test_every_recipe_is_short_enough_to_read():
    assert [path.name for path in RECIPES if len(path.read_text().splitlines()) > 60] == []


@pytest.mark.slow
def test_without_configuration_it_says_so_in_two_lines_and_runs_from_any_folder(tmp_path):
    lines = started(tmp_path, launch(ACCELERATE / "cpu.yaml"))

    assert lines[0].startswith("No --config: the embedded default")
    assert lines[1].startswith("The headline run: ")
    assert lines.count("FINAL RESULTS") == 1
    assert report(tmp_path)["configuration"]["DataConfig"]["data_name"] == "starter"


@pytest.mark.slow
def test_it_runs_on_two_cpu_ranks_by_accelerate_itself_and_measures_as_one_does(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = started(tmp_path, launch(ACCELERATE / "multi_cpu.yaml"))

    assert_one_run_on_two_ranks(tmp_path, lines)
    alone = evaluate(parse([text for key, value in SHORT.items() for text in (f"--{key}", str(value))]))
    assert report(tmp_path)["baseline"]["by_problem"] == alone.as_dict()["by_problem"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["multi_gpu", "fsdp2", "deepspeed_zero2", "deepspeed_zero3", "deepspeed_zero3_offload"]
)
def test_it_runs_on_two_ranks_of_each_kind(tmp_path, name):
    lines = started(tmp_path, launch(on_the_cpu(tmp_path, name)))

    assert_one_run_on_two_ranks(tmp_path, lines)
    assert (tmp_path / "out" / "model.safetensors").is_file()


@pytest.mark.slow
def test_it_runs_on_two_machines_with_a_rank_each(tmp_path):
    config, port = on_the_cpu(tmp_path, "multi_node"), free_port()
    machines = [launch(config, port, "--main_process_ip", "127.0.0.1", "--machine_rank", n) for n in range(2)]
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda machine: started(tmp_path, machine), machines)

    assert_one_run_on_two_ranks(tmp_path, first)
    assert "FINAL RESULTS" not in second
