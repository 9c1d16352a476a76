"""The lint reward, with the real ruff where it is installed."""

import shutil
import sys
from pathlib import Path

import pytest

from trl_rlvr.errors import ConfigError
from trl_rlvr.rewards import LintReward
from trl_rlvr.rewards.linting import count_findings
from trl_rlvr.sandbox import Program
from trl_rlvr.sandbox.backends.fake import FakeSandbox
from trl_rlvr.verdict import ExecutionResult, Verdict
from trl_rlvr.verifier import CodeVerifier

HAS_RUFF = shutil.which("ruff") or (Path(sys.executable).parent / "ruff").exists()
needs_ruff = pytest.mark.skipif(not HAS_RUFF, reason="ruff is not installed")

CLEAN = "def f(x):\n    return x"
UNUSED = "import os\n\n\ndef f(x):\n    return x"  # one finding in three statements
WRONG = "def f(x):\n    return 0"


def answer(program: Program) -> ExecutionResult:
    return ExecutionResult.uniform(Verdict.WRONG_ANSWER if program.code == WRONG else Verdict.PASSED, 1)


def lint(completions: list[str], **options: float) -> list[float | None]:
    count = len(completions)
    reward = LintReward(verifier=CodeVerifier(FakeSandbox(answer)), **options)
    return reward(
        completions=completions,
        task_id=["t"] * count,
        tests=[["assert f(1) == 1"]] * count,
        entry_point=["f"] * count,
        entry_points=[["f"]] * count,
    )


@needs_ruff
def test_passing_code_is_scored_by_findings_per_statement() -> None:
    assert lint([CLEAN, UNUSED, CLEAN]) == [1.0, pytest.approx(2 / 3), 1.0]


@needs_ruff
def test_the_cap_takes_the_whole_score() -> None:
    assert lint([UNUSED], cap=0.3) == [0.0]


@needs_ruff
def test_failing_code_earns_nothing_by_being_clean() -> None:
    assert lint([WRONG, CLEAN]) == [0.0, 1.0]


MESSY = "import os\nimport sys\n\n\ndef f(x):\n    return x"  # two findings in three shapes of statement


@needs_ruff
@pytest.mark.parametrize(
    "padding",
    [
        "#\n" * 200,
        "#" + "\f" * 300 + "\n",
        "'''\n" + "text\n" * 200 + "'''\n",
        "pass\n" * 200,
        "()\n" * 200,
        "x: int\n" * 200,
        "# ruff: noqa\n# flake8: noqa\n" * 100,
    ],
)
def test_a_lint_score_cannot_be_bought_with_lines(padding: str) -> None:
    [plain] = lint([MESSY])
    [padded] = lint([padding + MESSY])

    assert plain == pytest.approx(1 / 3)
    assert padded is not None
    assert padded <= plain


@needs_ruff
def test_repeated_statements_dilute_findings_once() -> None:
    [padded] = lint([MESSY + "\n\n\n" + "".join(f"a{n} = {n}\n" for n in range(200))])

    assert padded == pytest.approx(1 / 2)


@needs_ruff
@pytest.mark.parametrize(
    "code",
    [
        "f = abs\nexec('''def f(x): return x''')",
        "import builtins as b\n\nf = b.exec",
        "from builtins import exec as f\n\nf('def f(x): return x')",
        "f = eval('lambda x: x')",
        "f = getattr(__builtins__, 'ev' + 'al')('lambda x: x')",
        "f = globals()['__builtins__']",
        "import code\n\nf = code.InteractiveInterpreter().runsource",
    ],
)
def test_code_in_strings_earns_nothing(code: str) -> None:
    assert lint([code]) == [0.0]


@needs_ruff
@pytest.mark.parametrize(
    "code",
    [
        "import re\n\nf = re.compile('a').match",
        "def f(x):\n    return getattr(x, 'real')",
        "import ast\n\n\ndef f(x):\n    return ast.literal_eval(x)",
        "def f(x, **vars):\n    return vars[x]",
    ],
)
def test_code_that_runs_no_text_is_not_refused(code: str) -> None:
    [score] = lint([code])

    assert score is not None
    assert score > 0


@needs_ruff
def test_noqa_comments_hide_nothing() -> None:
    hidden = "# ruff: noqa\nimport os  # noqa\n"

    assert count_findings({0: hidden}) == {0: 1}


@needs_ruff
def test_a_configuration_nearby_has_no_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ruff.toml").write_text('lint.ignore = ["F401"]')
    monkeypatch.chdir(tmp_path)

    assert count_findings({0: "import os\n"}) == {0: 1}


def test_without_ruff_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)

    with pytest.raises(ConfigError, match="needs the program 'ruff', which is not here; pip install ruff"):
        lint([CLEAN])


def test_a_program_that_brings_ruff_down_costs_only_its_own_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fragile = tmp_path / "ruff"
    crashing = 'for file; do case "$file" in *.py) grep -q crash "$file" && exit 101;; esac; done; echo "[]"'
    fragile.write_text(f"#!/bin/sh\n{crashing}\n")
    fragile.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    assert count_findings({0: "crash = 1", 1: "x = 1"}) == {0: None, 1: 0}
