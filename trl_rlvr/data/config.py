"""The `data_*` options of a run."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from trl_rlvr.data.load import load_data
from trl_rlvr.data.load_options import LoadOptions
from trl_rlvr.data.loaded import LoadedData
from trl_rlvr.data.mapping import as_object, row_mapping
from trl_rlvr.data.mix import mixed
from trl_rlvr.data.prompts import PROMPT_STYLES, PromptStyle, count_visible
from trl_rlvr.errors import ConfigError
from trl_rlvr.problem import IO_CASES, IO_NUMBERS, CodeProblem

_CHECKS = ("sample", "all", "none")
_UNUSABLE = ("skip", "stop")


@dataclass
class DataConfig:
    """Which problems to train and to measure on, and how to put them to the model.

    Raises:
        ConfigError: an option is out of its range.
    """

    data_name: str = field(
        default="starter",
        metadata={
            "help": "starter, ambiguous, mbpp, mbppplus, humaneval, leetcode, kodcode, taco or another short name; a "
            ".jsonl, .json, .gz or .parquet file; a folder with one such file a split; or a Hub id (owner/name or "
            "owner/name:configuration). docs/data.md lists the families of rows that are understood."
        },
    )
    data_train_split: str = field(default="train", metadata={"help": "Split to train on; all: everything."})
    data_test_split: str = field(default="test", metadata={"help": "Split to measure on, before and after training."})
    data_heldout_share: float = field(
        default=0.1,
        metadata={"help": "Share of a file without splits that is its split test, 0..1; the rest is train."},
    )
    data_split_seed: int = field(
        default=42, metadata={"help": "Of the division by data_heldout_share and of data_mix."}
    )
    data_mix: dict[str, Any] | str | None = field(
        default=None,
        metadata={"help": "Train on several sets, {name: weight}: each gives its share of the problems, none twice."},
    )
    data_columns: dict[str, Any] | str | None = field(
        default=None,
        metadata={
            "help": "Columns of a set of no known family, {prompt: question, tests: test_cases, ...}, or "
            "module:function that maps a row."
        },
    )
    data_filter: dict[str, Any] | str | None = field(
        default=None, metadata={"help": "Use only rows with these values, {column: value or list of values}."}
    )
    data_unusable: Literal["skip", "stop"] = field(
        default="skip", metadata={"help": "Rows that cannot be used: leave them out and list them, or stop."}
    )
    data_unusable_share: float = field(
        default=0.2, metadata={"help": "Stop where more than this share of the rows cannot be used, 0..1."}
    )
    data_cache: str | None = field(
        default=None,
        metadata={
            "help": "Folder that keeps what was read of data sets, and holds the problems; None: they are in memory."
        },
    )
    data_io_numbers: Literal["text", "value"] = field(
        default="text", metadata={"help": "Output of programs: value takes 2.0 for 2, text does not."}
    )
    data_io_case: Literal["exact", "any"] = field(
        default="exact", metadata={"help": "Output of programs: any takes Yes for YES, exact does not."}
    )
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
        choices: dict[str, tuple[str, ...]] = {
            "data_prompt_style": PROMPT_STYLES,
            "data_check": _CHECKS,
            "data_unusable": _UNUSABLE,
            "data_io_numbers": IO_NUMBERS,
            "data_io_case": IO_CASES,
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise ConfigError(f"{name} is {getattr(self, name)!r}; choose one of {', '.join(allowed)}")
        for name in ("data_train_limit", "data_test_limit", "data_max_prompt_tokens"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name} is {value!r}; give 1 or more, or leave it out for no limit")
        for name in ("data_heldout_share", "data_unusable_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name} is {getattr(self, name)!r}; give a share from 0 to 1")
        as_object("data_filter", self.data_filter)
        row_mapping(self.data_columns)
        self._weights()
        self.loaded: list[LoadedData] = []
        """What was loaded so far, with the rows that were left out."""

    def load_train(self) -> Sequence[CodeProblem]:
        """Load the problems to train on, of one set or, by `data_mix`, of several.

        Raises:
            DataError: they cannot be loaded.
        """
        weights = self._weights() or {self.data_name: 1.0}
        sets = {name: self._load(name, self.data_train_split) for name in weights}
        problems = (
            mixed(sets, weights, random.Random(self.data_split_seed)) if len(sets) > 1 else next(iter(sets.values()))
        )
        return problems[: self.data_train_limit]

    def load_test(self) -> Sequence[CodeProblem]:
        """Load the problems to measure on.

        Raises:
            DataError: they cannot be loaded.
        """
        return self._load(self.data_name, self.data_test_split)[: self.data_test_limit]

    def load_heldout(self, name: str) -> Sequence[CodeProblem]:
        """Load another set to measure on, which nothing need have been trained on.

        Args:
            name: as `data_name`, with `@split` where another than its split `test` is meant, or all of it where it has
                no such split.

        Raises:
            DataError: it cannot be loaded.
        """
        name, _, split = name.partition("@")
        is_file = Path(name).expanduser().is_file()
        if name == self.data_name:
            return self._load(name, split or self.data_test_split)
        # Columns and filter are said of the sets to train on.
        options = replace(self.load_options, columns=None, filters=None)
        return self._load(name, split or ("all" if is_file else self.data_test_split), options)

    def _load(self, name: str, split: str, options: LoadOptions | None = None) -> Sequence[CodeProblem]:
        loaded = load_data(name, split, options or self.load_options)
        self.loaded.append(loaded)
        return loaded.problems

    @property
    def load_options(self) -> LoadOptions:
        """How rows are read."""
        io = {"io_numbers": self.data_io_numbers, "io_case": self.data_io_case}
        fixed = {name: value for name, value in io.items() if value not in ("text", "exact")}
        return LoadOptions(
            columns=self.data_columns,
            filters=self.data_filter,
            unusable=self.data_unusable,
            unusable_share=self.data_unusable_share,
            heldout_share=self.data_heldout_share,
            seed=self.data_split_seed,
            cache=self.data_cache,
            fixed=fixed,
        )

    def _weights(self) -> dict[str, float]:
        weights = as_object("data_mix", self.data_mix)
        if not all(isinstance(weight, int | float) and weight > 0 for weight in weights.values()):
            raise ConfigError(f"data_mix is {weights!r:.80}; give each set a weight above 0")
        return weights

    @property
    def dataset_options(self) -> dict[str, Any]:
        """What `problems_to_dataset` takes from here, by its names."""
        return {
            "prompt_style": self.data_prompt_style,
            "visible_tests": self.data_visible_tests,
            "system_prompt": self.data_system_prompt,
            "max_prompt_tokens": self.data_max_prompt_tokens,
        }
