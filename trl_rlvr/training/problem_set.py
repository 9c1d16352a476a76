"""The problems of a run: loaded, checked at the gate, and put to the model as prompts.

A problem is set aside when its reference fails or a wrong program passes; it is reported, never scored 0 in silence.
"""

import math
import random
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from accelerate import PartialState
from accelerate.utils import broadcast_object_list
from datasets import Dataset

from trl_rlvr.data import DataConfig, problems_to_dataset
from trl_rlvr.data.cache import folder_while_alive
from trl_rlvr.data.stored import LazyProblems, selected
from trl_rlvr.errors import DataError
from trl_rlvr.problem import TOGETHER, CodeProblem
from trl_rlvr.progress import progress
from trl_rlvr.sandbox import SandboxConfig, open_sandbox
from trl_rlvr.terminal import printable
from trl_rlvr.validation.gate import ProblemCheck, check_problems

CHECK_SAMPLE = 32
"""On how many problems of a split `data_check: sample` tries wrong programs; every reference runs."""

CHUNK = 512
"""Problems checked at once: enough for all workers, few enough to keep little of a large set in memory."""
_SHOWN_REASONS = 10


@dataclass(frozen=True)
class ProblemSet:
    """One split, ready for use."""

    problems: Sequence[CodeProblem]
    """In the order of `dataset`, one a row; with `data_cache` each is read from disk when it is asked for."""
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
        together = sum(isolation == TOGETHER for isolation in self.dataset["isolation"])
        if together:
            lines.append(f"  {together} are judged together with the solution: such verdicts could be forged")
        lines += [
            f"  {printable(task_id)}: {printable(reason)}"
            for task_id, reason in list(self.set_aside.items())[:_SHOWN_REASONS]
        ]
        if len(self.set_aside) > _SHOWN_REASONS:
            lines.append(f"  and {len(self.set_aside) - _SHOWN_REASONS} more; `trl-rlvr check` lists them")
        return "\n".join(lines)


@dataclass
class _Gate:
    """What the gate found, in little memory: of each problem whether and how it is used, and what it costs."""

    set_aside: dict[str, str] = field(default_factory=dict)
    kept: "array[int]" = field(default_factory=lambda: array("Q"))
    """Rows of the problems that are used."""
    together: "array[int]" = field(default_factory=lambda: array("b"))
    """Of each of these, whether its tests run together with the solution."""
    cpu_s: "array[float]" = field(default_factory=lambda: array("d"))
    """What its reference costs; NaN where that is as it was."""

    def add(self, row: int, check: ProblemCheck) -> None:
        """Note one finding."""
        if check.reason is not None:
            self.set_aside[check.problem.task_id] = check.reason
            return
        cost = check.problem.reference_cpu_s
        self.kept.append(row)
        self.together.append(check.problem.isolation == TOGETHER)
        self.cpu_s.append(math.nan if cost is None else cost)

    def used(self, problems: Sequence[CodeProblem]) -> Sequence[CodeProblem]:
        """Return the problems that are used, as they were proven."""

        def proven(place: int) -> CodeProblem:
            problem, cost = problems[self.kept[place]], self.cpu_s[place]
            return replace(
                problem,
                isolation=TOGETHER if self.together[place] else problem.isolation,
                reference_cpu_s=problem.reference_cpu_s if math.isnan(cost) else cost,
            )

        lazy = LazyProblems(range(len(self.kept)), proven)
        return lazy if isinstance(problems, LazyProblems) else list(lazy)


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
    gate, checked = _Gate(), 0
    kept = problems
    if data.data_check != "none" and problems:
        gate, checked = _gate_on_main_process(problems, sandbox, data.data_check, seed), len(problems)
        kept = gate.used(problems)
    if not kept:
        raise DataError(
            f"all {len(problems)} problems are set aside, the first one because {next(iter(gate.set_aside.values()))}"
        )
    dataset = _dataset(kept, data, tokenizer)
    used = kept
    if len(dataset) < len(kept):
        rows = set(dataset["task_id"])
        used = selected(kept, [row for row, problem in enumerate(kept) if problem.task_id in rows])
    return ProblemSet(used, dataset, checked, gate.set_aside, too_long=len(kept) - len(used))


def _gate_on_main_process(problems: Sequence[CodeProblem], sandbox: SandboxConfig, check: str, seed: int) -> _Gate:
    """Run the gate once for all ranks: two that judged for themselves could come to train on different problems."""
    gates: list[Any] = [None]
    if PartialState().is_main_process:
        gate, count = _Gate(), len(problems)
        wrong_on: Sequence[int] = range(count)
        if check == "sample" and count > CHECK_SAMPLE:
            wrong_on = random.Random(seed).sample(range(count), CHECK_SAMPLE)
        with open_sandbox(sandbox) as opened, progress(count, "problem") as advance:
            for start in range(0, count, CHUNK):
                part = list(problems[start : start + CHUNK])
                wrong = {one.task_id for row, one in enumerate(part, start) if row in wrong_on}
                for row, check_of in enumerate(check_problems(part, opened, wrong_on=wrong), start):
                    gate.add(row, check_of)
                advance(len(part))
        gates = [gate]
    found: _Gate = broadcast_object_list(gates)[0]
    return found


def _dataset(problems: Sequence[CodeProblem], data: DataConfig, tokenizer: Any) -> Dataset:
    """Put problems to the model: in memory, or where they are read from disk, in a folder that a node's ranks share."""
    if data.data_cache is None or not isinstance(problems, LazyProblems):
        return problems_to_dataset(problems, tokenizer=tokenizer, **data.dataset_options)
    is_main = PartialState().is_main_process
    (folder,) = broadcast_object_list([folder_while_alive(data.data_cache) if is_main else None])
    with PartialState().local_main_process_first():
        return problems_to_dataset(problems, tokenizer=tokenizer, folder=folder, **data.dataset_options)
