"""A whole request, through the product: when the first clip is there, how busy the cores are."""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.doubles.product import Product, newcomer, running

PATIENCE_S = 3600


@dataclass(frozen=True, slots=True)
class Ran:
    """Seconds from sending the video."""

    first_s: float
    whole_s: float
    clips: int
    busy: float
    """Share of all cores' time that was used from the first render to the end of the last."""


async def six_clips(video: Path) -> Ran:
    """Ask for six clips and wait for all of them. The clips count as shown when their message is
    written; the chat is on this machine."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as (product, code):
        async with newcomer(product, code) as ana:
            await ana.send("6 between 30 and 59s", video)
            began = time.monotonic()
            await ana.until(lambda: _count(product, "state = 'running'") > 0, PATIENCE_S)
            psutil.cpu_percent()  # from here on
            first_s = 0.0
            while not _over(product):
                if not first_s and _count(product, "state = 'done'"):
                    first_s = time.monotonic() - began
                await asyncio.sleep(0.2)
            busy = psutil.cpu_percent() / 100
            whole_s = time.monotonic() - began
            clips = _count(product, "state = 'done'")
    return Ran(first_s or whole_s, whole_s, clips, busy)


def _count(product: Product, where: str) -> int:
    rows = product.rows(f"SELECT count(*) FROM job WHERE kind = 'render' AND {where}")
    return int(str(rows[0][0]))


def _over(product: Product) -> bool:
    return bool(product.rows("SELECT 1 FROM cut WHERE state <> 'working'"))
