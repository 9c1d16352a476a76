"""Train a model on MBPP, or on problems of your own, by running what it writes; measured before and after.

    python recipes/mbpp_rlvr.py                                                 # embedded default, no network
    accelerate launch recipes/mbpp_rlvr.py --config recipes/configs/llama-3.2-1b-mbpp.yaml
    accelerate launch recipes/mbpp_rlvr.py --config recipes/configs/smollm2-135m-mbpp.yaml \
        --model_name_or_path FOLDER --data_name mbpp.jsonl --max_steps 5        # any option overrides the file's

The options are ours (`data_*`, `reward_*`, `sandbox_*`, `curriculum_*`, `heldout_*`, `adapter_name_or_path`) and every
field of TRL's `GRPOConfig` and `ModelConfig` under its own name; `--help` lists the most used, `--help-all` all. This
is `trl-rlvr train`; what a run consists of reads from top to bottom in `trl_rlvr/training/run.py`.
"""

import sys

from trl_rlvr.cli import main

if __name__ == "__main__":
    sys.exit(main(["train", *sys.argv[1:]]))
