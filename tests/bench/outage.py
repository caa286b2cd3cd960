"""Ten minutes without the networks, on the running product.

    python -m tests.bench.outage [--minutes 10]

Somebody on each network writes every twenty seconds while nobody gets through, and something is to
be said to them meanwhile; Discord forgets its session halfway. Then everything is counted.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.conversations.conftest import DOUBLES, FACES, Running, all_doubles, invited
from tests.conversations.outage import Outcome, outage
from tests.doubles.product import Product, free_port

EVERY_S = 20.0


async def _measure(running: Running, minutes: float) -> list[Outcome]:
    async with (
        FACES["telegram"](running, next(running.codes)) as telegram,
        FACES["discord"](running, next(running.codes)) as discord,
    ):
        every_s = min(EVERY_S, minutes * 6)
        chats = [telegram, discord]
        return await outage(chats, running.doubles, lasts_s=60 * minutes, every_s=every_s)


def _print(found: list[Outcome]) -> bool:
    row = "{:<10}{:>8}{:>9}{:>10}{:>6}{:>12}{:>12}   {}"
    head = ("network", "away", "written", "answered", "told", "first word", "everything", "")
    print(row.format(*head).rstrip())
    for f in found:
        times = (f"{f.first_s:.1f} s", f"{f.all_s:.1f} s")
        counts = (f"{f.lasted_s:.0f} s", f.written, f.answered, f.told)
        print(row.format(f.network, *counts, *times, "ok" if _is_good(f) else "FALLS SHORT"))
    return all(map(_is_good, found))


def _is_good(f: Outcome) -> bool:
    """Everything was answered once, and said once."""
    return (f.answered, f.told) == (f.written, 1)


def main() -> int:
    """Run it, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.outage", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as folder, all_doubles() as (doubles, env):
        product = Product(Path(folder) / "data", free_port(), env)
        code = product.start()
        try:
            running = Running(product, iter(invited(product, code, len(DOUBLES))), doubles)
            found = asyncio.run(_measure(running, minutes))
        finally:
            product.stop()
    return 0 if _print(found) else 1


if __name__ == "__main__":
    sys.exit(main())
