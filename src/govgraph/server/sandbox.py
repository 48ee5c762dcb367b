"""What a worker may not do, enforced by the kernel: the network (Linux), and memory without end.

The filter is a program of classic BPF (seccomp(2)): it looks at the number of each system call, and lets all
but those of `_DENIED` through. A worker needs none of them: it was given its socket, and opens no other.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import resource
import signal
import struct
import sys
from collections.abc import Mapping
from typing import Final

_NR: Final[Mapping[str, tuple[int, Mapping[str, int]]]] = {
    "x86_64": (
        0xC000003E,
        {
            "socket": 41,
            "connect": 42,
            "accept": 43,
            "bind": 49,
            "listen": 50,
            "socketpair": 53,
            "accept4": 288,
            "ptrace": 101,
            "process_vm_readv": 310,
            "process_vm_writev": 311,
            "execve": 59,
            "execveat": 322,
            "io_uring_setup": 425,
            "pidfd_getfd": 438,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "socket": 198,
            "connect": 203,
            "accept": 202,
            "bind": 200,
            "listen": 201,
            "socketpair": 199,
            "accept4": 242,
            "ptrace": 117,
            "process_vm_readv": 270,
            "process_vm_writev": 271,
            "execve": 221,
            "execveat": 281,
            "io_uring_setup": 425,
            "pidfd_getfd": 438,
        },
    ),
}
"""Machine -> its audit architecture, and the numbers of the system calls that are denied."""

_LD_W_ABS, _JEQ_K, _JGE_K, _RET_K = 0x20, 0x15, 0x35, 0x06
_ALLOW, _KILL_PROCESS, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_X32 = 0x40000000
"""Bit of the numbers of x86-64's second set of system calls, which the filter would not know."""
_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2


class _Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def deny_network() -> bool:
    """Denies this process and its children new sockets and new programs, for ever; they fail with EPERM.

    Returns whether the kernel enforces it: on Linux on x86-64 and ARM64, where seccomp is built in. Call it
    before the process has threads.
    """
    known = _NR.get(platform.machine())
    if not sys.platform.startswith("linux") or known is None:
        return False
    architecture, calls = known
    program = _filter(architecture, sorted(calls.values()))
    buffer = ctypes.create_string_buffer(program, len(program))
    filter_ = _Program(len(program) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(filter_), 0, 0) == 0)


def end_with_parent() -> None:
    """Has the kernel end this process as soon as the one that forked it is gone (Linux)."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def _filter(architecture: int, denied: list[int]) -> bytes:
    """The instructions, `struct sock_filter` each: another architecture's calls kill the process."""
    # The jumps count instructions; two come between a comparison and the end of the list.
    compare = [
        struct.pack("=HBBI", _JEQ_K, len(denied) - index, 0, number) for index, number in enumerate(denied)
    ]
    return b"".join(
        (
            struct.pack("=HBBI", _LD_W_ABS, 0, 0, 4),  # seccomp_data.arch
            struct.pack("=HBBI", _JEQ_K, 1, 0, architecture),
            struct.pack("=HBBI", _RET_K, 0, 0, _KILL_PROCESS),
            struct.pack("=HBBI", _LD_W_ABS, 0, 0, 0),  # seccomp_data.nr
            struct.pack("=HBBI", _JGE_K, len(denied) + 1, 0, _X32),
            *compare,
            struct.pack("=HBBI", _RET_K, 0, 0, _ALLOW),
            struct.pack("=HBBI", _RET_K, 0, 0, _ERRNO | errno.EPERM),
        )
    )


def cap_memory(size: int) -> None:
    """Lets the address space of this process grow by no more than `size` bytes from now on.

    Beyond that an allocation fails, which ends the process. Where the address space cannot be read (other
    systems than Linux) nothing is set.
    """
    if (now := address_space()) is not None:
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        limit = now + size if hard == resource.RLIM_INFINITY else min(now + size, hard)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def address_space() -> int | None:
    """Bytes of the address space of this process, None where the system does not tell."""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return None
