import os

STATUS = "/proc/self/status"
CAPABILITIES = """
from trl_rlvr.sandbox.confine import kernel
held = kernel.capabilities()
say([held.effective, held.permitted])
"""


def test_children_hold_no_capability(anyone):
    confined = anyone.run(
        CAPABILITIES, CAPABILITIES, roles=("candidate", "harness"), off=("seccomp",), preload=["struct"]
    )

    assert [result["said"] for result in confined.results] == [[[0, 0]], [[0, 0]]]


def test_the_bounding_set_is_empty_and_no_new_privileges_can_be_had(root):
    snippet = (
        "fields = dict(line.split(':', 1) for line in open('/proc/self/status'))\n"
        "say([fields[name].strip() for name in ('CapBnd', 'CapAmb', 'CapInh', 'NoNewPrivs', 'Seccomp')])\n"
    )

    said = root.run(snippet, off=("mount_ns", "landlock", "scratch_tmpfs", "dumpable")).said

    assert said == [["0" * 16, "0" * 16, "0" * 16, "1", "2"]]


def test_memory_of_children_is_hidden(anyone):
    snippet = "import ctypes; say(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"

    assert anyone.run(snippet, off=("seccomp",), preload=["ctypes"]).said == [0]


def test_a_child_cannot_expose_its_memory_again(anyone):
    snippet = "import ctypes; say(ctypes.CDLL(None).prctl(4, 1, 0, 0, 0))"

    assert anyone.run(snippet, preload=["ctypes"]).said == [-1]


def test_a_child_leads_a_session_of_its_own(anyone):
    snippet = "import os; say(os.getsid(0) == os.getpgid(0) == os.getpid())"

    assert anyone.run(snippet).said == [True]


def test_the_server_keeps_no_capability_to_read_or_to_administer(root):
    server = (
        "import os\n"
        "from trl_rlvr.sandbox.confine import privileges\n"
        "SYS_ADMIN, SYS_PTRACE, DAC_READ_SEARCH, NET_ADMIN = 21, 19, 2, 12\n"
        "assert not any(privileges.holds(cap) for cap in (SYS_ADMIN, SYS_PTRACE, DAC_READ_SEARCH, NET_ADMIN))\n"
        "assert os.getuid() != 0\n"
    )

    assert root.run(server=server, off=("seccomp",)).on("capabilities")


def test_switched_off_layers_say_so(starter):
    layers = starter.run(off=("capabilities", "dumpable", "no_new_privs")).layers

    assert {layers[name][1] for name in ("capabilities", "dumpable", "no_new_privs")} == {"switched off"}
    assert os.path.exists(STATUS)
