"""Run by one rank or several: train PPO with each critic named on the command line, write what became of the weights.

The policy must be in FOLDER already. Each rank samples alone; so what it samples is fixed here by the row.

usage: ppo_ranks.py FOLDER NAME CRITIC...
"""

import os
import sys
from pathlib import Path

import torch
from grpo_ranks import whole
from peft import LoraConfig
from ppo_runs import ppo_trainer
from tiny_policy import written_llama


def by_row(prompts, trainer):
    """Completions that depend on prompt, update and row alone, and not on the rank that writes them."""
    ids = trainer.processing_class(text=prompts)["input_ids"]
    ranks, rank = trainer.accelerator.num_processes, trainer.accelerator.process_index
    first = rank * len(prompts)
    own = []
    for row in range(first, first + len(prompts)):
        draws = torch.Generator().manual_seed(1000 * trainer.state.global_step + row)
        length = int(torch.randint(2, 9, (1,), generator=draws))
        own.append([*torch.randint(2, 28, (length,), generator=draws).tolist(), *([1] if row % 3 else [])])
    assert ranks in (1, 2)
    return {"prompt_ids": ids, "completion_ids": own, "logprobs": [[0.0] * len(ids) for ids in own]}


def main(folder: Path, name: str, critic: str) -> None:
    ranks = int(os.environ.get("WORLD_SIZE", "1"))
    trainer = ppo_trainer(
        folder,
        model=written_llama(folder),
        critic=critic,
        peft_config=LoraConfig(r=4) if critic == "adapter" else None,
        rollout_func=by_row,
        per_device_train_batch_size=8 // ranks,
        gradient_accumulation_steps=3,
        max_steps=3,
        max_grad_norm=100.0,
        learning_rate=0.1,
        whiten_advantages=True,
        truncation="bootstrap",
        lam=0.9,
        shuffle_dataset=False,
    )
    trainer.train()
    weights = {name: whole(parameter).float() for name, parameter in trainer.model.named_parameters()}
    trainer.save_model(str(folder / f"{name}-{critic}"))
    if trainer.args.process_index == 0:
        history = [row for row in trainer.state.log_history if "loss" in row]
        torch.save({"weights": weights, "history": history, "ranks": ranks}, folder / f"{name}-{critic}.pt")


if __name__ == "__main__":
    for named in sys.argv[3:]:
        main(Path(sys.argv[1]), sys.argv[2], named)
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
    sys.stdout.flush()
    os._exit(0)  # all is written; in the interpreter's own end threads of torch's may abort it, now and then
