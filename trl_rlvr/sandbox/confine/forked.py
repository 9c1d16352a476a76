"""Does a piece of work in a fork of this process, so that no trace of it stays in our memory."""

import os
from collections.abc import Callable

_TRUE = 3


def in_a_fork(work: Callable[[], bool]) -> bool | None:
    """Do some work and wait for it.

    Returns:
        What `work` returns; False where it raises, None where no process can be had.
    """
    try:
        pid = os.fork()
    except OSError:
        return None
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == _TRUE
    try:
        os._exit(_TRUE if work() else 0)
    finally:
        os._exit(0)
