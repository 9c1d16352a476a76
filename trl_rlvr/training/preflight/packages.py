"""Optional packages and programs that an option needs; each is named with the option and with how to get it."""

import importlib.util
import shutil
import sys
from pathlib import Path

from trl_rlvr.rewards import build_rewards
from trl_rlvr.training.spec import RunSpec


def is_installed(package: str) -> bool:
    """Tell whether a package can be imported, without importing it."""
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):
        return False


def _needs(option: str, package: str, pip_name: str | None = None) -> str | None:
    if is_installed(package):
        return None
    return f"{option} needs {package!r}, which is not installed; pip install {pip_name or package}, or leave it out"


def vllm(spec: RunSpec) -> str | None:
    """Ask for vLLM where it is to sample."""
    return _needs("use_vllm", "vllm") if getattr(spec.grpo, "use_vllm", False) else None


def bitsandbytes(spec: RunSpec) -> str | None:
    """Ask for bitsandbytes where weights are quantized, or an optimizer is its own."""
    asked = [name for name in ("load_in_4bit", "load_in_8bit") if getattr(spec.model, name, False)]
    optimizer = str(getattr(spec.grpo.optim, "value", spec.grpo.optim))
    if not asked and ("8bit" in optimizer or "bnb" in optimizer or optimizer.startswith("paged_")):
        asked = [f"optim {optimizer}"]
    return _needs(asked[0], "bitsandbytes") if asked else None


def attention(spec: RunSpec) -> str | None:
    """Ask for flash attention where it is named; kernels from the Hub bring their own."""
    given = spec.model.attn_implementation or ""
    wanted = {"flash_attention_2": "flash_attn", "flash_attention_3": "flash_attn_interface"}.get(given)
    if wanted is None:
        return None
    complaint = _needs(f"attn_implementation {given}", wanted, "flash-attn")
    return f"{complaint} (sdpa needs nothing)" if complaint else None


def deepspeed(spec: RunSpec) -> str | None:
    """Ask for DeepSpeed where it is configured."""
    return _needs("deepspeed", "deepspeed") if spec.grpo.deepspeed else None


def liger(spec: RunSpec) -> str | None:
    """Ask for Liger's kernels where they are wanted."""
    return _needs("use_liger_kernel", "liger_kernel", "liger-kernel") if spec.grpo.use_liger_kernel else None


def trackers(spec: RunSpec) -> str | None:
    """Ask whether transformers knows each tracker, and finds it here."""
    from transformers.integrations import get_available_reporting_integrations
    from transformers.integrations.integration_utils import INTEGRATION_TO_CALLBACK

    asked = [spec.grpo.report_to] if isinstance(spec.grpo.report_to, str) else list(spec.grpo.report_to or [])
    for name in asked:
        if name in ("all", "none"):
            continue
        if name not in INTEGRATION_TO_CALLBACK:
            return f"report_to is {name!r}; choose none, all, or some of {', '.join(sorted(INTEGRATION_TO_CALLBACK))}"
        if name not in get_available_reporting_integrations():
            return f"report_to {name} needs its package, which is not installed; pip install {name}, or give none"
    return None


def ruff(spec: RunSpec) -> str | None:
    """Ask for ruff where code is linted."""
    length = getattr(spec.grpo, "max_completion_length", None)
    linted = any(reward.__name__ == "lint" for reward, _ in build_rewards(spec.reward, max_completion_tokens=length))
    if not linted or shutil.which("ruff") or shutil.which("ruff", path=str(Path(sys.executable).parent)):
        return None
    return "the lint reward needs the program 'ruff', which is not here; pip install ruff, or choose another reward"
