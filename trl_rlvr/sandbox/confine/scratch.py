"""Scratch folders: a fresh one for each child, beneath a root that no child can write or list.

Whatever a child leaves is removed by code that neither recurses nor follows links, and that trusts no mode bits. Names
of its files are read in forks alone: they would stay in memory that later children inherit.
"""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from functools import partial

from trl_rlvr.sandbox.confine import kernel, quota
from trl_rlvr.sandbox.confine.forked import in_a_fork
from trl_rlvr.sandbox.confine.kernel import Call, Memory
from trl_rlvr.sandbox.confine.quota import FOLDER

_PREFIX = "trl-rlvr-"
_ASIDE = "aside-"
_OPENED, _CLOSED = 0o300, 0o100
"""Modes of a root that children of the same id and rights must not write or list."""
_NAME_LENGTH = 16
_ROOM_MIB, _ROOM_FILES = 32, 256
"""What must be free where scratch folders are made."""
_FULL_FILES = 16
"""Where so few files are left, programs may fail for want of one."""


def choose_parent() -> str:
    """Return the best place for scratch on this host: memory where there is room, else the folder for temporaries.

    Raises:
        OSError: there is room in neither.
    """
    import tempfile  # lazy: fork cost

    found = []
    for place in dict.fromkeys(("/dev/shm", tempfile.gettempdir())):
        if not os.access(place, os.W_OK | os.X_OK):
            found.append(f"{place} cannot be written")
            continue
        free_mib, files = _room(os.statvfs(place))
        if free_mib >= _ROOM_MIB and files >= _ROOM_FILES:
            return place
        found.append(f"{place} has {free_mib} MiB and {files} files left")
    raise OSError(
        errno.ENOSPC,
        f"there is no room for scratch folders, which take {_ROOM_MIB} MiB and {_ROOM_FILES} files: {', '.join(found)};"
        " free some, or name a roomier folder by TMPDIR",
    )


def _room(of: os.statvfs_result) -> tuple[int, int]:
    """Return how many MiB and files a file system still takes."""
    return of.f_bavail * of.f_frsize >> 20, of.f_favail if of.f_files else _ROOM_FILES  # some count no files


def make_root(parent: str) -> tuple[str, int]:
    """Make a root folder, locked for as long as its descriptor is open anywhere; returns its path and descriptor.

    Raises:
        OSError: `parent` cannot be written.
    """
    remove_stale(parent)
    while True:
        path = f"{parent}/{_PREFIX}{os.urandom(8).hex()}"
        os.mkdir(path, 0o700)
        with contextlib.suppress(FileNotFoundError):
            fd = os.open(path, FOLDER)
            fcntl.flock(fd, fcntl.LOCK_EX)
            if os.fstat(fd).st_nlink:  # else another server took it for stale before it was locked
                return path, fd
            os.close(fd)


def remove_stale(parent: str) -> None:
    """Remove roots whose servers were killed with all their relatives: nobody holds their lock any more."""
    for path in _children(parent):
        name = os.path.basename(path)
        if not name.startswith(_PREFIX):
            continue
        with contextlib.suppress(OSError):
            fd = os.open(path, FOLDER)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_root(path)
            finally:
                os.close(fd)


def remove_root(path: str) -> None:
    """Remove a root and all in it, as far as that is possible."""
    with contextlib.suppress(OSError):
        parent = os.open(os.path.dirname(path), FOLDER)
        try:
            remove_tree(os.path.basename(path), parent)
        finally:
            os.close(parent)


class Scratch:
    """The folders of one server's children.

    Args:
        root: folder beneath which they are made.
        mode: mode bits with which the root can be used by the server and not be written or listed by children, who
            have other ids or lack the server's capabilities; None if there are no such. Then the root is opened only
            for the moments of use, and no child can guess another's name.
    """

    def __init__(self, root: str, mode: int | None) -> None:
        self._fd = os.open(root, FOLDER)
        self._shared = mode is None
        self._mode = _CLOSED if mode is None else mode
        os.fchmod(self._fd, self._mode)
        prefix = os.fsencode(root) + b"/"
        self._path = Memory(prefix + bytes(_NAME_LENGTH + 1))
        self._name_place = slice(len(prefix), len(prefix) + _NAME_LENGTH)
        self._next = ""
        self._living: dict[int, str] = {}

    def prepare(self) -> None:
        """Before a fork: name the child's folder.

        Where the root has to be opened for that, the folder is made here too: a child that opened it itself could find
        it closed again by the server, who removes at any time what another child has left.

        Raises:
            OSError: the folder cannot be made.
        """
        self._next = os.urandom(_NAME_LENGTH // 2).hex()
        self._path.data[self._name_place] = self._next.encode()
        if self._shared:
            with self._opened():
                os.mkdir(self._next, 0o700, dir_fd=self._fd)

    def started(self, pid: int) -> None:
        """After the fork, in the server: note whose folder that is."""
        self._living[pid] = self._next

    def child_calls(self, owner: int | None) -> list[Call]:
        """Return how a child, still privileged, gets its folder, gives it to id `owner`, and goes there."""
        calls = [] if self._shared else [kernel.prepare("mkdir", self._path, 0o700)]
        if owner is not None:
            calls.append(kernel.prepare("chown", self._path, owner, owner))
        return [*calls, kernel.prepare("chdir", self._path)]

    def close_call(self) -> Call:
        """Return how a child lets go of the root."""
        return kernel.prepare("close", self._fd)

    def sweep(self, pid: int) -> None:
        """In the server, after child `pid` has been reaped: remove what it has left, or else put it aside."""
        gone = self._living.pop(pid, None)
        if not self._shared:
            if gone is not None:
                self._remove(gone)
            return
        with self._opened():
            in_a_fork(self._remove_strangers)

    def _remove_strangers(self) -> bool:
        """Remove what belongs to no living child: one may have left more than its own folder."""
        for name in set(os.listdir(self._fd)).difference(self._living.values()):
            if not name.startswith(_ASIDE):
                self._remove_tree(name)
        return True

    def has_no_room(self, file_mib: int) -> bool:
        """Say whether the file system cannot take one file of so many MiB any more, or hardly a file."""
        free_mib, files = _room(os.fstatvfs(self._fd))
        return free_mib < file_mib or files < _FULL_FILES

    def flooding(self, size_mib: int, files: int) -> list[int]:
        """Return the living children that store more than so many MiB or files."""
        budget = size_mib << 20, files
        return [pid for pid, name in self._living.items() if in_a_fork(partial(self._is_full, name, *budget))]

    def _is_full(self, name: str, size: int, files: int) -> bool:
        try:
            fd = os.open(name, FOLDER, dir_fd=self._fd)
        except FileNotFoundError:  # the child has not made its folder yet
            return False
        except OSError:  # it has closed its folder to us
            return True
        return quota.exceeds(fd, quota.Budget(size, files))

    def close(self) -> None:
        """Remove all folders."""
        os.fchmod(self._fd, _OPENED)
        for name in os.listdir(self._fd):
            with contextlib.suppress(OSError):
                remove_tree(name, self._fd)
        os.close(self._fd)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[None]:
        """Open a root that is closed to children of the same id, for the moment of use."""
        os.fchmod(self._fd, _OPENED)
        try:
            yield
        finally:
            os.fchmod(self._fd, self._mode)

    def _remove(self, name: str) -> None:
        try:
            os.rmdir(name, dir_fd=self._fd)
        except OSError:
            if in_a_fork(partial(self._remove_tree, name)) is None:
                self._put_aside(name)

    def _remove_tree(self, name: str) -> bool:
        try:
            remove_tree(name, self._fd)
        except OSError:
            self._put_aside(name)
        return True

    def _put_aside(self, name: str) -> None:
        with contextlib.suppress(OSError):
            aside = f"{_ASIDE}{os.urandom(_NAME_LENGTH // 2).hex()}"
            os.rename(name, aside, src_dir_fd=self._fd, dst_dir_fd=self._fd)


def remove_tree(name: str, parent_fd: int) -> None:
    """Remove a file or folder, however deep, with one open descriptor and without following links.

    Raises:
        OSError: something in it cannot be removed.
    """
    fd = _open_folder(name, parent_fd)
    if fd is None:
        os.unlink(name, dir_fd=parent_fd)
        return
    above: list[tuple[str, list[str], int]] = []  # of each folder above: its name, what is left in it, its inode
    here, left = name, _clear(fd)
    try:
        while left or above:
            if left:
                above.append((here, left, os.fstat(fd).st_ino))
                here = left.pop()
                fd = _step(fd, _open_folder(here, fd))
                left = _clear(fd)
            else:
                gone = here
                here, left, inode = above.pop()
                fd = _step(fd, os.open("..", FOLDER, dir_fd=fd))
                if os.fstat(fd).st_ino != inode:
                    raise OSError(f"{gone!r} was moved while it was removed")
                os.rmdir(gone, dir_fd=fd)
    finally:
        os.close(fd)
    os.rmdir(name, dir_fd=parent_fd)


def _step(fd: int, following: int | None) -> int:
    if following is None:
        raise NotADirectoryError("a folder changed while it was removed")
    os.close(fd)
    return following


def _open_folder(name: str, parent_fd: int) -> int | None:
    """Open a folder for emptying; None if it is something else."""
    try:
        fd = os.open(name, FOLDER, dir_fd=parent_fd)
    except PermissionError:
        os.chmod(name, 0o700, dir_fd=parent_fd)
        fd = os.open(name, FOLDER, dir_fd=parent_fd)
    except OSError as error:
        if error.errno in (errno.ENOTDIR, errno.ELOOP):
            return None
        raise
    if os.fstat(fd).st_mode & 0o700 != 0o700:
        os.fchmod(fd, 0o700)
    return fd


def _clear(fd: int) -> list[str]:
    """Remove from a folder what takes no descent; return the names of the folders that remain."""
    remaining = []
    with os.scandir(fd) as entries:
        found = list(entries)
    for entry in found:
        if not entry.is_dir(follow_symlinks=False):
            os.unlink(entry.name, dir_fd=fd)
            continue
        try:
            os.rmdir(entry.name, dir_fd=fd)
        except OSError:
            remaining.append(entry.name)
    return remaining


def _children(parent: str) -> list[str]:
    with contextlib.suppress(OSError):
        return [os.path.join(parent, name) for name in os.listdir(parent)]
    return []
