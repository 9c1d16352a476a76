import os

import pytest

from trl_rlvr.sandbox.confine import quota
from trl_rlvr.sandbox.confine.quota import Budget
from trl_rlvr.sandbox.confine.scratch import Scratch

MIB = 1 << 20


def exceeds(folder, size, files):
    return quota.exceeds(os.open(folder, quota.FOLDER), Budget(size, files))


def test_files_count_by_what_they_take_on_disk(tmp_path):
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "file").write_bytes(bytes(MIB))
    with open(tmp_path / "sparse", "wb") as file:
        file.truncate(1 << 40)

    assert exceeds(tmp_path, MIB // 2, 100)
    assert not exceeds(tmp_path, 2 * MIB, 100)


def test_files_and_folders_count_by_number(tmp_path):
    for number in range(5):
        (tmp_path / f"folder{number}").mkdir()
        (tmp_path / f"file{number}").touch()

    assert exceeds(tmp_path, MIB, 9)
    assert not exceeds(tmp_path, MIB, 10)


def test_nesting_deeper_than_honest_programs_need_counts_as_too_much(tmp_path):
    deep = tmp_path.joinpath(*["d"] * 15)
    deep.mkdir(parents=True)
    assert not exceeds(tmp_path, MIB, 100)

    deep.joinpath(*["d"] * 5).mkdir(parents=True)

    assert exceeds(tmp_path, MIB, 100)


def test_links_are_not_followed(tmp_path):
    (tmp_path / "tree").mkdir()
    (tmp_path / "large").write_bytes(bytes(MIB))
    (tmp_path / "tree" / "link").symlink_to(tmp_path / "large")
    (tmp_path / "tree" / "folder").symlink_to(tmp_path)

    assert not exceeds(tmp_path / "tree", MIB // 2, 100)


def test_no_descriptor_is_left_open(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    before = len(os.listdir("/proc/self/fd"))

    exceeds(tmp_path, 0, 0)
    exceeds(tmp_path, MIB, 100)

    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize(("size_mib", "flooding"), [(1, [77]), (3, [])])
def test_only_living_children_that_store_too_much_are_named(tmp_path, size_mib, flooding):
    tmp_path.chmod(0o700)
    folders = Scratch(str(tmp_path), 0o700)
    for pid in (77, 78, 79):
        folders.prepare()
        folders.started(pid)
    flood, modest, _not_made_yet = folders._living.values()
    for name, size in ((flood, 2 * MIB), (modest, 10)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(bytes(size))

    assert folders.flooding(size_mib, 100) == flooding
