"""The sandbox on which the gate's tests judge problems."""

from collections.abc import Iterator

import pytest

from trl_rlvr.sandbox.backends.process import ProcessSandbox
from trl_rlvr.sandbox.base import Sandbox
from trl_rlvr.sandbox.limits import Limits


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """The process backend, two workers, three seconds of CPU time a program."""
    with ProcessSandbox(limits=Limits(cpu_s=3.0), workers=2) as sandbox:
        yield sandbox
