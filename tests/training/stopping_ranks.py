"""Run by two ranks: train with a reward that the second cannot compute; each writes what its trainer raised.

usage: stopping_ranks.py FOLDER
"""

import os
import sys
from pathlib import Path

import torch
from tiny_policy import grpo_config, problems, tiny_tokenizer, written_llama

from trl_rlvr.errors import RlvrError, SandboxFaultRateError
from trl_rlvr.training.grpo import EfficientGRPOTrainer

RANK = int(os.environ["RANK"])


def broken_on_one_rank(completions: list[str], **_: object) -> list[float]:
    """Reward each completion alike, or stop as a verifier does whose programs cannot be run."""
    if RANK == 1:
        raise SandboxFaultRateError("9 of the last 10 programs could not be verified")
    return [0.0] * len(completions)


def main(folder: Path) -> None:
    trainer = EfficientGRPOTrainer(
        model=written_llama(folder),
        reward_funcs=[broken_on_one_rank, lambda completions, **_: [1.0] * len(completions)],
        args=grpo_config(folder, per_device_train_batch_size=4, ddp_timeout=3600),
        train_dataset=problems(4, 2),
        processing_class=tiny_tokenizer(),
    )
    try:
        trainer.train()
    except RlvrError as error:
        (folder / f"rank-{RANK}.txt").write_text(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    torch.distributed.destroy_process_group()
    sys.stdout.flush()
    os._exit(0)  # all is written; in the interpreter's own end threads of torch's may abort it, now and then
