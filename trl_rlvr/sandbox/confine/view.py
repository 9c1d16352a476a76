"""A root file system of our own: what Python reads, read-only, at the usual paths; a few devices; scratch.

Everything else does not exist in there, not even as a name: no /proc, no /home, no installed packages. It also makes
a Python beneath a folder like /root readable to ids that may not enter that folder.
"""

import os

from trl_rlvr.sandbox.confine import kernel, paths
from trl_rlvr.sandbox.confine.paths import Readable

_LOCKED = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC | kernel.MS_NOATIME | kernel.MS_NODIRATIME
"""Mount flags with the same values in statvfs; a user namespace may not clear those that a mount came with."""
_STATVFS_RELATIME = 0x1000
_SKELETON = kernel.MS_NOSUID | kernel.MS_NODEV


SCRATCH = "/scratch"
"""Where the scratch roots are inside; not /tmp, beneath which a Python may lie that must stay visible."""


class View:
    """A root file system in the making, on the folder `stage`; nothing changes for the process until `enter`."""

    def __init__(self, stage: str) -> None:
        self._stage = stage
        self._skeletons: list[str] = []

    def show_python(self, readable: Readable) -> None:
        """Show what programs may read and hide the packages that lie inside.

        Raises:
            OSError: a mount failed.
        """
        kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_SLAVE)
        self._mount_skeleton(self._stage)
        for folder in readable.libraries:
            self.show(folder)
            for hidden in paths.hidden_in_library_folder(folder):
                self._mount_skeleton(self._place(hidden))
        for folder in readable.stdlib:
            self.show(folder)
            for hidden in paths.hidden_in_stdlib(folder):
                self._mount_skeleton(self._place(hidden))
        for path in readable.others:
            self.show(path)
        for path in (*paths.DEVICES_READ, *paths.DEVICES_WRITTEN):
            self.show(path, device=True)

    def show(self, path: str, *, device: bool = False) -> None:
        """Show a file or folder of the present root, read-only, at the same path.

        Raises:
            OSError: a mount failed.
        """
        if not os.path.exists(path):
            return
        target = self._place(path)
        kernel.mount(path, target, None, kernel.MS_BIND | kernel.MS_REC)
        if device:
            return
        has = os.statvfs(target).f_flag
        flags = has & _LOCKED | (kernel.MS_RELATIME if has & _STATVFS_RELATIME else 0)
        flags |= kernel.MS_RDONLY | kernel.MS_NOSUID | kernel.MS_NODEV
        kernel.mount("none", target, None, kernel.MS_REMOUNT | kernel.MS_BIND | flags)

    def make_folder(self, path: str) -> str:
        """Make an empty folder at `path` inside, to be mounted on, and return where it is now."""
        target = self._stage + path
        os.makedirs(target, exist_ok=True)
        return target

    def enter(self) -> None:
        """Make this the root and leave the former one behind for good.

        Raises:
            OSError: a step failed.
        """
        for folder in self._skeletons:
            kernel.mount("none", folder, None, kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY | _SKELETON)
        os.chdir(self._stage)
        kernel.pivot_root(".", ".")
        kernel.detach(".")  # of the two roots now stacked here, the former one
        os.chdir("/")

    def _mount_skeleton(self, target: str) -> None:
        kernel.mount("none", target, "tmpfs", _SKELETON, "mode=0755,size=1m")
        self._skeletons.append(target)

    def _place(self, path: str) -> str:
        """Make the mount point for `path`, with the same symbolic links on its way, and return where it is."""
        real = "/"
        parts = [part for part in path.split("/") if part]
        while parts:
            here = os.path.join(real, parts.pop(0))
            inside = self._stage + here
            if os.path.islink(here):
                link = os.readlink(here)
                if not os.path.lexists(inside):
                    os.symlink(link, inside)
                parts = [part for part in os.path.normpath(os.path.join(real, link)).split("/") if part] + parts
                real = "/"
                continue
            if not os.path.lexists(inside):
                if os.path.isdir(here):
                    os.mkdir(inside, 0o755)
                else:
                    os.close(os.open(inside, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o644))
            real = here
        return self._stage + real


def mount_scratch(target: str, size_mib: int, files: int) -> None:
    """Mount a file system in memory on `target`, limited in size and in number of files.

    Raises:
        OSError: it cannot be mounted.
    """
    flags = _SKELETON | kernel.MS_NOEXEC
    kernel.mount("none", target, "tmpfs", flags, f"size={size_mib}m,nr_inodes={files},mode=0711")
