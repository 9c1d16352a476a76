"""How well a policy does on held-out problems.

Each rank samples and verifies its share; all of them get the whole result.
"""

from collections.abc import Sequence
from typing import Any

from accelerate.utils import gather_object
from trl import GRPOTrainer

from trl_rlvr.evaluation import Evaluation
from trl_rlvr.rewards.scores import graded
from trl_rlvr.training.problem_set import ProblemSet
from trl_rlvr.training.sampling import Sampler
from trl_rlvr.training.spec import RunConfig
from trl_rlvr.verifier import CodeVerifier, Verification


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
        SandboxFaultRateError: too many programs could not be run.
    """
    sampler = Sampler(
        trainer, temperature=run.heldout_temperature, batch_size=run.heldout_batch_size, seed=trainer.args.seed
    )
    prompts = list(heldout.dataset["prompt"])
    rows = [row for row in range(len(prompts)) for _ in range(run.heldout_samples)]
    mine = [rows[place] for place in sampler.share(len(rows))]
    completions = sampler.sample([prompts[row] for row in mine], label=label)
    verifications = verifier.verify(
        [completion.text for completion in completions],
        [heldout.problems[row] for row in mine],
        truncated=[completion.truncated for completion in completions],
    )
    return Evaluation.of(heldout.problems, _by_problem(mine, verifications, len(prompts)), graded)


def _by_problem(rows: Sequence[int], verifications: Sequence[Verification], count: int) -> list[list[Verification]]:
    """Collect the samples of all ranks under their problems."""
    pairs: list[Any] = gather_object(list(zip(rows, verifications, strict=True)))
    samples: list[list[Verification]] = [[] for _ in range(count)]
    for row, verification in pairs:
        samples[row].append(verification)
    return samples
