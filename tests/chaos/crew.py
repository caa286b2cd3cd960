"""The workers of a run: started anew when they were killed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
from dataclasses import dataclass, field

from core.settings import Settings
from tests.chaos.clock import FastClock
from tests.chaos.trouble import FREEZE_S


@dataclass
class Crew:
    """`size` processes, whatever happens to them."""

    settings: Settings
    clock: FastClock
    size: int
    seed: int
    pids: list[int] = field(default_factory=list)
    _sweeper: int = 0
    """The one that is the light worker too."""
    _zygote: asyncio.subprocess.Process | None = None

    async def open(self) -> None:
        self._zygote = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.chaos.worker", str(self.settings.data_dir / "workers.log")),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        await self._line()

    async def _line(self) -> str:
        assert self._zygote is not None and self._zygote.stdout is not None
        line = (await self._zygote.stdout.readline()).decode().strip()
        if not line:
            raise RuntimeError("no worker can be started: see the lines above")
        return line

    async def _start(self) -> None:
        assert self._zygote is not None and self._zygote.stdin is not None
        raw = {
            "data_dir": str(self.settings.data_dir),
            "redis_url": self.settings.redis_url,
            "database_url": self.settings.database_url,
            "began_s": self.clock.began_s,
            "scale": self.clock.scale,
            "sweeps": self._sweeper not in self.pids,
        }
        self._zygote.stdin.write(json.dumps(raw).encode() + b"\n")
        await self._zygote.stdin.drain()
        pid = int(await self._line())
        if raw["sweeps"]:
            self._sweeper = pid
        self.pids.append(pid)

    async def keep(self) -> None:
        """Start a new one for each that is gone."""
        while True:
            self.pids = [p for p in self.pids if _alive(p)]
            while len(self.pids) < self.size:
                await self._start()
            await asyncio.sleep(0.1)

    async def kill(self, target: int) -> None:
        """Any of them, at whatever line it is."""
        _signal(self._any(target), signal.SIGKILL)

    async def freeze(self, target: int) -> None:
        """Any of them, wherever it is, until its leases are over."""
        pid = self._any(target)
        _signal(pid, signal.SIGSTOP)
        loop = asyncio.get_running_loop()
        loop.call_later(FREEZE_S / self.clock.scale, _signal, pid, signal.SIGCONT)

    def _any(self, target: int) -> int:
        return random.Random(f"{self.seed} {target}").choice(self.pids)

    async def end(self) -> None:
        for pid in self.pids:
            _signal(pid, signal.SIGKILL)
        if self._zygote is not None and self._zygote.returncode is None:
            self._zygote.kill()
            await self._zygote.wait()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
