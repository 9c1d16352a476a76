"""Hidden and stronger tests: new ones from the reference, how much they catch, and who was fooled by the old ones."""

from trl_rlvr.hardening.augment import Augmentation, augment_problems
from trl_rlvr.hardening.gap import Gap
from trl_rlvr.hardening.mutants import Mutant, make_mutants
from trl_rlvr.hardening.rows import hardened_row, read_augmented, with_augmented
from trl_rlvr.hardening.strength import Strength, measure_strength

__all__ = [
    "Augmentation",
    "Gap",
    "Mutant",
    "Strength",
    "augment_problems",
    "hardened_row",
    "make_mutants",
    "measure_strength",
    "read_augmented",
    "with_augmented",
]
