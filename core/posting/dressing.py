"""The file of a post with the logo of its brand in it, where the platform allows one: made from the
source like the clip in the chat, not by encoding that one again.

It is made once and kept beside the clip, so whoever goes on sends the same bytes. Where it cannot
be made (the video is gone) the clip goes out as it is: that, too, is decided once and told.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from core.brand.kit import gather
from core.db import attempts, videos
from core.db.videos import Clip
from core.errors import NotUsable, Told
from core.media.facts import FORMATS, Video
from core.media.ffmpeg import FfmpegFailed, find
from core.media.settle import settled
from core.media.turns import my_turn
from core.posting.held import Held
from core.publish.base import Platform
from core.publish.errors import Wait
from core.publish.hand import Stopwatch
from core.publish.post import Post
from core.render.make import Kept, Laid, make_clip
from core.render.rendered import Rendered
from core.sound.mix import SoundWish
from core.tell import tell_nobody

LOGO = "logo"
"""Name of the call in the story of a post."""
NO_ROOM = "no room"
"""Faces and captions leave no corner free."""
AGAIN_S = 300.0
"""After the disk was full."""

log = structlog.get_logger()


def base_key(platform: Platform, clip: Clip) -> str:
    """Where the file lies that is meant for a platform: with the logo, or the one in the chat."""
    assert clip.render is not None
    logo = clip.recipe.brand.logo
    if logo is None or not platform.limits.logos:
        return clip.render.media_key
    # The same file without a logo may get another one later.
    return f"dressed/{logo.key.rpartition('/')[2][:16]}/{Path(clip.render.media_key).name}"


async def dressing(held: Held, clip: Clip, post: Post, until_done: ExitStack) -> Post:
    """The post with its logo. Raises Wait when there is no room to make it."""
    store, key = held.desk.store, base_key(held.platform, clip)
    if clip.render is None or key == clip.render.media_key or await store.size(key) is not None:
        return post
    scratch, watch = Path(until_done.enter_context(TemporaryDirectory(prefix="clipdesk-"))), None
    async with my_turn("logo"):
        if await store.size(key) is None:  # nobody else made it meanwhile
            watch = Stopwatch()
            file, why = await _made(held, clip, scratch)
            await store.put(file or post.file, key)
    if watch is not None:
        await _note(held, why, watch.s)
    local = store.local_path(key) or await store.fetch(key, scratch / "dressed.mp4")
    address = held.desk.public_link(held.platform, key)
    return replace(post, file=local, size_b=local.stat().st_size, address=address)


async def _made(held: Held, clip: Clip, scratch: Path) -> tuple[Path | None, str]:
    """The clip once more, with the logo; or None, and why it has to go out without."""
    try:
        made = await _render(held, clip, scratch)
        if made is not None and made.fit:
            return (made.file, "") if made.logo else (None, NO_ROOM)
    except Told as wrong:
        if wrong.say.key.startswith("media.disk"):
            raise Wait(wrong.say, AGAIN_S, "disk", "upload") from wrong
        log.warning("post.no_logo", why=wrong.say.key)
    except (FfmpegFailed, NotUsable, FileNotFoundError) as wrong:
        log.warning("post.no_logo", why=type(wrong).__name__)
    return None, "not made"


async def _render(held: Held, clip: Clip, scratch: Path) -> Rendered | None:
    desk, recipe = held.desk, clip.recipe
    assert clip.render is not None
    async with desk.db.read() as tx:
        cut = await videos.cut(tx, clip.cut_id)
        source = await videos.source(tx, clip.source_id)
        found = await videos.stored_analysis(tx, source.id, cut.subtitles_sha256)
    if found is None or source.facts is None:
        return None

    async def local(key: str, name: str) -> Path:
        return desk.store.local_path(key) or await desk.store.fetch(key, scratch / name)

    path = await local(source.media_key, "source")
    video = Video(path, source.sha256, source.facts)
    shown = clip.render.rendered
    return await make_clip(
        await settled(video, into=scratch, exe=find(desk.settings)),
        found,
        recipe.start_s,
        recipe.end_s,
        fmt=FORMATS[recipe.format],
        captions=recipe.captions,
        into=scratch / "made",
        settings=desk.settings,
        tell=tell_nobody,
        look=recipe.look,
        words=clip.render.words,
        kept=Kept(Laid(clip.line, shown.plan, shown.faces), shown.mix),
        over=recipe.burnt,
        sound=SoundWish(
            recipe.cleaning, await local(recipe.music, "music") if recipe.music else None
        ),
        kit=await gather(recipe.brand, desk.store, scratch, logo=True),
    )


async def _note(held: Held, why: str, took_s: float) -> None:
    """The story says that another file was sent than the one in the chat; or why not."""
    async with held.writing() as tx:
        await attempts.note_attempt(
            tx,
            held.claim,
            "preparing",
            held.now,
            call=LOGO,
            ok=not why,
            http=None,
            code=why or None,
            log_id=None,
            note=None,
            took_s=took_s,
        )
