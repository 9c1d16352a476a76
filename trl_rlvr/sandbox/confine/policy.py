"""Which system calls a confined process may make: names only, the numbers are in `syscalls`.

An allow-list: what is not named here fails with EPERM, so that code which probes for a feature sees an OSError and
goes on. The server's list is the child's and what it takes to fork, confine and sweep; a child then gives up the rest.
"""

FILES = (
    "access chdir close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64 fallocate fchdir"
    " fdatasync flock fstat fstatfs fsync ftruncate getcwd getdents getdents64 link linkat lseek lstat mkdir mkdirat"
    " newfstatat open openat pipe pipe2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readlink"
    " readlinkat readv rename renameat renameat2 rmdir sendfile stat statfs statx symlink symlinkat truncate umask"
    " unlink unlinkat write writev"
)
"""Landlock, the mount namespace and the process's own id decide which files."""
WAITING = (
    "alarm clock_getres clock_gettime clock_nanosleep epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_wait"
    " eventfd eventfd2 getitimer gettimeofday nanosleep pause poll ppoll pselect6 restart_syscall select setitimer time"
    " times"
)
MEMORY = "brk madvise membarrier mmap mprotect mremap msync munmap"
THREADS = "exit exit_group futex gettid rseq sched_getaffinity sched_yield set_robust_list set_tid_address"
SIGNALS = "kill rt_sigaction rt_sigpending rt_sigprocmask rt_sigreturn rt_sigsuspend rt_sigtimedwait sigaltstack tgkill"
IDENTITY = (
    "getcpu getegid geteuid getgid getgroups getpgid getpgrp getpid getppid getpriority getrandom getresgid getresuid"
    " getrlimit getrusage getsid getuid prlimit64 setrlimit sysinfo uname wait4 waitid"
)
PAIRS = "getpeername getsockname recvfrom shutdown"
"""For the socket pairs that asyncio makes; one cannot reach any other socket with these."""

CHILD = frozenset(" ".join((FILES, WAITING, MEMORY, THREADS, SIGNALS, IDENTITY, PAIRS)).split())

_CONFINING = (
    "capset chmod chown fchmod fchmodat fchown fchownat lchown pidfd_open pidfd_send_signal prctl recvmsg seccomp"
    " sendmsg setgid setgroups setpgid setregid setresgid setresuid setreuid setsid setuid signalfd4"
)
SERVER_ONLY = frozenset(_CONFINING.split())

NEWER = 451
"""First number of the system calls younger than these lists: answered ENOSYS, as by a kernel that lacks them, because
C libraries try new calls first and fall back only on that."""
UNIMPLEMENTED = frozenset(["clone3", "openat2", "epoll_pwait2", "futex_waitv"])
"""Known calls answered ENOSYS for the same reason."""

FCNTL_COMMANDS = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032, 1034)
"""F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW and the three OFD locks, F_DUPFD_CLOEXEC,
F_GETPIPE_SZ, F_GET_SEALS. Not the owner, signal, lease and notify commands: they aim signals at other processes."""
IOCTL_COMMANDS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451, 0x802C542A)
"""TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX, TCGETS2."""
SOCKET_OPTIONS = (3, 4, 38, 39)
"""SO_TYPE, SO_ERROR, SO_PROTOCOL, SO_DOMAIN; not SO_PEERCRED and its kin, which name the process at the other end."""
PRCTL_OPTIONS = (15, 16)
"""PR_SET_NAME, PR_GET_NAME."""
