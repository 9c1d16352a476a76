"""Where the command's tests find MBPP."""

import os
from pathlib import Path

import pytest


@pytest.fixture
def mbpp_path():
    """A local file of MBPP in its official JSONL form, which the repository does not carry."""
    path = Path(os.environ.get("TRL_RLVR_MBPP", Path(__file__).parents[2] / "../shared/data/mbpp.jsonl"))
    if not path.is_file():
        pytest.skip("no local file of MBPP; set TRL_RLVR_MBPP to its path")
    return path
