"""A publishing worker that can be killed: `python -m tests.core.posting.poster TARGET AHEAD …`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import aiohttp

from core.db.session import Database
from core.jobs.jobs import Jobs
from core.media.store import open_store
from core.posting.posting import Posting
from core.secrets import Vault
from core.settings import Settings
from tests.doubles.bench import HurryingClock


async def main(target: int, ahead_s: float, settings: Settings) -> None:
    """Advance one target for ever."""
    clock, db = HurryingClock(ahead_s), Database(settings)
    async with Jobs.open(settings, db) as jobs, aiohttp.ClientSession() as http:
        posting = Posting(
            db=db,
            vault=Vault(settings),
            clock=clock,
            jobs=jobs,
            settings=settings,
            http=http,
            store=open_store(settings),
        )
        print("ready", flush=True)
        while True:
            await posting.advance(target)
            await asyncio.sleep(0.01)
            clock.hurry(0.2)


if __name__ == "__main__":
    number, ahead, data_dir, redis_url, database_url = sys.argv[1:6]
    asyncio.run(
        main(
            int(number),
            float(ahead),
            Settings(
                data_dir=Path(data_dir), redis_url=redis_url, database_url=database_url or None
            ),
        )
    )
