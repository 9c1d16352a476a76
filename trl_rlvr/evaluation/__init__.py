"""From verified samples to estimates, and from two evaluations to the final table."""

from trl_rlvr.evaluation.estimators import bootstrap_interval, crossed_interval, pass_at_k, pass_hat_k
from trl_rlvr.evaluation.evaluation import Evaluation, ProblemOutcome
from trl_rlvr.evaluation.format_oracle import mended_verdicts
from trl_rlvr.evaluation.report import EvaluationReport
from trl_rlvr.evaluation.skill import SampleCounts, skill_gained

__all__ = [
    "Evaluation",
    "EvaluationReport",
    "ProblemOutcome",
    "SampleCounts",
    "bootstrap_interval",
    "crossed_interval",
    "mended_verdicts",
    "pass_at_k",
    "pass_hat_k",
    "skill_gained",
]
