"""Train a model to repair its own code: several turns a completion, with feedback from the visible tests only.

    accelerate launch recipes/mbpp_refine.py                                    # embedded default, no network
    accelerate launch recipes/mbpp_refine.py --config recipes/configs/qwen2.5-coder-0.5b-mbpp-refine.yaml

It is `trl-rlvr train` with `refinement_*` options, by GRPO or, with `--algorithm ppo`, with an advantage for each turn.
`docs/refinement.md` says what is fed back, how turns are rewarded and what to watch.
"""

import sys

from trl_rlvr.cli import main

DEFAULT = "embedded-starter-refine"

if __name__ == "__main__":
    given = sys.argv[1:]
    chosen = any(option.partition("=")[0] in ("--config", "--help", "--help-all", "-h") for option in given)
    sys.exit(main(["train", *([] if chosen else ["--config", DEFAULT]), *given]))
