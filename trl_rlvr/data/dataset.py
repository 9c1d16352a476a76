"""Problems to the data set that TRL's trainers read: a prompt, and the columns that the rewards read back.

`problems_from_columns` undoes it, but for the reference solution, which no column carries.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from trl_rlvr.data.prompts import build_prompt, code_opening, require_chat_template, shown_tests
from trl_rlvr.errors import ConfigError, DataError
from trl_rlvr.problem import CodeProblem
from trl_rlvr.tiers import TIERS

if TYPE_CHECKING:
    from datasets import Dataset, Features

logger = logging.getLogger(__name__)

_SHOWN_IDS = 10
_WRITTEN_ROWS = 100
"""Rows in memory before they are written; each may hold megabytes of tests."""


def problems_to_dataset(
    problems: Sequence[CodeProblem],
    *,
    prompt_style: str = "chat",
    visible_tests: int | str = "all",
    system_prompt: str | None = None,
    tokenizer: Any = None,
    max_prompt_tokens: int | None = None,
    push_to_hub: str | None = None,
    folder: str | None = None,
) -> "Dataset":
    """Make a data set with one row a problem, in order, and columns for the prompt, the tests and the names.

    Problems with over-long prompts are left out, with a warning that counts them: `len(problems) - len(dataset)`.

    Args:
        problems: any number, but at least one.
        prompt_style: see `build_prompt`, as for `visible_tests` and `system_prompt`.
        visible_tests: see there.
        system_prompt: see there.
        tokenizer: the model's; needed for `chat_code` and for `max_prompt_tokens`.
        max_prompt_tokens: longest prompt to keep, in tokens; None: keep all.
        push_to_hub: id of a private data set on the Hub to write to as well; None: none. Mind the licences of its
            sources (`docs/data.md`).
        folder: where to keep the data set, so that memory does not grow with it; processes that give the same folder
            for the same problems share what the first of them wrote. It must be there as long as the data set is used.
            None: in memory.

    Raises:
        ConfigError: an option is unknown, or lacks the tokenizer that it needs.
        DataError: no problem is left, or the Hub cannot be written to.
    """
    from datasets import Dataset

    if max_prompt_tokens is not None and tokenizer is None:
        raise ConfigError("max_prompt_tokens needs the tokenizer that counts them")
    if prompt_style == "chat" and tokenizer is not None:
        require_chat_template(tokenizer)
    options = {"visible_tests": visible_tests, "system_prompt": system_prompt, "tokenizer": tokenizer}
    too_long: list[str] = []

    def rows() -> Iterator[dict[str, Any]]:
        for problem in problems:
            prompt = build_prompt(problem, prompt_style, **options)
            if max_prompt_tokens is not None and count_tokens(prompt, tokenizer) > max_prompt_tokens:
                too_long.append(problem.task_id)
            else:
                yield {"prompt": prompt, **problem_columns(problem), **_tier_columns(problem, visible_tests)}

    if folder is None:
        found = list(rows())
        dataset = Dataset.from_list(found, features=_features(prompt_style)) if found else None
    else:
        dataset = _kept_in(folder, rows, _features(prompt_style))
    if too_long:
        ids = ", ".join(too_long[:_SHOWN_IDS]) + (", ..." if len(too_long) > _SHOWN_IDS else "")
        dropped = f"{len(too_long)} of {len(problems)} problems have prompts of more than {max_prompt_tokens} tokens"
        logger.warning("%s and are left out: task_id %s", dropped, ids)
    if dataset is None:
        raise DataError(f"no problem is left of {len(problems)}; raise max_prompt_tokens ({max_prompt_tokens!r})")
    if push_to_hub is not None:
        try:
            dataset.push_to_hub(push_to_hub, private=True)
        except Exception as error:  # what a missing network or token raises differs from release to release
            raise DataError(f"cannot write {push_to_hub!r} to the Hub: {type(error).__name__}: {error}") from error
    return dataset


def _kept_in(folder: str, rows: Callable[[], Iterator[dict[str, Any]]], features: "Features") -> "Dataset | None":
    """Write rows to a folder, or open what is there; None where there is no row."""
    from datasets import Dataset
    from datasets.exceptions import DatasetGenerationError

    try:
        dataset = Dataset.from_generator(
            rows, features=features, cache_dir=folder, fingerprint="rows", writer_batch_size=_WRITTEN_ROWS
        )
    except DatasetGenerationError as error:
        raise error.__cause__ or error from None
    return dataset if len(dataset) else None


def count_tokens(prompt: str | list[dict[str, str]], tokenizer: Any) -> int:
    """Count the tokens that a trainer makes of a prompt."""
    if isinstance(prompt, str):
        return len(tokenizer(prompt)["input_ids"])
    return len(tokenizer.apply_chat_template(prompt, add_generation_prompt=True, return_dict=True)["input_ids"])


def problem_columns(problem: CodeProblem) -> dict[str, Any]:
    """Return the columns of a problem beside its prompt, as `problems_from_columns` reads them."""
    return {
        "task_id": problem.task_id,
        "tests": list(problem.tests),
        "setup_code": problem.setup_code,
        "prelude": problem.prelude,
        "entry_point": problem.entry_point,
        "entry_points": list(problem.entry_points),
        "reference_cpu_s": problem.reference_cpu_s,
        "io_tests": [{"input": test.input, "output": test.output} for test in problem.io_tests],
        "io_numbers": problem.io_numbers,
        "io_case": problem.io_case,
        "isolation": problem.isolation,
        "visible_limit": problem.visible_limit,
        "code_opening": code_opening(problem),
    }


def _tier_columns(problem: CodeProblem, visible_tests: int | str) -> dict[str, int]:
    """Return how many tests the prompt shows, how many it keeps back, and how many of those are augmented ones."""
    shown = shown_tests(problem, visible_tests)
    augmented = min(problem.augmented, problem.total - shown)
    counts = (shown, problem.total - shown - augmented, augmented)
    return {f"{name}_count": count for name, count in zip(TIERS, counts, strict=True)}


def _features(prompt_style: str) -> "Features":
    """Type the columns by hand: a column that happens to be empty throughout would get no type."""
    from datasets import Features, List, Value

    text = Value("string")
    return Features(
        {
            "prompt": List({"role": text, "content": text}) if prompt_style == "chat" else text,
            "task_id": text,
            "tests": List(text),
            "setup_code": text,
            "prelude": text,
            "entry_point": text,
            "entry_points": List(text),
            "reference_cpu_s": Value("float64"),
            "io_tests": List({"input": text, "output": text}),
            "io_numbers": text,
            "io_case": text,
            "isolation": text,
            "visible_limit": Value("int64"),
            "code_opening": text,
            **{f"{name}_count": Value("int64") for name in TIERS},
        }
    )
