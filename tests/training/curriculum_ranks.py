"""Run by several ranks: train with a curriculum, and write what each rank saw and remembered.

The policy must be in FOLDER already.

usage: curriculum_ranks.py FOLDER
"""

import json
import os
import sys
from pathlib import Path

import torch
from test_dynamic_sampling import WatchedReward
from tiny_policy import grpo_config, problems, tiny_tokenizer, written_llama

from trl_rlvr.training.curriculum import Curriculum, CurriculumConfig
from trl_rlvr.training.grpo import EfficientGRPOTrainer


def main(folder: Path) -> None:
    dataset = problems(10, 10)
    config = CurriculumConfig(curriculum_focus=2.0, curriculum_retire_after=1, curriculum_refill_rounds=2)
    curriculum = Curriculum.for_dataset(config, dataset, group_size=4, seed=7)
    reward = WatchedReward(curriculum.memory)
    trainer = EfficientGRPOTrainer(
        model=written_llama(folder),
        reward_funcs=reward,
        args=grpo_config(folder, max_steps=3, learning_rate=1e-3),
        train_dataset=dataset,
        processing_class=tiny_tokenizer(),
        curriculum=curriculum,
    )
    trainer.train()
    seen = {
        "batches": reward.batches,
        "state": curriculum.state_dict(),
        "tokens": int(trainer._buffered_inputs[0]["num_items_in_batch"]),
        "own_tokens": int(trainer._buffered_inputs[0]["completion_mask"].sum()),
        "lively_rows": int((trainer._buffered_inputs[0]["advantages"] != 0).sum()),
    }
    (folder / f"rank{trainer.args.process_index}.json").write_text(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
    sys.stdout.flush()
    os._exit(0)  # all is written; in the interpreter's own end threads of torch's may abort it, now and then
