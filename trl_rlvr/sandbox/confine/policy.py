"""Which system calls a confined process may make: names only, the numbers are in `syscalls`.

An allow-list: what is not named here, or in `seccomp` with a check of its arguments, fails with EPERM, so that code
which probes for a feature sees an OSError and goes on. The server's list is the child's and what it takes to fork,
confine and sweep; what a child gives up of it is kept small, because that costs time in each child.
"""

_FILES = (
    "access chdir close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64 fallocate fchdir"
    " fdatasync fstat fstatfs fsync ftruncate getcwd getdents getdents64 link linkat lseek lstat mkdir mkdirat"
    " newfstatat open openat pipe pipe2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readlink"
    " readlinkat readv rename renameat renameat2 rmdir sendfile stat statfs statx symlink symlinkat truncate umask"
    " unlink unlinkat write writev"
)  # which files: Landlock, the mount namespace and the process's own id decide that
# No flock: such a lock, on /dev/null say, belongs to whoever shares the open file, and holds for the whole machine.
_WAITING = (
    "alarm epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_wait eventfd eventfd2 getitimer gettimeofday"
    " nanosleep pause poll ppoll pselect6 restart_syscall select setitimer time times"
)
_MEMORY = "brk madvise membarrier mmap mprotect mremap msync munmap"
_THREADS = "exit exit_group futex gettid rseq sched_yield set_robust_list set_tid_address"
_SIGNALS = "rt_sigaction rt_sigpending rt_sigprocmask rt_sigreturn rt_sigsuspend rt_sigtimedwait sigaltstack"
_IDENTITY = (
    "getcpu getegid geteuid getgid getgroups getpgrp getpid getppid getrandom getresgid getresuid getrlimit getrusage"
    " getuid sysinfo uname wait4 waitid"
)
_PAIRS = "getpeername getsockname recvfrom recvmsg shutdown"  # of the pairs that asyncio makes, or that one was given
_HARMLESS = "capset landlock_restrict_self setresgid setresuid setsid"
"""What the server needs for its children: without capabilities it changes nothing, and Landlock only takes away."""
ALWAYS = frozenset(" ".join((_FILES, _WAITING, _MEMORY, _THREADS, _SIGNALS, _IDENTITY, _PAIRS, _HARMLESS)).split())
"""Allowed to server and children, whatever the arguments."""

SERVER_ONLY = frozenset(("chown", "fchmod", "fchmodat", "fchownat", "pidfd_open", "sendmsg"))
"""What a child gives up altogether."""

OWN_ONLY = frozenset(("getpgid", "getsid", "prlimit64", "sched_getaffinity"))
"""Calls with a pid as their first argument, which must be 0: oneself."""

CLOCKS = frozenset(("clock_getres", "clock_gettime", "clock_nanosleep"))
"""Calls with a clock as their first argument, which must not be that of another process."""

UNIMPLEMENTED = frozenset(("clone3", "epoll_pwait2", "futex_waitv", "openat2"))
"""Answered ENOSYS, as by a kernel that lacks them: C libraries try new calls first and fall back only on that."""
NEWER = 451
"""First number of the system calls that are younger than these lists: answered ENOSYS for the same reason."""

FCNTL_COMMANDS = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032, 1034)
"""F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW and the three OFD locks, F_DUPFD_CLOEXEC,
F_GETPIPE_SZ, F_GET_SEALS. Not the owner, signal, lease and notify commands: they aim signals at other processes."""
IOCTL_COMMANDS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451, 0x802C542A)
"""TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX, TCGETS2."""
SOCKET_OPTIONS = (3, 4, 38, 39)
"""SO_TYPE, SO_ERROR, SO_PROTOCOL, SO_DOMAIN; not SO_PEERCRED and its kin, which name the process at the other end."""
PRCTL_OPTIONS = (15, 16)
"""PR_SET_NAME, PR_GET_NAME."""

CHECKED = frozenset(
    ("clone", "fcntl", "getpriority", "getsockopt", "ioctl", "kill", "prctl", "sendto", "socketpair", "tgkill")
)
"""Calls with other checks of their arguments, in `seccomp`."""
