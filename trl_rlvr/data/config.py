"""The `data_*` options of a run."""

from dataclasses import dataclass, field
from typing import Any, Literal

from trl_rlvr.data.load import load_problems
from trl_rlvr.data.prompts import PROMPT_STYLES, PromptStyle, count_visible
from trl_rlvr.errors import ConfigError
from trl_rlvr.problem import CodeProblem

_CHECKS = ("sample", "all", "none")


@dataclass
class DataConfig:
    """Which problems to train and to measure on, and how to put them to the model.

    Raises:
        ConfigError: an option is out of its range.
    """

    data_name: str = field(
        default="starter",
        metadata={
            "help": "starter, mbpp, mbpp_sanitized or humaneval; a .jsonl, .json or .gz file in MBPP's or HumanEval's "
            "schema; a folder with one such file a split; or a Hub id (owner/name or owner/name:configuration)."
        },
    )
    data_train_split: str = field(default="train", metadata={"help": "Split to train on; all: everything."})
    data_test_split: str = field(default="test", metadata={"help": "Split to measure on, before and after training."})
    data_train_limit: int | None = field(
        default=None, metadata={"help": "Train on the first so many problems of the split; None: all of them."}
    )
    data_test_limit: int | None = field(
        default=None, metadata={"help": "Measure on the first so many problems of the split; None: all of them."}
    )
    data_visible_tests: str = field(
        default="all",
        metadata={"help": "Tests that the prompt shows: all, none, or a number. The hidden ones count as well."},
    )
    data_prompt_style: PromptStyle = field(
        default="chat",
        metadata={
            "help": "chat: a conversation; chat_code: the same, with the code block of the answer already opened; "
            "completion: plain text to go on with, for base models."
        },
    )
    data_system_prompt: str | None = field(
        default=None, metadata={"help": "System message of the chat styles; None: none."}
    )
    data_max_prompt_tokens: int | None = field(
        default=None, metadata={"help": "Leave out problems with longer prompts, in tokens; None: keep all."}
    )
    data_allow_overlap: bool = field(
        default=False, metadata={"help": "Measure on problems that are trained on as well; false: refuse to."}
    )
    data_check: Literal["sample", "all", "none"] = field(
        default="sample",
        metadata={"help": "Problems whose reference must pass, and wrong programs fail, before they are used."},
    )

    def __post_init__(self) -> None:
        self.data_visible_tests = str(self.data_visible_tests)  # YAML gives a number
        count_visible(self.data_visible_tests)
        for name, allowed in (("data_prompt_style", PROMPT_STYLES), ("data_check", _CHECKS)):
            if getattr(self, name) not in allowed:
                raise ConfigError(f"{name} is {getattr(self, name)!r}; choose one of {', '.join(allowed)}")
        for name in ("data_train_limit", "data_test_limit", "data_max_prompt_tokens"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name} is {value!r}; give 1 or more, or leave it out for no limit")

    def load_train(self) -> list[CodeProblem]:
        """Load the problems to train on.

        Raises:
            DataError: they cannot be loaded.
        """
        return load_problems(self.data_name, self.data_train_split)[: self.data_train_limit]

    def load_test(self) -> list[CodeProblem]:
        """Load the problems to measure on.

        Raises:
            DataError: they cannot be loaded.
        """
        return load_problems(self.data_name, self.data_test_split)[: self.data_test_limit]

    @property
    def dataset_options(self) -> dict[str, Any]:
        """What `problems_to_dataset` takes from here, by its names."""
        return {
            "prompt_style": self.data_prompt_style,
            "visible_tests": self.data_visible_tests,
            "system_prompt": self.data_system_prompt,
            "max_prompt_tokens": self.data_max_prompt_tokens,
        }
