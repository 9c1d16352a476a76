"""Reinforcement learning with verifiable rewards for code, as a plugin for Hugging Face TRL.

The public names below load on first use (PEP 562): `import trl_rlvr` is cheap, and torch is imported only when a name
that needs TRL is touched.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trl_rlvr.data import DataConfig as DataConfig
    from trl_rlvr.data import load_problems as load_problems
    from trl_rlvr.data import problems_to_dataset as problems_to_dataset
    from trl_rlvr.evaluation import EvaluationReport as EvaluationReport
    from trl_rlvr.evaluation import pass_at_k as pass_at_k
    from trl_rlvr.extraction import extract_code as extract_code
    from trl_rlvr.problem import CodeProblem as CodeProblem
    from trl_rlvr.rewards import CodeReward as CodeReward
    from trl_rlvr.rewards import RewardConfig as RewardConfig
    from trl_rlvr.rewards import build_rewards as build_rewards
    from trl_rlvr.sandbox import Limits as Limits
    from trl_rlvr.sandbox import SandboxConfig as SandboxConfig
    from trl_rlvr.sandbox import open_sandbox as open_sandbox
    from trl_rlvr.task_spec import CodeTaskSpec as CodeTaskSpec
    from trl_rlvr.training import PPOConfig as PPOConfig
    from trl_rlvr.training import PPOTrainer as PPOTrainer
    from trl_rlvr.training import RunConfig as RunConfig
    from trl_rlvr.verdict import ExecutionResult as ExecutionResult
    from trl_rlvr.verdict import TestResult as TestResult
    from trl_rlvr.verdict import Verdict as Verdict
    from trl_rlvr.verifier import CodeVerifier as CodeVerifier

__version__ = "0.1.0"

_HOME = {
    "CodeProblem": "problem",
    "CodeReward": "rewards",
    "CodeTaskSpec": "task_spec",
    "CodeVerifier": "verifier",
    "DataConfig": "data",
    "EvaluationReport": "evaluation",
    "ExecutionResult": "verdict",
    "Limits": "sandbox",
    "PPOConfig": "training",
    "PPOTrainer": "training",
    "RewardConfig": "rewards",
    "RunConfig": "training",
    "SandboxConfig": "sandbox",
    "TestResult": "verdict",
    "Verdict": "verdict",
    "build_rewards": "rewards",
    "extract_code": "extraction",
    "load_problems": "data",
    "open_sandbox": "sandbox",
    "pass_at_k": "evaluation",
    "problems_to_dataset": "data",
}
"""Public name -> the module of this package that it comes from."""

__all__ = ["__version__", *_HOME]  # noqa: PLE0604 - the keys are strings, which the check cannot see


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
