"""`trl-rlvr doctor`: what this host can enforce, shown by the sandbox itself."""

from collections.abc import Sequence

from trl_rlvr.doctor.report import main as report


def main(argv: Sequence[str]) -> int:
    """Print the table of layers and a battery of attacks, and return the exit status."""
    return report(argv)
