"""`clipdesk doctor`: what is ready, what is missing, and how to mend it, in words."""

from __future__ import annotations

import contextlib
import shutil
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.faces import ADAPTERS, Adapter
from core.analysis.speech.choose import describe_speech
from core.analysis.yunet import FaceSettings, face_model
from core.captions.fonts import fonts_dir
from core.clips.registry import provider
from core.db.migrate import check
from core.db.session import Database
from core.errors import Told
from core.i18n.catalog import Catalog
from core.jobs.queue import Queue
from core.media.ffmpeg import find as find_ffmpeg
from core.media.ffmpeg import version as ffmpeg_version
from core.media.store import open_store
from core.publish.base import platform_classes
from core.say import Bytes, Say, say
from core.secrets import Vault
from core.servers import redis
from core.servers.socket import socket_path
from core.settings import Settings

ENOUGH_DISK_B = 5_000_000_000
"""A one-hour 1080p source and its clips."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: well, or worth knowing, or a problem that keeps it from working."""

    mark: str
    what: Say


def ok(what: Say) -> Finding:
    return Finding("ready", what)


def note(what: Say) -> Finding:
    return Finding("note", what)


def bad(what: Say) -> Finding:
    return Finding("problem", what)


Look = Callable[[Settings], Awaitable[Finding]]


async def doctor(settings: Settings) -> int:
    """Print every finding; 1 when something keeps Clipdesk from working."""
    catalog = Catalog.load()
    worst = 0
    skipped: frozenset[Look] = frozenset()
    for look in LOOKS:
        if look in skipped:
            continue
        try:
            finding = await look(settings)
        except Told as told:
            finding = bad(told.say)
        if finding.mark == "problem":
            worst = 1
            skipped |= _INSIDE if look is _folder else frozenset()
        sys.stdout.write(f"{finding.mark:8} {catalog.text(finding.what)}\n")
    return worst


async def _folder(settings: Settings) -> Finding:
    from bot.up import check_folder

    check_folder(settings)
    free = shutil.disk_usage(settings.data_dir).free
    path, room = str(settings.data_dir.resolve()), Bytes(free)
    if free > ENOUGH_DISK_B:
        return ok(say("doctor.folder", path=path, free=room))
    return note(say("doctor.disk_small", path=path, free=room))


async def _media(settings: Settings) -> Finding:
    return ok(say("doctor.media", path=str(open_store(settings).root)))


async def _provider(settings: Settings) -> Finding:
    return ok(say("doctor.provider", name=provider(settings.clip_provider, settings).name))


async def _key(settings: Settings) -> Finding:
    vault = Vault(settings)
    vault.open(vault.seal("x"))
    return ok(say("doctor.key_set" if settings.secret_key else "doctor.key_kept"))


async def _port(settings: Settings) -> Finding:
    from bot.up import check_port

    if await redis.answers(socket_path(settings)) and not settings.redis_url:
        return ok(say("doctor.running", address=settings.address))
    check_port(settings)
    return ok(say("doctor.port", address=settings.address))


async def _ffmpeg(settings: Settings) -> Finding:
    return ok(say("doctor.ffmpeg", version=await ffmpeg_version(find_ffmpeg(settings))))


async def _redis(settings: Settings) -> Finding:
    if settings.redis_url:
        await (await Queue.connect(settings)).close()
        return ok(say("doctor.redis_set"))
    program = redis.find_redis()
    if not await redis.answers(socket_path(settings)):
        await _try_redis(settings)
    return ok(say("doctor.redis", program=str(program)))


async def _try_redis(settings: Settings) -> None:
    """Start it once and end it again: a wheel for another machine shows only then."""
    process = await redis.run(settings, stdout=DEVNULL, stderr=DEVNULL)
    try:
        await redis.ready(settings, process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _database(settings: Settings) -> Finding:
    db = Database(settings)
    try:
        have, newest = await check(db, settings)
    finally:
        await db.close()
    kind = "PostgreSQL" if not db.is_sqlite else "SQLite"
    if have != newest:
        return note(say("doctor.database_old", kind=kind))
    return ok(say("doctor.database", kind=kind))


async def _faces(settings: Settings) -> Finding:
    found, named = face_model(settings), FaceSettings().model
    if named not in (None, found):
        return note(say("doctor.no_face_model", path=str(named)))
    return ok(say("doctor.yunet", path=str(found)))


async def _speech(settings: Settings) -> Finding:
    engine, what = describe_speech(settings)
    return ok(what) if engine in ("whisper", "endpoint") else note(what)


async def _fonts(_: Settings) -> Finding:
    n = sum(1 for _ in fonts_dir().glob("*.[ot]tf"))
    return ok(say("doctor.fonts", n=n))


async def _platforms(settings: Settings) -> Finding:
    every = (found(settings) for found in platform_classes().values())  # type: ignore[call-arg]
    real = tuple(p.name for p in every if not p.practice)
    return ok(say("doctor.platforms", names=real)) if real else note(say("doctor.practice"))


def _face(adapter: Adapter) -> Look:
    """Whether a network lets us in with the token there is."""

    async def look(settings: Settings) -> Finding:
        who = await adapter.check(settings)
        return ok(who) if who else note(say("doctor.no_face", network=adapter.network.title()))

    return look


LOOKS: tuple[Look, ...] = (
    _folder,
    _media,
    _key,
    _port,
    _ffmpeg,
    _redis,
    _database,
    _faces,
    _speech,
    _fonts,
    _provider,
    _platforms,
    *(_face(adapter) for adapter in ADAPTERS),
)
_INSIDE: frozenset[Look] = frozenset({_media, _key, _redis, _database})
"""What lives in the data folder. Where that cannot be used they would only say so again."""
