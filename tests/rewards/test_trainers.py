"""One reward object under TRL's trainers and its command line, with a policy whose every token is a whole program."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from tokenizers import Tokenizer, pre_tokenizers
from tokenizers.models import WordLevel
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from trl import GRPOConfig, GRPOTrainer, RLOOConfig, RLOOTrainer

from trl_rlvr.rewards import AsyncCodeReward, named_reward
from trl_rlvr.sandbox import SandboxConfig
from trl_rlvr.verifier import CodeVerifier

GOOD = "def f(x): return x"
WRONG = "def f(x): return 1"
TOKENS = ["<pad>", "<eos>", "write", GOOD, WRONG, "def f(x): raise ValueError", "def f(x: return", "Sorry."]
ROW = {"prompt": "write", "task_id": "echo", "tests": ["assert f(1) == 1", "assert f(2) == 2"], "entry_point": "f"}

SETTINGS: dict[str, Any] = {
    "use_cpu": True,
    "bf16": False,
    "per_device_train_batch_size": 16,
    "num_generations": 8,
    "max_completion_length": 1,
    "learning_rate": 0.05,
    "lr_scheduler_type": "constant",
    "max_steps": 12,
    "logging_steps": 1,
    "save_strategy": "no",
    "report_to": "none",
    "disable_tqdm": True,
    "seed": 1,
}


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a random model over `TOKENS`."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("policy")
    tokenizer = Tokenizer(WordLevel({token: number for number, token in enumerate(TOKENS)}, unk_token="<pad>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("\n", "removed")
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>").save_pretrained(folder)
    config = LlamaConfig(
        vocab_size=len(TOKENS),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=16,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=None,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def verifier() -> Iterator[CodeVerifier]:
    with CodeVerifier(config=SandboxConfig(sandbox_workers=1)) as verifier:
        yield verifier


def mean_of(history: list[dict[str, float]], name: str) -> list[float]:
    return [record[name] for record in history if name in record]


@pytest.mark.parametrize(("trainer", "config"), [(GRPOTrainer, GRPOConfig), (RLOOTrainer, RLOOConfig)])
def test_a_trainer_learns_to_pass_from_the_graded_reward(
    trainer: Any, config: Any, policy: Path, verifier: CodeVerifier, tmp_path: Path
) -> None:
    run = trainer(
        model=str(policy),
        reward_funcs=named_reward("graded", verifier=verifier),
        args=config(output_dir=str(tmp_path), **SETTINGS),
        train_dataset=Dataset.from_list([ROW] * 4),
    )

    run.train()

    pass_rates = mean_of(run.state.log_history, "pass_rate")
    assert sum(pass_rates[:2]) / 2 < 0.5 < sum(pass_rates[-2:]) / 2


def test_sync_and_async_rewards_of_one_trainer_share_an_execution_and_a_log(
    policy: Path, verifier: CodeVerifier, tmp_path: Path
) -> None:
    before = verifier.stats.programs
    rewards = [named_reward(name, verifier=verifier) for name in ("graded", "binary", "brevity")]
    settings = {**SETTINGS, "max_steps": 1, "log_completions": True, "temperature": 5.0}
    run = GRPOTrainer(
        model=str(policy),
        reward_funcs=[*rewards, AsyncCodeReward(named_reward("fraction", verifier=verifier))],
        args=GRPOConfig(output_dir=str(tmp_path), **settings),
        train_dataset=Dataset.from_list([ROW] * 4),
    )

    run.train()

    (record,) = [record for record in run.state.log_history if "reward" in record]
    assert sum(value for name, value in record.items() if name.startswith("verdict/")) == pytest.approx(1.0)
    assert record["rewards/binary/mean"] == record["pass_rate"]
    assert record["rewards/fraction/mean"] == pytest.approx(record["tests_pass_rate"])
    assert record["sandbox/programs"] == verifier.stats.programs - before <= 4  # of 16 completions


def test_extra_columns_reach_the_completions_table(policy: Path, verifier: CodeVerifier, tmp_path: Path) -> None:
    import pandas

    run = GRPOTrainer(
        model=str(policy),
        reward_funcs=[named_reward(name, verifier=verifier) for name in ("graded", "binary")],
        args=GRPOConfig(output_dir=str(tmp_path), **{**SETTINGS, "max_steps": 1, "log_completions": True}),
        train_dataset=Dataset.from_list([ROW] * 4),
    )

    run.train()

    (file,) = (tmp_path / "completions").glob("*.parquet")
    table = pandas.read_parquet(file)
    assert list(table.verdict == "passed") == list(table.completion == GOOD)
    assert list(table.total) == [2] * 16
    assert {"code", "passed", "error"} <= set(table.columns)


def test_an_async_caller_gets_the_same_rewards(verifier: CodeVerifier) -> None:
    reward = named_reward("graded", verifier=verifier)
    batch = {"completions": [GOOD, WRONG, "Sorry."], "tests": [ROW["tests"]] * 3, "task_id": ["echo"] * 3}

    async def gather() -> list[float | None]:
        return await AsyncCodeReward(reward)(**batch)

    assert asyncio.run(gather()) == [1.0, 0.25, -0.5]


@pytest.mark.slow
def test_trls_command_line_finds_a_reward_by_its_name(policy: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "train.jsonl").write_text("\n".join(json.dumps(ROW) for _ in range(4)))
    options = {**SETTINGS, "max_steps": 1, "model_name_or_path": policy, "dataset_name": data, "output_dir": tmp_path}
    command = [
        sys.executable,
        "-c",
        "from trl.cli import main; main()",
        "grpo",
        "--reward_funcs",
        "trl_rlvr.rewards.graded",
    ]
    command += [part for name, value in options.items() for part in (f"--{name}", str(value))]

    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)

    assert ran.returncode == 0, ran.stderr[-3000:]
    assert "rewards/graded/mean" in ran.stdout
    assert "verdict/passed" in ran.stdout
