"""Data sets to problems, problems to a trainer's data set, and its columns back to problems.

The reference solution stays behind: no column carries it, so no reward and no log can show it to the model.
"""

from trl_rlvr.data.columns import problems_from_columns
from trl_rlvr.data.config import DataConfig
from trl_rlvr.data.dataset import problems_to_dataset
from trl_rlvr.data.load import load_data, load_problems
from trl_rlvr.data.load_options import LoadOptions
from trl_rlvr.data.loaded import LoadedData, write_set_aside
from trl_rlvr.data.prompts import build_prompt
from trl_rlvr.data.references import reference_completion
from trl_rlvr.data.sameness import find_overlap

__all__ = [
    "DataConfig",
    "LoadOptions",
    "LoadedData",
    "build_prompt",
    "find_overlap",
    "load_data",
    "load_problems",
    "problems_from_columns",
    "problems_to_dataset",
    "reference_completion",
    "write_set_aside",
]
