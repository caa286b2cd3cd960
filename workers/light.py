"""Fetches what a link leads to, so that it can be cut like any file."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncSession

from core.arriving import Bringing, Learn
from core.cards import arrival as card
from core.chat.message import InFile
from core.db import arrivals
from core.errors import Cancelled, Later, Told
from core.jobs.kinds import FETCH
from core.media import link
from core.media.public import LinkSettings
from core.say import Say
from workers.run import Run, job

TRIES = 5
"""Of one address, with the waits its server asks for between them."""


async def _not_fetched(tx: AsyncSession, run: Run, why: Say) -> None:
    now = run.svc.clock.now()
    arrival = await arrivals.find(tx, run.args["arrival"])
    if arrival is not None and await arrivals.end(tx, arrival.id, "failed", now, why):
        await card.say_failed(tx, arrival, why, now)


@job(FETCH, gave_up=_not_fetched)
async def fetch(run: Run) -> None:
    """Bring every address of one message into the media store."""
    svc = run.svc
    async with svc.db.write() as tx:
        arrival = await arrivals.tried(tx, run.args["arrival"])
    if arrival is None or arrival.state != "wanted":
        raise Cancelled
    folder = svc.settings.data_dir / "scratch" / "links"
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)

    async def bring(file: InFile, into: Path, learn: Learn) -> Path:
        address = file.handle.partition(":")[2]
        try:
            got = await link.fetch(
                address,
                into,
                allowed=LinkSettings().networks(),
                learn=lambda about: learn(about.name, about.size_b),
            )
        except Later as later:
            if arrival.tries < TRIES:
                raise
            host = urlsplit(address).hostname or address
            raise Told("link.unreachable", host=host) from later
        return got.path

    await Bringing(svc, arrival, bring, folder).all()
