"""A run as its folder tells it; `docs/run-folder.md` describes each file."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from trl_rlvr.errors import DataError
from trl_rlvr.json_lines import Row, read_rows

REPORT_NAME = "rlvr_report.json"
EVAL_REPORT_NAME = "rlvr_eval.json"
CONFIG_NAME = "_rlvr_config.yaml"
METRICS_NAME = "metrics.jsonl"
HELDOUT_NAME = "heldout.jsonl"
COMPLETIONS_NAME = "completions"


@dataclass(frozen=True)
class RunRecord:
    """What a run has written so far; parts that it has not are empty."""

    path: Path
    report: Mapping[str, Any] = field(default_factory=dict)
    """`rlvr_report.json`, which is written at the end; of `trl-rlvr eval` its measure, as that of a trained policy."""
    metrics: tuple[Row, ...] = ()
    """One row a logged update, in order."""
    heldout: tuple[Row, ...] = ()
    """One row a measure on held-out problems, in order."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Every option of the run by its name."""

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.resolve().name

    def completion_files(self) -> list[Path]:
        """Return the files of completions, in the order of their updates."""
        return sorted((self.path / COMPLETIONS_NAME).glob("step-*.jsonl"))

    def completions(self) -> Iterator[tuple[Path, list[Row]]]:
        """Yield each file of completions with its rows, one file in memory at a time."""
        for path in self.completion_files():
            yield path, read_rows(path)


def read_run(path: Path | str) -> RunRecord:
    """Read the folder of a run, also of one that goes on.

    Raises:
        DataError: it is no folder of a run, or a file of it cannot be read.
    """
    folder = Path(path)
    try:
        found = RunRecord(
            path=folder,
            report=_object(folder / REPORT_NAME) or _measure(folder / EVAL_REPORT_NAME),
            metrics=tuple(row for row in read_rows(folder / METRICS_NAME) if "reward" in row),
            heldout=tuple(read_rows(folder / HELDOUT_NAME)),
            options=_options(folder / CONFIG_NAME),
        )
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read the run {str(folder)!r}: {error}") from error
    if not found.report and not found.metrics and not found.heldout:
        raise DataError(
            f"{str(folder)!r} holds no run: neither {REPORT_NAME} nor {METRICS_NAME}, and no {EVAL_REPORT_NAME}; "
            "give the output_dir of a run"
        )
    return found


def _measure(path: Path) -> dict[str, Any]:
    found = _object(path)
    return {"rlvr": found} if found else {}


def _object(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise DataError(f"{path} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise DataError(f"{path} is {type(found).__name__}, not an object; it is no report of a run")
    return found


def _options(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except yaml.YAMLError as error:
        raise DataError(f"{path} is not YAML: {error}") from error
    return found if isinstance(found, dict) else {}
