"""Data sets to problems, problems to a trainer's data set, and its columns back to problems.

The reference solution stays behind: no column carries it, so no reward and no log can show it to the model.
"""

from trl_rlvr.data.columns import problems_from_columns
from trl_rlvr.data.config import DataConfig
from trl_rlvr.data.dataset import problems_to_dataset
from trl_rlvr.data.load import load_problems
from trl_rlvr.data.prompts import build_prompt

__all__ = ["DataConfig", "build_prompt", "load_problems", "problems_from_columns", "problems_to_dataset"]
