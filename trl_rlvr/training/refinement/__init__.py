"""Policies that repair their own code: several turns, with feedback from the visible tests only."""

from trl_rlvr.training.refinement.config import RefinementConfig
from trl_rlvr.training.refinement.review import Refinement

__all__ = ["Refinement", "RefinementConfig"]
