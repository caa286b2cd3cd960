"""The only place that runs ffmpeg.

    exe = find(settings)
    ran = await run(["-i", file_arg(path), "-vn", file_arg(out)], exe=exe, timeout_s=60)

    async with start(["-i", file_arg(path), "-f", "s16le", "pipe:1"], exe=exe, timeout_s=60,
                     reads=True) as running:
        sound = await asyncio.to_thread(running.out.read)
        await running.wait()

Every input is a local file opened by a demuxer that cannot lead to another one (`inputs.py`), every
child is tied down and ends with the block (`child.py`).
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import tempfile
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from core.errors import AppError, BadSetting, Told
from core.media.child import Limits, confined, signal_group, tail_of
from core.media.inputs import safe_args
from core.media.pipes import Pipes, open_pipes
from core.say import Seconds
from core.settings import Settings

OnProgress = Callable[[float], None]
"""Told the seconds of output that are done, about twice a second."""


class FfmpegFailed(AppError):
    """ffmpeg ended with an error; `log` is what it wrote."""

    def __init__(self, code: int, log: str) -> None:
        super().__init__(f"ffmpeg ended with {code}: {' / '.join(log.strip().splitlines()[-4:])}")
        self.code = code
        self.log = log

    @property
    def cause(self) -> str:
        """The first line ffmpeg called an error, without its addresses: it names the cause."""
        lines = self.log.strip().splitlines()
        errors = [n for n in lines if "[error]" in n or "[fatal]" in n]
        line = (errors or lines or [f"it ended with {self.code}"])[0]
        return line.split("] ")[-1].strip()[:200]


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that ended well. ffmpeg calls many a damaged file a success: see `errors`."""

    took_s: float
    log: str
    """The last part of what it wrote to stderr."""

    @property
    def errors(self) -> tuple[str, ...]:
        """Lines of the levels error and fatal."""
        return tuple(n for n in self.log.splitlines() if "[error]" in n or "[fatal]" in n)


@dataclass(slots=True)
class Running:
    """A command under way. `out` and `into` block: they are for a thread."""

    out: BinaryIO | None
    """Its standard output, when asked for with `reads`."""
    into: BinaryIO | None
    """Its standard input, when asked for with `writes`; close it at the end of the data."""
    child: Process
    chores: asyncio.Future[tuple[str, None]]
    timeout_s: float
    began: float = field(default_factory=time.monotonic)

    async def wait(self) -> Ran:
        """Until it has ended. Raises FfmpegFailed, or Told when time or disk ran out."""
        log, _ = await self.chores
        code = await self.child.wait()
        took_s = time.monotonic() - self.began
        if code == 0:
            return Ran(took_s, log)
        if took_s >= self.timeout_s:
            raise Told("media.too_slow", limit=Seconds(self.timeout_s))
        if "No space left on device" in log:
            raise Told("media.disk_full")
        if code == 127 and "cannot start" in log:
            raise BadSetting("media.ffmpeg_broken", why=log.strip()[-200:])
        raise FfmpegFailed(code, log)


def find(settings: Settings) -> str:
    """The program: `FFMPEG_PATH`, or the one inside the imageio-ffmpeg wheel."""
    if settings.ffmpeg_path:
        exe = settings.ffmpeg_path.expanduser().absolute()
        if not (exe.is_file() and os.access(exe, os.X_OK)):
            raise BadSetting("media.ffmpeg_path_wrong", path=str(settings.ffmpeg_path))
        return str(exe)
    try:
        import imageio_ffmpeg

        found = shutil.which(imageio_ffmpeg.get_ffmpeg_exe())  # it may answer with a bare name
    except (ImportError, RuntimeError):
        found = None
    if not found:
        raise BadSetting("media.ffmpeg_missing")
    return str(found)


async def version(exe: str) -> str:
    """For example `9.0.2`. Raises BadSetting when the program does not work."""
    try:
        async with start(["-version"], exe=exe, timeout_s=20, reads=True) as running:
            assert running.out
            text = await asyncio.to_thread(running.out.read)
            await running.wait()
    except BadSetting:
        raise
    except FfmpegFailed as wrong:
        raise BadSetting("media.ffmpeg_broken", why=wrong.cause) from wrong
    except Told as wrong:
        raise BadSetting("media.ffmpeg_broken", why="it does not end") from wrong
    if not (named := re.match(rb"ffmpeg version n?(\S+)", text)):
        raise BadSetting("media.ffmpeg_broken", why="it does not say its version")
    return named[1].decode("ascii", "replace").split("-")[0]


async def run(
    args: Sequence[str],
    *,
    exe: str,
    timeout_s: float,
    on_progress: OnProgress | None = None,
    limits: Limits | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    loglevel: str = "warning",
) -> Ran:
    """Run a command to its end. Raises FfmpegFailed, or Told when time or disk ran out."""
    async with start(
        args,
        exe=exe,
        timeout_s=timeout_s,
        on_progress=on_progress,
        limits=limits,
        cwd=cwd,
        env=env,
        loglevel=loglevel,
    ) as running:
        return await running.wait()


@asynccontextmanager
async def start(
    args: Sequence[str],
    *,
    exe: str,
    timeout_s: float,
    reads: bool = False,
    writes: bool = False,
    on_progress: OnProgress | None = None,
    limits: Limits | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    loglevel: str = "warning",
) -> AsyncIterator[Running]:
    """A command whose output a thread reads (`reads`) or whose input it writes (`writes`).

    The child is gone after the block, whatever happened in it. A thread that still reads then gets
    the end of the stream, one that writes gets a BrokenPipeError.
    """
    news = on_progress is not None
    with _scratch(cwd) as here, open_pipes(out=reads, into=writes, news=news) as pipes:
        # What is damaged is found by the probe and the checks. ffmpeg itself would call the work a
        # failure when two thirds of the frames are, and throw away what it made of the others.
        argv = [exe, "-hide_banner", "-nostdin", "-y", "-nostats", "-max_error_rate", "1"]
        argv += ["-loglevel", f"repeat+level+{loglevel}"]
        argv += ["-progress", f"pipe:{pipes.news_w}"] if news else []
        async with (
            confined(
                [*argv, *safe_args(args)],
                cwd=here,
                limits=limits or Limits(),
                stdin=pipes.in_r if writes else DEVNULL,
                stdout=pipes.out_w if reads else DEVNULL,
                pass_fds=[pipes.news_w] if news else [],
                env=env,
            ) as child,
            _chores(child, pipes, on_progress, timeout_s) as chores,
        ):
            yield Running(pipes.out, pipes.into, child, chores, timeout_s)


@contextmanager
def _scratch(cwd: Path | None) -> Iterator[Path]:
    """The folder the child works in: the given one, or one that vanishes."""
    if cwd:
        yield cwd
    else:
        with tempfile.TemporaryDirectory(prefix="clipdesk-") as made:
            yield Path(made)


@asynccontextmanager
async def _chores(
    child: Process, pipes: Pipes, on_progress: OnProgress | None, timeout_s: float
) -> AsyncIterator[asyncio.Future[tuple[str, None]]]:
    """What goes on beside the child: its messages, its progress, its time limit."""
    pipes.close_childs()
    loop = asyncio.get_running_loop()
    alarm = loop.call_later(timeout_s, signal_group, child, signal.SIGKILL)
    both = asyncio.gather(tail_of(child.stderr), _follow(pipes.news, on_progress))
    try:
        yield both
    finally:
        alarm.cancel()
        both.cancel()
        await asyncio.gather(both, return_exceptions=True)


async def _follow(news: BinaryIO | None, on_progress: OnProgress | None) -> None:
    """Read what `-progress` writes: `out_time_us=1234567`, or `N/A` before the first frame."""
    if not (news and on_progress):
        return
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), news
    )
    try:
        while line := await reader.readline():
            name, _, value = line.partition(b"=")
            if name == b"out_time_us" and value.strip().lstrip(b"-").isdigit():
                on_progress(max(0.0, int(value) / 1e6))
    finally:
        transport.close()
