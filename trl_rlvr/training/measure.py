"""How well a policy does on held-out problems, before, between and after updates.

Each rank samples and verifies its share; all of them get the whole result, which does not depend on their number.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from accelerate.utils import gather_object
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from trl import GRPOTrainer

from trl_rlvr.evaluation import Evaluation, ProblemOutcome, mended_verdicts
from trl_rlvr.rewards.scores import graded
from trl_rlvr.training.problem_set import ProblemSet
from trl_rlvr.training.ranks import agreed
from trl_rlvr.training.sampling import Sampler
from trl_rlvr.training.spec import RunConfig
from trl_rlvr.verdict import Verdict
from trl_rlvr.verifier import CodeVerifier, Verification

_SETTINGS = ("heldout_samples", "heldout_temperature")


def measure(
    trainer: GRPOTrainer, heldout: ProblemSet, verifier: CodeVerifier, run: RunConfig, *, label: str
) -> Evaluation:
    """Sample `heldout_samples` completions of each problem and sum up what they showed; every rank must call this.

    Args:
        trainer: whose policy it is, as it stands.
        heldout: the problems.
        verifier: of this rank.
        run: says how many samples at which temperature.
        label: what the progress bar says.

    Raises:
        SandboxFaultRateError: too many programs could not be run, on any rank.
    """
    sampler = Sampler(
        trainer, temperature=run.heldout_temperature, batch_size=run.heldout_batch_size, seed=trainer.args.seed
    )
    prompts = list(heldout.dataset["prompt"])
    rows = [row for row in range(len(prompts)) for _ in range(run.heldout_samples)]
    keys = [f"{heldout.problems[row].task_id}/{place % run.heldout_samples}" for place, row in enumerate(rows)]
    completions = sampler.sample([prompts[row] for row in rows], keys, label=label)
    mine = [(row, found) for row, found in zip(rows, completions, strict=True) if found is not None]
    texts, problems = [completion.text for _, completion in mine], [heldout.problems[row] for row, _ in mine]

    def judge() -> list[tuple[Verification, Verdict]]:
        found = verifier.verify(texts, problems, truncated=[completion.truncated for _, completion in mine])
        return list(zip(found, mended_verdicts(verifier, texts, problems, found), strict=True))

    judged = _by_problem([row for row, _ in mine], agreed(judge, list), len(prompts))
    verdicts = [[mended for _, mended in samples] for samples in judged]
    return Evaluation.of(heldout.problems, [[found for found, _ in samples] for samples in judged], graded, verdicts)


def _by_problem(
    rows: Sequence[int], judged: Sequence[tuple[Verification, Verdict]], count: int
) -> list[list[tuple[Verification, Verdict]]]:
    """Collect the samples of all ranks under their problems."""
    pairs: list[Any] = gather_object(list(zip(rows, judged, strict=True)))
    samples: list[list[tuple[Verification, Verdict]]] = [[] for _ in range(count)]
    for row, sample in pairs:
        samples[row].append(sample)
    return samples


def heldout_figures(evaluation: Evaluation, ks: Sequence[int], name: str | None = None) -> dict[str, float]:
    """Return what the trackers get: `heldout/pass@k` (shares) and `heldout/mean_reward`, as far as they exist.

    Those of a set of `heldout_data` are `heldout/NAME/pass@k`, by its file's name where it is a file.
    """
    room = "heldout" if name is None else f"heldout/{PurePath(name).name}"
    figures = {f"{room}/pass@{k}": evaluation.pass_at(k) for k in ks}
    figures[f"{room}/mean_reward"] = evaluation.mean_reward
    return {name: value for name, value in figures.items() if not math.isnan(value)}


def to_row(evaluation: Evaluation, run: RunConfig, *, label: str, step: int) -> dict[str, Any]:
    """Return a measure as a row of `heldout.jsonl`, from which `from_row` makes it again."""
    return {
        "step": step,
        "label": label,
        **heldout_figures(evaluation, run.heldout_k),
        **{name: getattr(run, name) for name in _SETTINGS},
        "outcomes": [
            {
                "task_id": outcome.task_id,
                "verdicts": [verdict.value for verdict in outcome.verdicts],
                "rewards": list(outcome.rewards),
                "mended": [verdict.value for verdict in outcome.mended],
            }
            for outcome in evaluation.outcomes
        ],
    }


def from_row(row: Mapping[str, Any], heldout: ProblemSet, run: RunConfig) -> Evaluation | None:
    """Return the measure of a row; None if it was taken on other problems or with other settings."""
    outcomes = row.get("outcomes", [])
    if [outcome["task_id"] for outcome in outcomes] != [problem.task_id for problem in heldout.problems]:
        return None
    if any(row.get(name) != getattr(run, name) for name in _SETTINGS):
        return None
    return Evaluation(
        tuple(
            ProblemOutcome(
                outcome["task_id"],
                tuple(map(Verdict, outcome["verdicts"])),
                tuple(outcome["rewards"]),
                problem.isolation,
                tuple(map(Verdict, outcome.get("mended", ()))),
            )
            for outcome, problem in zip(outcomes, heldout.problems, strict=True)
        )
    )


class HeldoutMeasures(TrainerCallback):  # type: ignore[misc]  # transformers is not type-checked here
    """Measures every so many updates while a run goes on.

    Args:
        every: updates between two measures; 0: none.
        measure: takes a label; every rank calls it.
    """

    def __init__(self, every: int, measure: Callable[[str], Evaluation]) -> None:
        self._every = every
        self._measure = measure

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Measure, but not behind the last update, which the end of the run does."""
        if self._every and state.global_step % self._every == 0 and state.global_step < state.max_steps:
            self._measure(f"step {state.global_step}")
