"""The pipes to one child process: ours are for threads (they block), the child's are plain fds."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

_PIPE_B = 1 << 20  # /proc/sys/fs/pipe-max-size: what an unprivileged process may ask for


@dataclass(slots=True)
class Pipes:
    """Both ends of each; None and −1 where there is no such pipe."""

    out: BinaryIO | None = None
    out_w: int = -1
    into: BinaryIO | None = None
    in_r: int = -1
    news: BinaryIO | None = None
    news_w: int = -1

    def close_childs(self) -> None:
        """Close our copies of the child's ends, so that the end of a stream can be seen."""
        for name in ("out_w", "in_r", "news_w"):
            if (fd := getattr(self, name)) >= 0:
                setattr(self, name, -1)
                os.close(fd)

    def close(self) -> None:
        self.close_childs()
        for ours in (self.out, self.into, self.news):
            if ours:
                try:
                    ours.close()
                except BrokenPipeError:  # bytes that were not sent yet, and the child is gone
                    pass


@contextmanager
def open_pipes(*, out: bool, into: bool, news: bool) -> Iterator[Pipes]:
    """The pipes asked for, all closed after the block."""
    pipes = Pipes()
    try:
        if out:
            r, pipes.out_w = _wide_pipe()
            pipes.out = os.fdopen(r, "rb", _PIPE_B)
        if into:
            pipes.in_r, w = _wide_pipe()
            pipes.into = os.fdopen(w, "wb", _PIPE_B)
        if news:
            r, pipes.news_w = os.pipe()
            pipes.news = os.fdopen(r, "rb", 0)
        yield pipes
    finally:
        pipes.close()


def _wide_pipe() -> tuple[int, int]:
    """One that holds a frame or so: with 64 kB both sides wake up ten times as often."""
    r, w = os.pipe()
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        try:
            fcntl.fcntl(w, fcntl.F_SETPIPE_SZ, _PIPE_B)
        except OSError:  # the user's share of pipe memory is used up: slower, not wrong
            pass
    return r, w
