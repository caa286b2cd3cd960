"""Start a child process that cannot do harm, and make sure that it ends.

    async with confined([exe, "-i", …], limits=Limits(memory_b=1 << 30)) as child:
        await child.wait()

Whatever happens inside the block (an error, a cancel), the whole process group is gone after it:
asked first, killed at most `GRACE_S` later.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

GRACE_S = 3.0
"""Between TERM and KILL. A *Cancel* must have ended the child within 5 s."""

_CONFINED = str(Path(__file__).with_name("confined.py"))
_LOG_TAIL_B = 256 * 1024
"""A hostile file can make ffmpeg write messages without end; only the last ones are kept."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one child may use."""

    memory_b: int = 3 << 30
    cpu_s: int = 4 * 3600
    file_b: int = 8 << 30
    """Of the biggest file it writes."""
    address_b: int = 4 << 30
    """Reserved beyond `memory_b` but never touched: allocator arenas, mapped libraries."""
    nice: int = 5
    """The chat has to answer while both cores render."""


OnStart = Callable[[int], None]
"""Told the process id of a child, which is also its process group, as soon as it runs."""

_noting: ContextVar[OnStart | None] = ContextVar("noting", default=None)


@contextmanager
def noting_children(on_start: OnStart) -> Iterator[None]:
    """Whatever is started in the block, however deep below, is told to `on_start`: a worker keeps
    the ids, so that what outlives its kill can be ended."""
    token = _noting.set(on_start)
    try:
        yield
    finally:
        _noting.reset(token)


def clean_env(scratch: str, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment without our secrets in it."""
    env = {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "HOME": scratch,
        "TMPDIR": scratch,
        "MALLOC_ARENA_MAX": "2",  # glibc reserves 64 MB of address space for each arena
        "ORT_DISABLE_TELEMETRY": "1",  # faster-whisper imports onnxruntime, which calls home
    }
    for kept in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"):  # a self-built ffmpeg may need it
        if kept in os.environ:
            env[kept] = os.environ[kept]
    return {**env, **(extra or {})}


@asynccontextmanager
async def confined(
    argv: Sequence[str],
    *,
    cwd: Path,
    limits: Limits,
    stdin: int = DEVNULL,
    stdout: int = DEVNULL,
    pass_fds: Sequence[int] = (),
    env: Mapping[str, str] | None = None,
) -> AsyncIterator[Process]:
    """Run a program tied down in a session of its own; its stderr is a pipe.

    Call it from the thread that outlives the child (the loop's): on Linux the child dies with the
    thread that started it.
    """
    tie = [os.getpid(), limits.memory_b, limits.address_b, limits.cpu_s, limits.file_b, limits.nice]
    child = await asyncio.create_subprocess_exec(
        # -I -S: neither the environment nor site-packages; it starts in a third of the time.
        *[sys.executable, "-I", "-S", _CONFINED, *map(str, tie), *argv],
        stdin=stdin,
        stdout=stdout,
        stderr=PIPE,
        cwd=cwd,
        env=clean_env(str(cwd), env),
        pass_fds=tuple(pass_fds),
        start_new_session=True,
    )
    try:
        if (on_start := _noting.get()) is not None:
            on_start(child.pid)
        yield child
    finally:
        await end(child)


async def end(child: Process) -> None:
    """TERM to the group, KILL after `GRACE_S`; returns when the child is gone."""
    if child.returncode is not None:
        return
    signal_group(child, signal.SIGTERM)
    try:
        await asyncio.wait_for(child.wait(), GRACE_S)
    except TimeoutError:
        pass
    finally:  # also when cancelled a second time while waiting
        if child.returncode is None:
            signal_group(child, signal.SIGKILL)
    await child.wait()


def signal_group(child: Process, what: signal.Signals) -> None:
    """To the child and everything it started; nothing when it is gone already."""
    if child.returncode is None:
        try:
            os.killpg(child.pid, what)
        except ProcessLookupError:
            pass


async def tail_of(stream: asyncio.StreamReader | None) -> str:
    """Read to the end, keep the last part."""
    kept = bytearray()
    while stream and (chunk := await stream.read(65536)):
        kept += chunk
        if len(kept) > 2 * _LOG_TAIL_B:
            del kept[:-_LOG_TAIL_B]
    return bytes(kept[-_LOG_TAIL_B:]).decode("utf-8", "replace")
