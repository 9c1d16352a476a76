"""Landlock: read what Python needs, write beneath the scratch roots, nothing else; no privilege needed.

It does not cover looking at a path's existence and metadata, chmod, chown, utime, extended attributes, UDP or what was
opened before: namespaces, seccomp and closed descriptors do.
"""

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

from trl_rlvr.sandbox.confine import kernel

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1
_RESTRICT_SELF_LOG_SAME_EXEC_OFF = 1
_RULESET = struct.Struct("=QQQ")
_PATH_BENEATH = struct.Struct("=Qi")
_FS_BITS = {1: 13, 2: 14, 3: 15, 4: 15}
"""How many file rights the kernel knows, by its ABI; 16 from ABI 5 on."""

WRITE_FILE = 1 << 1
READ_FILE = 1 << 2
READ_DIR = 1 << 3
REMOVE_DIR = 1 << 4
REMOVE_FILE = 1 << 5
MAKE_DIR = 1 << 7
MAKE_REG = 1 << 8
MAKE_SYM = 1 << 12
REFER = 1 << 13
TRUNCATE = 1 << 14
_FILE_RIGHTS = WRITE_FILE | READ_FILE | TRUNCATE
_SCRATCH_RIGHTS = _FILE_RIGHTS | READ_DIR | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SYM | REFER
_TCP_BIND_AND_CONNECT = 0b11
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11


def version() -> int:
    """Return the kernel's Landlock ABI.

    Raises:
        OSError: the kernel has none, or it is switched off.
    """
    return kernel.syscall("landlock_create_ruleset", _CREATE_RULESET, 0, 0, _CREATE_RULESET_VERSION)


def supported() -> str | None:
    """Return why Landlock cannot be used here, or None."""
    try:
        version()
    except OSError as error:
        return str(error)
    return None


def apply(readable: Iterable[str], listed: Iterable[str], writable: Iterable[str], scratch: Iterable[str]) -> str:
    """Confine this process and its children; no_new_privs must be set.

    Args:
        readable: files and folders to read; one that does not exist is left out.
        listed: folders to list only, all the way down.
        writable: devices to read and write.
        scratch: folders beneath which anything but devices, sockets and pipes may be made.

    Returns:
        What was enforced, in a few words.

    Raises:
        OSError: the kernel refused; nothing is confined then.
    """
    fd = make_ruleset(readable, listed, writable, scratch)
    try:
        kernel.syscall("landlock_restrict_self", _RESTRICT_SELF, fd, _flags())
    finally:
        os.close(fd)
    abi = version()
    return f"ABI {abi}: files{', TCP' * (abi >= 4)}{', abstract sockets, signals' * (abi >= 6)}"


def restrict_calls(ruleset: int) -> list[kernel.Call]:
    """Return how a child confines itself further by a ruleset, and lets go of it."""
    return [kernel.prepare("syscall", _RESTRICT_SELF, ruleset, _flags()), kernel.prepare("close", ruleset)]


def _flags() -> int:
    return _RESTRICT_SELF_LOG_SAME_EXEC_OFF if version() >= 7 else 0  # a denied program must not flood the audit log


def make_ruleset(
    readable: Iterable[str], listed: Iterable[str], writable: Iterable[str], scratch: Iterable[str]
) -> int:
    """Return a descriptor of what `apply` would enforce.

    Raises:
        OSError: the kernel refused.
    """
    abi = version()
    files = (1 << _FS_BITS.get(abi, 16)) - 1
    net = _TCP_BIND_AND_CONNECT if abi >= 4 else 0
    scoped = _ABSTRACT_SOCKETS_AND_SIGNALS if abi >= 6 else 0
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = bytearray(_RULESET.pack(files, net, scoped))
    fd = kernel.syscall("landlock_create_ruleset", _CREATE_RULESET, _address(ruleset), size, 0)
    try:
        for path in readable:
            _allow(fd, path, (READ_FILE | READ_DIR) & files)
        for path in listed:
            _allow(fd, path, READ_DIR)
        for path in writable:
            _allow(fd, path, (READ_FILE | WRITE_FILE) & files)
        for path in scratch:
            _allow(fd, path, _SCRATCH_RIGHTS & files)
    except BaseException:
        os.close(fd)
        raise
    return fd


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            rights &= _FILE_RIGHTS
        rule = bytearray(_PATH_BENEATH.pack(rights, fd))
        kernel.syscall("landlock_add_rule", _ADD_RULE, ruleset, _RULE_PATH_BENEATH, _address(rule), 0)
    finally:
        os.close(fd)


def _address(data: bytearray) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(data))
