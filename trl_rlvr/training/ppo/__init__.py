"""PPO with a critic, on TRL's GRPO: options, critic, returns, losses, trainer, files.

The trainer is `PPOTrainer`; the page `docs/ppo.md` says when a critic pays and what to watch.
"""

from trl_rlvr.training.ppo.config import PPOConfig
from trl_rlvr.training.ppo.trainer import PPOTrainer

__all__ = ["PPOConfig", "PPOTrainer"]
