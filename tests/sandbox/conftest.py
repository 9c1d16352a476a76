"""Sandboxes for the suites of this folder, with a trainer's secrets in the environment.

`TRL_RLVR_TEST_OFF` names confinement layers (comma-separated) that the suites shall do without.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.arena import Arena
from support.attack import TOKEN
from support.backends import LIMITS, MISSING, OPENERS
from support.ray_cluster import contract_cluster
from support.traces import adopt_orphans

from trl_rlvr.sandbox.backends.process import ProcessSandbox
from trl_rlvr.sandbox.base import Sandbox
from trl_rlvr.sandbox.limits import Limits

PATIENT = Limits(cpu_s=3.0)
QUICK = Limits(cpu_s=0.5, idle_s=0.5)
"""Limits under which an endless attack ends soon."""


def open_process_sandbox(limits: Limits, workers: int) -> Sandbox:
    """Open the process backend, less the layers that this run is to do without."""
    off = [name for name in os.environ.get("TRL_RLVR_TEST_OFF", "").split(",") if name]
    return ProcessSandbox(limits=limits, workers=workers, off=off)


@pytest.fixture(scope="session", autouse=True)
def _trainer() -> Iterator[None]:
    """Give the trainer a secret, and make it the one to whom every escaped process falls."""
    adopt_orphans()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_TOKEN", TOKEN)
        yield


@pytest.fixture(scope="session")
def bait() -> Iterator[Path]:
    """A folder outside of any scratch with a file that plain permissions let everybody read and write,
    and one that only the trainer may open."""
    folder = Path(tempfile.mkdtemp(prefix="bait-", dir="/tmp"))
    folder.chmod(0o777)
    file = folder / "open.txt"
    file.write_text(TOKEN)
    file.chmod(0o666)
    private = folder / "open.txt.private"
    private.write_text(TOKEN)
    private.chmod(0o600)
    yield file
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """The process backend, two workers, three seconds of CPU time a program."""
    with open_process_sandbox(PATIENT, workers=2) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def quick_sandbox() -> Iterator[Sandbox]:
    """The process backend, two workers, limits under which a hang ends soon."""
    with open_process_sandbox(QUICK, workers=2) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def lone_sandbox() -> Iterator[Sandbox]:
    """The process backend with one worker, so that one program follows the other."""
    with open_process_sandbox(QUICK, workers=1) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def arena(quick_sandbox: Sandbox, bait: Path) -> Iterator[Arena]:
    """Where attacks are run and what they leave is counted; a module each, since other modules open other sandboxes."""
    with Arena(quick_sandbox, {"BAIT": str(bait)}) as arena:
        yield arena


@pytest.fixture(scope="module", params=[name for name in OPENERS if MISSING[name] is None])
def backend(request: pytest.FixtureRequest) -> Callable[..., Sandbox]:
    """A way to open a sandbox of each backend."""
    if request.param == "ray":
        contract_cluster()  # whose processes are not the sandbox's
    return OPENERS[request.param]


@pytest.fixture(scope="module")
def opened(backend: Callable[..., Sandbox]) -> Iterator[Sandbox]:
    """An open sandbox with two workers and short limits."""
    with backend(limits=LIMITS, workers=2) as sandbox:
        yield sandbox
