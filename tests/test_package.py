"""What a wheel carries: every data file of the package, and nothing that cannot be found again."""

import configparser
from fnmatch import fnmatch
from pathlib import Path

import trl_rlvr

PACKAGE = Path(trl_rlvr.__file__).parent
SETUP = PACKAGE.parent / "setup.cfg"


def packaged_patterns():
    """Patterns of package_data, as paths below the package's folder."""
    config = configparser.ConfigParser()
    config.read(SETUP)
    return [
        "/".join([*package.split(".")[1:], pattern.strip()])
        for package, patterns in config["options.package_data"].items()
        for pattern in patterns.split(",")
    ]


def data_files():
    """Every file below the package that is no Python source; links to folders are followed as a wheel build does."""
    found = {path for path in PACKAGE.rglob("*") if path.is_file()}
    found |= {path for link in PACKAGE.rglob("*") if link.is_symlink() for path in link.iterdir()}
    names = (path.relative_to(PACKAGE).as_posix() for path in found)
    return {name for name in names if not name.endswith((".py", ".pyc"))}


def test_every_data_file_is_packaged():
    patterns = packaged_patterns()

    assert [name for name in sorted(data_files()) if not any(fnmatch(name, pattern) for pattern in patterns)] == []


def test_every_pattern_finds_a_file():
    assert [p for p in packaged_patterns() if not any(fnmatch(name, p) for name in data_files())] == []


def test_the_configurations_are_among_the_data_files():
    assert "training/configs/embedded-starter.yaml" in data_files()


def test_the_version_is_the_one_of_the_metadata():
    config = configparser.ConfigParser()
    config.read(SETUP)

    assert config["metadata"]["version"] == trl_rlvr.__version__
