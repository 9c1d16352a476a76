"""Measures what a running child stores, for hosts where no file system of its own bounds that.

It looks at folders that the child changes meanwhile. What has been unlinked and is still open is not seen: limits on
open files and on the size of a file bound that.
"""

import os
import stat
from dataclasses import dataclass

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_DEEPEST = 16


@dataclass(slots=True)
class Budget:
    """What may still be stored."""

    size: int
    """In bytes."""
    files: int

    def overdrawn(self) -> bool:
        """Say whether it was not enough."""
        return self.size < 0 or self.files < 0


def exceeds(fd: int, budget: Budget, depth: int = _DEEPEST) -> bool:
    """Say whether an open folder, which is closed, holds more than a budget, which is used up by that.

    A folder that cannot be measured counts as more: one that is closed to us, or nested deeper than honest ones are.
    """
    try:
        folders = _contents(fd, budget)
        if budget.overdrawn() or (folders and depth == 0):
            return True
        for name in folders:
            try:
                below = os.open(name, FOLDER, dir_fd=fd)
            except (FileNotFoundError, NotADirectoryError):
                continue
            if exceeds(below, budget, depth - 1):
                return True
    except PermissionError:
        return True
    finally:
        os.close(fd)
    return False


def _contents(fd: int, budget: Budget) -> list[str]:
    """Take what lies directly in a folder from the budget; return the names of the folders in it."""
    folders = []
    with os.scandir(fd) as entries:
        for entry in entries:
            try:
                info = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            budget.files -= 1
            budget.size -= info.st_blocks * 512
            if budget.overdrawn():
                break
            if stat.S_ISDIR(info.st_mode):
                folders.append(entry.name)
    return folders
