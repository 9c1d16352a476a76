"""Run by two ranks: one update with repair under LoRA, and the measure by turn; each rank writes what became of it.

usage: refinement_ranks.py FOLDER
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from small_run import small_spec

from trl_rlvr.training.refinement.heldout import turns_of_run
from trl_rlvr.training.run import open_run

OPTIONS = {
    "refinement_turns": 2,
    "refinement_turn_tokens": 40,
    "refinement_reward": "discounted",
    "max_completion_length": 200,
    "learning_rate": 1e-2,
    "max_steps": 1,
    "per_device_train_batch_size": 8,
    "save_strategy": "no",
    "heldout_samples": 2,
    "use_peft": "true",
    "lora_target_modules": ["q_proj", "v_proj"],
}


def main(folder: Path) -> None:
    with open_run(small_spec(folder, **OPTIONS)) as run:
        before = turns_of_run(run, "before")
        assert before is not None
        run.trainer.train()
        weights = {name: value.detach() for name, value in run.trainer.model.named_parameters() if value.requires_grad}
        rows = [
            (row.prompt_ids, row.ids, row.mask, [token for turn in row.turns for token in turn.ids])
            for row in run.trainer._trajectories
        ]
        logged = run.trainer.state.log_history[0]
        found = {"measure": before.as_dict(), "weights": weights, "rows": rows, "logged": logged}
        torch.save(found, folder / f"rank-{run.trainer.accelerator.process_index}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
    sys.stdout.flush()
    os._exit(0)  # all is written; in the interpreter's own end threads of torch's may abort it, now and then
