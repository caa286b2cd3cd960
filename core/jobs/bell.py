"""A bell between processes: "there is something in the outbox". Hearing it is a convenience;
whoever listens also looks by itself every now and then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger()


class Bell:
    """Rings and listens over Redis; a missing Redis is silence, never an error."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def ring(self, topic: str) -> None:
        try:
            await self._redis.publish(f"clipdesk:bell:{topic}", b"1")
        except (RedisError, OSError) as wrong:
            log.warning("bell.unheard", topic=topic, error=type(wrong).__name__)

    async def listen(self, topic: str) -> AsyncIterator[None]:
        """One None per ring, for ever; connects again by itself."""
        while True:
            pubsub = self._redis.pubsub()
            try:
                await pubsub.subscribe(f"clipdesk:bell:{topic}")
                async for message in pubsub.listen():
                    if message["type"] == "message":
                        yield None
            except (RedisError, OSError) as wrong:
                log.warning("bell.deaf", topic=topic, error=type(wrong).__name__)
                await asyncio.sleep(1)
            finally:
                await pubsub.aclose()  # type: ignore[no-untyped-call]
