"""`trl-rlvr train`: what `recipes/mbpp_rlvr.py` does, from an installed package."""

from collections.abc import Sequence


def main(argv: Sequence[str]) -> int:
    """Train by `--config` and options, or the embedded default without any, and return the exit status.

    Raises:
        RlvrError: as `trl_rlvr.training.train` and `parse` say.
    """
    from trl_rlvr.training import parse, train

    train(parse(argv, prog="trl-rlvr train"))
    return 0
