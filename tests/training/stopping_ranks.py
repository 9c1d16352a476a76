"""Run by two ranks: train until the second cannot reward, judge its turns, or read its rows; write what was raised.

usage: stopping_ranks.py FOLDER
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from tiny_policy import grpo_config, problems, tiny_tokenizer, written_llama

from trl_rlvr.errors import RlvrError, SandboxFaultRateError
from trl_rlvr.training.grpo import EfficientGRPOTrainer
from trl_rlvr.training.refinement import Refinement, RefinementConfig
from trl_rlvr.verifier import CodeVerifier, Verification

RANK = int(os.environ["RANK"])


def broken_on_one_rank() -> None:
    """Stop the second rank as a verifier does whose programs cannot be run."""
    if RANK == 1:
        raise SandboxFaultRateError("9 of the last 10 programs could not be verified")


def broken_reward(completions: list[str], **_: object) -> list[float]:
    """Reward each completion alike, where this rank can."""
    broken_on_one_rank()
    return [0.0] * len(completions)


class BrokenRefinement(Refinement):
    """Makes the problems of a batch with visible tests only, where this rank can."""

    def problems(self, rows: Any) -> Any:
        broken_on_one_rank()
        return super().problems(rows)


class BrokenVerifier(CodeVerifier):
    """Verifies, where this rank can."""

    def verify(self, *args: Any, **kwargs: Any) -> list[Verification]:
        broken_on_one_rank()
        return super().verify(*args, **kwargs)


def write_what_stops(file: Path, folder: Path, rewards: list[Callable[..., list[float]]], **options: object) -> None:
    """Train until something is raised."""
    trainer = EfficientGRPOTrainer(
        model=written_llama(folder),
        reward_funcs=rewards,
        args=grpo_config(folder, per_device_train_batch_size=4, ddp_timeout=3600),
        train_dataset=problems(4, 2),
        processing_class=tiny_tokenizer(),
        **options,
    )
    try:
        trainer.train()
    except RlvrError as error:
        file.write_text(f"{type(error).__name__}: {error}")


def main(folder: Path) -> None:
    def fine(completions: list[str], **_: object) -> list[float]:
        return [1.0] * len(completions)

    write_what_stops(folder / f"rewards-{RANK}.txt", folder, [broken_reward, fine])
    with BrokenVerifier() as verifier:
        turns = Refinement(RefinementConfig(refinement_turns=2), verifier, "1")
        write_what_stops(folder / f"turns-{RANK}.txt", folder, [fine], refinement=turns)
        unread = BrokenRefinement(RefinementConfig(refinement_turns=2), verifier, "1")
        write_what_stops(folder / f"visible-{RANK}.txt", folder, [fine], refinement=unread)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    torch.distributed.destroy_process_group()
    sys.stdout.flush()
    os._exit(0)  # all is written; in the interpreter's own end threads of torch's may abort it, now and then
