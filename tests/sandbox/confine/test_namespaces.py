import os

import pytest

from trl_rlvr.sandbox.confine import namespaces, paths

HERE = ("mount_ns", "net_ns", "ipc_ns", "uts_ns", "pid_ns")


@pytest.fixture
def view(starter):
    """A start with a root of its own, and with seccomp and Landlock away, so that the namespaces must hold alone."""
    confined = starter.run()
    if not confined.on(*HERE):
        pytest.skip(f"no namespaces here: {confined.layers}")
    return lambda *snippets, **order: starter.run(*snippets, off=("landlock", "seccomp"), **order)


def test_the_root_holds_only_what_python_needs(view):
    said = view("import os; say(sorted(os.listdir('/')))").said

    needed = {path.split("/")[1] for path in paths.readable().granted}
    assert set(said[0]) <= needed | {"dev", "lib", "lib64", "scratch", "usr"}
    assert not {"proc", "sys"} & set(said[0])


def test_the_host_cannot_be_reached_by_name(view, tmp_path):
    secret = tmp_path / "answers"
    secret.write_text("42")
    snippet = "import os; say([path for path in told if os.path.lexists(path)])"

    assert view(snippet, told=[str(secret), "/proc/self", "/sys/kernel", "/etc/passwd", "/root/.ssh"]).said == [[]]


def test_the_root_cannot_be_written(view):
    snippet = (
        "import os\n"
        "for path in ('/x', '/usr/x', '/usr/lib/x', '/dev/x', os.__file__, '/etc/x', '/tmp/x'):\n"
        "    try:\n        open(path, 'a')\n"
        "    except OSError:\n        say('refused')\n"
    )

    assert view(snippet).said == ["refused"] * 7


def test_installed_packages_are_not_there(view):
    snippet = (
        "import os\n"
        "folder = os.path.dirname(os.__file__)\n"
        "packages = [folder + name for name in ('/site-packages', '/dist-packages')]\n"
        "say([os.listdir(path) for path in packages if os.path.isdir(path)])\n"
    )

    (listings,) = view(snippet).said

    assert all(listing == [] for listing in listings)


def test_rare_modules_of_the_standard_library_can_be_imported(anyone):
    confined = anyone.run("import tomllib, graphlib, wave, xml.dom.minidom, _heapq; say('imported')")
    home = os.path.realpath(os.__file__)
    if confined.on("ids") and not confined.on("mount_ns") and home.startswith("/root/"):
        pytest.skip("this Python lies in root's home, which the candidate's id may not enter without a mount namespace")

    assert confined.said == ["imported"]


def test_processes_of_the_host_do_not_exist_inside(view):
    snippet = (
        "import os\ntry:\n    os.kill(told, 0)\nexcept ProcessLookupError:\n    say('none')\nsay(os.getpid() < 10)\n"
    )

    said = view(snippet, told=os.getpid()).said

    assert said == ["none", True]


def test_there_is_no_network_device_but_an_unused_loopback(view):
    assert view("import socket; say(socket.if_nameindex())", preload=["socket"]).said == [[[1, "lo"]]]


def test_an_extra_folder_inside_hidden_packages_is_shown(view, open_folder):
    package = os.path.join(os.path.dirname(pytest.__file__))
    if "site-packages" not in package:
        pytest.skip("pytest does not lie among installed packages")
    snippet = "import os; say(['__init__.py' in os.listdir(told), os.listdir(os.path.dirname(told))])"

    said = view(snippet, told=package, readable=[package]).said

    assert said == [[True, ["pytest"]]]


def test_without_rights_the_reason_is_reported(make_setting):
    if os.geteuid() != 0:
        pytest.skip("needs root to start as somebody else")
    layers = make_setting("user", user=65534, off=("user_ns",)).run().layers

    assert {name: layers[name] for name in HERE} == {name: [False, "unshare: Operation not permitted"] for name in HERE}
    assert layers["scratch_tmpfs"] == [False, "needs mount_ns"]


def test_an_ordinary_user_gets_namespaces_where_the_host_lets_him(make_setting):
    if os.geteuid() != 0:
        pytest.skip("needs root to start as somebody else")
    confined = make_setting("user", user=65534).run("import os; say(os.getuid())")
    if not confined.on("user_ns"):
        pytest.skip(confined.layers["user_ns"][1])

    assert confined.on(*HERE, "scratch_tmpfs")
    assert confined.said == [65534]


def test_what_the_trial_of_a_user_namespace_raises_is_the_reason(monkeypatch):
    def refuse(drawn):
        raise PermissionError(1, "writing the id map is not for you")

    monkeypatch.setattr(namespaces, "enter_user_namespace", refuse)

    assert "not for you" in namespaces.supported(None)
