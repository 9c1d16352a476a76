"""Supervised fine-tuning on references, and a run of RLVR that goes on from its weights or its adapter."""

import importlib.util
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import ModelConfig, SFTConfig, TrlParser

from trl_rlvr.cli import main
from trl_rlvr.data import DataConfig
from trl_rlvr.sandbox import SandboxConfig
from trl_rlvr.training.embedded import EMBEDDED_POLICY

RECIPES = Path(__file__).parents[2] / "recipes"
RECIPE = RECIPES / "mbpp_sft.py"
CONFIGS = sorted((RECIPES / "sft_configs").glob("*.yaml"))
LORA = ("--use_peft", "true", "--lora_r", "4", "--lora_target_modules", "all-linear")
SHORT = (
    *("--max_steps", "1", "--data_train_limit", "8", "--data_check", "none", "--sandbox_workers", "1"),
    *("--per_device_train_batch_size", "4", "--report_to", "none", "--use_cpu", "true", "--bf16", "false"),
)


@pytest.fixture(scope="module")
def recipe():
    spec = importlib.util.spec_from_file_location("mbpp_sft", RECIPE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_recipe_is_short_enough_to_read():
    assert len(RECIPE.read_text().splitlines()) <= 60


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_configuration_is_read_and_asks_as_its_rlvr_run_does(path):
    from trl_rlvr.training.spec import parse

    parser = TrlParser((DataConfig, SandboxConfig, SFTConfig, ModelConfig))
    cpu = ["--use_cpu", "true", "--bf16", "false"]

    data, _, sft, model = parser.parse_args_and_config(["--config", str(path), *cpu])
    run = parse(["--config", str(RECIPES / "configs" / path.name), *cpu])

    assert sft.output_dir == f"outputs/{path.stem}-sft"
    assert (data.data_name, data.data_prompt_style) == (run.data.data_name, run.data.data_prompt_style)
    assert data.data_visible_tests == run.data.data_visible_tests
    assert model.model_name_or_path == run.model.model_name_or_path


def test_problems_without_references_are_refused(recipe, tmp_path):
    rows = [{"task_id": str(n), "prompt": "Add.", "tests": [f"assert add({n}, 1) == {n + 1}"]} for n in range(4)]
    file = tmp_path / "bare.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))

    with pytest.raises(recipe.DataError, match="has a reference solution"):
        recipe.main(["--config", str(CONFIGS[0]), "--data_name", str(file), *SHORT])


@pytest.mark.slow
@pytest.mark.parametrize("adapter", [(), LORA], ids=["whole", "adapter"])
def test_rlvr_goes_on_from_what_it_saves(recipe, tmp_path, adapter, capfd):
    embedded = next(str(path) for path in CONFIGS if path.stem == "embedded-starter")
    tuned = str(tmp_path / "sft")

    recipe.main(["--config", embedded, "--output_dir", tuned, *SHORT, *adapter])
    start = ["--adapter_name_or_path" if adapter else "--model_name_or_path", tuned]
    status = main(
        [
            *("train", "--config", "embedded-starter.yaml", *start, *SHORT),
            *("--output_dir", str(tmp_path / "run"), "--heldout_samples", "0", "--max_completion_length", "8"),
        ]
    )

    assert "training: 8 problems" in capfd.readouterr().out
    assert status == 0
    saved = "adapter_model.safetensors" if adapter else "model.safetensors"
    assert (tmp_path / "run" / saved).is_file()


@pytest.mark.slow
@pytest.mark.parametrize("style", ["chat", "chat_code"])
def test_a_model_with_a_chat_template_learns_its_own_turn(recipe, tmp_path, style):
    tokenizer = AutoTokenizer.from_pretrained(EMBEDDED_POLICY)
    tokenizer.chat_template = (
        "{% for message in messages %}{{ message.content }}{% if message.role == 'assistant' %}<|end|>{% endif %}"
        "{% endfor %}"
    )
    AutoModelForCausalLM.from_pretrained(EMBEDDED_POLICY).save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    options = ("--model_name_or_path", str(tmp_path / "model"), "--data_prompt_style", style, "--learning_rate", "0.01")

    recipe.main(["--output_dir", str(tmp_path / "out"), *options, *SHORT])

    before, after = (load_file(tmp_path / folder / "model.safetensors") for folder in ("model", "out"))
    assert any(not torch.equal(before[name], after[name]) for name in before)
