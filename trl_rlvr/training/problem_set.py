"""The problems of a run: loaded, checked at the gate, and put to the model as prompts.

A problem is set aside when its reference fails or a wrong program passes; it is reported, never scored 0 in silence.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from accelerate import PartialState
from accelerate.utils import broadcast_object_list
from datasets import Dataset

from trl_rlvr.data import DataConfig, problems_to_dataset
from trl_rlvr.errors import DataError
from trl_rlvr.problem import TOGETHER, CodeProblem
from trl_rlvr.sandbox import SandboxConfig, open_sandbox
from trl_rlvr.terminal import printable
from trl_rlvr.validation.gate import ProblemCheck, check_problems

CHECK_SAMPLE = 32
"""On how many problems of a split `data_check: sample` tries wrong programs; every reference runs."""

_SHOWN_REASONS = 10


@dataclass(frozen=True)
class ProblemSet:
    """One split, ready for use."""

    problems: list[CodeProblem]
    """In the order of `dataset`, one a row."""
    dataset: Dataset
    """With TRL's `prompt` column and the columns that the rewards read."""
    checked: int
    """How many problems went through the gate."""
    set_aside: dict[str, str]
    """Task id -> why it is not used."""
    too_long: int
    """How many were left out for their long prompts."""

    def describe(self, split: str) -> str:
        """Say in a few lines what is used and what is not."""
        aside = f"{len(self.set_aside)} of {self.checked} checked are set aside"
        lines = [f"{split}: {len(self.problems)} problems; {aside}, {self.too_long} have too long a prompt"]
        together = sum(problem.isolation == TOGETHER for problem in self.problems)
        if together:
            lines.append(f"  {together} are judged together with the solution: such verdicts could be forged")
        lines += [
            f"  {printable(task_id)}: {printable(reason)}"
            for task_id, reason in list(self.set_aside.items())[:_SHOWN_REASONS]
        ]
        if len(self.set_aside) > _SHOWN_REASONS:
            lines.append(f"  and {len(self.set_aside) - _SHOWN_REASONS} more; `trl-rlvr check` lists them")
        return "\n".join(lines)


def prepare_problems(
    problems: Sequence[CodeProblem], data: DataConfig, sandbox: SandboxConfig, tokenizer: Any, seed: int
) -> ProblemSet:
    """Check problems and make their prompts; every rank must call this, and all get the same.

    Args:
        problems: one split.
        data: says how many to check, and how the prompts look.
        sandbox: where they are checked.
        tokenizer: of the model.
        seed: of the sample that is checked.

    Raises:
        DataError: no problem is left.
        SandboxError: the sandbox cannot start.
    """
    asked = [] if data.data_check == "none" else list(problems)
    checks = check_on_main_process(asked, sandbox, _wrong_on(problems, data.data_check, seed))
    set_aside = {check.problem.task_id: check.reason for check in checks if check.reason is not None}
    measured = {check.problem.task_id: check.problem for check in checks if check.reason is None}
    kept = [measured.get(p.task_id, p) for p in problems if p.task_id not in set_aside]
    if not kept:
        raise DataError(
            f"all {len(problems)} problems are set aside, the first one because {next(iter(set_aside.values()))}"
        )
    dataset = problems_to_dataset(kept, tokenizer=tokenizer, **data.dataset_options)
    rows = set(dataset["task_id"])
    used = [problem for problem in kept if problem.task_id in rows]
    return ProblemSet(used, dataset, len(checks), set_aside, too_long=len(kept) - len(used))


def _wrong_on(problems: Sequence[CodeProblem], check: str, seed: int) -> list[str]:
    ids = [problem.task_id for problem in problems]
    return random.Random(seed).sample(ids, CHECK_SAMPLE) if check == "sample" and len(ids) > CHECK_SAMPLE else ids


def check_on_main_process(
    problems: Sequence[CodeProblem], sandbox: SandboxConfig, wrong_on: Sequence[str]
) -> list[ProblemCheck]:
    """Run the gate once for all ranks: two that judged for themselves could come to train on different problems."""
    if not problems:
        return []
    checks: list[Any] = [None]
    if PartialState().is_main_process:
        with open_sandbox(sandbox) as opened:
            checks = [check_problems(problems, opened, wrong_on=wrong_on)]
    found: list[ProblemCheck] = broadcast_object_list(checks)[0]
    return found
