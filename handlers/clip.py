"""A video comes in: what it is, whether we know it, and the work that begins."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from core.cards import cut as cut_cards
from core.chat import acts
from core.chat.message import Act, Button, InFile, Out
from core.chat.registry import Answer, Arg, Ask, command, on_act, on_video
from core.clips.base import Wish
from core.clips.wish import read_wish
from core.db import audit, outbox, videos
from core.db.videos import Source
from core.errors import NotUsable, Told
from core.jobs.kinds import ANALYSE
from core.media.glance import glance
from core.render.taken import out_of
from core.say import Bytes, Place, Say, Seconds, say
from core.services import Services
from handlers import _sources
from handlers.sample import sample_button

log = structlog.get_logger()

SUBTITLES = (".srt", ".vtt", ".ass", ".ssa")
BRAND = (".ttf", ".otf", ".png")
"""Parts of a brand, that came without a word."""


@command("clip", role="editor", args=[Arg("wish")], files=("video", "subtitles"))
async def clip(ask: Ask, svc: Services) -> Answer:
    """Cut the video you send along, or the last one: /clip 3 under 40s about pricing"""
    wish = read_wish(ask.text)
    if ask.files:
        return await _take(ask, svc, wish)
    source = await _sources.meant(ask, svc)
    if source is None:
        return Out.of(say("clip.send_one"), buttons=((sample_button(),),))
    if wish == Wish():
        return await _known(svc, source)
    await begin(ask, svc, Request(source, wish))
    return None


@on_video(role="editor")
async def video(ask: Ask, svc: Services) -> Answer:
    """A video without a command."""
    return await _take(ask, svc, read_wish(ask.text))


@on_act(acts.CUT_CANCEL, role="editor")
async def cancel(ask: Ask, svc: Services) -> Answer:
    """Stop the work on a video."""
    now = svc.clock.now()
    async with svc.db.write() as tx:
        cut = await _sources.cut_of(tx, ask.by, ask.ids)
        if cut.state != "working":
            raise Told("clip.not_working")
        source = await videos.source(tx, cut.source_id)
        await svc.jobs.cancel_cut(tx, cut.id, now)
        await videos.set_cut(tx, cut.id, state="cancelled", done_at=now)
        ready = sum(c.state == "ready" for c in await videos.clips_of(tx, cut.id))
        slot, out = cut_cards.slot(cut.id), cut_cards.stopped(source.name, ready)
        await outbox.say(tx, cut.chat_id, out, key=slot, slot=slot, now=now, urgent=True)
        await audit.record(
            tx, ask.by.workspace_id, ask.by.member_id, "cut.cancel", f"cut:{cut.id}", now
        )
    return None


# ── files ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Parcel:
    """What came in one message."""

    videos: tuple[InFile, ...]
    subtitles: InFile | None


def _sorted(files: tuple[InFile, ...]) -> _Parcel:
    """Subtitles belong to the one video they come with. Raises NotUsable for them alone."""
    texts = tuple(f for f in files if f.name.lower().endswith(SUBTITLES))
    rest = tuple(f for f in files if f not in texts)
    if texts and len(rest) != 1:
        raise NotUsable("clip.subtitles_alone" if not rest else "clip.subtitles_for_which")
    if len(texts) > 1:
        raise NotUsable("clip.subtitles_many")
    return _Parcel(rest, texts[0] if texts else None)


async def _take(ask: Ask, svc: Services, wish: Wish) -> Answer:
    if any(f.name.lower().endswith(BRAND) for f in ask.files):
        raise NotUsable("brand.send_with")
    parcel = _sorted(ask.files)
    answers: list[Out] = []
    for number, file in enumerate(parcel.videos):
        if file.size_b == 0:
            raise NotUsable("media.empty")
        source, known = await _source(ask, svc, file)
        if known and wish == Wish() and parcel.subtitles is None:
            answers.append(await _known(svc, source))
            continue
        subtitles = parcel.subtitles.handle if parcel.subtitles else None
        await begin(ask, svc, Request(source, wish, subtitles, number))
    return answers


async def _source(ask: Ask, svc: Services, file: InFile) -> tuple[Source, bool]:
    """The row of a file, and whether its clips were made before."""
    sha256 = file.handle.removeprefix("in/")
    async with svc.db.write() as tx:
        known = await videos.source_by_hash(tx, ask.by.workspace_id, sha256)
        if known is not None:
            return known, await _sources.has_clips(tx, known)
        size_b = file.size_b if file.size_b is not None else await svc.store.size(file.handle)
        source = await videos.add_source(
            tx,
            ask.by.workspace_id,
            ask.by.member_id,
            sha256=sha256,
            size_b=size_b or 0,
            name=file.name,
            media_key=file.handle,
            now=svc.clock.now(),
        )
    return source, False


async def _known(svc: Services, source: Source) -> Out:
    """The same video again: what there is, and what can be done."""
    async with svc.db.read() as tx:
        working = await _sources.working_on(tx, source)
        clips = await _sources.clips_of_source(tx, source)
    if working:
        return Out.of(say("clip.working_already", name=source.name))
    shown = [c for c in clips if c.state == "ready"]
    again = Button(say("clip.button_again"), Act.of(acts.SOURCE_AGAIN, source.id), style="main")
    show = Button(say("clip.button_show"), Act.of(acts.SOURCE_CLIPS, source.id))
    row = (again, show) if shown else (again,)
    key = "clip.known" if shown else "clip.known_none"
    known = say(key, name=source.name, n=len(shown))
    return Out.of(known, say("clip.known_wish"), buttons=(row,))


# ── the work begins ─────────────────────────────────────────────────────────────────────────────


class _Twice(Exception):
    """This very update has begun its work already."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be cut, and how."""

    source: Source
    wish: Wish
    subtitles_key: str | None = None
    number: int = 0
    """Which video of the message it is."""


async def begin(ask: Ask, svc: Services, wanted: Request) -> None:
    """Write the request down, and answer: name, length, size, and a status with *Cancel*."""
    length_s = await _length_s(svc, wanted.source)
    try:
        async with svc.db.write() as tx:
            await _begin(tx, ask, svc, wanted, length_s)
    except _Twice:
        log.info("clip.begun_already")


async def _begin(
    tx: AsyncSession, ask: Ask, svc: Services, wanted: Request, length_s: float | None
) -> None:
    now, by, source = svc.clock.now(), ask.by, wanted.source
    ahead = await _sources.cuts_ahead(tx)
    asked_on = ask.said.id if ask.said else None
    cut = await videos.add_cut(
        tx, source.id, by.chat_id, by.member_id, wanted.wish, now, wanted.subtitles_key, asked_on
    )
    key = f"cut:{ask.key}:{wanted.number}"
    if not await svc.jobs.add(tx, ANALYSE, {"cut": cut.id}, key=key, now=now, cut_id=cut.id):
        raise _Twice
    about = _about(wanted, length_s, ahead)
    standing = ask.slot if wanted.number == 0 else None
    await outbox.say(
        tx,
        by.chat_id,
        about,
        key=f"{key}:begun",
        slot=standing,
        now=now,
        urgent=True,
        reply_to=asked_on,
    )
    slot = cut_cards.slot(cut.id)
    begun = cut_cards.Progress(source.name, {"probe": 0.0})
    status = cut_cards.waiting(cut.id, source.name) if ahead else cut_cards.status(cut.id, begun)
    await outbox.say(tx, by.chat_id, status, key=slot, slot=slot, now=now, urgent=True)
    await audit.record(tx, by.workspace_id, by.member_id, "cut.begin", f"source:{source.id}", now)


def _about(wanted: Request, length_s: float | None, ahead: int) -> Out:
    name, size = wanted.source.name, Bytes(wanted.source.size_b)
    if length_s is None:
        lines = [say("clip.got_it", name=name, size=size)]
    else:
        lines = [say("clip.got_it_long", name=name, length=Seconds(length_s), size=size)]
    if parts := _wish_parts(wanted.wish):
        lines.append(say("clip.wish", parts=parts))
    if wanted.subtitles_key:
        lines.append(say("clip.with_subtitles"))
    lines.append(say("clip.in_line", n=ahead) if ahead else say("clip.begins"))
    return Out(tuple(lines))


def _wish_parts(wish: Wish) -> tuple[Say, ...]:
    """What was understood of a wish, so that a misunderstanding shows before the work is done."""
    parts = [say("clip.wish_count", n=wish.count)] if wish.count else []
    if wish.min_s:
        parts.append(say("clip.wish_least", length=Seconds(wish.min_s)))
    if wish.max_s:
        parts.append(say("clip.wish_most", length=Seconds(wish.max_s)))
    for span in wish.spans:
        parts.append(say("clip.wish_span", start=Place(span.start_s), end=Place(span.end_s)))
    if wish.within:
        start, end = Place(wish.within.start_s), Place(wish.within.end_s)
        parts.append(say("clip.wish_within", start=start, end=end))
    if wish.format != Wish().format:
        parts.append(say("clip.wish_format", format=wish.format))
    if not wish.captions:
        parts.append(say("clip.wish_no_captions"))
    if wish.tight:
        parts.append(out_of(wish.tight))
    parts += [say("clip.wish_topic", n=n, words=words) for words, n in wish.topics]
    if wish.text:
        parts.append(say("clip.wish_words", words=wish.text))
    if wish.opening:
        parts.append(say("clip.wish_opening", words=wish.opening))
    if wish.without:
        parts.append(say("clip.wish_without", words=wish.without))
    if wish.avoid:
        parts.append(say("clip.wish_other"))
    return tuple(parts)


async def _length_s(svc: Services, source: Source) -> float | None:
    """As it was measured; of a new video, as its header says."""
    if source.facts is not None:
        return source.facts.duration_s
    path = svc.store.local_path(source.media_key)
    return await glance(path) if path is not None else None
