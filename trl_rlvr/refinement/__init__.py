"""Repair over several turns, as far as no trainer is needed: options, feedback from the visible tests only, turns."""

from trl_rlvr.refinement.config import RefinementConfig
from trl_rlvr.refinement.environment import CodeEnvironment, CodeEnvironments
from trl_rlvr.refinement.review import Refinement

__all__ = ["CodeEnvironment", "CodeEnvironments", "Refinement", "RefinementConfig"]
