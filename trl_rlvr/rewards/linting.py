"""How clean the code is that passes, by the findings of ruff per statement.

Ruff is an optional program, and the code is hostile: its `noqa` comments do not count, comments and padding dilute
nothing, code in strings earns nothing, and a program that brings ruff down costs only its own row the score.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trl_rlvr.errors import ConfigError
from trl_rlvr.rewards.base import VerifiedReward
from trl_rlvr.rewards.batch import VerifiedBatch
from trl_rlvr.rewards.scores import lint_score
from trl_rlvr.rewards.statements import count_statements, hides_code
from trl_rlvr.verdict import Verdict

RULES = "E,F,W,B,C4,SIM"
"""Rule families that a short solution can fairly be held to: no documentation, naming or annotation rules."""

_LIMIT_S = 60.0


def _find_ruff() -> str:
    found = shutil.which("ruff") or shutil.which("ruff", path=str(Path(sys.executable).parent))
    if found is None:
        raise ConfigError(
            "the lint reward needs the program 'ruff', which is not here; pip install ruff, or leave it out"
        )
    return found


def _findings(ruff: str, folder: Path, files: list[str]) -> Counter[str] | None:
    """Count findings by file name; None if ruff did not get through."""
    options = ["--isolated", "--no-cache", "--ignore-noqa", "--exit-zero", "--output-format=json", "--select", RULES]
    try:
        run = subprocess.run(
            [ruff, "check", *options, *files], cwd=folder, capture_output=True, check=True, timeout=_LIMIT_S
        )
        return Counter(Path(finding["filename"]).name for finding in json.loads(run.stdout))
    except (subprocess.SubprocessError, ValueError):
        return None


def count_findings(codes: Mapping[int, str]) -> dict[int, int | None]:
    """Lint all programs in one call of ruff.

    Args:
        codes: key of any kind of row -> source that compiles.

    Returns:
        For each key the number of findings, or None where ruff did not get through the program.

    Raises:
        ConfigError: ruff is not installed.
    """
    ruff = _find_ruff()
    if not codes:
        return {}
    with tempfile.TemporaryDirectory(prefix="trl_rlvr_lint_") as name:
        folder = Path(name)
        files = {key: f"solution_{key}.py" for key in codes}
        for key, code in codes.items():
            (folder / files[key]).write_bytes(code.rstrip().encode(errors="replace") + b"\n")
        together = _findings(ruff, folder, list(files.values()))
        if together is not None:
            return {key: together[file] for key, file in files.items()}
        alone = {key: _findings(ruff, folder, [file]) for key, file in files.items()}
        return {key: None if counts is None else counts.total() for key, counts in alone.items()}


class LintReward(VerifiedReward):
    """1.0 for passing code without findings, down to 0.0 at `cap` findings per statement; 0.0 for code that fails.

    Code that runs text (`exec`, `eval`, `compile`) scores 0.0, since ruff cannot read what it runs.

    Args:
        cap: findings per statement, above 0, that take the whole score.
        **options: those of `VerifiedReward`.
    """

    def __init__(self, cap: float = 1.0, **options: Any) -> None:
        lint_score(0, 1, cap)  # an impossible cap is refused here, not in the first step
        super().__init__(name="lint", **options)
        self._cap = cap

    def scores(self, batch: VerifiedBatch) -> list[float]:
        """Score the distinct passing programs.

        Raises:
            ConfigError: ruff is not installed.
        """
        passing = [v.extraction.code if v.verdict is Verdict.PASSED else None for v in batch.verifications]
        distinct = {code: key for key, code in enumerate(dict.fromkeys(code for code in passing if code))}
        findings = count_findings({key: code for code, key in distinct.items()})
        by_code = {code: self._score(code, findings[key]) for code, key in distinct.items()}
        return [by_code[code] if code else 0.0 for code in passing]

    def _score(self, code: str, findings: int | None) -> float:
        if findings is None or hides_code(code):
            return 0.0
        return lint_score(findings, count_statements(code), self._cap)
