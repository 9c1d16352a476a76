"""What the problems themselves must fulfil: enough of them to train on, and none of them measured as well."""

from collections.abc import Sequence
from typing import Any

from trl import GRPOConfig

from trl_rlvr.data import DataConfig, find_overlap
from trl_rlvr.errors import ConfigError
from trl_rlvr.problem import CodeProblem


def require_enough(problems: int, grpo: GRPOConfig) -> None:
    """Ask whether the problems fill one generation batch: TRL leaves out what does not, and would train nothing.

    Args:
        problems: rows of the training set.
        grpo: says how many a batch needs.

    Raises:
        ConfigError: they do not.
    """
    needed = grpo.generation_batch_size // grpo.num_generations
    if problems < needed:
        raise ConfigError(
            f"{problems} training problem(s) do not fill a generation batch, which takes {needed} "
            f"({grpo.generation_batch_size} completions, num_generations {grpo.num_generations}): no iteration would "
            "run; raise data_train_limit or lower per_device_train_batch_size or gradient_accumulation_steps"
        )


def require_no_overlap(training: Sequence[CodeProblem], heldout: Sequence[CodeProblem]) -> None:
    """Ask whether a problem is both trained and measured on: the measure would then show memory, not skill.

    Problems are the same by equal tests or equal text, as `trl_rlvr.data.find_overlap` compares them.

    Raises:
        ConfigError: one is.
    """
    found = find_overlap(training, heldout)
    if found:
        both = {one.heldout_id for one in found}
        raise ConfigError(
            f"{len(both)} of {len(heldout)} held-out problems are trained on as well (task_id "
            f"{found[0].heldout_id!r}), as {found[0].train_id!r} by equal {found[0].by}; give two splits by "
            "data_train_split and data_test_split, or data_allow_overlap true"
        )


def require_system_role(tokenizer: Any, data: DataConfig) -> None:
    """Ask whether the model's chat template takes a system message, where there is one to give.

    Raises:
        ConfigError: it does not, or it leaves the message out.
    """
    prompt = data.data_system_prompt
    if prompt is None or data.data_prompt_style == "completion" or getattr(tokenizer, "chat_template", None) is None:
        return
    messages = [{"role": "system", "content": prompt}, {"role": "user", "content": "Hello."}]
    try:
        rendered = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        reason = "" if prompt.strip() in rendered else "it leaves the message out"
    except Exception as error:  # a template raises what it likes
        reason = str(error) or type(error).__name__
    if reason:
        raise ConfigError(
            f"data_system_prompt cannot be given to this model: its chat template takes no system message ({reason}); "
            "leave it out"
        )
