"""Run by several ranks: train once for each loss type named on the command line, write what became of the weights.

The policy must be in FOLDER already.

usage: grpo_ranks.py FOLDER plain|efficient LOSS_TYPE...
"""

import os
import sys
from functools import partial
from pathlib import Path

import torch
from tiny_policy import grpo_config, problems, spread, tiny_tokenizer, written_llama
from trl import GRPOTrainer

from trl_rlvr.training.grpo import EfficientGRPOTrainer


def whole(parameter: torch.Tensor) -> torch.Tensor:
    """Return the parameter, gathered from the ranks where ZeRO-3 has cut it up."""
    if not hasattr(parameter, "ds_id"):
        return parameter.detach().clone()
    import deepspeed

    with deepspeed.zero.GatheredParameters([parameter]):
        return parameter.detach().clone()


def main(folder: Path, kind: str, loss_type: str) -> None:
    same_draws = partial(EfficientGRPOTrainer, compact_generation=False)
    trainer_class = {"plain": GRPOTrainer, "efficient": same_draws}[kind]
    arguments = grpo_config(folder, per_device_train_batch_size=4, gradient_accumulation_steps=3, loss_type=loss_type)
    trainer = trainer_class(
        model=written_llama(folder),
        reward_funcs=spread,
        args=arguments,
        train_dataset=problems(4, 2),
        processing_class=tiny_tokenizer(),
    )
    trainer.train()
    weights = {name: whole(parameter) for name, parameter in trainer.model.named_parameters()}
    if arguments.process_index == 0:
        history = [row for row in trainer.state.log_history if "loss" in row]
        torch.save(
            {"weights": weights, "history": history, "ranks": arguments.world_size}, folder / f"{kind}-{loss_type}.pt"
        )


if __name__ == "__main__":
    for named in sys.argv[3:]:
        main(Path(sys.argv[1]), sys.argv[2], named)
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
    sys.stdout.flush()
    os._exit(0)  # all is written; in the interpreter's own end threads of torch's may abort it, now and then
