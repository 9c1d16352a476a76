import errno
import os
import re
from pathlib import Path

import pytest
from bpf_machine import run_filter

from trl_rlvr.sandbox.confine import bpf, policy, seccomp
from trl_rlvr.sandbox.confine.syscalls import ARCHES, TABLES

MACHINES = sorted(TABLES)
DENIED, ABSENT = bpf.errno_action(errno.EPERM), bpf.errno_action(errno.ENOSYS)
OWN = seccomp._OWN_PID
THREAD_FLAGS = 0x3D0F00
"""What glibc's pthread_create gives to clone."""


def server_says(machine: str, name: str, *args: int) -> int:
    return run_filter(seccomp.server_filter(machine), TABLES[machine][name], args, ARCHES[machine])


def child_says(machine: str, name: str, *args: int) -> int:
    """What the kernel does with a child's call: the stricter of both filters' answers."""
    second = run_filter(seccomp.child_filter(machine), TABLES[machine][name], args, ARCHES[machine])
    first = server_says(machine, name, *args)
    return first if first != bpf.ALLOW else second


@pytest.mark.parametrize("machine", MACHINES)
class TestPolicy:
    def test_everything_that_is_always_allowed_is_allowed_to_children(self, machine):
        names = policy.ALWAYS & set(TABLES[machine])

        assert {name for name in names if child_says(machine, name) != bpf.ALLOW} == set()

    def test_children_lose_what_only_the_server_needs(self, machine):
        names = sorted(policy.SERVER_ONLY & set(TABLES[machine]))

        assert [server_says(machine, name) for name in names] == [bpf.ALLOW] * len(names)
        assert [child_says(machine, name) for name in names] == [DENIED] * len(names)

    def test_numbers_that_are_in_no_list_are_denied(self, machine):
        code = seccomp.server_filter(machine)
        unlisted = set(range(policy.NEWER)) - set(TABLES[machine].values())

        assert {run_filter(code, number, (), ARCHES[machine]) for number in unlisted} == {DENIED}

    def test_calls_younger_than_the_lists_look_absent(self, machine):
        code = seccomp.server_filter(machine)

        assert {run_filter(code, n, (), ARCHES[machine]) for n in (policy.NEWER, 462, 1000)} == {ABSENT}
        assert child_says(machine, "clone3") == ABSENT

    def test_another_calling_convention_is_killed(self, machine):
        code = seccomp.server_filter(machine)
        i386 = 0x40000003

        assert run_filter(code, TABLES[machine]["read"], (), i386) == bpf.KILL

    def test_threads_may_be_made_and_processes_not(self, machine):
        fork = 0x01200011

        assert child_says(machine, "clone", THREAD_FLAGS) == bpf.ALLOW
        assert child_says(machine, "clone", fork) == DENIED
        assert server_says(machine, "clone", fork) == bpf.ALLOW

    @pytest.mark.parametrize("flag", [0x00020000, 0x02000000, 0x10000000, 0x20000000, 0x40000000])
    def test_nobody_makes_namespaces_by_clone(self, machine, flag):
        assert server_says(machine, "clone", 0x11 | flag) == DENIED
        assert child_says(machine, "clone", THREAD_FLAGS | flag) == DENIED

    @pytest.mark.parametrize("sig", [0, 2, 10, 14, 15])
    def test_a_child_may_signal_itself(self, machine, sig):
        assert child_says(machine, "kill", OWN, sig) == bpf.ALLOW
        assert child_says(machine, "tgkill", OWN, OWN, sig) == bpf.ALLOW

    @pytest.mark.parametrize("sig", [9, 19])
    def test_a_child_may_not_kill_or_stop_itself(self, machine, sig):
        assert child_says(machine, "kill", OWN, sig) == DENIED
        assert child_says(machine, "tgkill", OWN, OWN, sig) == DENIED

    @pytest.mark.parametrize("pid", [0, 1, OWN - 1, 0xFFFFFFFF])
    def test_a_child_may_not_signal_another(self, machine, pid):
        assert child_says(machine, "kill", pid, 15) == DENIED
        assert child_says(machine, "tgkill", pid, pid, 15) == DENIED

    def test_limits_of_others_cannot_be_named(self, machine):
        address_space = 9

        assert child_says(machine, "prlimit64", 0, address_space, 1234) == bpf.ALLOW
        assert child_says(machine, "prlimit64", 1, address_space, 1234) == DENIED

    def test_the_cpu_limit_can_be_read_and_not_set(self, machine):
        cpu = 0

        assert child_says(machine, "prlimit64", 0, cpu, 0, 1234) == bpf.ALLOW
        assert child_says(machine, "prlimit64", 0, cpu, 1234) == DENIED
        assert child_says(machine, "prlimit64", 0, cpu, 1 << 32) == DENIED

    @pytest.mark.parametrize("clock", [0, 1, 2, 3, 7])
    def test_common_clocks_can_be_read(self, machine, clock):
        assert child_says(machine, "clock_gettime", clock) == bpf.ALLOW

    def test_cpu_clocks_of_other_processes_cannot_be_read(self, machine):
        assert child_says(machine, "clock_gettime", (~1 << 3 | 2) & 0xFFFFFFFF) == DENIED

    def test_descriptors_cannot_be_made_to_send_signals(self, machine):
        set_owner, set_signal, set_lease, notify, duplicate = 8, 10, 1024, 1026, 1030
        asked = [child_says(machine, "fcntl", 3, command) for command in (set_owner, set_signal, set_lease, notify)]

        assert asked == [DENIED] * 4
        assert child_says(machine, "fcntl", 3, duplicate) == bpf.ALLOW

    def test_a_socket_pair_reaches_nobody_else(self, machine):
        unix, internet = 1, 2

        assert child_says(machine, "socketpair", unix, 1) == bpf.ALLOW
        assert child_says(machine, "socketpair", internet, 1) == DENIED
        assert child_says(machine, "sendto", 3, 0x1000, 1, 0, 0, 0) == bpf.ALLOW
        assert child_says(machine, "sendto", 3, 0x1000, 1, 0, 0x2000, 16) == DENIED
        assert child_says(machine, "sendto", 3, 0x1000, 1, 0, 0x2000 << 32, 16) == DENIED

    def test_a_socket_does_not_name_its_peer(self, machine):
        level, peer_credentials, kind = 1, 17, 3

        assert child_says(machine, "getsockopt", 3, level, peer_credentials) == DENIED
        assert child_says(machine, "getsockopt", 3, level, kind) == bpf.ALLOW

    def test_only_the_thread_name_can_be_set_by_prctl(self, machine):
        name, dumpable, seccomp_mode = 15, 4, 22

        assert child_says(machine, "prctl", name) == bpf.ALLOW
        assert child_says(machine, "prctl", dumpable, 1) == DENIED
        assert child_says(machine, "prctl", seccomp_mode, 2) == DENIED

    def test_nothing_dangerous_has_a_number_in_the_table(self, machine):
        dangerous = (
            "accept bind bpf connect execve execveat fanotify_init fork fsopen init_module inotify_init1 io_uring_setup"
            " ioprio_set kcmp kexec_load keyctl listen memfd_create mount move_mount msgget open_by_handle_at"
            " open_tree perf_event_open personality pidfd_getfd pidfd_send_signal process_vm_readv ptrace quotactl"
            " reboot rt_sigqueueinfo sched_setaffinity sched_setscheduler semget setns setxattr shmget socket swapon"
            " sync tkill umount2 unshare userfaultfd utimensat vfork vmsplice"
        )

        assert set(dangerous.split()) & set(TABLES[machine]) == set()


def test_x32_calls_are_killed():
    code = seccomp.server_filter("x86_64")

    assert run_filter(code, 0x40000000 | TABLES["x86_64"]["read"], (), ARCHES["x86_64"]) == bpf.KILL


def test_the_tables_agree_with_the_kernels_headers():
    headers = {
        "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
        "aarch64": Path("/usr/include/asm-generic/unistd.h"),
    }
    found = {machine: path for machine, path in headers.items() if path.exists()}
    if not found:
        pytest.skip("no kernel headers here")

    for machine, path in found.items():
        text = re.sub(r"__NR3264_", "__NR_", path.read_text()).replace("__NR_fstatat ", "__NR_newfstatat ")
        numbers = dict(re.findall(r"#define __NR_(\w+) (\d+)", text))
        assert {name: numbers.get(name) for name in TABLES[machine]} == {
            name: str(number) for name, number in TABLES[machine].items()
        }


PROBE = """
import errno
def attempt(name, action):
    try:
        action()
    except OSError as error:
        say([name, errno.errorcode[error.errno]])
    else:
        say([name, "done"])
"""


def test_forbidden_calls_raise_oserror(anyone):
    snippet = PROBE + (
        "import os, socket, subprocess\n"
        "attempt('fork', os.fork)\n"
        "attempt('exec', lambda: os.execv('/bin/sh', ['sh']))\n"
        "attempt('run', lambda: subprocess.run(['/bin/true']))\n"
        "attempt('socket', socket.socket)\n"
        "attempt('chmod', lambda: os.chmod('.', 0o777))\n"
        "attempt('chown', lambda: os.chown('.', 0, 0))\n"
        "attempt('utime', lambda: os.utime('.'))\n"
        "attempt('memfd', lambda: os.memfd_create('x'))\n"
        "attempt('affinity', lambda: os.sched_setaffinity(0, {0}))\n"
        "attempt('kill parent', lambda: os.kill(os.getppid() or 1, 15))\n"
        "attempt('kill all', lambda: os.kill(-1, 15))\n"
        "attempt('kill self', lambda: os.kill(os.getpid(), 9))\n"
    )

    said = anyone.run(snippet, preload=["socket", "subprocess"]).said

    assert {name: outcome for name, outcome in said if outcome != "EPERM"} == {}
    assert len(said) == 12


def test_a_child_can_still_raise_signals_for_itself(anyone):
    snippet = (
        "import os, signal\n"
        "signal.signal(signal.SIGUSR1, lambda *_: say('handled'))\n"
        "os.kill(os.getpid(), signal.SIGUSR1)\n"
        "signal.raise_signal(signal.SIGUSR1)\n"
    )

    assert anyone.run(snippet, preload=["signal"]).said == ["handled", "handled"]


def test_a_child_of_one_pid_cannot_signal_with_anothers_filter(starter):
    snippet = "import os, signal\nsignal.signal(15, signal.SIG_IGN)\nos.kill(os.getpid(), 15)\nsay(os.getpid())"

    results = starter.run(snippet, snippet, preload=["signal"]).results

    assert [result["error"] for result in results] == [None, None]
    assert results[0]["said"] != results[1]["said"]


def test_32_bit_system_calls_kill_the_process(starter, tmp_path):
    if os.uname().machine != "x86_64":
        pytest.skip("32-bit calls by int 0x80 exist on x86_64 only")
    snippet = (
        "import ctypes, mmap\n"
        "code = bytes.fromhex('b814000000' 'cd80' 'c3')\n"  # mov eax, 20 (getpid); int 0x80; ret
        "page = mmap.mmap(-1, 4096, prot=7)\n"
        "page.write(code)\n"
        "call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))\n"
        "say(call())\n"
    )

    (result,) = starter.run(snippet, preload=["ctypes", "mmap"]).results

    assert os.WIFSIGNALED(result["status"])
    assert os.WTERMSIG(result["status"]) == 31
