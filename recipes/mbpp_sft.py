"""Fine-tune a model on reference solutions, asked for as in `mbpp_rlvr.py`, so that RLVR can start from it.

    python recipes/mbpp_sft.py --config recipes/sft_configs/smollm2-135m-mbpp.yaml
    python recipes/mbpp_rlvr.py --config recipes/configs/smollm2-135m-mbpp.yaml \
        --adapter_name_or_path outputs/smollm2-135m-mbpp-sft      # without use_peft: --model_name_or_path

The options are `data_*` and `sandbox_*`, as for `mbpp_rlvr.py`, and every field of TRL's `SFTConfig` and `ModelConfig`.
References run first: one that fails its tests is not learned from. The test split is never read.
"""

import sys
from collections.abc import Sequence

from trl import ModelConfig, SFTConfig, SFTTrainer, TrlParser

from trl_rlvr.cli.errors import run_command, split_debug
from trl_rlvr.data import DataConfig, reference_completion
from trl_rlvr.errors import DataError
from trl_rlvr.sandbox import SandboxConfig
from trl_rlvr.training.policy import load_processor, policy_arguments, without_cudnn_attention
from trl_rlvr.training.problem_set import prepare_problems
from trl_rlvr.training.spec import RunConfig, machine_defaults


def main(arguments: Sequence[str]) -> None:
    """Load problems, check their references, fine-tune on them, and save the model or its adapter."""
    parser = TrlParser((DataConfig, SandboxConfig, SFTConfig, ModelConfig))
    parser.set_defaults_with_config(**machine_defaults())
    data, sandbox, sft, model = parser.parse_args_and_config(arguments)
    processor = load_processor(model, RunConfig(), sft)
    tokenizer = getattr(processor, "tokenizer", processor)
    problems = [problem for problem in data.load_train() if problem.reference_solution]
    if not problems:
        raise DataError(
            f"no problem of {data.data_name!r} has a reference solution to learn from; give another data_name"
        )
    training = prepare_problems(problems, data, sandbox, tokenizer, sft.seed)
    completions = [reference_completion(problem, data.data_prompt_style) for problem in training.problems]
    with without_cudnn_attention():
        trainer = SFTTrainer(
            args=sft,
            train_dataset=training.dataset.select_columns("prompt").add_column("completion", completions),
            processing_class=processor,
            **policy_arguments(model, RunConfig(), sft),
        )
        if trainer.accelerator.is_main_process:
            print(training.describe("training"), flush=True)
        trainer.train()
        trainer.save_model()


if __name__ == "__main__":
    debug, rest = split_debug(sys.argv[1:])
    sys.exit(run_command("mbpp_sft.py", lambda: main(rest), debug=debug))
