"""The configurations of `accelerate launch`: known keys only, of these kinds. `test_mbpp_recipe.py` runs them."""

from pathlib import Path

import pytest
import yaml
from accelerate.commands.config.config_args import load_config_from_file
from accelerate.commands.launch import launch_command_parser

FILES = sorted((Path(__file__).parents[2] / "recipes" / "accelerate_configs").iterdir())
KINDS = {
    "cpu": "NO",
    "deepspeed_zero2": "DEEPSPEED",
    "deepspeed_zero3": "DEEPSPEED",
    "deepspeed_zero3_offload": "DEEPSPEED",
    "fsdp2": "FSDP",
    "multi_cpu": "MULTI_GPU",
    "multi_gpu": "MULTI_GPU",
    "multi_node": "MULTI_GPU",
    "single_gpu": "NO",
}
LAUNCHER = {action.dest for action in launch_command_parser()._actions} | {"deepspeed_multinode_launcher"}


def test_all_configurations_are_seen():
    assert [path.name for path in FILES] == [f"{name}.yaml" for name in KINDS]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_accelerate_reads_each_of_its_configurations(path):
    config = load_config_from_file(str(path))

    assert str(config.distributed_type).rpartition(".")[2] == KINDS[path.stem]
    assert set(config.deepspeed_config) | set(config.fsdp_config) <= LAUNCHER


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_unknown_key_is_refused(path, tmp_path):
    file = tmp_path / path.name
    file.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"num_proceses": 2}))

    with pytest.raises(ValueError, match="num_proceses"):
        load_config_from_file(str(file))
