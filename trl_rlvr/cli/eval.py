"""`trl-rlvr eval`: the measure that `train` takes before and after, on its own; the same options and files."""

from collections.abc import Sequence


def main(argv: Sequence[str]) -> int:
    """Measure the model of `--config` and options on the test split and return the exit status.

    Raises:
        RlvrError: as `trl_rlvr.training.evaluate` and `parse` say.
    """
    from trl_rlvr.training import evaluate, parse

    evaluate(parse(argv, prog="trl-rlvr eval"))
    return 0
