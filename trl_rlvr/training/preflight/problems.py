"""What the problems themselves must fulfil: enough of them to train on, and none of them measured as well."""

from collections.abc import Sequence

from trl import GRPOConfig

from trl_rlvr.errors import ConfigError
from trl_rlvr.problem import CodeProblem


def require_enough(problems: int, grpo: GRPOConfig) -> None:
    """Ask whether the problems fill one generation batch: TRL leaves out what does not, and would train nothing.

    Args:
        problems: rows of the training set.
        grpo: says how many a batch needs.

    Raises:
        ConfigError: they do not.
    """
    needed = grpo.generation_batch_size // grpo.num_generations
    if problems < needed:
        raise ConfigError(
            f"{problems} training problem(s) do not fill a generation batch, which takes {needed} "
            f"({grpo.generation_batch_size} completions, num_generations {grpo.num_generations}): no iteration would "
            "run; raise data_train_limit or lower per_device_train_batch_size or gradient_accumulation_steps"
        )


def require_no_overlap(training: Sequence[CodeProblem], heldout: Sequence[CodeProblem]) -> None:
    """Ask whether a problem is both trained and measured on: the measure would then show memory, not skill.

    Raises:
        ConfigError: one is.
    """
    trained = {_content(problem): problem.task_id for problem in training}
    both = [problem.task_id for problem in heldout if _content(problem) in trained]
    if both:
        raise ConfigError(
            f"{len(both)} of {len(heldout)} held-out problems are trained on as well (task_id {both[0]!r}); give two "
            "splits by data_train_split and data_test_split, or data_allow_overlap true"
        )


def _content(problem: CodeProblem) -> tuple[object, ...]:
    tests = tuple(" ".join(str(test).split()) for test in problem.tests)
    return (" ".join(problem.prompt.split()), tests, tuple((test.input, test.output) for test in problem.io_tests))
