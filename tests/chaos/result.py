"""What came of a run: our rows held against the ledgers of the platforms."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select

from core.db.tables import OutboxRow, PostRow, TargetRow
from tests.doubles.bench import Bench

SETTLED = ("published", "private", "unconfirmed")


@dataclass
class Plan:
    """How much of what."""

    seed: int
    posts: int
    workers: int = 3
    scale: float = 10.0
    """Seconds of the run for each real one."""
    every_s: float = 6.0
    """Between two posts, on the fast clock."""
    each: int = 5
    """Posts of one account: they go out one after the other."""


@dataclass
class Result:
    """One line of the table."""

    plan: Plan
    did: dict[str, int]
    met: dict[str, int]
    troubled: int
    """Posts that met a trouble of their own."""
    latest: timedelta
    stuck: dict[int, str]
    """How each that waited too long was found, by target."""
    states: Counter[str] = field(default_factory=Counter)
    doubled: int = 0
    lost: int = 0
    false: int = 0
    """Published by our rows, and not in the ledger."""
    unasked: int = 0
    """Unconfirmed without a question in the chat."""
    there: int = 0
    """Unconfirmed, and in the ledger."""

    @property
    def good(self) -> bool:
        return not (self.doubled or self.lost or self.false or self.unasked or self.stuck)

    @property
    def kills(self) -> int:
        every = {**self.met, **self.did}
        return sum(n for name, n in every.items() if name.startswith("kill"))


async def hold_against_ledger(bench: Bench, names: dict[int, str], found: Result) -> Result:
    """Counts what is wrong. A caption is said once in a run, so it names a post."""
    async with bench.db.read() as tx:
        rows = list(
            await tx.execute(
                select(TargetRow.id, TargetRow.state, TargetRow.account_id, PostRow.caption)
                .join(PostRow, PostRow.id == TargetRow.post_id)
                .order_by(TargetRow.id)
            )
        )
        asked = {
            int(k.split(":")[1])
            for k in await tx.scalars(
                select(OutboxRow.key).where(OutboxRow.key.like("target:%:unconfirmed:%"))
            )
        }
    ledger = Counter((p["account"], p["caption"]) for p in await bench.ledger())
    for target, state, account, caption in rows:
        found.states[state] += 1
        times = ledger[(names[account], caption)]
        found.doubled += times > 1
        found.false += state == "published" and times == 0
        found.lost += state not in SETTLED
        found.unasked += state == "unconfirmed" and target not in asked
        found.there += state == "unconfirmed" and times == 1
    return found
