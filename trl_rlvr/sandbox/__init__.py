"""Runs untrusted programs and says what happened; standard library only."""

from trl_rlvr.sandbox.base import Program, Sandbox, SandboxStats
from trl_rlvr.sandbox.config import SandboxConfig, open_sandbox
from trl_rlvr.sandbox.limits import Limits

__all__ = ["Limits", "Program", "Sandbox", "SandboxConfig", "SandboxStats", "open_sandbox"]
