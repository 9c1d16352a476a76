import os
from pathlib import Path

import pytest

from trl_rlvr.sandbox.confine import landlock

READ = """
def read(path):
    try:
        with open(path, "rb") as file:
            return file.read(4) and "read"
    except OSError as error:
        return type(error).__name__
"""


@pytest.fixture
def only_landlock(make_setting):
    """Landlock alone stands between the child and the files: no ids, no view."""
    if landlock.supported() is not None:
        pytest.skip(landlock.supported())
    return make_setting("landlock", off=("ids", "mount_ns", "scratch_tmpfs"))


def test_files_of_the_host_cannot_be_read(only_landlock, tmp_path):
    secret = tmp_path / "answers.jsonl"
    secret.write_text("42")
    places = ["/etc/passwd", "/proc/self/maps", "/proc/1/environ", "/sys/kernel/notes", str(secret)]

    said = only_landlock.run(READ + "for path in told: say(read(path))", told=places).said

    assert set(said) <= {"PermissionError", "FileNotFoundError"}
    assert said[-1] == "PermissionError"


def test_folders_of_the_host_cannot_be_listed(only_landlock):
    snippet = (
        "import os\n"
        "for path in ('/', '/home', '/tmp', '/proc', '/etc'):\n"
        "    try:\n        say(os.listdir(path))\n"
        "    except PermissionError:\n        say('refused')\n"
    )

    assert only_landlock.run(snippet).said == ["refused"] * 5


def test_nothing_can_be_written_outside_of_scratch(only_landlock, tmp_path):
    tmp_path.chmod(0o777)
    target = tmp_path / "left"
    snippet = (
        "for path in told:\n    try:\n        open(path, 'w')\n    except PermissionError:\n        say('refused')\n"
    )

    said = only_landlock.run(snippet, told=[str(target), "/dev/shm/left", "/tmp/left", "/var/tmp/left"]).said

    assert said == ["refused"] * 4
    assert not target.exists()


def test_scratch_can_be_used_like_any_folder(anyone):
    snippet = (
        "import os\n"
        "os.makedirs('a/b')\n"
        "open('a/b/one', 'w').write('1')\n"
        "os.rename('a/b/one', 'two')\n"
        "os.symlink('two', 'three')\n"
        "with open('three', 'r+') as file: file.truncate(0); file.write('22')\n"
        "say(open('two').read())\n"
        "os.remove('two'); os.removedirs('a/b')\n"
        "say(os.listdir('.'))\n"
    )

    assert anyone.run(snippet).said == ["22", ["three"]]


def test_devices_programs_use_are_there(anyone):
    snippet = READ + "say([read(p) for p in ('/dev/urandom', '/dev/zero')]); open('/dev/null', 'w').write('x')"

    assert anyone.run(snippet).said == [["read", "read"]]


def test_extra_folders_are_readable_and_not_writable(anyone, open_folder):
    folder = Path(open_folder) / "extra"
    folder.mkdir(exist_ok=True)
    (folder / "data").write_text("known")
    snippet = (
        "import os\n"
        "say(open(told + '/data').read())\n"
        "try:\n    open(told + '/data', 'a')\nexcept OSError:\n    say('refused')\n"
    )

    assert anyone.run(snippet, told=str(folder), readable=[str(folder)]).said == ["known", "refused"]


@pytest.mark.parametrize(
    ("abi", "file_rights", "size"),
    [(1, 13, 8), (2, 14, 8), (3, 15, 8), (4, 15, 16), (5, 16, 16), (6, 16, 24), (7, 16, 24), (9, 16, 24)],
)
def test_an_older_kernel_is_asked_only_for_what_it_knows(monkeypatch, tmp_path, abi, file_rights, size):
    asked = []

    def syscall(name, number, *args):
        asked.append((name, args))
        return os.open("/", os.O_RDONLY) if name == "landlock_create_ruleset" else 0

    monkeypatch.setattr(landlock, "version", lambda: abi)
    monkeypatch.setattr(landlock.kernel, "syscall", syscall)
    monkeypatch.setattr(landlock, "_address", bytes)
    landlock.apply([str(tmp_path)], [], ["/dev/null"], [str(tmp_path)])

    rulesets = [args for name, args in asked if name == "landlock_create_ruleset"]
    granted = [int.from_bytes(args[2][:8], "little") for name, args in asked if name == "landlock_add_rule"]
    assert [args[1] for args in rulesets] == [size]
    assert int.from_bytes(rulesets[0][0][:8], "little") == (1 << file_rights) - 1
    assert len(granted) == 3
    assert all(rights < 1 << file_rights for rights in granted)


def test_tcp_is_refused_without_a_network_namespace(make_setting):
    if landlock.supported() is not None or landlock.version() < 4:
        pytest.skip("needs Landlock's ABI 4")
    setting = make_setting("net", off=("net_ns", "seccomp"))
    snippet = (
        "import socket\n"
        "try:\n    socket.create_connection(('127.0.0.1', 9), 1)\n"
        "except PermissionError:\n    say('refused')\n"
    )

    assert setting.run(snippet, preload=["socket", "encodings.idna"]).said == ["refused"]
