"""What a run keeps in `output_dir`, and what an earlier run has left there; `docs/run-folder.md` describes each file.

Names that begin with `_` are for this host: neither transformers nor `publish` puts them on the Hub.
"""

import dataclasses
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from trl_rlvr.json_lines import Row, append_row, keep_rows, plain, read_rows, write_rows, write_text
from trl_rlvr.report.page import PAGE_NAME
from trl_rlvr.report.run_record import (
    COMPLETIONS_NAME,
    CONFIG_NAME,
    EVAL_REPORT_NAME,
    HELDOUT_NAME,
    METRICS_NAME,
    REPORT_NAME,
)
from trl_rlvr.training.checkpoints import checkpoints_in
from trl_rlvr.training.redact import published_command, without_secrets
from trl_rlvr.training.spec import RunSpec

_WEIGHTS = ("*.safetensors", "pytorch_model*.bin", "adapter_model.bin")

_IDENTITY = (
    "model_name_or_path", "adapter_name_or_path", "use_peft", "lora_r", "algorithm", "data_name", "data_train_split",
)  # fmt: skip
"""Options that make a run another run: going on with another number of steps is no reason to refuse."""

_DERIVED = frozenset({"generation_batch_size"})
"""TRL fills it from `steps_per_generation`, and refuses both."""


class RunFolder:
    """The folder of one run.

    Args:
        path: `output_dir`; it need not exist.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.report = self.path / REPORT_NAME
        self.eval_report = self.path / EVAL_REPORT_NAME
        self.config = self.path / CONFIG_NAME
        self.metrics = self.path / METRICS_NAME
        self.heldout = self.path / HELDOUT_NAME
        self.page = self.path / PAGE_NAME
        self.completions = self.path / COMPLETIONS_NAME

    def completions_of(self, step: int) -> Path:
        """Return the file of the completions that an update was made from."""
        return self.completions / f"step-{step:06d}.jsonl"

    def holds(self) -> list[str]:
        """Return the names of what a run has left here, checkpoints first; what it wrote before any is not counted."""
        found = [*checkpoints_in(self.path), self.report, *(p for kind in _WEIGHTS for p in self.path.glob(kind))]
        return [path.name for path in found if path.exists()]

    def differences(self, spec: RunSpec) -> list[str]:
        """Say which options make the run that is kept here another one than `spec` asks for."""
        try:
            kept = yaml.safe_load(self.config.read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError):
            return []
        asked = without_secrets(flat(spec))
        differing = [
            name for name in _IDENTITY if isinstance(kept, dict) and name in kept and kept[name] != asked[name]
        ]
        return [f"{name} {kept[name]!r}, not {asked.get(name)!r}" for name in differing]

    def begin(self, spec: RunSpec, command: list[str], step: int) -> None:
        """Make the folder ready for a run that goes on behind `step`; 0: from the start.

        Files of later steps go, so that what is written from now on follows what is there.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        head = "".join(f"# {line}\n" for line in ("What this run was asked for; go on with --config THIS_FILE.",))
        shown = " ".join(published_command(command)).replace("\n", " ")
        options = yaml.safe_dump(plain(without_secrets(flat(spec))), sort_keys=False, allow_unicode=True)
        write_text(self.config, f"{head}# {shown}\n{options}")
        for file in (self.metrics, self.heldout):
            keep_rows(file, lambda row: int(row.get("step", 0)) <= step)
        for path in self.completions.glob("step-*.jsonl"):
            if int(path.stem.removeprefix("step-")) > step:
                path.unlink()

    def remove_run(self) -> None:
        """Remove what a run has left here."""
        for path in [*checkpoints_in(self.path), self.completions]:
            shutil.rmtree(path, ignore_errors=True)
        files = [self.report, self.eval_report, self.config, self.metrics, self.heldout, self.page]
        for path in [*files, *(found for kind in _WEIGHTS for found in self.path.glob(kind))]:
            path.unlink(missing_ok=True)

    def add_metrics(self, step: int, record: Mapping[str, Any]) -> None:
        """Add the record of one update."""
        append_row(self.metrics, {"step": step, **record})

    def add_heldout(self, row: Mapping[str, Any]) -> None:
        """Add a measure on held-out problems."""
        append_row(self.heldout, row)

    def heldout_rows(self) -> list[Row]:
        """Return the measures on held-out problems, in order."""
        return read_rows(self.heldout)

    def write_completions(self, step: int, rows: list[Row], *, again: bool) -> None:
        """Write the completions that an update is made from, behind those that are there if it was sampled `again`."""
        path = self.completions_of(step)
        write_rows(path, [*(read_rows(path) if again else ()), *rows])


def flat(spec: RunSpec) -> dict[str, Any]:
    """Return every option of a run by its name, as a YAML file for `--config` has them."""
    found: dict[str, Any] = {}
    part: Any
    for part in spec:
        values = spec.grpo.to_dict() if part is spec.grpo else dataclasses.asdict(part)  # TRL's fields hold classes
        names = [field.name for field in dataclasses.fields(part) if field.init and field.name in values]
        found |= {name: values[name] for name in names if values[name] is not None or name in _IDENTITY}
    return {name: value for name, value in found.items() if name not in _DERIVED}
