import os

import pytest

from trl_rlvr.sandbox.confine import ids

WHO = "import os; say([os.getresuid(), os.getresgid(), os.getgroups()])"


def test_roles_have_ids_of_their_own_and_no_groups(root):
    candidate, harness = root.run(WHO, WHO, roles=("candidate", "harness")).results

    ((uids, gids, groups),) = candidate["said"]
    ((others, _, _),) = harness["said"]
    assert len(set(uids)) == len(set(gids)) == 1
    assert groups == []
    assert len({uids[0], others[0], 0}) == 3


def test_each_server_draws_other_ids(root):
    drawn = [root.run(WHO).said[0][0][0] for _ in range(3)]

    assert len(set(drawn)) == 3


def test_a_child_cannot_get_another_id_back(root):
    snippet = (
        "import os\n"
        "for change in (os.setuid, os.setgid, os.seteuid):\n"
        "    try:\n        change(0)\n"
        "    except PermissionError:\n        say('refused')\n"
    )

    assert root.run(snippet).said == ["refused"] * 3


def test_roles_cannot_signal_each_other_even_without_seccomp(make_setting):
    if os.geteuid() != 0:
        pytest.skip("needs root")
    setting = make_setting("plain", off=("seccomp", "landlock", "pid_ns"))
    snippet = (
        "import os\n"
        "for pid in (os.getppid(), told):\n"
        "    try:\n        os.kill(pid, 0)\n"
        "    except PermissionError:\n        say('refused')\n"
    )

    assert setting.run(snippet, told=os.getpid()).said == ["refused"] * 2


def test_an_ordinary_user_is_told_why_there_are_no_ids(make_setting):
    if os.geteuid() != 0:
        pytest.skip("needs root to start as somebody else")
    setting = make_setting("user", user=65534)

    layers = setting.run(WHO).layers

    on, why = layers["ids"]
    assert not on
    assert "not started as root" in why


@pytest.mark.parametrize(
    ("known", "inside"),
    [
        ([range(1 << 32)], range(1_879_048_192, 2_147_352_576)),
        ([range(1), range(1, 65537)], range(61_184, 65_520)),
    ],
)
def test_ids_are_drawn_from_numbers_that_nobody_uses(monkeypatch, known, inside):
    monkeypatch.setattr(ids, "id_map", lambda kind: known)

    drawn = [ids.draw() for _ in range(200)]

    assert all(number in inside for one in drawn for number in (one.server, one.harness, one.candidate))
    assert all(len({one.server, one.harness, one.candidate}) == 3 for one in drawn)


@pytest.mark.parametrize("known", [[range(1000, 1001)], [range(10), range(70_000, 70_100)], []])
def test_no_ids_are_drawn_from_a_map_without_room(monkeypatch, known):
    monkeypatch.setattr(ids, "id_map", lambda kind: known)

    assert ids.draw() is None
