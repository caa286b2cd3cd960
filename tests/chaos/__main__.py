"""`make chaos`: the long runs on both databases, as a table. Seeds may be named, to repeat one:

python -m tests.chaos --posts 200 --seeds 7 11 --on sqlite

`troubled` is the share of posts that met a trouble of their own; `asked` are the posts put before a
person, and in brackets how many of them are there; `latest` is the longest time anything was due.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
import time
from collections import Counter

import structlog

from tests.chaos.result import Plan, Result
from tests.chaos.run import run

SEEDS = (20261125,)
COLUMNS = (
    "database", "seed", "posts", "troubled", "kills", "published", "asked", "doubled", "lost",
    "stuck", "false", "latest", "took",
)  # fmt: skip


def main() -> int:
    """0 when every run was good."""
    args = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers end with us
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)  # clients break off all the time here
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    print("  ".join(f"{c:>10}" for c in COLUMNS), flush=True)
    all_good = True
    met: Counter[str] = Counter()
    for database in args.on:
        for seed in args.seeds:
            began = time.monotonic()
            plan = Plan(seed, args.posts, args.workers, args.scale, args.every)
            result = asyncio.run(run(plan, database))
            print(row(database, result, time.monotonic() - began), flush=True)
            for found in list(result.stuck.values())[:10]:
                print(f"    stuck: {found}", flush=True)
            all_good &= result.good
            met.update(result.met)
            met.update(result.did)
    print("\nWhat they met:")
    for name, n in sorted(met.items()):
        print(f"{n:>7}  {name}")
    return 0 if all_good else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--posts", type=int, default=1000)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--on", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--scale", type=float, default=Plan.scale)
    parser.add_argument("--every", type=float, default=Plan.every_s)
    return parser.parse_args()


def row(database: str, r: Result, took_s: float) -> str:
    """One run in one line. Times are those of the run, but for the last, which is real."""
    cells = (
        database,
        r.plan.seed,
        r.plan.posts,
        f"{100 * r.troubled / r.plan.posts:.0f} %",
        r.kills,
        r.states["published"],
        f"{r.states['unconfirmed']} ({r.there})",
        r.doubled,
        r.lost,
        len(r.stuck),
        r.false + r.unasked,
        f"{r.latest.total_seconds():.0f} s",
        f"{took_s:.0f} s",
    )
    return "  ".join(f"{c!s:>10}" for c in cells)


if __name__ == "__main__":
    sys.exit(main())
