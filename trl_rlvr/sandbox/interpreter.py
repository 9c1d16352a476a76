"""The command and the environment of a clean interpreter that runs one module of this package."""

import sys
from pathlib import Path

_BOOT = """import os, sys
os.register_at_fork = lambda **hooks: None  # those of threading, random and logging cost each fork of a warm server
sys.path.append(sys.argv[1])
from trl_rlvr.sandbox.{module} import main
main(*sys.argv[1:])
"""
PACKAGE_ROOT = str(Path(__file__).resolve().parents[2])
"""The folder that holds the package, in this place."""
_ENVIRONMENT = {
    "HOME": "/",
    "LANG": "C.UTF-8",
    "LD_BIND_NOW": "1",  # or each child looks up anew what only a child calls after a fork
    "MALLOC_ARENA_MAX": "2",  # or a few dozen threads reserve all the address space that a program may have
    "LC_ALL": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PATH": "/usr/bin:/bin",
    "PYTHONDONTWRITEBYTECODE": "1",
}
"""All that a fork server and its children see of the trainer's environment."""


def interpreter(
    module: str, *arguments: str, python: str = sys.executable, package_root: str = PACKAGE_ROOT
) -> list[str]:
    """Return the command of a fresh interpreter that runs `main` of a module of this package, and nothing else.

    Args:
        module: of `trl_rlvr.sandbox`.
        arguments: of its `main`, after the package's root.
        python: the interpreter, as the place where the command will run names it.
        package_root: the folder that holds the package, likewise.
    """
    return [python, "-s", "-S", "-P", "-c", _BOOT.format(module=module), package_root, *arguments]


def environment(hash_seed: int = 0) -> dict[str, str]:
    """Return the environment of such an interpreter: an allow-list, nothing of the trainer's.

    Args:
        hash_seed: decides the order of sets, which must not depend on the worker that a program happens to meet.
    """
    return {**_ENVIRONMENT, "PYTHONHASHSEED": str(hash_seed)}
