"""The alarm clock: arq on Redis. It carries row ids and nothing else, and may be emptied.

This is the only file that knows arq's client; `workers/settings.py` is the only one that knows its
worker. Payloads are JSON: whoever can write to Redis must not be able to run code in a worker.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import arq
import structlog
from arq.connections import ArqRedis, RedisSettings
from redis.exceptions import RedisError

from core.errors import BadSetting
from core.jobs.kinds import KINDS
from core.servers.socket import socket_path
from core.settings import Settings

RUN = "run_job"
"""The one function every worker offers."""

CONNECT_TRIES = 5
"""A second apart: a Redis that is just starting is waited for, a wrong address is told soon."""

log = structlog.get_logger()


def to_json(payload: dict[str, Any]) -> bytes:
    """Serialise for Redis. Errors of a job are kept as text."""
    return json.dumps(payload, default=str).encode()


def from_json(raw: bytes) -> dict[str, Any]:
    return json.loads(raw)  # type: ignore[no-any-return]


def queue_name(queue: str) -> str:
    """The Redis key of one of our queues."""
    return f"clipdesk:{queue}"


def redis_settings(settings: Settings) -> RedisSettings:
    """How to reach Redis. Raises BadSetting for an address nobody can read."""
    if not settings.redis_url:
        return RedisSettings(unix_socket_path=socket_path(settings), conn_retries=30)
    try:
        return RedisSettings.from_dsn(settings.redis_url)
    except (AssertionError, RuntimeError, ValueError) as wrong:
        raise BadSetting("setting.redis_url") from wrong


_REMEMBERED = 40
"""Deliveries of a row that may still lie in the queue; arq forgets them sooner."""
Delivery = tuple[int, int, datetime, int]
"""Row, attempt, time, and how often it was delivered before."""


def _delivery(job_id: int, attempt: int, run_at: datetime, again: int) -> str:
    """The id arq knows it by."""
    return f"{job_id}:{attempt}:{run_at.timestamp():.3f}:{again}"


class Queue:
    """Tells workers that a row is due. Losing a push costs time only: the sweep pushes again."""

    def __init__(self, redis: ArqRedis) -> None:
        self.redis = redis

    @classmethod
    async def connect(cls, settings: Settings) -> Queue:
        """Raises BadSetting when Redis cannot be reached within a few seconds."""
        where = replace(redis_settings(settings), conn_retries=0)  # arq would log a line for each
        tries = 0
        while True:
            try:
                return cls(
                    await arq.create_pool(where, job_serializer=to_json, job_deserializer=from_json)
                )
            except (RedisError, OSError) as wrong:
                tries += 1
                if tries == CONNECT_TRIES:
                    why = str(wrong).rstrip(".") or type(wrong).__name__
                    raise BadSetting("setting.redis_unreachable", why=why) from wrong
            await asyncio.sleep(1)

    async def push(
        self, job_id: int, kind: str, attempt: int, run_at: datetime, again: int = 0
    ) -> bool:
        """False when Redis did not take it; the sweep will bring it again. `again` counts the
        deliveries of the same row and attempt."""
        at, queue = f"{run_at.timestamp():.3f}", queue_name(KINDS[kind].queue)
        try:
            if again or attempt:
                await self._forget(queue, job_id, attempt, at, again)
            # Attempt and time are part of the id: arq refuses an id it still remembers, and a row
            # that comes back must not be taken for the delivery that was lost or is under way.
            await self.redis.enqueue_job(
                RUN,
                job_id,
                _job_id=_delivery(job_id, attempt, run_at, again),
                _queue_name=queue,
                _defer_until=run_at,
            )
        except (RedisError, OSError) as wrong:
            log.warning("queue.push_failed", job=job_id, error=type(wrong).__name__)
            return False
        return True

    async def held(self, queue: str, deliveries: Sequence[Delivery]) -> set[Delivery]:
        """Those of these that Redis knows, in one question."""
        if not deliveries:
            return set()
        try:
            ids = [_delivery(*d) for d in deliveries]
            scores = await self.redis.zmscore(queue_name(queue), ids)
        except (RedisError, OSError):
            return set()
        return {d for d, score in zip(deliveries, scores, strict=True) if score is not None}

    async def _forget(self, queue: str, job_id: int, attempt: int, at: str, again: int) -> None:
        """Take earlier deliveries out of the queue. A worker that is killed leaves what it had
        taken at the head of it, as under way, for as long as the longest job may last; arq reads
        only a hundred at a time, so a few such deaths would hide everything behind them."""
        last = range(max(0, again - _REMEMBERED), again + 1)
        earlier = [f"{job_id}:{attempt}:{at}:{n}" for n in last if n < again]
        if attempt:
            earlier += [f"{job_id}:{attempt - 1}:{at}:{n}" for n in last]
        await self.redis.zrem(queue, *earlier)

    async def close(self) -> None:
        await self.redis.aclose()
