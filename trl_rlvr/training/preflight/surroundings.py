"""What a run finds around it: a sandbox that verifies, a GPU where it needs one, the folder that it writes to."""

import tempfile
from pathlib import Path

from trl_rlvr.training.spec import RunSpec


def backend(spec: RunSpec) -> str | None:
    """Ask whether the sandbox verifies anything."""
    spec.sandbox.require_verifying()
    return None


def quantization(spec: RunSpec) -> str | None:
    """Ask for a GPU where weights are to be quantized."""
    asked = [name for name in ("load_in_4bit", "load_in_8bit") if getattr(spec.model, name, False)]
    if not asked or not spec.grpo.use_cpu:
        return None
    return f"{asked[0]} needs a GPU, and this run uses the CPU (use_cpu); train where there is one, or leave it out"


def output_dir(spec: RunSpec) -> str | None:
    """Ask whether the folder can be made and written to."""
    path = Path(spec.grpo.output_dir)
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return None
    except OSError as error:
        return f"output_dir {spec.grpo.output_dir!r} cannot be written to ({error.strerror}); give another one"
