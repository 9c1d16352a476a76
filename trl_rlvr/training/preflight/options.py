"""Options that TRL, or we, would complain about late, or in words of their own."""

from trl_rlvr.data.prompts import count_visible
from trl_rlvr.errors import ConfigError
from trl_rlvr.rewards import build_rewards
from trl_rlvr.training.grpo import SUPPORTED_LOSS_TYPES
from trl_rlvr.training.spec import RunSpec

LOSS_TYPES = SUPPORTED_LOSS_TYPES
"""Those that TRL computes; it looks at the name only in the first update."""

SCALINGS = ("group", "batch", "none")


def loss_type(spec: RunSpec) -> str | None:
    """Ask whether TRL knows the loss."""
    given = getattr(spec.grpo, "loss_type", None)
    if given is None or given in LOSS_TYPES:
        return None
    return f"loss_type is {given!r}; choose one of {', '.join(sorted(LOSS_TYPES))}"


def scale_rewards(spec: RunSpec) -> str | None:
    """Ask whether TRL knows the scaling: on a command line `False` is a text."""
    given = getattr(spec.grpo, "scale_rewards", None)
    if given is None or given in SCALINGS:
        return None
    hint = "none" if str(given).lower() == "false" else "group"
    return f"scale_rewards is {given!r}; choose one of {', '.join(SCALINGS)} (here probably {hint})"


def rewards(spec: RunSpec) -> str | None:
    """Build the rewards once, which refuses what it does not know, and count the weights."""
    length = getattr(spec.grpo, "max_completion_length", None)
    built = build_rewards(spec.reward, max_completion_tokens=length)
    weights = spec.grpo.reward_weights
    if not weights or len(weights) == len(built):
        return None
    names = ", ".join(reward.__name__ for reward, _ in built)
    return f"reward_weights has {len(weights)} number(s) for {len(built)} reward(s); give one for each of: {names}"


def heldout_every(spec: RunSpec) -> str | None:
    """Ask whether there is a measure to repeat."""
    if not spec.run.heldout_every or spec.run.heldout_samples:
        return None
    return f"heldout_every is {spec.run.heldout_every} and heldout_samples is 0; give 1 sample or more, or leave it out"


def refinement(spec: RunSpec) -> str | None:
    """Ask whether code can be repaired with these prompts and lengths."""
    if not spec.refinement.enabled:
        return None
    if spec.data.data_prompt_style == "chat_code":
        return "refinement_turns needs data_prompt_style chat or completion: chat_code ends a turn inside a code block"
    own, shown = spec.refinement.refinement_visible_tests, spec.data.data_visible_tests
    if count_visible(shown if own is None else own) == 0:
        name = "data_visible_tests" if own is None else "refinement_visible_tests"
        return f"refinement_turns tells of visible tests, and {name} is none; give all or a number"
    try:
        spec.refinement.turn_tokens(spec.grpo.max_completion_length)
    except ConfigError as error:
        return str(error)
    return None


def system_prompt(spec: RunSpec) -> str | None:
    """Ask whether the style of prompts has a place for it."""
    if spec.data.data_system_prompt is None or spec.data.data_prompt_style != "completion":
        return None
    return "data_system_prompt has no place in data_prompt_style completion; choose chat, or leave it out"
