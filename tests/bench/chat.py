"""How fast the chat answers a command while the product renders with every core."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from tests.doubles.newcomer import Newcomer
from tests.doubles.product import Product, newcomer, running

COMMANDS = ("/queue", "/status", "/help", "/accounts", "/settings")


async def answers_s(video: Path) -> list[float]:
    """From sending a command to having its answer, for as long as clips are rendered."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as (product, code):
        async with newcomer(product, code) as ana:
            await ana.send("6 between 40 and 59s", video)
            await ana.until(lambda: _renders(product), 600)
            await asyncio.sleep(2)  # the child is up and both cores are taken
            found: list[float] = []
            while _renders(product) and len(found) < 40:
                found.append(await _answer_s(ana, COMMANDS[len(found) % len(COMMANDS)]))
                await asyncio.sleep(0.4)
            return found


def median_and_worst(found: list[float]) -> tuple[float, float]:
    """Seconds."""
    return statistics.median(found), max(found)


def _renders(product: Product) -> bool:
    running_now = "SELECT 1 FROM job WHERE kind = 'render' AND state = 'running'"
    return bool(product.rows(running_now))


async def _answer_s(ana: Newcomer, command: str) -> float:
    mine = {m for m, said in ana.messages.items() if said.get("from") == "me"}
    theirs = {m for m, said in ana.messages.items() if said.get("from") != "me"}
    began = time.monotonic()
    await ana.send(command)

    def answered() -> bool:
        new = [i for i in ana.messages if i not in mine | theirs]
        asked = [int(i) for i in new if ana.messages[i].get("from") == "me"]
        return bool(asked) and any(
            int(i) > asked[0] for i in new if ana.messages[i].get("from") != "me"
        )

    while not answered():
        if time.monotonic() - began > 10:
            raise TimeoutError(f"no answer to {command}")
        await asyncio.sleep(0.001)
    return time.monotonic() - began
