"""All layers together, in the one order that works, and what of them this host allowed.

`enter_server` never raises for a layer that is missing: it writes down why. A layer that is there and fails in a child
is another matter: that child ends at once.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from trl_rlvr.sandbox.confine import (
    guardian,
    ids,
    kernel,
    landlock,
    namespaces,
    paths,
    privileges,
    rlimits,
    scratch,
    seccomp,
    view,
)
from trl_rlvr.sandbox.confine.child import ChildPlan, Layers
from trl_rlvr.sandbox.confine.fault_pipe import FaultPipe
from trl_rlvr.sandbox.confine.layers import LAYERS, Layer

ROLES = ("candidate", "harness")
_SCRATCH_FILES = 1024
_CLOSED_LIBRARY = "; they cannot read this Python's folder, so only preloaded modules can be imported"


class Confinement:
    """The confinement of one fork server and its children.

    Args:
        scratch_parent: existing folder in which a root for scratch folders is made.
        memory_mib: address space of a child, in MiB.
        file_mib: size of one file, in MiB.
        scratch_mib: all scratch files of a child, in MiB, where a tmpfs can be mounted.
        open_files: descriptors of a child.
        threads: threads of a child, where it has an id or user namespace of its own.
        readable: files and folders that children may read besides what Python needs.
        off: names of layers to leave out.
    """

    def __init__(
        self,
        *,
        scratch_parent: str,
        memory_mib: int,
        file_mib: int,
        scratch_mib: int,
        open_files: int,
        threads: int,
        readable: Sequence[str] = (),
        off: frozenset[str] = frozenset(),
    ) -> None:
        self._memory_mib, self._file_mib, self._scratch_mib = memory_mib, file_mib, scratch_mib
        self._open_files, self._threads = open_files, threads
        self._extra, self._off = tuple(readable), off
        self._root, self._root_fd = scratch.make_root(scratch_parent)
        self._found: dict[str, Layer] = {}
        self._ids: ids.Ids | None = None
        self._scratch: dict[str, scratch.Scratch]
        self._stays_hidden: bool
        self._narrower: dict[str, list[kernel.Call]]
        self._plan: ChildPlan
        self._faults: FaultPipe

    @property
    def layers(self) -> list[Layer]:
        """Every layer, on or off and why, once `enter_server` has returned."""
        return [self._found[name] for name in LAYERS if name in self._found]

    @property
    def imports(self) -> bool:
        """Whether children can import modules that the server has not loaded."""
        return self._ids is None or self.has("mount_ns") or paths.open_to_all(os.__file__)

    def enter_server(self) -> None:
        """Confine this process, once, before it forks any child.

        It forks: what returns is the server, as the first process of a new pid namespace where there is one; the
        process that called stays behind as its guardian, ends as the server ends, and takes it down when its own
        parent ends.

        Raises:
            OSError: no process could be made. Never for a missing layer.
            LimitTooLowError: an inherited limit takes from programs what they are promised.
        """
        readable = paths.readable(self._extra)
        self._enter_user_namespace()
        self._attempt("pid_ns", lambda: namespaces.apply(namespaces.PID))
        self._stays_hidden = privileges.stays_hidden(changes_id=self._ids is not None)
        leash = guardian.fork_guardian(lambda: scratch.remove_root(self._root), self._root_fd)
        os.close(self._root_fd)  # the guardian's copy holds the lock; this one would lead out of the view
        for name in ("net_ns", "ipc_ns", "uts_ns"):
            self._attempt(name, lambda: namespaces.apply(namespaces.KINDS[name]))  # noqa: B023 - called at once
        self._attempt("rlimits", self._limit)
        roots = self._enter_view(readable)
        self._attempt("no_new_privs", privileges.set_no_new_privs)
        self._attempt("landlock", lambda: self._apply_landlock(readable, roots), landlock.supported)
        self._drop_privileges(roots)
        self._narrower = self._narrow_roles(readable, roots)  # before seccomp, which lets nobody make a ruleset
        self._attempt("dumpable", privileges.hide_memory)
        leash.hold()
        mode = self._root_mode()
        self._scratch = {role: scratch.Scratch(root, mode) for role, root in roots.items()}
        self._attempt("seccomp", seccomp.apply, seccomp.supported)

    def lay_out_children(self) -> None:
        """Prepare what each child does to confine itself, once, behind `enter_server`.

        Every child touches all of it, so the caller may want to tidy its heap before.
        """
        layers = Layers(
            ids=self._ids,
            limits=self.has("rlimits"),
            drops_capabilities=self.has("capabilities"),
            hides_memory=self.has("dumpable") and not self._stays_hidden,
            follows=None if self.has("pid_ns") else os.getpid(),
            narrower=self._narrower,
            filter=seccomp.ChildFilter() if self.has("seccomp") else None,
        )
        self._plan = ChildPlan(self._scratch, layers)
        self._faults = FaultPipe()

    def fork(self, role: Literal["candidate", "harness"], cpu_hard_s: int) -> int:
        """Fork a child that is confined for good, in a session and an empty scratch folder of its own.

        Args:
            role: decides the id.
            cpu_hard_s: CPU seconds after which the kernel kills it, at least 1.

        Returns:
            0 in the child, its process number in the server. A child that cannot be confined ends at once, and `fault`
            says why: it has run nothing of a program's, so nobody must take that for a program's end.

        Raises:
            OSError: no process, or no scratch folder for it, could be made.
        """
        folder = self._scratch[role]
        folder.prepare()
        self._plan.prepare(cpu_hard_s)
        pid = os.fork()
        if pid:
            folder.started(pid)
            return pid
        try:
            self._plan.carry_out(role)
        except BaseException as error:
            try:
                self._faults.tell(error)
            finally:
                os._exit(1)
        return 0

    def fault(self, pid: int) -> str:
        """In the server, after child `pid` has been reaped: return why it could not be confined; empty if it was."""
        return self._faults.heard_of(pid)

    def has(self, *names: str) -> bool:
        """Say whether these layers are on."""
        return all(name in self._found and self._found[name].on for name in names)

    def sweep(self, pid: int) -> None:
        """In the server, after child `pid` has been reaped: remove what it has left behind."""
        for folders in self._scratch.values():
            folders.sweep(pid)

    @property
    def watches_scratch(self) -> bool:
        """Whether `flooding` must be asked from time to time, because no file system bounds what children store."""
        return not self.has("scratch_tmpfs")

    def is_scratch_full(self) -> bool:
        """In the server: say whether a shared file system has no room left for what one program may store in a file."""
        return self.watches_scratch and self._scratch["candidate"].has_no_room(self._file_mib)

    def flooding(self) -> list[int]:
        """In the server: return the living children that store more than they may, to be killed."""
        scratch = self._scratch.values()
        return [pid for folders in scratch for pid in folders.flooding(self._scratch_mib, _SCRATCH_FILES)]

    def close(self) -> None:
        """In the server: remove all scratch; the guardian removes its root."""
        for folders in self._scratch.values():
            folders.close()

    def _attempt(
        self, name: str, apply: Callable[[], str | None], why_not: Callable[[], str | None] = lambda: None
    ) -> None:
        """Apply a layer and note how that went."""
        if name in self._off:
            self._found[name] = Layer(name, False, "switched off")
            return
        try:
            reason = why_not()
            detail = apply() if reason is None else None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
        self._found[name] = Layer(name, False, reason) if reason is not None else Layer(name, True, detail or "")

    def _enter_user_namespace(self) -> None:
        self._attempt("ids", self._draw_ids, ids.supported)
        if not namespaces.need_user_namespace():
            self._found["user_ns"] = Layer("user_ns", False, "not needed: CAP_SYS_ADMIN makes the others")
            return
        self._attempt(
            "user_ns",
            lambda: namespaces.enter_user_namespace(self._ids),
            lambda: namespaces.supported(self._ids),
        )

    def _draw_ids(self) -> str:
        self._ids = ids.draw()
        return "drawn"

    def _limit(self) -> str:
        own = self.has("ids") or (self.has("user_ns") and rlimits.counts_per_namespace())
        return rlimits.apply(
            memory_mib=self._memory_mib,
            file_mib=self._file_mib,
            open_files=self._open_files,
            threads=self._threads if own else None,
        )

    def _enter_view(self, readable: paths.Readable) -> dict[str, str]:
        """Enter the mount namespace and mount the scratch roots; returns each role's.

        They are apart so that a candidate that fills its own cannot keep a harness from starting.
        """
        stage, outside = f"{self._root}/view", {role: f"{self._root}/{role}" for role in ROLES}
        os.chmod(self._root, 0o711)
        for folder in (stage, *outside.values()):
            os.mkdir(folder)
        self._attempt("mount_ns", lambda: namespaces.apply(namespaces.KINDS["mount_ns"]))
        if not self.has("mount_ns"):
            reason = "switched off" if "scratch_tmpfs" in self._off else "needs mount_ns"
            self._found["scratch_tmpfs"] = Layer("scratch_tmpfs", False, reason)
            return outside
        self._attempt("mount_ns", lambda: self._build_view(readable, stage, outside))
        if self.has("mount_ns"):
            return {role: f"{view.SCRATCH}/{role}" for role in ROLES}
        self._attempt("scratch_tmpfs", lambda: self._mount_scratch(outside.values()))
        return outside

    def _build_view(self, readable: paths.Readable, stage: str, outside: dict[str, str]) -> str:
        root = view.View(stage)
        root.show_python(readable)
        inside = {role: root.make_folder(f"{view.SCRATCH}/{role}") for role in ROLES}
        self._attempt("scratch_tmpfs", lambda: self._mount_scratch(inside.values()))
        if not self.has("scratch_tmpfs"):
            for role in ROLES:
                kernel.mount(outside[role], inside[role], None, kernel.MS_BIND)
        root.enter()
        return "a root of its own"

    def _mount_scratch(self, folders: Iterable[str]) -> str:
        for folder in folders:
            view.mount_scratch(folder, self._scratch_mib, _SCRATCH_FILES)
        return f"{self._scratch_mib} MiB, {_SCRATCH_FILES} files"

    def _apply_landlock(self, readable: paths.Readable, roots: dict[str, str]) -> str:
        return landlock.apply(readable.granted, readable.listed, paths.DEVICES_WRITTEN, roots.values())

    def _narrow_roles(self, readable: paths.Readable, roots: dict[str, str]) -> dict[str, list[kernel.Call]]:
        """Return how each role gives up the other's scratch, where its id does not keep it out."""
        if self._ids is not None or not self.has("landlock", "no_new_privs"):
            return {}
        given = readable.granted, readable.listed, paths.DEVICES_WRITTEN
        return {role: landlock.restrict_calls(landlock.make_ruleset(*given, [root])) for role, root in roots.items()}

    def _drop_privileges(self, roots: dict[str, str]) -> None:
        bounding = "" if "capabilities" in self._off else privileges.empty_bounding_set()
        if self._ids is not None:
            drawn = self._ids
            hint = "" if self.imports else _CLOSED_LIBRARY
            self._attempt("ids", lambda: ids.apply(drawn, roots.values()) + hint)
            self._ids = drawn if self.has("ids") else None
        self._attempt("capabilities", lambda: privileges.reduce_server(bounding))

    def _root_mode(self) -> int | None:
        if self._ids is not None:
            return 0o711
        overrides = self.has("capabilities") and privileges.holds(privileges.CAP_DAC_OVERRIDE)
        return 0o111 if overrides else None
