"""Runs the attack and honest suites again in other surroundings: as an ordinary user, and without namespaces.

Each is a pytest of its own, since a process cannot take its identity back; its failures are named in the message. Two
run at once, as they wait more than they compute. By default only the attacks are run, and only where there is the least
to hold programs by.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.arena import NAMESPACES

HERE = Path(__file__).resolve().parent
ORDINARY = 64999
SUITES = (pytest.param("attacks"), pytest.param("honest", marks=pytest.mark.exhaustive))
NAIVE = HERE / "attacks" / "test_armed.py"
"""What a naive grader believes is the same everywhere."""


@dataclass(frozen=True)
class Surroundings:
    """Who runs the suites, and which layers are left out."""

    user: int | None = None
    """None: whoever runs the tests."""
    off: tuple[str, ...] = ()


SURROUNDINGS = [
    pytest.param(Surroundings(off=NAMESPACES), id="without_namespaces", marks=pytest.mark.exhaustive),
    pytest.param(Surroundings(user=ORDINARY), id="as_an_ordinary_user", marks=pytest.mark.exhaustive),
    pytest.param(Surroundings(user=ORDINARY, off=NAMESPACES), id="as_an_ordinary_user_without_namespaces"),
]


def interpreter() -> str:
    """Return an interpreter that everybody can run: ours may lie in root's home, where candidates cannot read."""
    identity = {"user": ORDINARY, "group": ORDINARY, "extra_groups": []} if os.geteuid() == 0 else {}
    look = f"import sys, pytest, trl_rlvr; assert sys.version_info >= (3, 11); open({__file__!r}).close()"
    for candidate in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        try:
            done = subprocess.run([candidate, "-c", look], env=environment(), capture_output=True, **identity)  # type: ignore[call-overload]
        except OSError:
            continue
        if done.returncode == 0:
            return candidate
    pytest.skip("no interpreter with pytest, or no copy of this package, that an ordinary user could read")


def environment(off: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the environment of the inner pytest."""
    paths = (str(HERE.parent.parent), str(Path(pytest.__file__).parent.parent))
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return kept | {
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TRL_RLVR_TEST_OFF": ",".join(off),
    }


def run_suite(python: str, surroundings: Surroundings, suite: str) -> "subprocess.CompletedProcess[str]":
    """Run one suite in some surroundings to its end."""
    identity: dict[str, object] = {}
    if surroundings.user is not None:
        identity = {"user": surroundings.user, "group": surroundings.user, "extra_groups": []}
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        [
            python,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            "-q",
            "--tb=line",
            "-m",
            "not slow",
            f"--ignore={NAIVE}",
            str(HERE / suite),
        ],
        env=environment(surroundings.off),
        cwd=HERE.parent.parent,
        capture_output=True,
        text=True,
        **identity,
    )


Runs = dict[str, "Future[subprocess.CompletedProcess[str]]"]


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest) -> Iterator[Runs]:
    """Every suite in the surroundings that the test names, on its way."""
    surroundings: Surroundings = request.param
    if surroundings.user is not None and os.geteuid() != 0:
        pytest.skip("only root can run the suites as somebody else, and these tests run as an ordinary user anyway")
    python = interpreter()
    asked = {item.callspec.params["suite"] for item in request.session.items if item.fspath == request.node.fspath}
    with ThreadPoolExecutor(len(asked)) as pool:
        yield {suite: pool.submit(run_suite, python, surroundings, suite) for suite in sorted(asked)}


@pytest.mark.slow
@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("runs", SURROUNDINGS, indirect=True)
def test_the_suites_hold(runs: Runs, suite: str) -> None:
    done = runs[suite].result()

    failed = re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    assert failed == [], done.stdout[-4000:]
    assert re.search(r"\d+ passed", done.stdout), done.stdout[-2000:] + done.stderr[-2000:]
