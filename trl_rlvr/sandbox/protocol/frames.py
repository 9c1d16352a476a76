"""Frames on pipes: four bytes of length, then as many bytes; and descriptors that go along with a message.

The reader sets the cap: a length that the other side merely announces never makes it allocate.
"""

import os
import struct
from collections.abc import Sequence
from socket import CMSG_SPACE, SCM_RIGHTS, SOL_SOCKET, socket

_HEAD = struct.Struct("<I")
_PIECE = 1 << 16


class FrameTooLarge(Exception):  # noqa: N818 - a condition that each caller turns into its own verdict
    """A frame is announced as larger than its reader accepts."""


def read_exactly(fd: int, size: int) -> bytes | None:
    """Read `size` bytes; None if the other side ends first."""
    data = os.read(fd, size) if size <= _PIECE else b""
    if len(data) == size:
        return data
    if size <= _PIECE and not data:
        return None
    pieces = bytearray(data)
    while len(pieces) < size:
        piece = os.read(fd, min(size - len(pieces), _PIECE))
        if not piece:
            return None
        pieces += piece
    return bytes(pieces)


def read_frame(fd: int, cap: int) -> bytes | None:
    """Read one frame; None at the end of the stream, also in the middle of a frame.

    Raises:
        FrameTooLarge: the frame is announced with more than `cap` bytes.
    """
    head = read_exactly(fd, _HEAD.size)
    if head is None:
        return None
    (size,) = _HEAD.unpack(head)
    if size > cap:
        raise FrameTooLarge(f"a frame of {size} bytes, where {cap} are allowed")
    return read_exactly(fd, size) if size else b""


class FrameReader:
    """Reads frames from a pipe, several at once where they are there already."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._held = bytearray()

    def holds_frame(self) -> bool:
        """Say whether the next frame can be had without waiting for it."""
        return len(self._held) >= _HEAD.size and len(self._held) >= _HEAD.size + _HEAD.unpack_from(self._held)[0]

    def read(self, cap: int) -> bytes | None:
        """Read one frame; None at the end of the stream, also in the middle of a frame.

        Raises:
            FrameTooLarge: the frame is announced with more than `cap` bytes.
        """
        while True:
            if len(self._held) >= _HEAD.size:
                (size,) = _HEAD.unpack_from(self._held)
                if size > cap:
                    raise FrameTooLarge(f"a frame of {size} bytes, where {cap} are allowed")
                end = _HEAD.size + size
                if len(self._held) >= end:
                    frame = bytes(self._held[_HEAD.size : end])
                    del self._held[:end]
                    return frame
            piece = os.read(self._fd, _PIECE)
            if not piece:
                return None
            self._held += piece


def write_frame(fd: int, data: bytes | bytearray) -> None:
    """Write one frame, blocking until all of it is taken.

    Raises:
        OSError: the reader is gone.
    """
    view = memoryview(_HEAD.pack(len(data)) + data)
    while view:
        view = view[os.write(fd, view) :]


def send_with_fds(channel: socket, data: bytes, fds: Sequence[int]) -> None:
    """Send one message and descriptors; `socket.send_fds` imports a module each time.

    Raises:
        OSError: the receiver is gone.
    """
    channel.sendmsg([data], [(SOL_SOCKET, SCM_RIGHTS, struct.pack(f"{len(fds)}i", *fds))])


def receive_with_fds(channel: socket, size: int, most_fds: int) -> tuple[bytes, tuple[int, ...]]:
    """Receive one message of at most `size` bytes, empty when the sender is gone, and the descriptors with it."""
    data, ancillary, _, _ = channel.recvmsg(size, CMSG_SPACE(4 * most_fds))
    rights = b"".join(part for _, _, part in ancillary)
    return data, struct.unpack(f"{len(rights) // 4}i", rights)


def read_file(fd: int) -> bytes:
    """Return what an anonymous file holds, and close it; a file object of Python's would cost a candidate dearly."""
    size = os.lseek(fd, 0, os.SEEK_END)
    data = os.pread(fd, size, 0)
    os.close(fd)
    return data


def memory_file(data: bytes) -> int:
    """Return a descriptor of an anonymous file that holds `data`, at its beginning."""
    fd = os.memfd_create("work", os.MFD_CLOEXEC)
    view, at = memoryview(data), 0
    while at < len(view):
        at += os.pwrite(fd, view[at:], at)
    return fd
