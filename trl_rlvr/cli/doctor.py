"""`trl-rlvr doctor`: what this host can enforce, shown by the sandbox itself."""

from collections.abc import Sequence


def main(argv: Sequence[str]) -> int:
    """Print the table of layers and return its exit status."""
    from trl_rlvr.sandbox import doctor

    return doctor.main(list(argv))
