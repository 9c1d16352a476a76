"""`python -m trl_rlvr`: the command `trl-rlvr`."""

import sys

from trl_rlvr.cli import main

if __name__ == "__main__":
    sys.exit(main())
