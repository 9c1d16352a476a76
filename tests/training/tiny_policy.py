"""A random two-layer Llama over 32 characters, and rewards that need no sandbox: enough for a real trainer on a CPU."""

from pathlib import Path

import torch
from datasets import Dataset
from tokenizers import Tokenizer, decoders, pre_tokenizers
from tokenizers.models import WordLevel
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, TrainerCallback
from trl import GRPOConfig

torch.set_num_threads(1)  # a 16-wide model gains nothing from threads, and loses much on a busy machine

CHARACTERS = ["<pad>", "<eos>", *"abcdefghijklmnopqrstuvwxyz+-*/"]


def tiny_tokenizer() -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(WordLevel({c: i for i, c in enumerate(CHARACTERS)}, unk_token="<pad>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>")


def tiny_llama(folder: Path, seed: int = 0) -> LlamaForCausalLM:
    """Return a fresh random model, also written to `folder`, from where TRL copies a reference model."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(CHARACTERS),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=64,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=None,
        initializer_range=0.3,
    )
    LlamaForCausalLM(config).save_pretrained(folder / "policy")
    return written_llama(folder)


def written_llama(folder: Path) -> LlamaForCausalLM:
    """Return the model that `tiny_llama` wrote: for ranks, of which only the first would write one."""
    return LlamaForCausalLM.from_pretrained(folder / "policy", dtype=torch.float32)


def problems(flat: int, lively: int) -> Dataset:
    """Problems whose completions are all rewarded alike, and problems whose completions are told apart."""
    prompts = [f"flat{'x' * n}" for n in range(flat)] + [f"go{'y' * n}" for n in range(lively)]
    return Dataset.from_dict({"prompt": prompts, "task_id": prompts, "tests": [["assert f()"] * 3] * len(prompts)})


def spread(prompts: list[str], completion_ids: list[list[int]], **_: object) -> list[float]:
    """Reward the variety of a completion's characters, but 1/3 to every completion of a flat problem."""
    return [
        1 / 3 if prompt.startswith("flat") else len(set(ids)) / 8
        for prompt, ids in zip(prompts, completion_ids, strict=True)
    ]


def grpo_config(folder: object, **changes: object) -> GRPOConfig:
    settings: dict[str, object] = {
        "output_dir": str(folder),
        "use_cpu": True,
        "bf16": False,
        "per_device_train_batch_size": 8,
        "num_generations": 4,
        "max_completion_length": 10,
        "learning_rate": 0.5,
        "lr_scheduler_type": "constant",
        "optim": "sgd",
        "max_steps": 2,
        "logging_steps": 1,
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "seed": 3,
    }
    return GRPOConfig(**{**settings, **changes})


def loss_and_gradients(trainer, compute, batch):  # type: ignore[no-untyped-def]
    """Return the loss that `compute` gives a copy of a batch, and the gradient of each trained parameter."""
    trainer.model.zero_grad()
    trainer._metrics["train"].clear()
    loss = compute(trainer, trainer.model, dict(batch))
    loss.backward()
    return loss.detach(), {name: p.grad.clone() for name, p in trainer.model.named_parameters() if p.grad is not None}


def assert_gradients_close(got: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> None:
    """Assert that gradients are equal to rounding."""
    for name, gradient in expected.items():
        rounding = 1e-5 * float(gradient.abs().max())
        torch.testing.assert_close(got[name], gradient, rtol=1e-4, atol=rounding, msg=f"{name}: {{}}".format)


class GradientLog(TrainerCallback):
    """Keeps a copy of every gradient, one dictionary an optimizer step."""

    def __init__(self) -> None:
        self.steps: list[dict[str, torch.Tensor]] = []

    def on_pre_optimizer_step(self, args, state, control, model=None, **kwargs):  # type: ignore[no-untyped-def]
        self.steps.append({name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None})
