"""Policies that repair their own code, in TRL's trainers: several turns, with feedback from the visible tests only."""

from trl_rlvr.refinement import Refinement, RefinementConfig

__all__ = ["Refinement", "RefinementConfig"]
