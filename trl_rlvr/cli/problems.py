"""Problems for a command that takes them by name: rows that cannot be used are said, and do not stop it."""

import sys

from trl_rlvr.data import LoadedData, LoadOptions, load_data
from trl_rlvr.data.config import DataConfig
from trl_rlvr.problem import CodeProblem
from trl_rlvr.terminal import printable


def load_said(name: str, split: str | None) -> LoadedData:
    """Load a data set, and say on standard error what was left out of it, if anything was.

    Raises:
        DataError: it cannot be used, or too much of it.
    """
    loaded = load_data(name, split, LoadOptions(unusable="skip", unusable_share=DataConfig.data_unusable_share))
    if loaded.set_aside:
        print("\n".join(map(printable, loaded.describe().split("\n"))), file=sys.stderr)
    return loaded


def problems_named(name: str, split: str | None) -> list[CodeProblem]:
    """Return the problems of a data set, as `load_said` loads it."""
    return list(load_said(name, split).problems)
