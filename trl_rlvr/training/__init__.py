"""What surrounds a TRL trainer: specification, problems, policy, measuring, the run itself.

Importing this package imports torch and TRL.
"""

from trl_rlvr.training.grpo import EfficientGRPOTrainer
from trl_rlvr.training.ppo import PPOConfig, PPOTrainer
from trl_rlvr.training.run import evaluate, train
from trl_rlvr.training.spec import RunConfig, RunSpec, parse

__all__ = ["EfficientGRPOTrainer", "PPOConfig", "PPOTrainer", "RunConfig", "RunSpec", "evaluate", "parse", "train"]
