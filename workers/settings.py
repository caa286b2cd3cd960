"""How one worker process runs: arq polls one queue, the rows decide what is done."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import Any

import structlog
from arq.worker import Worker, func
from redis.exceptions import RedisError

from core.db.migrate import check_ready
from core.errors import BadSetting
from core.jobs.kinds import KINDS, QUEUES
from core.jobs.queue import RUN, from_json, queue_name, redis_settings, to_json
from core.media.ffmpeg import find, version
from core.services import Services, open_services
from core.settings import Settings
from workers import sweep
from workers.run import Timing, run_job

AT_ONCE = {"media": 2, "publish": 20, "light": 10}
"""Jobs one process works on at a time. Only one picture is encoded at a time (`my_turn`): the
second job makes its sound or is checked meanwhile, so that no core waits. More media workers are
more processes."""
ARQ_TRIES = 20
"""High on purpose: our own rows count tries, and a deploy must not eat them."""
REDIS_RETRY_S = 2.0

log = structlog.get_logger()


def build(svc: Services, queue: str, timing: Timing = Timing()) -> Worker:  # noqa: B008  (frozen)
    """An arq worker for one of our queues, on the services' own Redis connection."""

    async def one(_: dict[str, Any], job_id: int) -> None:
        await run_job(svc, job_id, timing)

    longest = max(k.timeout_s for k in KINDS.values() if k.queue == queue)
    return Worker(
        functions=[
            func(
                one,  # type: ignore[arg-type]  # its protocol wants *args it never passes
                name=RUN,
                timeout=longest + 60,
                max_tries=ARQ_TRIES,
                keep_result=0,
            )
        ],
        queue_name=queue_name(queue),
        redis_settings=redis_settings(svc.settings),
        job_serializer=to_json,
        job_deserializer=from_json,
        max_jobs=AT_ONCE[queue],
        poll_delay=0.2,
        health_check_interval=15,
        health_check_key=f"{queue_name(queue)}:alive",
        handle_signals=False,
        job_completion_wait=0,
        log_results=False,
    )


async def work(settings: Settings, queue: str) -> None:
    """Work on one queue until told to stop. Redis may come and go meanwhile. Raises BadSetting."""
    if queue not in QUEUES:
        raise BadSetting("setting.no_such_queue", queue=queue, queues=QUEUES)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sig in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sig, stop.set)
    if queue == "media":
        await version(find(settings))
    async with open_services(settings) as svc:
        await check_ready(svc.db, settings)
        log.info("worker.ready", queue=queue)
        async with asyncio.TaskGroup() as tasks:
            polling = tasks.create_task(_poll(svc, queue, stop))
            sweeping = tasks.create_task(sweep.run(svc, stop, queue))
            await stop.wait()
            for task in (polling, sweeping):
                task.cancel()
    log.info("worker.stopped", queue=queue)


async def _poll(svc: Services, queue: str, stop: asyncio.Event) -> None:
    """Run arq's loop; it ends when Redis goes away, so it is begun again."""
    while not stop.is_set():
        worker = build(svc, queue)
        try:
            await worker.async_run()
        except (RedisError, OSError) as wrong:
            log.warning("worker.redis_away", error=type(wrong).__name__)
            await asyncio.sleep(REDIS_RETRY_S)
        finally:
            await _close(worker)


async def _close(worker: Worker) -> None:
    """End what arq runs; each job puts its row back before it ends."""
    tasks = [t for t in worker.tasks.values() if not t.done()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    with contextlib.suppress(RedisError, OSError, AttributeError):
        await worker.close()
