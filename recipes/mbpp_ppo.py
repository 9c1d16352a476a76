"""Train a model by PPO with a critic, on MBPP or problems of your own; measured before and after.

    accelerate launch recipes/mbpp_ppo.py                                       # embedded default, no network
    accelerate launch recipes/mbpp_ppo.py --config recipes/configs/llama-3.2-1b-mbpp-ppo.yaml

It is `trl-rlvr train --algorithm ppo`: the same data, rewards and options as `mbpp_rlvr.py`, and those of `PPOConfig`.
`docs/ppo.md` says when a critic pays, what to set and what to watch.
"""

import sys

from trl_rlvr.cli import main

if __name__ == "__main__":
    sys.exit(main(["train", "--algorithm", "ppo", *sys.argv[1:]]))
