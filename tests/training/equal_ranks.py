"""Train on completions that a prompt and its place in its group decide, so that any number of ranks samples the same.

The policy must be in FOLDER already. Run by one rank or several; each batch is the same 16 completions.

usage: equal_ranks.py FOLDER RANKS LOSS_TYPE...
"""

import os
import random
import sys
from pathlib import Path

import torch
from grpo_ranks import whole
from tiny_policy import CHARACTERS, grpo_config, problems, spread, tiny_tokenizer, written_llama

from trl_rlvr.training.grpo import EfficientGRPOTrainer

GROUP, ROWS, MICRO_BATCHES = 4, 16, 2


def rollout(prompts, trainer):
    """Write completions that know nothing of ranks."""
    first = trainer.accelerator.process_index * len(prompts)
    completions = []
    for place, prompt in enumerate(prompts, first):
        dice = random.Random(f"{prompt} {place % GROUP} {trainer.state.global_step}")
        completions.append([dice.randrange(2, len(CHARACTERS)) for _ in range(dice.randrange(3, 9))] + [1])
    prompt_ids = trainer.processing_class(text=prompts)["input_ids"]
    return {"prompt_ids": prompt_ids, "completion_ids": completions, "logprobs": None}


def trained(folder, ranks, loss_type):
    """Return what was trained on in each update, and the weights at the end."""
    seen = []

    class Watched(EfficientGRPOTrainer):
        def _generate_and_score_completions(self, inputs):
            output = super()._generate_and_score_completions(inputs)
            seen.append({name: list(self._logs[name])[-ROWS:] for name in ("prompt", "completion", "advantages")})
            return output

    arguments = grpo_config(
        folder,
        per_device_train_batch_size=ROWS // MICRO_BATCHES // ranks,
        gradient_accumulation_steps=MICRO_BATCHES,
        num_generations=GROUP,
        loss_type=loss_type,
    )
    trainer = Watched(
        model=written_llama(folder),
        reward_funcs=spread,
        args=arguments,
        train_dataset=problems(2, 8),
        processing_class=tiny_tokenizer(),
        rollout_func=rollout,
    )
    trainer.train()
    weights = {name: whole(parameter) for name, parameter in trainer.model.named_parameters()}
    return {"seen": seen, "weights": weights, "ranks": arguments.world_size, "rank": arguments.process_index}


if __name__ == "__main__":
    for named in sys.argv[3:]:
        ended = trained(Path(sys.argv[1]), int(sys.argv[2]), named)
        if ended["rank"] == 0:
            torch.save(ended, Path(sys.argv[1]) / f"ranks-{named}.pt")
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
    sys.stdout.flush()
    os._exit(0)  # all is written; in the interpreter's own end threads of torch's may abort it, now and then
