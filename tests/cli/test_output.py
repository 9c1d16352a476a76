"""A file takes the place of the old one only when all of it is written."""

import os
import stat

import pytest

from trl_rlvr.cli.output import replacing
from trl_rlvr.errors import DataError


def test_the_old_file_stays_until_all_is_written(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_text("old")
    path.chmod(0o640)

    with replacing(str(path)) as file:
        file.write("new")
        assert path.read_text() == "old"

    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["out.jsonl"]


def test_what_was_written_before_an_error_stays_beside_the_old_file(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_text("old")

    def stopped():
        with replacing(str(path)) as file:
            file.write("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as told:
        stopped()

    assert path.read_text() == "old"
    assert (tmp_path / "out.jsonl.partial").read_text() == "half"
    assert told.value.__notes__ == [f"what was done so far is in {path}.partial"]


def test_nothing_stays_where_nothing_was_written(tmp_path):
    with pytest.raises(ValueError, match="no"), replacing(str(tmp_path / "out.jsonl")):
        raise ValueError("no")

    assert os.listdir(tmp_path) == []


def test_a_link_keeps_leading_to_its_file(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "real" / "out.jsonl")

    with replacing(str(tmp_path / "link.jsonl")) as file:
        file.write("new")

    assert (tmp_path / "link.jsonl").is_symlink()
    assert (tmp_path / "real" / "out.jsonl").read_text() == "new"


def test_a_device_is_written_to_as_it_is():
    with replacing(os.devnull) as file:
        file.write("gone")

    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


def test_a_disk_that_is_full_is_an_error_of_the_block():
    with pytest.raises(OSError, match="No space left"), replacing("/dev/full") as file:
        file.write("x")


@pytest.mark.parametrize("name", [".", "no/such/folder.jsonl"])
def test_what_cannot_be_written_is_said_before_the_block(tmp_path, name):
    with pytest.raises(DataError, match="cannot write"), replacing(str(tmp_path / name)):
        pytest.fail("the block ran")
