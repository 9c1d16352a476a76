"""One sandbox for the suites of this folder."""

from collections.abc import Iterator

import pytest

from trl_rlvr.sandbox import Sandbox, SandboxConfig, open_sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """The process backend, two workers, default limits."""
    with open_sandbox(SandboxConfig(sandbox_workers=2)) as sandbox:
        yield sandbox
