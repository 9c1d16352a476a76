"""Stored completions scored again: what another reward, sandbox or set of tests would have said."""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from trl_rlvr.data import DataConfig
from trl_rlvr.data.dataset import problem_columns
from trl_rlvr.json_lines import Row
from trl_rlvr.problem import CodeProblem
from trl_rlvr.report.run_record import RunRecord
from trl_rlvr.report.samples import weighted
from trl_rlvr.rewards import VerifiedReward

Config = TypeVar("Config")


def options_of(run: RunRecord, config: type[Config], given: Mapping[str, Any]) -> Config:
    """Build a part of a run's options as the run had them, with those that are `given` in their place.

    Raises:
        ConfigError: an option is out of its range.
    """
    names = {one.name for one in dataclasses.fields(config) if one.init}  # type: ignore[arg-type]  # a dataclass
    return config(**{name: value for name, value in {**run.options, **given}.items() if name in names})


def problems_of(run: RunRecord) -> dict[str, CodeProblem]:
    """Load the problems that a run was trained on, by their ids.

    Raises:
        ConfigError: an option of the run cannot be used any more.
        DataError: they cannot be loaded.
    """
    return {problem.task_id: problem for problem in options_of(run, DataConfig, {}).load_train()}


@dataclass
class Rescoring:
    """What scoring again has come to so far."""

    rows: int = 0
    unknown: int = 0
    """Completions whose problem is not among those given."""
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Stored and new verdict -> how many."""
    rewards: list[tuple[float, float]] = field(default_factory=list)
    """Stored and new reward of each completion that has both."""

    def add(self, old: Row, new: Row, before: float | None, after: float | None) -> None:
        """Count a completion; `before` and `after` are its weighted rewards, None where none could judge it."""
        self.rows += 1
        self.verdicts[str(old.get("verdict")), new["verdict"]] += 1
        if before is not None and after is not None:
            self.rewards.append((before, after))

    def table(self) -> str:
        """Return the difference in a few lines, without a newline at the end."""
        changed = {pair: count for pair, count in self.verdicts.items() if pair[0] != pair[1]}
        lines = [f"{self.rows} completions scored again: {sum(changed.values())} verdicts differ"]
        ordered = sorted(changed.items(), key=lambda item: (-item[1], item[0]))
        lines += [f"  {old} -> {new}  {count}" for (old, new), count in ordered]
        if self.rewards:
            old, new = (sum(side) / len(self.rewards) for side in zip(*self.rewards, strict=True))
            moved = sum(abs(one - other) > 1e-9 for one, other in self.rewards)
            lines.append(f"mean reward {old:+.3f} -> {new:+.3f}; {moved} of {len(self.rewards)} rewards differ")
        if self.unknown:
            lines.append(f"{self.unknown} completions are left out: their problem is not among those loaded")
        return "\n".join(lines)


def rescore(
    run: RunRecord,
    problems: Mapping[str, CodeProblem],
    rewards: Sequence[tuple[VerifiedReward, float]],
    stored_weights: Mapping[str, float],
    done: Rescoring,
) -> Iterator[list[Row]]:
    """Score a run's completions again, update by update, as a trainer has them scored.

    Args:
        run: whose completions.
        problems: by their ids.
        rewards: each with its weight.
        stored_weights: of the rewards that the run had, by name; one that is not in it counts 1.
        done: is added to.

    Yields:
        The rows of an update, one a completion: its place, and old and new verdict and rewards.

    Raises:
        SandboxError: the sandbox cannot start.
    """
    weights = {reward.__name__: weight for reward, weight in rewards}
    for path, found in run.completions():
        known = [(place, row) for place, row in enumerate(found) if str(row.get("task_id")) in problems]
        done.unknown += len(found) - len(known)
        rows = []
        scored = _scored([row for _, row in known], problems, rewards) if known else []
        for (place, row), new in zip(known, scored, strict=True):
            done.add(row, new, weighted(row, stored_weights), weighted(new, weights))
            old = {"task_id": row["task_id"], "verdict": row.get("verdict"), "rewards": row.get("rewards")}
            rows.append({"file": path.name, "row": place, **old, **{f"new_{name}": new[name] for name in new}})
        yield rows


def _scored(
    rows: Sequence[Row], problems: Mapping[str, CodeProblem], rewards: Sequence[tuple[VerifiedReward, float]]
) -> list[Row]:
    """Return verdict and rewards of each row; one execution serves all rewards."""
    of_each = [problem_columns(problems[str(row["task_id"])]) for row in rows]
    columns = {name: [row[name] for row in of_each] for name in of_each[0]}
    prompts, completions = [row.get("prompt") for row in rows], [row.get("completion") or "" for row in rows]
    logged: dict[str, list[Any]] = {}
    values = {
        reward.__name__: reward(prompts=prompts, completions=completions, log_extra=logged.__setitem__, **columns)
        for reward, _ in rewards
    }
    return [
        {"verdict": logged["verdict"][place], "rewards": {name: found[place] for name, found in values.items()}}
        for place in range(len(rows))
    ]
