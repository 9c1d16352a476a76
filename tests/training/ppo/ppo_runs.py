"""PPO trainers on the tiny policy, and what the tests look at of them."""

from typing import Any

import torch
from tiny_policy import problems, spread, tiny_llama, tiny_tokenizer

from trl_rlvr.training.ppo import PPOConfig, PPOTrainer

SETTINGS: dict[str, Any] = {
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
    "whiten_advantages": False,
}


def ppo_config(folder: Any, **changes: Any) -> PPOConfig:
    return PPOConfig(str(folder), **{**SETTINGS, **changes})


def ppo_trainer(
    folder: Any, *, kind: type = PPOTrainer, model: Any = None, flat: int = 2, lively: int = 4, **changes: Any
) -> PPOTrainer:
    """Return a trainer that samples what `GRPOTrainer` samples; `changes` are options, or arguments of the trainer."""
    names = {
        "callbacks",
        "curriculum",
        "eval_dataset",
        "peft_config",
        "processing_class",
        "reward_funcs",
        "rollout_func",
    }
    given = {name: changes.pop(name) for name in names & changes.keys()}
    arguments = {"reward_funcs": spread, "processing_class": tiny_tokenizer(), **given}
    return kind(
        model=tiny_llama(folder) if model is None else model,
        args=ppo_config(folder, **changes),
        train_dataset=problems(flat, lively),
        compact_generation=False,
        **arguments,
    )


def rows(trainer: PPOTrainer, count: int = 8) -> list[dict[str, Any]]:
    """Return what the dataloader would give for a generation batch."""
    size = trainer.num_generations
    data = trainer.train_dataset
    return [data[len(data) - 1 - row // size] for row in range(count)]


def scored(trainer: PPOTrainer, count: int = 8) -> dict[str, Any]:
    """Return a generation batch with advantages, as the losses take it."""
    trainer.model.train()
    torch.manual_seed(0)
    batch: dict[str, Any] = trainer._generate_and_score_completions(rows(trainer, count))
    return batch


def weights(trainer: PPOTrainer) -> dict[str, torch.Tensor]:
    return {name: weight.detach().clone() for name, weight in trainer.model.named_parameters()}


def gradients(trainer: PPOTrainer, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
    """Return the gradient of each weight that a loss over this batch gives."""
    trainer.current_gradient_accumulation_steps = 1
    trainer.model.zero_grad()
    trainer._compute_loss(trainer.model, dict(batch)).backward()
    return {name: p.grad.clone() for name, p in trainer.model.named_parameters() if p.grad is not None}


def figures(trainer: PPOTrainer, key: str) -> list[float]:
    """Return a figure of each logged update."""
    return [record[key] for record in trainer.state.log_history if key in record]
