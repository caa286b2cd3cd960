"""Runs a recogniser in a process of its own and reads its words, one JSON line each.

A recogniser is pure processor time for minutes: in a child it never blocks the loop, its memory is
gone afterwards, and a cancel ends it at once.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core.analysis.model import Word
from core.errors import Told
from core.media.child import Limits, confined

MEMORY_B = 6 << 30
NICE = 12
"""Lower than what renders: a clip that is begun before all words are there comes soon."""

OnLine = Callable[[dict[str, Any]], None]


async def run_child(module: str, args: Sequence[str], on_line: OnLine) -> None:
    """`python -m module args…`; every line it prints is handed over. Raises Told when it fails."""
    with tempfile.TemporaryDirectory(prefix="clipdesk-") as folder:
        async with confined(
            [sys.executable, "-m", module, *args],
            cwd=Path(folder),
            limits=Limits(memory_b=MEMORY_B, nice=NICE),
            stdout=asyncio.subprocess.PIPE,
            env={"PYTHONPATH": str(Path(__file__).parents[3])},
        ) as child:
            assert child.stdout is not None and child.stderr is not None
            errors = asyncio.create_task(child.stderr.read())
            try:
                async for line in child.stdout:
                    on_line(json.loads(line))
                code = await child.wait()
                log = (await errors).decode(errors="replace")
            finally:
                errors.cancel()
                await asyncio.gather(errors, return_exceptions=True)
    if code:
        last = (log.strip().splitlines() or ["?"])[-1]
        raise Told("speech.engine_failed", why=last[:200])


def word_of(raw: dict[str, Any]) -> Word:
    return Word(raw["w"], raw["s"], raw["e"], raw.get("p", 1.0))
