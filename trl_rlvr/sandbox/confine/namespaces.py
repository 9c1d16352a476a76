"""Namespaces: entered once by the server, inherited by every child.

They need CAP_SYS_ADMIN, or else a user namespace, which grants it inside. A half-made user namespace cannot be left
again, so it is first tried out in a process that is thrown away.
"""

import os
from collections.abc import Callable

from trl_rlvr.sandbox.confine import kernel, privileges
from trl_rlvr.sandbox.confine.ids import Ids

USER = 0x1000_0000
PID = 0x2000_0000
KINDS = {"mount_ns": 0x0002_0000, "net_ns": 0x4000_0000, "ipc_ns": 0x0800_0000, "uts_ns": 0x0400_0000}
"""Those that the server enters by itself; entering a pid namespace takes a fork, see `guardian`."""


def need_user_namespace() -> bool:
    """Say whether the other namespaces can only be had inside one."""
    return not privileges.holds(privileges.CAP_SYS_ADMIN)


def supported(drawn: Ids | None) -> str | None:
    """Return why a user namespace with `drawn` ids and the right to make others cannot be had here, or None."""
    return _in_throwaway(lambda: _try_out(drawn))


def apply(flag: int) -> None:
    """Enter one new namespace; with PID it is this process's children that enter it.

    Raises:
        OSError: not permitted, or not built into the kernel.
    """
    kernel.unshare(flag)


def enter_user_namespace(drawn: Ids | None) -> str:
    """Enter a user namespace in which ids mean what they mean outside: our own, and `drawn` if we may map them.

    Returns:
        Which ids it holds, in words.

    Raises:
        OSError: not permitted; the process may then be without an id and has to end.
    """
    uid, gid = os.geteuid(), os.getegid()
    if drawn is None:
        kernel.unshare(USER)
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/gid_map", f"{gid} {gid} 1\n")
        _write("/proc/self/uid_map", f"{uid} {uid} 1\n")
        return "holds our own id"
    more = f"{drawn.server} {drawn.server} 3\n"
    tell, mapper = _fork_mapper(f"{uid} {uid} 1\n{more}", f"{gid} {gid} 1\n{more}")
    try:
        kernel.unshare(USER)
    finally:
        os.close(tell)
        status = os.waitpid(mapper, 0)[1]
    if status:
        raise OSError("the id map could not be written")
    return "holds our own id and one for each role"


def _fork_mapper(uid_map: str, gid_map: str) -> tuple[int, int]:
    """Fork a process that stays outside and writes our id maps when the returned descriptor is closed."""
    wait, tell = os.pipe()
    target = os.getpid()
    pid = os.fork()
    if pid:
        os.close(wait)
        return tell, pid
    try:
        os.close(tell)
        os.read(wait, 1)
        _write(f"/proc/{target}/gid_map", gid_map)
        _write(f"/proc/{target}/uid_map", uid_map)
        os._exit(0)
    finally:
        os._exit(1)


def _try_out(drawn: Ids | None) -> None:
    enter_user_namespace(drawn)
    kernel.unshare(PID | KINDS["mount_ns"])
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_SLAVE)


def _in_throwaway(action: Callable[[], None]) -> str | None:
    """Run `action` in a fork; return what it raised, in words, or None."""
    said, say = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            action()
        except OSError as error:
            os.write(say, (error.strerror or str(error)).encode())
        finally:
            os._exit(0)
    os.close(say)
    with os.fdopen(said, "rb") as pipe:
        answer = pipe.read().decode()
    os.waitpid(pid, 0)
    return answer or None


def _write(path: str, text: str) -> None:
    try:
        with open(path, "w") as file:
            file.write(text)
    except OSError as error:
        raise OSError(error.errno, f"{path}: {error.strerror}") from error
