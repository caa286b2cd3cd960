"""What a handler or a job may use, in one hand. Built once per process and handed down."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

from core.clock import Clock, SystemClock
from core.db.session import Database
from core.i18n.catalog import Catalog
from core.jobs.jobs import Jobs
from core.media.store import MediaStore, open_store
from core.posting.posting import Posting
from core.secrets import Vault
from core.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """Everything with a life of its own."""

    settings: Settings
    clock: Clock
    db: Database
    vault: Vault
    jobs: Jobs
    catalog: Catalog
    store: MediaStore
    posting: Posting
    http: aiohttp.ClientSession
    doors: dict[str, str] = field(default_factory=dict)
    """By network: an address that opens a conversation with us and hands over a code, with `{code}`
    in it. A face writes it down as soon as it knows its own name."""


@asynccontextmanager
async def open_services(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Services]:
    """Connect to everything, and let go of it at the end. Raises BadSetting for what is missing."""
    clock = clock or SystemClock()
    vault = Vault(settings)
    catalog = Catalog.load()
    store = open_store(settings)
    async with AsyncExitStack() as stack:
        db = Database(settings)
        stack.push_async_callback(db.close)
        jobs = await stack.enter_async_context(Jobs.open(settings, db))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        posting = Posting(
            db=db, vault=vault, clock=clock, jobs=jobs, settings=settings, http=http, store=store
        )
        yield Services(settings, clock, db, vault, jobs, catalog, store, posting, http)
