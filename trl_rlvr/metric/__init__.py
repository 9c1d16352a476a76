"""The `evaluate` metric: `evaluate.load(trl_rlvr.metric.PATH)`, or its class as it is.

The class loads on first use: it imports `evaluate` and `datasets`, which takes seconds.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trl_rlvr.metric.metric import VerifiedPassAtK as VerifiedPassAtK

PATH = str(Path(__file__).with_name("metric.py"))
"""What `evaluate.load` takes; no network is needed."""

__all__ = ["PATH", "VerifiedPassAtK"]


def __getattr__(name: str) -> Any:
    if name != "VerifiedPassAtK":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from trl_rlvr.metric.metric import VerifiedPassAtK

    return VerifiedPassAtK
