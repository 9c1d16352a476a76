"""How a child that could not be confined says so: on a pipe that every program's code finds closed.

No wait status would do, since a program can end in each of those ways itself, but for a SIGKILL, and that is how the
kernel and other people end processes.
"""

import os

_LONGEST = 300
_AT_ONCE = 1 << 16


class FaultPipe:
    """A pipe from all children of a server to the server; children close it before they run anything of a program's."""

    def __init__(self) -> None:
        self._out, self._into = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._heard: dict[int, str] = {}

    def tell(self, error: BaseException) -> None:
        """In a child: say why it cannot go on."""
        line = " ".join(f"{os.getpid()} {error}".split())
        os.write(self._into, line.encode("utf-8", "replace")[:_LONGEST] + b"\n")  # whole: shorter than PIPE_BUF

    def heard_of(self, pid: int) -> str:
        """In the server: return what child `pid`, which has ended, has told; empty if it told nothing."""
        try:
            said = os.read(self._out, _AT_ONCE)
        except BlockingIOError:
            said = b""
        for line in said.decode("utf-8", "replace").splitlines():
            number, _, why = line.partition(" ")
            self._heard[int(number)] = why
        return self._heard.pop(pid, "")
