"""A small program that ties itself down and then becomes another one.

    python -I -S confined.py PARENT MEMORY_B ADDRESS_B CPU_S FILE_B NICE PROGRAM [ARGUMENT…]

Media is hostile and decoders have holes, so every one of them runs behind this: it dies with its
parent, cannot take more memory, processor time or disk than it was given, and reaches no network.
It is a program of its own because code between fork and exec (`preexec_fn`) can deadlock in a
process with threads. It imports nothing of ours and starts in about 15 ms.
"""

from __future__ import annotations

import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER = 0x10000000  # linux/sched.h
_CLONE_NEWNET = 0x40000000


def _cap(what: int, value: int) -> None:
    """Lower one limit; a hard limit that is lower already stays."""
    _, hard = resource.getrlimit(what)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    try:
        resource.setrlimit(what, (value, value))
    except (ValueError, OSError):  # macOS knows some limits and refuses to set them
        pass


def _limit(memory_b: int, address_b: int, cpu_s: int, file_b: int) -> None:
    _cap(resource.RLIMIT_CORE, 0)
    _cap(resource.RLIMIT_DATA, memory_b)
    # Address space that is reserved and never touched is not memory.
    _cap(resource.RLIMIT_AS, memory_b + address_b)
    _cap(resource.RLIMIT_CPU, cpu_s)
    _cap(resource.RLIMIT_FSIZE, file_b)
    _cap(resource.RLIMIT_NOFILE, 256)


def _detach(parent: int) -> None:
    """Linux only: no network, no new rights, and a KILL when the parent goes."""
    import ctypes

    libc = ctypes.CDLL(None)
    # As root, or else inside a user namespace. Where neither is allowed the protocol whitelist of
    # ffmpeg stands alone. The death signal comes after it: new credentials clear it.
    if libc.unshare(_CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:  # it died before we asked to be told
        sys.exit(1)


def main(argv: list[str]) -> None:
    parent, memory_b, address_b, cpu_s, file_b, nice = (int(a) for a in argv[:6])
    if sys.platform == "linux":
        _detach(parent)
    os.nice(nice)
    _limit(memory_b, address_b, cpu_s, file_b)
    # Python ignores SIGPIPE, and exec hands that down. SIGXFSZ stays ignored on purpose: a write
    # beyond the limit then fails with a message instead of killing the program.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        os.execv(argv[6], argv[6:])  # noqa: S606  # the point of this file
    except OSError as wrong:
        sys.stderr.write(f"cannot start {argv[6]}: {wrong.strerror}\n")
        sys.exit(127)


if __name__ == "__main__":
    main(sys.argv[1:])
