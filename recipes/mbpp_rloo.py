"""Train a model by RLOO, with TRL's own trainer, on MBPP or problems of your own; measured before and after.

    accelerate launch recipes/mbpp_rloo.py                                      # embedded default, no network
    accelerate launch recipes/mbpp_rloo.py --config recipes/configs/llama-3.2-1b-mbpp-rloo.yaml

It is `trl-rlvr train --algorithm rloo`: the same data and rewards as `mbpp_rlvr.py`, and every field of TRL's
`RLOOConfig`. Each completion is measured against the mean of the others of its problem.
"""

import sys

from trl_rlvr.cli import main

if __name__ == "__main__":
    sys.exit(main(["train", "--algorithm", "rloo", *sys.argv[1:]]))
