import os
import stat

import pytest

from trl_rlvr.sandbox.confine import scratch

DEEP = """
import os
for depth in range(3000):
    try:
        os.mkdir('d')
    except OSError:
        break  # as many as the scratch file system holds
    os.chdir('d')
say(depth)
"""


def test_each_child_starts_in_an_empty_folder_of_its_own(anyone):
    snippet = "import os; open('left', 'w').close(); say([os.getcwd(), sorted(os.listdir('.'))])"

    first, second = anyone.run(snippet, snippet).results

    assert first["said"][0][1] == second["said"][0][1] == ["left"]
    assert first["said"][0][0] != second["said"][0][0]


def test_what_a_child_leaves_is_removed(anyone):
    snippet = (
        "import os\n"
        "os.makedirs('a/b/c'); open('a/b/c/file', 'w').close()\n"
        "os.symlink('/', 'link'); os.symlink('missing', 'dead')\n"
        "os.mkdir('closed'); open('closed/inside', 'w').close()\n"
        "os.umask(0o777); os.mkdir('locked'); open('mode0', 'w').close()\n"
    )

    confined = anyone.run(snippet)

    assert confined.results[0]["error"] is None
    assert confined.left == []


def test_folders_nested_as_deep_as_they_go_are_removed(anyone):
    confined = anyone.run(DEEP)

    assert confined.said[0] > 900
    assert confined.left == []


def test_three_thousand_nested_folders_are_removed(tmp_path):
    home = os.getcwd()
    os.chdir(tmp_path)
    for _ in range(3000):
        os.mkdir("d")
        os.chdir("d")
    os.chdir(home)

    fd = os.open(tmp_path, os.O_RDONLY)
    scratch.remove_tree("d", fd)
    os.close(fd)

    assert os.listdir(tmp_path) == []


def test_nothing_can_be_put_beside_the_own_folder(anyone):
    snippet = (
        "import os\n"
        "for action in (lambda: open('../left', 'w'), lambda: os.mkdir('../left'), lambda: os.listdir('..'),\n"
        "               lambda: os.rename(os.getcwd(), '../left')):\n"
        "    try:\n        action()\n"
        "    except OSError:\n        say('refused')\n"
    )

    confined = anyone.run(snippet)

    assert confined.said == ["refused"] * 4
    assert confined.left == []


def test_files_are_limited_in_number_and_size_together(make_setting):
    setting = make_setting("all")
    if not setting.run().on("scratch_tmpfs"):
        pytest.skip("no tmpfs can be mounted here")
    many = (
        "try:\n    for n in range(10_000): open(str(n), 'w').close()\nexcept OSError as error:\n    say(error.strerror)"
    )
    large = (
        "try:\n    for n in range(20): open(str(n), 'wb').write(bytes(1 << 20))\n"
        "except OSError as error:\n    say([error.strerror, n])"
    )

    files, bytes_ = setting.run(many, large).results

    assert files["said"] == ["No space left on device"]
    assert bytes_["said"] == [["No space left on device", 8]]


def test_temporary_files_and_folders_work(anyone):
    snippet = (
        "import os, tempfile\n"
        "with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile('w+') as file:\n"
        "    file.write('x'); file.flush(); say([os.path.getsize(file.name), os.listdir(folder)])\n"
        "with tempfile.TemporaryFile() as file: file.write(b'y')\n"
        "say(os.listdir('.'))\n"
    )

    assert anyone.run(snippet, preload=["tempfile"]).said == [[1, []], []]


def test_the_root_of_an_unmounted_scratch_is_removed_at_the_end(anyone):
    before = {name for name in os.listdir(anyone.folder) if name.startswith("trl-rlvr-")}

    anyone.run("open('left', 'w').close()")

    assert {name for name in os.listdir(anyone.folder) if name.startswith("trl-rlvr-")} <= before


def test_remove_tree_follows_no_link(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "kept").touch()
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "link").symlink_to(tmp_path / "outside")

    fd = os.open(tmp_path, os.O_RDONLY)
    scratch.remove_tree("tree", fd)
    os.close(fd)

    assert sorted(os.listdir(tmp_path)) == ["outside"]
    assert os.listdir(tmp_path / "outside") == ["kept"]


def test_remove_tree_removes_wide_and_nested_folders(tmp_path):
    for outer in range(30):
        for inner in range(5):
            (tmp_path / "tree" / str(outer) / str(inner)).mkdir(parents=True)
            (tmp_path / "tree" / str(outer) / str(inner) / "file").touch()

    fd = os.open(tmp_path, os.O_RDONLY)
    scratch.remove_tree("tree", fd)
    os.close(fd)

    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_removed_is_put_aside(tmp_path, monkeypatch):
    tmp_path.chmod(0o700)
    folders = scratch.Scratch(str(tmp_path), 0o700)
    folders.prepare()
    name = folders._next
    (tmp_path / name).mkdir()
    (tmp_path / name / "stuck").touch()
    folders.started(77)

    def fail(name, parent_fd):
        raise PermissionError(1, "immutable")

    monkeypatch.setattr(scratch, "remove_tree", fail)
    folders.sweep(77)

    (left,) = os.listdir(tmp_path)
    assert left.startswith("aside-")


def test_a_folder_beneath_a_root_that_must_be_opened_is_there_before_the_fork(tmp_path):
    folders = scratch.Scratch(str(tmp_path), None)
    folders.prepare()
    folders.started(77)

    folders.sweep(76)  # what closes the root while the child is on its way

    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o100
    assert (tmp_path / folders._next).is_dir()
    tmp_path.chmod(0o700)


def test_roots_of_killed_servers_are_removed_and_those_of_living_ones_are_not(tmp_path):
    living, fd = scratch.make_root(str(tmp_path))
    dead, dead_fd = scratch.make_root(str(tmp_path))
    os.close(dead_fd)

    scratch.remove_stale(str(tmp_path))

    assert os.path.exists(living)
    assert not os.path.exists(dead)
    os.close(fd)


def test_the_default_place_can_be_written():
    place = scratch.choose_parent()

    assert stat.S_ISDIR(os.stat(place).st_mode)
    assert os.access(place, os.W_OK)
