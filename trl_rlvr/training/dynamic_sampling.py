"""GRPO on the problems that a curriculum chooses, each generation batch anew, and refilled where it teaches nothing.

The problems are put in when a batch is sampled, not by the dataloader's sampler: that one is read ahead, and replayed
when a run resumes. What the dataloader yields only keeps the time.
"""

import json
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import broadcast_object_list, gather_object
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR
from trl import GRPOTrainer

from trl_rlvr.errors import ConfigError
from trl_rlvr.training.curriculum import Curriculum
from trl_rlvr.training.ranks import StopsTogether
from trl_rlvr.training.recorded import Recorded
from trl_rlvr.training.refinement.trainer import Refining
from trl_rlvr.training.rows import Batch, flat_groups, loss_mask, refill_plan, replace_rows

STATE_NAME = "curriculum.json"
"""The curriculum's file in a checkpoint."""


class DynamicSamplingTrainer(Recorded, Refining, StopsTogether, GRPOTrainer):  # type: ignore[misc]  # TRL's types are not followed
    """`GRPOTrainer` that can follow a curriculum; without one it is `GRPOTrainer`, but for rounding.

    Where all of a group were rewarded alike, its advantages are exactly 0, and no rounding noise divided by almost 0.

    A refilled batch has as many rows as any; extra rounds appear in TRL's metrics beside the first. Each rank fills
    its own rows only, in as many rounds as the rank that lacks most.

    Args:
        *args: As for `GRPOTrainer`.
        curriculum: Chooses the problems; its memory must be an observer of the rewards. None: the dataloader's order.
        **kwargs: As for `GRPOTrainer`, and `refinement` as for `Refining`.

    Raises:
        ConfigError: The curriculum cannot be followed with this data set or these arguments.

    Logged with a curriculum: what `Curriculum.metrics` returns, and `curriculum/refilled`, the share (0..1) of the
    batch's groups that were replaced.
    """

    def __init__(self, *args: Any, curriculum: Curriculum | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.curriculum = curriculum
        self._flat_groups = self._idle_groups = torch.zeros(0, dtype=torch.bool)
        if curriculum is not None:
            self._check_curriculum(curriculum)

    def _check_curriculum(self, curriculum: Curriculum) -> None:
        rows = len(self.train_dataset) if hasattr(self.train_dataset, "__len__") else None
        if rows != len(curriculum):
            raise ConfigError(
                f"the curriculum is over {len(curriculum)} rows and the data set has {rows}; give it that"
            )
        if not curriculum.config.curriculum_refill_rounds:
            return
        score = curriculum.config.curriculum_filter_score
        if score and score not in self.reward_func_names:
            raise ConfigError(
                f"curriculum_filter_score is {score!r} and the rewards are {self.reward_func_names}; give one of "
                "those, with a weight of 0 if it is not to be trained on"
            )
        rows = self.args.per_device_train_batch_size * self.args.steps_per_generation
        reasons = {
            f"{rows} completions a process are no multiple of num_generations, {self.num_generations}": (
                rows % self.num_generations != 0
            ),
            "num_generations is 1, and a group of one is always rewarded alike": self.num_generations == 1,
            "scale_rewards 'batch' looks at the whole batch; choose 'group' or 'none'": self.scale_rewards == "batch",
            "multi_objective_aggregation 'normalize_then_sum' looks at the whole batch; choose 'sum_then_normalize'": (
                self.multi_objective_aggregation != "sum_then_normalize"
            ),
            "images cannot be moved between batches": self._is_vlm,
        }
        for reason, applies in reasons.items():
            if applies:
                raise ConfigError(f"curriculum_refill_rounds cannot be used: {reason}")

    def _calculate_rewards(self, inputs: Any, prompts: Any, completions: Any, completion_ids_list: Any) -> torch.Tensor:
        rewards = super()._calculate_rewards(inputs, prompts, completions, completion_ids_list)
        if self.model.training:
            summed = self.multi_objective_aggregation == "sum_then_normalize"
            self._flat_groups = flat_groups(rewards, self.reward_weights, self.num_generations, summed=summed)
            self._idle_groups = self._flat_groups | self._alike_in_filter_score(rewards)
        return rewards

    def _alike_in_filter_score(self, rewards: torch.Tensor) -> torch.Tensor:
        """Mark the groups in which the score that decides about replacing is the same throughout, shape (groups,)."""
        score = self.curriculum.config.curriculum_filter_score if self.curriculum is not None else ""
        if not score:
            return torch.zeros_like(self._flat_groups)
        column = self.reward_func_names.index(score)
        ones = torch.ones(1, device=rewards.device)
        return flat_groups(rewards[:, column : column + 1], ones, self.num_generations, summed=True)

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> Batch:
        """As in `GRPOTrainer`, on the curriculum's problems where there is one."""
        if self.curriculum is None:
            return self._scored(inputs)
        if not self.model.training:
            batch = self._scored(inputs)
            self.curriculum.memory.drain()  # held-out problems are none of the curriculum's
            return batch
        batch = self._curriculum_batch(self.curriculum, len(inputs))
        heard = gather_object(self.curriculum.memory.drain())
        if not self.curriculum.memory.was_told:
            raise ConfigError("no reward reports to the curriculum; give its memory to the rewards as an observer")
        self.curriculum.advance(heard)
        for name, value in self.curriculum.metrics().items():
            self._metrics["train"][name].append(value)
        return batch

    def _scored(self, inputs: list[dict[str, Any]]) -> Batch:
        """Sample and score as `GRPOTrainer` does, with advantages of exactly 0 where a group was rewarded alike."""
        batch: Batch = super()._generate_and_score_completions(inputs)
        if self.model.training:
            flat_rows = self._flat_groups.repeat_interleave(self.num_generations)
            first = self.accelerator.process_index * len(inputs)
            batch["advantages"] = batch["advantages"].masked_fill(flat_rows[first : first + len(inputs)], 0.0)
        return batch

    def _drawn(self, curriculum: Curriculum, rows: int, taken: set[int]) -> Batch:
        """Sample `rows` completions on each rank, of problems not in `taken` if there are any, and add those to it."""
        groups = rows * self.accelerator.num_processes // self.num_generations
        chosen = broadcast_object_list(curriculum.choose(groups, exclude=taken))  # a group must be one on all ranks
        taken.update(chosen)
        first = self.accelerator.process_index * rows
        return self._scored(
            [self.train_dataset[chosen[row // self.num_generations]] for row in range(first, first + rows)]
        )

    def _curriculum_batch(self, curriculum: Curriculum, rows: int) -> Batch:
        """Sample a generation batch, and sample again for groups without signal as often as the curriculum says."""
        taken: set[int] = set()
        batch = self._drawn(curriculum, rows, taken)
        idle = self._idle_groups
        first_idle = int(idle.sum())
        for _ in range(curriculum.config.curriculum_refill_rounds):
            by_rank = idle.view(self.accelerator.num_processes, -1)
            wanted = int(by_rank.sum(dim=1).max())
            if wanted == 0:
                break
            extra = self._drawn(curriculum, wanted * self.num_generations, taken)
            plans = list(map(refill_plan, by_rank, self._idle_groups.view(len(by_rank), wanted)))
            batch = self._refilled(batch, extra, plans[self.accelerator.process_index])
            for rank, plan in enumerate(plans):
                by_rank[rank, list(plan)] = False
        self._metrics["train"]["curriculum/refilled"].append((first_idle - int(idle.sum())) / len(idle))
        return batch

    def _refilled(self, batch: Batch, extra: Batch, plan: dict[int, int]) -> Batch:
        """Put groups of `extra` in the places that the plan of this rank says."""
        size = self.num_generations
        sources = {to * size + row: start * size + row for to, start in plan.items() for row in range(size)}
        merged = replace_rows(batch, extra, sources, pad_token_id=self._tokenizer.pad_token_id)
        merged["num_items_in_batch"] = self.accelerator.gather(loss_mask(merged).sum()).sum()
        return merged

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        super()._save_checkpoint(model, trial)
        if self.curriculum is not None and self.args.should_save:
            folder = Path(self._get_output_dir(trial=trial)) / f"{PREFIX_CHECKPOINT_DIR}-{self.state.global_step}"
            (folder / STATE_NAME).write_text(json.dumps(self.curriculum.state_dict()))

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        super()._load_optimizer_and_scheduler(checkpoint)
        if self.curriculum is None or checkpoint is None:
            return
        file = Path(checkpoint) / STATE_NAME
        if not file.is_file():
            raise ConfigError(f"checkpoint {str(checkpoint)!r} holds no {STATE_NAME}; resume without the curriculum")
        self.curriculum.load_state_dict(json.loads(file.read_text()))
