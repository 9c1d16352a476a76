"""Confined processes for the tests of this folder: as the user who runs the tests, and as an ordinary one."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support.arena import NAMESPACES

ROOT = Path(__file__).parents[3]
DRIVER = Path(__file__).with_name("confined_driver.py")
ORDINARY = 65534


@dataclass(frozen=True)
class Confined:
    """What confined children reported."""

    layers: dict[str, tuple[bool, str]]
    results: list[dict[str, Any]]
    left: list[str]
    """What lay in the scratch root when all children were gone."""
    server_pid: int

    @property
    def said(self) -> list[Any]:
        """What the only child reported, which must have ended well."""
        (result,) = self.results
        assert result["error"] is None, result["error"]
        assert result["status"] == 0
        return result["said"]

    def on(self, *names: str) -> bool:
        return all(self.layers[name][0] for name in names)


@dataclass(frozen=True)
class Setting:
    """Who runs the fork server, and which layers it does without."""

    name: str
    user: int | None = None
    off: tuple[str, ...] = ()
    python: str = sys.executable
    folder: str = field(default="", compare=False)

    def run(self, *snippets: str, roles: tuple[str, ...] = (), **order: Any) -> Confined:
        """Run each snippet in a child of its own."""
        roles = roles or ("candidate",) * len(snippets)
        defaults = {"readable": [], "told": {}, "preload": [], "server": "", "scratch_parent": self.folder}
        off = sorted({*self.off, *order.pop("off", ())})
        text = json.dumps(
            defaults
            | {"package_root": self.folder, "off": off, "snippets": list(zip(roles, snippets, strict=True))}
            | order
        )
        command = [self.python, "-I", "-S", f"{self.folder}/confined_driver.py"]
        identity = {"user": self.user, "group": self.user, "extra_groups": []} if self.user is not None else {}
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, **identity)
        assert done.returncode == 0, done.stderr
        return Confined(**json.loads(done.stdout))


def _python_for(user: int) -> str | None:
    """Return an interpreter that this user may run: ours may lie in root's home."""
    for candidate in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        command = [candidate, "-I", "-c", "import sys, ctypes; assert sys.version_info >= (3, 11)"]
        try:
            if subprocess.run(command, user=user, group=user, extra_groups=[], capture_output=True).returncode == 0:
                return candidate
        except OSError:
            continue
    return None


@pytest.fixture(scope="session")
def open_folder() -> Iterator[str]:
    """A folder that everybody can use, with the package and the driver in it."""
    folder = tempfile.mkdtemp(prefix="confine-", dir="/tmp")
    os.chmod(folder, 0o1777)
    shutil.copytree(ROOT / "trl_rlvr", f"{folder}/trl_rlvr", ignore=shutil.ignore_patterns("__pycache__", "data"))
    shutil.copy(DRIVER, folder)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _settings() -> list[Setting]:
    if os.geteuid() != 0:
        return [Setting("user"), Setting("user-without-namespaces", off=NAMESPACES)]
    return [
        Setting("root"),
        Setting("root-without-namespaces", off=NAMESPACES),
        Setting("root-without-ids", off=("ids",)),
        Setting("user", user=ORDINARY),
        Setting("user-without-namespaces", user=ORDINARY, off=NAMESPACES),
    ]


def _placed(setting: Setting, folder: str) -> Setting:
    python = sys.executable if setting.user is None else _python_for(setting.user)
    if python is None:
        pytest.skip("no Python 3.11 that an ordinary user could run")
    return Setting(setting.name, setting.user, setting.off, python, folder)


@pytest.fixture(params=_settings(), ids=lambda setting: setting.name)
def anyone(request: pytest.FixtureRequest, open_folder: str) -> Setting:
    """Each kind of start in turn: root and an ordinary user, with and without namespaces."""
    return _placed(request.param, open_folder)


@pytest.fixture
def starter(open_folder: str) -> Setting:
    """Whoever runs the tests, with every layer that there is."""
    return Setting("starter", folder=open_folder)


@pytest.fixture
def root(open_folder: str) -> Setting:
    """Root with every layer."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    return Setting("root", folder=open_folder)


@pytest.fixture
def make_setting(open_folder: str) -> Callable[..., Setting]:
    """Any other start."""
    return lambda name, **options: _placed(Setting(name, **options), open_folder)
