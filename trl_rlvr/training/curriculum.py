"""Which problems the next generation batch is made of: those that are neither always nor never solved, mostly.

A choice follows from seed, iteration and recorded pass rates alone: a resumed run draws what an unbroken one does.
"""

import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trl_rlvr.errors import ConfigError, DataError
from trl_rlvr.training.pass_rates import PassRateMemory

if TYPE_CHECKING:
    from datasets import Dataset

_FIRST_TESTS, _LAST_TESTS, _BATCHES_A_TEST = 3, 10, 5


@dataclass
class CurriculumConfig:
    """The `curriculum_*` options; all are off by default.

    Raises:
        ConfigError: an option is out of its range.
    """

    curriculum_focus: float = field(
        default=0.0,
        metadata={
            "help": "Draw problems by their chance of a group with signal, to this power; 0: all alike, 2: sharply."
        },
    )
    curriculum_retire_after: int = field(
        default=0,
        metadata={"help": "Rest a problem after so many visits in a row all solved, or all unsolved; 0: never."},
    )
    curriculum_revive_after: int = field(
        default=20, metadata={"help": "Generation batches after which a resting problem may be drawn again."}
    )
    curriculum_by_tests: bool = field(
        default=False,
        metadata={
            "help": "Only problems of up to 3 tests at first, 1 more every 5 generation batches, up to 10 in the end."
        },
    )
    curriculum_refill_rounds: int = field(
        default=0,
        metadata={"help": "Sample up to so many times more to replace groups that were rewarded alike; 0: keep them."},
    )
    curriculum_filter_score: str = field(
        default="",
        metadata={
            "help": "Replace also groups that were alike in this reward, such as binary, whatever they are trained on."
        },
    )

    def __post_init__(self) -> None:
        least = {"focus": 0, "retire_after": 0, "revive_after": 1, "refill_rounds": 0}
        for name, bound in least.items():
            value = getattr(self, f"curriculum_{name}")
            if not value >= bound:
                raise ConfigError(f"curriculum_{name} is {value!r}; give {bound} or more")
        if self.curriculum_filter_score and not self.curriculum_refill_rounds:
            raise ConfigError(
                f"curriculum_filter_score is {self.curriculum_filter_score!r} and nothing is replaced; "
                "give curriculum_refill_rounds of 1 or more"
            )

    @property
    def enabled(self) -> bool:
        """Whether any option asks for a curriculum."""
        return bool(
            self.curriculum_focus
            or self.curriculum_retire_after
            or self.curriculum_by_tests
            or self.curriculum_refill_rounds
        )


def allowed_tests(iteration: int) -> int:
    """Say how many tests a problem may have in this generation batch, under `curriculum_by_tests`."""
    return min(_LAST_TESTS, _FIRST_TESTS + iteration // _BATCHES_A_TEST)


class Curriculum:
    """Chooses the rows of a data set from which the next completions are sampled.

    Give `memory` to the rewards as an observer, and the curriculum to `EfficientGRPOTrainer`.

    Args:
        config: what it is to do.
        task_ids: one a row of the data set.
        test_counts: how many tests each row's problem has.
        group_size: completions of each problem, TRL's `num_generations`.
        seed: of the draws.

    Raises:
        ConfigError: there are no rows, or not one count for each.
    """

    def __init__(
        self,
        config: CurriculumConfig,
        task_ids: Sequence[str],
        test_counts: Sequence[int],
        *,
        group_size: int,
        seed: int = 0,
    ) -> None:
        if not task_ids or len(task_ids) != len(test_counts):
            raise ConfigError(
                f"a curriculum over {len(task_ids)} task ids and {len(test_counts)} test counts; give one of each a row"
            )
        self.config = config
        self.memory = PassRateMemory()
        self.iteration = 0
        """Generation batches so far."""
        self._task_ids, self._test_counts = tuple(task_ids), tuple(test_counts)
        self._group_size, self._seed = group_size, seed
        self._draws = 0

    @classmethod
    def for_dataset(
        cls, config: CurriculumConfig, dataset: "Dataset", *, group_size: int, seed: int = 0
    ) -> "Curriculum":
        """Make the curriculum of a data set in our columns.

        Raises:
            ConfigError: it has no `task_id` column.
        """
        if "task_id" not in (dataset.column_names or []):
            raise ConfigError(f"a curriculum needs the column 'task_id'; the data set has {dataset.column_names!r}")
        counts = [0] * len(dataset)
        for name in {"tests", "io_tests"} & set(dataset.column_names):
            counts = [count + len(tests or ()) for count, tests in zip(counts, dataset[name], strict=True)]
        return cls(config, list(dataset["task_id"]), counts, group_size=group_size, seed=seed)

    def __len__(self) -> int:
        return len(self._task_ids)

    def choose(self, count: int, exclude: Collection[int] = ()) -> list[int]:
        """Draw rows for the next completions; each call draws anew.

        Rows that rest come in, the longest rested first, only when the others do not suffice; rows come twice only when
        there are fewer than asked for.

        Args:
            count: how many groups are wanted.
            exclude: rows not to draw unless no other is open.
        """
        dice = random.Random(f"{self._seed}/{self.iteration}/{self._draws}")
        self._draws += 1
        rows = self._open_rows()
        rows = [row for row in rows if row not in exclude] or rows
        awake = [row for row in rows if not self._rests(row)]
        chosen = self._race(awake, dice)[:count]
        if len(chosen) < count:
            resting = sorted(set(rows) - set(awake), key=lambda row: (self._record(row).iteration, row))
            chosen += resting[: count - len(chosen)]
        return (chosen * -(-count // len(chosen)))[:count]

    def advance(self, observations: Iterable[tuple[str, bool]]) -> None:
        """Record what the finished generation batch showed, on all ranks together, and go on to the next."""
        self.memory.record(observations, self.iteration)
        self.iteration += 1
        self._draws = 0

    def metrics(self) -> dict[str, float]:
        """Return shares (0..1) of the problems, and the mean pass rate of those that were visited."""
        total = len(self._task_ids)
        seen = [self._record(row).pass_rate for row in range(total) if self._task_ids[row] in self.memory.records]
        return {
            "curriculum/pass_rate": sum(seen) / len(seen) if seen else float("nan"),
            "curriculum/seen": len(seen) / total,
            "curriculum/resting": sum(map(self._rests, range(total))) / total,
            "curriculum/open": len(self._open_rows()) / total,
        }

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint must hold, as JSON data."""
        return {"iteration": self.iteration, "pass_rates": self.memory.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up the state of a checkpoint.

        Raises:
            DataError: this is no state of a curriculum.
        """
        try:
            self.iteration, pass_rates = int(state["iteration"]), state["pass_rates"]
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"a saved curriculum cannot be read: {error!r}") from error
        self.memory.load_state_dict(pass_rates)
        self._draws = 0

    def _record(self, row: int) -> Any:
        return self.memory.of(self._task_ids[row])

    def _open_rows(self) -> list[int]:
        """Rows that the schedule by tests lets in; the easiest ones where it would let in none."""
        rows = list(range(len(self._task_ids)))
        if not self.config.curriculum_by_tests:
            return rows
        limit = max(allowed_tests(self.iteration), min(self._test_counts))
        return [row for row in rows if self._test_counts[row] <= limit]

    def _rests(self, row: int) -> bool:
        after, record = self.config.curriculum_retire_after, self._record(row)
        rested = self.iteration - record.iteration > self.config.curriculum_revive_after
        return bool(after and abs(record.streak) >= after and not rested)

    def _race(self, rows: Sequence[int], dice: random.Random) -> list[int]:
        """Order rows as a weighted draw without replacement does: each arrives after an exponential time."""
        arrival = {}
        for row in rows:
            weight = self._record(row).signal_probability(self._group_size) ** self.config.curriculum_focus
            arrival[row] = dice.expovariate(1.0) / max(weight, 1e-12)
        return sorted(rows, key=arrival.__getitem__)
