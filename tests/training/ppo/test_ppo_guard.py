"""The methods of TRL and transformers that PPO overrides, as they were when it was written for them.

A method that has changed may need nothing here, or may make PPO wrong in silence: read its diff, then PPO's own, run
the tests of this folder, and only then write down its new hash.
"""

import hashlib
import inspect

import pytest
import transformers
import trl
from trl import GRPOTrainer
from trl.trainer.utils import add_fused_lm_head

from trl_rlvr.training.ppo import PPOTrainer
from trl_rlvr.training.ppo.critic_trainer import CriticTrainer

OVERRIDDEN = {
    "_calculate_rewards": "the weighted rewards are taken from what it returns",
    "_clip_grad_norm": "policy and critic are clipped apart",
    "_compute_loss": "advantages of shape (B, T) go in, and the value loss is added to what comes out",
    "_generate_and_score_completions": "its advantages are replaced, and its masks decide which tokens count",
    "_load_from_checkpoint": "the critic is read after the policy",
    "_load_optimizer_and_scheduler": "what else moves is read after the optimizer",
    "_save": "the policy is saved without its critic",
    "_save_checkpoint": "what else moves is saved beside the optimizer",
    "create_optimizer": "the critic gets a group of its own",
}
"""Overridden method -> what PPO relies on in it."""

RELIED_ON = {"_get_per_token_logps_and_entropies": "one call of the model, with fused_lm_head, for each chunk of rows"}
"""Not overridden by PPO, and called by it."""


def written(function):
    """Return a short hash of a function's source, without comments and blank lines."""
    lines = (line.split("  # ")[0].strip() for line in inspect.getsource(inspect.unwrap(function)).splitlines())
    text = "\n".join(line for line in lines if line and not line.startswith("#"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


HASHES = {
    "_calculate_rewards": "13c9b1d606fd",
    "_clip_grad_norm": "106323b6e0d9",
    "_compute_loss": "5e1696f089cc",
    "_generate_and_score_completions": "86098a6c6afe",
    "_get_per_token_logps_and_entropies": "40b5ecf1ad89",
    "_load_from_checkpoint": "dfb67e921139",
    "_load_optimizer_and_scheduler": "108fd4e5bf0d",
    "_save": "1e61c2eab808",
    "_save_checkpoint": "6f5313d41100",
    "create_optimizer": "70c8b7ca63b3",
    "add_fused_lm_head": "5f4aa2119cf1",
}
"""Of TRL 1.16.0 and transformers 5.23.0."""


def test_these_are_the_methods_that_ppo_overrides():
    ours = {name for kind in (PPOTrainer, CriticTrainer) for name in vars(kind)}

    assert {name for name in ours if hasattr(GRPOTrainer, name) and not name.startswith("__")} - {
        "_name", "_paper", "_tag_names"
    } == set(OVERRIDDEN)  # fmt: skip


@pytest.mark.parametrize("name", sorted(OVERRIDDEN | RELIED_ON))
def test_a_method_that_ppo_relies_on_is_as_it_was(name):
    relied_on = (OVERRIDDEN | RELIED_ON)[name]

    assert written(getattr(GRPOTrainer, name)) == HASHES[name], (
        f"GRPOTrainer.{name} has changed in TRL {trl.__version__} or transformers {transformers.__version__}, and PPO "
        f"relies on this of it: {relied_on}. Read what changed, mend PPO if it must be, then write down the new hash."
    )


def test_the_fused_head_is_as_it_was():
    assert written(add_fused_lm_head) == HASHES["add_fused_lm_head"], (
        f"add_fused_lm_head has changed in TRL {trl.__version__}, and the critic extends the forward that it gives a "
        "model: it must still take fused_lm_head and return loss and log_probs. Read what changed, then write down the "
        "new hash."
    )
