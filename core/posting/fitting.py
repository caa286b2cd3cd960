"""The file of a post as its platform takes it: looked at before anything is sent, and encoded anew
where that helps. What was mended is kept beside the clip: whoever goes on sends the same bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from core.db import attempts, versions
from core.errors import NotUsable, Told
from core.media.facts import VideoFacts
from core.media.ffmpeg import FfmpegFailed
from core.media.probe import probe
from core.posting.dressing import base_key
from core.posting.held import Held
from core.publish.errors import Fix
from core.publish.hand import Stopwatch
from core.publish.media import Flaw, flaws, within
from core.publish.post import Post
from core.render.mend import mend
from core.render.rendered import Rendered
from core.say import say

PROVEN = frozenset({"container", "moov_first", "edit_list", "video_codec", "frame_rate", "bitrate"})
"""Checks of a render of ours that say all a platform asks of the file."""
FORCED = "mend"
"""The mark of a post whose file the platform refused, whatever we found in it."""

log = structlog.get_logger()


def mended_key(platform: str, media_key: str) -> str:
    """Where the mended version of a file lies."""
    return f"mended/{platform}/{Path(media_key).name}"


async def fitting(held: Held, post: Post, made: Rendered, key: str, until_done: ExitStack) -> Post:
    """The post with a file its platform takes. Raises Fix with the reason when there is none."""
    kept = mended_key(held.platform.name, key)
    forced = FORCED in await _marks(held)
    if await held.desk.store.size(kept) is not None:
        return post
    spec = held.platform.limits.media
    proven = _proven(made) and within(spec, made.width, made.height, post.size_b)
    if proven and not forced:
        return post
    facts, found = await _remembered(held, post, key)
    post = replace(post, duration_s=facts.duration_s, width=facts.width, height=facts.height)
    if not found and not forced:
        return post
    watch = Stopwatch()
    out, again = await _mended(held, post.file, facts, found, until_done)
    await held.desk.store.put(out, kept)
    await _note(held, [f.name for f in found] or [FORCED], watch.s)
    local = held.desk.store.local_path(kept) or out
    address = held.desk.public_link(held.platform, kept)
    facts = replace(again, size_b=local.stat().st_size)
    return replace(
        post,
        file=local,
        size_b=facts.size_b,
        duration_s=facts.duration_s,
        width=facts.width,
        height=facts.height,
        address=address,
    )


async def _mended(
    held: Held, file: Path, facts: VideoFacts, found: Sequence[Flaw], until_done: ExitStack
) -> tuple[Path, VideoFacts]:
    """The file encoded anew, and what it is like now."""
    spec = held.platform.limits.media
    scratch = until_done.enter_context(TemporaryDirectory(prefix="clipdesk-"))
    out = Path(scratch) / "mended.mp4"
    try:
        await mend(
            file, facts, out, sides=spec.sides, size_b=spec.size_b, settings=held.desk.settings
        )
    except (FfmpegFailed, Told) as wrong:
        log.warning("post.not_mended", kind=type(wrong).__name__)
        raise Fix(found[0].what if found else say("publish.not_mended"), "media") from wrong
    again, left = await _look(held, out)
    if left:
        raise Fix(left[0].what, "media")
    return out, again


async def mend_instead(held: Held, wrong: Fix) -> bool:
    """The platform refused the file itself: it is encoded anew and sent once more, unless that was
    done before. False when only a person can help."""
    store = held.desk.store
    async with held.desk.db.read() as tx:
        clip = await versions.clip_as_approved(tx, held.claim.clip_id, held.claim.post_id)
    if clip.render is None:
        return False
    key = mended_key(held.platform.name, base_key(held.platform, clip))
    if await store.size(key) is not None or FORCED in await _marks(held):
        return False
    claim, now, sealed = held.claim, held.now, held.desk.vault.seal("1")

    async def remember(tx: AsyncSession) -> None:
        await attempts.reset_marks(tx, claim.id, now)
        await attempts.mark(tx, claim, FORCED, sealed, now)

    held.along(remember)
    until = now + timedelta(seconds=2)
    await held.defer(say("publish.mending"), until, "upload")
    log.info("post.mended_next", code=wrong.code)
    return True


def _proven(made: Rendered) -> bool:
    """Whether the render itself was held against the same numbers."""
    return {c.name for c in made.checks if c.ok} >= PROVEN


_LOOKED: dict[tuple[str, str, int], tuple[VideoFacts, tuple[Flaw, ...]]] = {}
"""What files were like, so that a post that waits is not looked into at every turn."""


async def _remembered(held: Held, post: Post, key: str) -> tuple[VideoFacts, tuple[Flaw, ...]]:
    name = (held.platform.name, key, post.size_b)
    if name not in _LOOKED:
        if len(_LOOKED) >= 1000:
            _LOOKED.clear()
        _LOOKED[name] = await _look(held, post.file)
    return _LOOKED[name]


async def _look(held: Held, file: Path) -> tuple[VideoFacts, tuple[Flaw, ...]]:
    """Raises Fix for a file that is no video at all."""
    try:
        facts = await probe(file)
    except NotUsable as wrong:
        raise Fix(wrong.say, "media") from wrong
    spec = held.platform.limits.media
    return facts, await asyncio.to_thread(flaws, spec, file, facts)


async def _marks(held: Held) -> dict[str, str]:
    async with held.desk.db.read() as tx:
        return await attempts.marks(tx, held.claim.id)


async def _note(held: Held, why: list[str], took_s: float) -> None:
    """The story says that another file was sent than the one in the chat, and why."""
    async with held.writing() as tx:
        await attempts.note_attempt(
            tx,
            held.claim,
            "preparing",
            held.now,
            call="re-encode",
            ok=True,
            http=None,
            code=", ".join(why),
            log_id=None,
            note=None,
            took_s=took_s,
        )
