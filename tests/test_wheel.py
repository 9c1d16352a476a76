"""The wheel, built and unpacked outside the checkout: it carries all that a run needs, and runs there."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import setuptools

ROOT = Path(__file__).parents[1]
SOURCES = ("pyproject.toml", "setup.cfg", "README.md", "LICENSE", "trl_rlvr", "recipes")

SHORT = {
    "max_steps": 1,
    "per_device_train_batch_size": 8,
    "num_generations": 4,
    "data_train_limit": 8,
    "data_test_limit": 2,
    "data_check": "none",
    "max_completion_length": 16,
    "sandbox_workers": 1,
    "output_dir": "out",
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(int(setuptools.__version__.split(".")[0]) < 77, reason="setuptools is too old to build a wheel"),
]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The folder of the unpacked wheel, built from a copy so that the checkout stays as it is."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name, **({"symlinks": True} if copy is shutil.copytree else {}))
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", "dist", "."]
    subprocess.run(build, cwd=folder, check=True, timeout=300)
    (wheel,) = (folder / "dist").glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "unpacked")
    return folder / "unpacked"


def run(unpacked, folder, *command):
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(unpacked), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=540,
    )


def test_the_recipes_configurations_ship_in_it(unpacked):
    shipped = {path.name for path in (unpacked / "trl_rlvr" / "training" / "configs").iterdir()}

    assert shipped == {path.name for path in (ROOT / "recipes" / "configs").iterdir()}
    assert len(shipped) >= 4


def test_its_metadata_has_author_links_and_classifiers(unpacked):
    (metadata,) = unpacked.glob("*.dist-info/METADATA")
    keys = [line.partition(":")[0] for line in metadata.read_text().split("\n\n")[0].splitlines()]

    assert {"Author", "License", "Project-URL", "Requires-Python", "Keywords"} <= set(keys)
    assert keys.count("Classifier") >= 8


def test_a_run_from_it_trains_and_reports(unpacked, tmp_path):
    options = [text for key, value in SHORT.items() for text in (f"--{key}", str(value))]

    where = run(unpacked, tmp_path, "-c", "import trl_rlvr; print(trl_rlvr.__file__)")
    ran = run(unpacked, tmp_path, "-m", "trl_rlvr", "train", *options)

    assert where.stdout.startswith(str(unpacked))
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert "FINAL RESULTS" in ran.stdout
    assert json.loads((tmp_path / "out" / "rlvr_report.json").read_text())["rlvr"]["samples"] == 2
