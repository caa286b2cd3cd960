"""Questions of machines: is the process alive, is it ready for work."""

from __future__ import annotations

import asyncio

import structlog
from aiohttp import web
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from core.services import Services

log = structlog.get_logger()

PATIENCE_S = 2.0


class Health:
    """The routes /healthz and /readyz."""

    def __init__(self, svc: Services) -> None:
        self._svc = svc

    async def alive(self, request: web.Request) -> web.Response:
        """The loop turns; nothing else is asked."""
        return web.json_response({"ok": True})

    async def ready(self, request: web.Request) -> web.Response:
        """503 with what is missing, so that a balancer waits and a person knows."""
        parts = {"database": await self._database(), "redis": await self._redis()}
        ok = all(parts.values())
        return web.json_response({"ok": ok, **parts}, status=200 if ok else 503)

    async def _database(self) -> bool:
        try:
            async with asyncio.timeout(PATIENCE_S), self._svc.db.read() as tx:
                await tx.execute(text("select 1"))
        except (SQLAlchemyError, OSError, TimeoutError) as wrong:
            log.warning("health.database", error=type(wrong).__name__)
            return False
        return True

    async def _redis(self) -> bool:
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._svc.jobs.queue.redis.ping()
        except (RedisError, OSError, TimeoutError) as wrong:
            log.warning("health.redis", error=type(wrong).__name__)
            return False
        return True
