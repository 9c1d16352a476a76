"""Workers inside bubblewrap: the supervisor, too, sees no network, no home, no data sets and no other process.

What runs in there is the process backend's worker, with its own confinement inside; this is one more wall around it.
"""

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from trl_rlvr.errors import SandboxUnavailableError
from trl_rlvr.sandbox.backends.launcher import INSIDE_ROOT, Launcher, shown_to_worker
from trl_rlvr.sandbox.backends.process import ProcessSandbox
from trl_rlvr.sandbox.confine import namespaces, paths
from trl_rlvr.sandbox.interpreter import interpreter
from trl_rlvr.sandbox.protocol.settings import Surroundings, WorkerSettings

_NAMESPACES = ("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try")
_SCRATCH = "/tmp"


class BubblewrapLauncher(Launcher):
    """Starts workers by `bwrap`.

    Neither --die-with-parent nor --new-session: the first kills a worker when the *thread* that opened the sandbox
    ends, and the second would take it out of the process group by which it is killed. A worker whose trainer is gone
    leaves at the end of its standard input, and no terminal belongs to its session.

    Args:
        program: path of bwrap.
    """

    def __init__(self, program: str) -> None:
        self._program = program

    def surroundings(self, packages: Sequence[str]) -> Surroundings:
        """Return the settings of a worker that depend on where it runs: see `Launcher`."""
        return replace(super().surroundings(packages), scratch_parent=_SCRATCH)

    def command(self, settings: WorkerSettings) -> list[str]:
        """Return bwrap's command line: a file system that holds Python and this package, and nothing else."""
        python = os.path.realpath(sys.executable)
        command = [self._program, *_NAMESPACES]
        if namespaces.need_user_namespace():
            command.append("--unshare-user")
        command += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", _SCRATCH]
        command += _show_python(python, settings.readable)
        for outside, inside in shown_to_worker().items():
            command += ["--ro-bind", outside, inside]
        worker = interpreter("supervisor.main", settings.pack(), python=python, package_root=INSIDE_ROOT)
        return [*command, "--remount-ro", "/", "--chdir", "/", "--", *worker]


class BubblewrapSandbox(ProcessSandbox):
    """Runs programs in workers behind `bwrap`.

    Args:
        options: those of `ProcessSandbox`.

    Raises:
        SandboxUnavailableError: there is no bwrap, it may not make namespaces here, or a required layer is off.
    """

    name = "bubblewrap"

    def __init__(self, **options: Any) -> None:
        program = shutil.which("bwrap")
        if program is None:
            raise SandboxUnavailableError(
                "sandbox_backend 'bubblewrap' needs the program bwrap, which is not on the PATH; install bubblewrap"
            )
        super().__init__(launcher=BubblewrapLauncher(program), **options)


def _show_python(python: str, extra: Iterable[str]) -> list[str]:
    """Show what the interpreter needs at its usual places, less the packages installed there; links come first."""
    readable = paths.readable(extra)
    shown: list[tuple[str, list[str]]] = [(python, []), *((path, []) for path in readable.others)]
    shown += [(folder, paths.hidden_in_library_folder(folder)) for folder in readable.libraries]
    shown += [(folder, paths.hidden_in_stdlib(folder)) for folder in readable.stdlib]
    links: dict[str, str] = {}
    mounts: dict[str, list[str]] = {}
    for path, hidden in shown:
        links.update(_links(path))
        mounts.setdefault(os.path.realpath(path), list(map(os.path.realpath, hidden)))
    command = [word for place, target in links.items() for word in ("--symlink", target, place)]
    for path in sorted(mounts):  # a folder before what lies in it
        command += ["--ro-bind", path, path]
        command += [word for folder in mounts[path] for word in ("--tmpfs", folder)]
    return command


def _links(path: str) -> Iterator[tuple[str, str]]:
    """Yield each symbolic link on the way to a path: where it lies, and what it says."""
    real = "/"
    parts = [part for part in path.split("/") if part]
    while parts:
        here = os.path.join(real, parts.pop(0))
        if os.path.islink(here):
            target = os.readlink(here)
            yield here, target
            parts = [part for part in os.path.normpath(os.path.join(real, target)).split("/") if part] + parts
            here = "/"
        real = here
