"""What turns are worth on held-out problems: the pass rate after each, beside as many single turns.

Single turns and conversations are the same draws: each conversation begins with one of the single turns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from accelerate.utils import gather_object
from trl.data_utils import is_conversational

from trl_rlvr.evaluation import Evaluation
from trl_rlvr.refinement.turns import Sampled, Trajectory, Turn, converse
from trl_rlvr.rewards.scores import graded
from trl_rlvr.training.problem_set import ProblemSet
from trl_rlvr.training.ranks import agreed
from trl_rlvr.training.refinement.trainer import Refining
from trl_rlvr.training.sampling import Sampler, tokenize
from trl_rlvr.training.spec import RunConfig
from trl_rlvr.verifier import CodeVerifier, Verification


@dataclass(frozen=True)
class TurnsMeasure:
    """How often held-out problems are solved, by all their tests."""

    by_turn: tuple[Evaluation, ...]
    """Of each turn; who had passed the visible tests before is counted with that turn."""

    @property
    def pass_rates(self) -> list[float]:
        """After each turn, 0..1."""
        return [found.pass_at(1) for found in self.by_turn]

    @property
    def best_of(self) -> float:
        """Share, 0..1, of problems that at least one of as many single turns solves: the equal sample budget."""
        return self.by_turn[0].pass_at(len(self.by_turn))

    def as_dict(self) -> dict[str, Any]:
        """Return the figures, ready for JSON."""
        first = self.by_turn[0].outcomes
        return {
            "pass_rate_by_turn": self.pass_rates,
            "best_of_single_turns": self.best_of,
            "samples": max((len(outcome.verdicts) for outcome in first), default=0),
        }


def turns_table(before: TurnsMeasure, after: TurnsMeasure) -> str:
    """Return the table of both, in per cent, as lines of Markdown."""
    count = len(before.by_turn)
    heads = ["held-out, % solved", *(f"after turn {place}" for place in range(1, count + 1))]
    heads.append(f"best of {count} single turns")
    rows = [
        [name, *(f"{100 * rate:.1f}" for rate in (*found.pass_rates, found.best_of))]
        for name, found in (("before", before), ("trained", after))
    ]
    return "\n".join("| " + " | ".join(row) + " |" for row in (heads, ["---"] * len(heads), *rows))


def measure_turns(
    trainer: Refining, heldout: ProblemSet, verifier: CodeVerifier, run: RunConfig, *, label: str = ""
) -> TurnsMeasure:
    """Let a policy repair its answers to held-out problems; every rank must call this.

    Args:
        trainer: Whose policy it is, as it stands, with refinement.
        heldout: The problems.
        verifier: Of this rank.
        run: Says how many conversations of a problem (`heldout_samples`, at least one a turn) at which temperature.
        label: What the progress bar says.

    Raises:
        SandboxFaultRateError: Too many programs could not be run, on any rank.
    """
    held = _Conversations(trainer, heldout, run, label)
    converse(
        held.trajectories, trainer.limits, sample=held.sample, judge=held.judge, framed=held.framed, busiest=lambda n: n
    )
    return TurnsMeasure(tuple(held.solved(verifier, number) for number in range(trainer.limits.turns)))


def turns_of_run(run: Any, label: str) -> TurnsMeasure | None:
    """Do what `measure_turns` does for a `Run`; None where a completion is one turn, or nothing is measured."""
    if run.heldout is None or not (run.spec.refinement.enabled and run.spec.run.heldout_samples):
        return None
    with run.view.paused():
        return measure_turns(run.trainer, run.heldout, run.verifier, run.spec.run, label=label)


class _Conversations:
    """The conversations on all problems, on every rank; each rank samples and verifies its share of them."""

    def __init__(self, trainer: Any, heldout: ProblemSet, run: RunConfig, label: str) -> None:
        self._trainer, self._heldout, self._label = trainer, heldout, label
        self._count = max(run.heldout_samples, trainer.limits.turns)
        rows = [dict(row) for row in heldout.dataset]
        self._visible = trainer.refinement.problems(rows)
        self._openings = [row.get("code_opening") or "" for row in rows]
        self._frame = trainer.frame(is_chat=is_conversational(rows[0]))
        self._sampler = Sampler(
            trainer, temperature=run.heldout_temperature, batch_size=run.heldout_batch_size, seed=trainer.args.seed
        )
        prompt_ids = tokenize(trainer, [row["prompt"] for row in rows])
        self.trajectories = [Trajectory(list(ids)) for ids in prompt_ids for _ in range(self._count)]

    def sample(self, contexts: list[list[int]], most_tokens: int, most_rows: int, number: int) -> Sampled:
        """Sample one turn of those that go on, with random numbers that follow from problem, sample and turn."""
        places = [place for place, one in enumerate(self.trajectories) if not one.ended]
        problems = self._heldout.problems
        keys = [f"{problems[place // self._count].task_id}/{place % self._count}/{number}" for place in places]
        with self._trainer.turns_of(most_tokens):
            mine = self._sampler.sample_ids(contexts, keys, label=f"{self._label}, turn {number + 1}")
        found = dict(gather_object(list(mine.items())))
        return [found[row] for row in range(len(contexts))], None

    def judge(self, rows: list[int], ids: list[list[int]], number: int) -> list[Turn]:
        """Verify what was sampled on the visible tests."""
        texts = self._trainer.decoded(ids)
        mine = self._mine(len(rows))
        turns = agreed(
            lambda: self._trainer.refinement.judged(
                [self._visible[rows[place] // self._count] for place in mine],
                [ids[place] for place in mine],
                [texts[place] for place in mine],
                key=f"held-out/{number}",
            ),
            list,
        )
        found = dict(gather_object(list(zip(mine, turns, strict=True))))
        return [found[place] for place in range(len(rows))]

    def framed(self, row: int, feedback: str, last: int) -> list[int]:
        """Return what is fed back."""
        found: list[int] = self._frame.ids(feedback, last, self._openings[row // self._count])
        return found

    def solved(self, verifier: CodeVerifier, number: int) -> Evaluation:
        """Verify each conversation's latest answer up to a turn, on all tests."""
        problems = self._heldout.problems
        mine = self._mine(len(self.trajectories))
        turns = [self._turn(self.trajectories[place], number) for place in mine]
        found: list[Verification] = agreed(
            lambda: verifier.verify([turn.text for turn in turns], [problems[place // self._count] for place in mine]),
            list,
        )
        pairs: list[Any] = gather_object(list(zip(mine, found, strict=True)))
        samples: list[list[Any]] = [[] for _ in problems]
        for place, verification in sorted(pairs, key=lambda pair: pair[0]):
            samples[place // self._count].append(verification)
        return Evaluation.of(problems, samples, graded)

    @staticmethod
    def _turn(trajectory: Trajectory, number: int) -> Turn:
        return trajectory.turns[min(number, len(trajectory.turns) - 1)]

    def _mine(self, count: int) -> Sequence[int]:
        accelerator = self._trainer.accelerator
        return range(accelerator.process_index, count, accelerator.num_processes)
