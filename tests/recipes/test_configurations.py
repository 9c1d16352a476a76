"""Every configuration of a run: parsed with unknown keys refused, and trained with for one update.

Where the model is a name of the Hub, a tiny one of the same architecture stands in for it, and rows of the data set's
own form for its problems.
"""

import importlib.util
import json
from pathlib import Path

import pytest
import torch
import yaml
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer
from trl import ModelConfig, SFTConfig, TrlParser

from trl_rlvr.data import DataConfig
from trl_rlvr.errors import ConfigError
from trl_rlvr.json_lines import read_rows
from trl_rlvr.sandbox import SandboxConfig
from trl_rlvr.training import parse, train
from trl_rlvr.training.embedded import EMBEDDED_POLICY

torch.set_num_threads(1)

RECIPES = Path(__file__).parents[2] / "recipes"
RUNS = sorted((RECIPES / "configs").iterdir())
SFT_RUNS = sorted((RECIPES / "sft_configs").iterdir())
ARCHITECTURES = {"HuggingFaceTB": "llama", "Qwen": "qwen2", "meta-llama": "llama"}
TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>\n{{ message.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
SHORT = {
    "max_steps": 1,
    "per_device_train_batch_size": 4,
    "gradient_accumulation_steps": 1,
    "use_cpu": True,
    "bf16": False,
    "dtype": "float32",
    "data_check": "none",
    "sandbox_workers": 1,
}
RUN_SHORT = {"num_generations": 2, "max_completion_length": 8, "heldout_samples": 0, "save_strategy": "no", **SHORT}


def rows(data_set, count=24):
    """Return problems to add a number, in the form of a data set."""
    return [ROWS[data_set](n, f"def add_{n}(a):\n    return a + {n}") for n in range(count)]


ROWS = {
    "mbpp": lambda n, code: {
        "task_id": 601 + n,
        "text": f"Write a function add_{n} that adds {n}.",
        "code": code,
        "test_list": [f"assert add_{n}(1) == {n + 1}", f"assert add_{n}(2) == {n + 2}"],
        "test_setup_code": "",
        "challenge_test_list": [],
    },
    "mbppplus": lambda n, code: {
        "task_id": 601 + n,
        "prompt": f"Write a function add_{n} that adds {n}.",
        "code": code,
        "test_list": [f"assert add_{n}(1) == {n + 1}"],
        "test_imports": [],
        "test": f"assert add_{n}(2) == {n + 2}",
    },
    "leetcode": lambda n, code: {
        "task_id": f"add-{n}",
        "difficulty": "Easy",
        "problem_description": f"Add {n}.",
        "entry_point": f"Solution().add_{n}",
        "completion": f"class Solution:\n    def add_{n}(self, a):\n        return a + {n}",
        "prompt": "",
        "test": f"def check(candidate):\n    assert candidate(a=1) == {n + 1}",
    },
    "kodcode": lambda n, code: {
        "question_id": f"add-{n}",
        "question": f"Write add_{n}, which adds {n}.",
        "solution": code,
        "test_code": f"from solution import add_{n}\n\ndef test_one():\n    assert add_{n}(1) == {n + 1}",
        "test_info": [{"function_name": f"add_{n}", "function_declaration": f"def add_{n}(a):"}],
    },
    "taco": lambda n, code: {
        "id": f"add-{n}",
        "difficulty": "EASY",
        "question": f"Read a number and add {n}.",
        "starter_code": "",
        "input_output": json.dumps({"inputs": ["1\n"], "outputs": [f"{n + 1}\n"]}),
        "solutions": json.dumps([f"print(int(input()) + {n})"]),
    },
}


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory):
    """Folders of tiny models with a chat template, one for each architecture."""
    folder = tmp_path_factory.mktemp("models")
    tokenizer = AutoTokenizer.from_pretrained(EMBEDDED_POLICY)
    tokenizer.chat_template = TEMPLATE
    for kind in set(ARCHITECTURES.values()):
        torch.manual_seed(0)
        config = AutoConfig.for_model(
            kind,
            vocab_size=len(tokenizer),
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=1,
            max_position_embeddings=4096,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            bos_token_id=None,
        )
        AutoModelForCausalLM.from_config(config).save_pretrained(folder / kind)
        tokenizer.save_pretrained(folder / kind)
    return folder


def arguments(path, folder, stand_ins, short):
    """Return the command line that makes a configuration short, and independent of the Hub."""
    given = yaml.safe_load(path.read_text())
    changes = {**short, "output_dir": folder / "out"}
    if given["model_name_or_path"] != "embedded":
        owner = given["model_name_or_path"].partition("/")[0]
        changes["model_name_or_path"] = stand_ins / ARCHITECTURES[owner]
        file = folder / f"{given['data_name']}.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows(given["data_name"])))
        changes["data_name"] = file
    if given.get("load_in_4bit"):
        changes["load_in_4bit"] = False  # which needs a GPU
    if given.get("algorithm") == "ppo":
        del changes["num_generations"]
    if "refinement_turn_tokens" in given:
        changes |= {"refinement_turn_tokens": 8, "max_completion_length": 96}
    return ["--config", str(path), *(text for key, value in changes.items() for text in (f"--{key}", str(value)))]


def with_unknown_key(path, folder):
    file = folder / path.name
    file.write_text(path.read_text() + "\nlearning_rat: 1.0\n")
    return file


def sft_recipe():
    spec = importlib.util.spec_from_file_location("mbpp_sft", RECIPES / "mbpp_sft.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_all_configurations_are_seen():
    assert (len(RUNS), len(SFT_RUNS)) == (20, 3)
    assert {path.suffix for path in RUNS + SFT_RUNS} == {".yaml"}


@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.stem)
def test_an_unknown_key_of_a_run_is_refused(path, tmp_path):
    with pytest.raises(ConfigError, match="learning_rat"):
        parse(["--config", str(with_unknown_key(path, tmp_path)), "--use_cpu", "true", "--bf16", "false"])


@pytest.mark.parametrize("path", SFT_RUNS, ids=lambda path: path.stem)
def test_an_unknown_key_of_fine_tuning_is_refused(path, tmp_path):
    parser = TrlParser((DataConfig, SandboxConfig, SFTConfig, ModelConfig))
    file = with_unknown_key(path, tmp_path)

    with pytest.raises(ValueError, match="learning_rat"):
        parser.parse_args_and_config(["--config", str(file), "--use_cpu", "true", "--bf16", "false"])


@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.stem)
def test_a_run_makes_an_update(path, tmp_path, stand_ins):
    train(parse(arguments(path, tmp_path, stand_ins, RUN_SHORT)))

    (record,) = read_rows(tmp_path / "out" / "metrics.jsonl")
    saved = "adapter_model" if yaml.safe_load(path.read_text()).get("use_peft") else "model"
    assert record["step"] == 1
    assert (tmp_path / "out" / f"{saved}.safetensors").is_file()


@pytest.mark.parametrize("path", SFT_RUNS, ids=lambda path: path.stem)
def test_fine_tuning_makes_an_update(path, tmp_path, stand_ins):
    sft_recipe().main(arguments(path, tmp_path, stand_ins, SHORT))

    saved = "adapter_model" if yaml.safe_load(path.read_text()).get("use_peft") else "model"
    assert (tmp_path / "out" / f"{saved}.safetensors").is_file()
