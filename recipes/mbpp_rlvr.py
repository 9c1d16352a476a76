"""Train a model on MBPP, or on problems of your own, by running what it writes; measured before and after.

    accelerate launch recipes/mbpp_rlvr.py                                      # embedded default, no network
    accelerate launch recipes/mbpp_rlvr.py --config recipes/configs/llama-3.2-1b-mbpp.yaml
    accelerate launch recipes/mbpp_rlvr.py --config recipes/configs/smollm2-135m-mbpp.yaml \
        --model_name_or_path FOLDER --data_name mbpp.jsonl --max_steps 5        # any option overrides the file's

The options are ours (`data_*`, `reward_*`, `sandbox_*`, `heldout_*`, `adapter_name_or_path`) and every field of TRL's
`GRPOConfig` and `ModelConfig` under its own name; `--help` lists them.
"""

from trl import GRPOConfig, ModelConfig

from trl_rlvr import DataConfig, RewardConfig, RunConfig, SandboxConfig
from trl_rlvr.training import parse, train


def main(
    data: DataConfig,
    reward: RewardConfig,
    sandbox: SandboxConfig,
    run: RunConfig,
    grpo: GRPOConfig,
    model: ModelConfig,
) -> None:
    """Measure the model on held-out problems, train it with GRPO, and measure it again.

    Args:
        data: which problems, and how they are put to the model.
        reward: what a completion earns for what its code did.
        sandbox: how its code is run apart from the trainer.
        run: where to start from, and how to measure.
        grpo: TRL's training arguments.
        model: TRL's model arguments.
    """
    train(data, reward, sandbox, run, grpo, model)


if __name__ == "__main__":
    main(*parse())
