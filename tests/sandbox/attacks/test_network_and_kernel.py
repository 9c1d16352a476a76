"""Attacks by sockets and by system calls that no solution needs."""

import os
import platform
import socket

import pytest
from support.arena import Arena
from support.attack import KERNEL, attack

SOCKETS = {
    "tcp_connect": "socket.create_connection(('127.0.0.1', 22), 1)",
    "tcp_connect_abroad": "socket.create_connection(('192.0.2.1', 80), 0.2)",
    "tcp_bind": "socket.socket().bind(('127.0.0.1', 0))",
    "tcp_listen": "socket.create_server(('127.0.0.1', 0))",
    "tcp_socket_at_all": "socket.socket(socket.AF_INET, socket.SOCK_STREAM)",
    "tcp6_socket": "socket.socket(socket.AF_INET6, socket.SOCK_STREAM)",
    "udp_send": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
    "udp6_send": "socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(b'x', ('::1', 9))",
    "raw_socket": "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
    "packet_socket": "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "netlink_socket": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)",
    "vsock": "socket.socket(40, socket.SOCK_STREAM)",
    "kernel_crypto_socket": "socket.socket(38, socket.SOCK_SEQPACKET)",
    "dns": "socket.getaddrinfo('localhost', 80, type=socket.SOCK_STREAM) and socket.gethostbyname('example.com')",
    "abstract_unix_bind": "socket.socket(socket.AF_UNIX).bind('\\0rlvr-attack-$ME')",
    "abstract_unix_connect": "socket.socket(socket.AF_UNIX).connect('\\0rlvr-open-$ME')",
    "unix_connect_outside": "socket.socket(socket.AF_UNIX).connect('/run/systemd/journal/socket')",
    "urlopen": "__import__('urllib.request').request.urlopen('http://127.0.0.1:1/', timeout=1)",
    "http_connection": "__import__('http.client').client.HTTPConnection('127.0.0.1', 1, timeout=1).connect()",
    "asyncio_server": "asyncio.run(asyncio.start_server(print, '127.0.0.1', 0)).sockets[0]",
    "interfaces_listed": "socket.if_nameindex()",
    "peer_credentials": "socket.socketpair()[0].getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)",
}


@pytest.mark.parametrize("name", SOCKETS)
def test_no_socket_leads_out(arena: Arena, name: str) -> None:
    """A refused connection means that the network was reached."""
    code = f"""
        import asyncio, errno, socket
        def answer(n):
            try:
                {SOCKETS[name]}
            except ConnectionRefusedError:
                pass
            return 'done'
    """

    arena.fails(attack(code))


def test_an_abstract_socket_of_the_trainer_cannot_be_reached(arena: Arena) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0rlvr-open-{os.getpid()}")
        server.listen()
        code = """
            import socket
            def answer(n):
                socket.socket(socket.AF_UNIX).connect('\\0rlvr-open-$ME')
                return 'done'
        """

        arena.fails(attack(code))


CALLS = {
    "keyring_key_added": "reached($SYS_add_key, b'user', b'rlvr-attack-$ME', b'x', 1, -3)",
    "keyring_searched": "reached($SYS_keyctl, 0, -3, 0)",
    "keyring_requested": "reached($SYS_request_key, b'user', b'rlvr-attack-$ME', None, -3)",
    "sysv_shared_memory": "reached($SYS_shmget, 0x524C, 4096, 0)",
    "sysv_semaphores": "reached($SYS_semget, 0x524C, 1, 0)",
    "sysv_messages": "reached($SYS_msgget, 0x524C, 0)",
    "posix_message_queue": "reached($SYS_mq_open, b'rlvr-attack-$ME', 0, 0, 0)",
    "anonymous_file": "reached($SYS_memfd_create, b'x', 0)",
    "secret_memory": "reached($SYS_memfd_secret, 0)",
    "user_faults": "reached($SYS_userfaultfd, 1)",
    "io_uring": "reached($SYS_io_uring_setup, 1, ctypes.create_string_buffer(120))",
    "bpf": "reached($SYS_bpf, 0, None, 0)",
    "perf_events": "reached($SYS_perf_event_open, None, 0, -1, -1, 0)",
    "mount": "reached($SYS_mount, None, None, None, 0, None)",
    "unmount": "reached($SYS_umount2, None, 0)",
    "new_mount_interface": "reached($SYS_fsopen, b'tmpfs', 0)",
    "mount_tree_opened": "reached($SYS_open_tree, -100, b'/', 0)",
    "chroot": "reached($SYS_chroot, b'.')",
    "unshare_user": "reached($SYS_unshare, 0x10000000)",
    "unshare_nothing": "reached($SYS_unshare, 0)",
    "setns": "reached($SYS_setns, -1, 0)",
    "pidfd": "reached($SYS_pidfd_open, 1, 0)",
    "pidfd_of_itself_and_getfd": "reached($SYS_pidfd_getfd, -1, 0, 0)",
    "signal_by_pidfd": "reached($SYS_pidfd_send_signal, -1, 0, None, 0)",
    "advice_for_another": "reached($SYS_process_madvise, -1, None, 0, 0, 0)",
    "personality": "reached($SYS_personality, 0x0040000)",
    "handle_of_a_file": "reached($SYS_name_to_handle_at, -100, b'.', None, None, 0)",
    "watch_on_files": "reached($SYS_fanotify_init, 0, 0)",
    "swap": "reached($SYS_swapon, None, 0)",
    "reboot_with_a_wrong_magic": "reached($SYS_reboot, 1, 2, 3, None)",
    "raw_inet_socket": "reached($SYS_socket, 2, 1, 0)",
    "user_memory_into_a_pipe": "reached($SYS_vmsplice, -1, None, 0, 0)",
}


@pytest.mark.parametrize("name", CALLS)
def test_the_kernel_refuses_the_call(arena: Arena, name: str) -> None:
    arena.fails(attack(KERNEL + f"def answer(n): return 'done' if {CALLS[name]} else None"))


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the 32-bit system calls are those of x86")
def test_the_32_bit_system_calls_are_no_way_around_the_filter(arena: Arena) -> None:
    code = """
        import ctypes, mmap, os
        def answer(n):
            page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
            page.write(bytes.fromhex('b814000000 cd80 c3'))  # mov eax, getpid; int 0x80; ret
            call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
            return 'done' if call() == os.getpid() else None
    """

    arena.fails(attack(code))
