"""What a brand is, in words, buttons and a picture of a clip in it."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import structlog

from core.analysis.timeline import words_inside
from core.brand.brand import PARTS, Brand
from core.brand.kit import gather
from core.captions.look import Look
from core.chat import acts
from core.chat.message import Act, Button, MediaOut, Out, Rows
from core.chat.registry import Ask, Asker
from core.db import looks, videos
from core.db.brands import KeptBrand
from core.errors import Told
from core.media.facts import Video
from core.media.ffmpeg import FfmpegFailed
from core.media.receive import sha256_of
from core.posting.notices import platform_name
from core.publish.base import platform_classes
from core.render.sheet import Example, drawn_example, make_sheet
from core.say import Fact, Say, say
from core.services import Services
from handlers import _sources

log = structlog.get_logger()


async def shown(ask: Ask, svc: Services, now: KeptBrand, *before: Say) -> Out:
    """What holds, as it looks, with everything that can be changed about it."""
    async with svc.db.read() as tx:
        look = await looks.of_workspace(tx, ask.by.workspace_id)
    text = (*before, *_lines(now.brand), say("brand.how"))
    out = Out(text, _buttons(now))
    media = await _picture(ask.by, svc, now.brand, look)
    return replace(out, media=media, alt=say("brand.alt")) if media else out


def _lines(brand: Brand) -> tuple[Say, ...]:
    if not any(brand.has(part) for part in PARTS):
        return (say("brand.nothing"),)
    lines = [say("brand.head")]
    for part in PARTS:
        if part == "colours" and brand.has(part):
            lines.append(_line(part, tuple(c for c in brand.colours if c)))
        elif brand.has(part):
            lines.append(_line(part, getattr(brand, part).name))
    if brand.logo:
        lines.append(logo_rule())
    return tuple(lines)


def _line(part: str, what: Fact) -> Say:
    return say("brand.line", part=say(f"brand.part_{part}"), what=what)


def logo_rule() -> Say:
    """Where a logo is shown, and where it may not be."""
    every = platform_classes()
    shows = tuple(platform_name(n) for n in sorted(every) if every[n].limits.logos)
    bare = tuple(platform_name(n) for n in sorted(every) if not every[n].limits.logos)
    return say("brand.logo_rule", shows=shows, bare=bare)


def _buttons(now: KeptBrand) -> Rows:
    def button(kind: str, place: int, part: str) -> Button:
        name = acts.BRAND_SET if kind == "set" else acts.BRAND_REMOVE
        label = say(f"brand.button_{kind}", part=say(f"brand.part_{part}"))
        return Button(label, Act.of(name, place))

    sets = [button("set", k, part) for k, part in enumerate(PARTS)]
    there = [button("remove", k, part) for k, part in enumerate(PARTS) if now.brand.has(part)]
    rows = [tuple(row[k : k + 3]) for row in (sets, there) for k in range(0, len(row), 3)]
    if now.before is not None:
        undo = Button(say("card.button_undo"), Act.of(acts.BRAND_UNDO, now.number), style="main")
        rows.insert(0, (undo,))
    return tuple(rows)


async def _picture(by: Asker, svc: Services, brand: Brand, look: Look) -> MediaOut | None:
    """A real frame, kept under its hash; None when there is nothing to see, or it went wrong."""
    if not any(brand.has(part) for part in PARTS if part != "music"):
        return None
    try:
        with tempfile.TemporaryDirectory(prefix="clipdesk-") as folder:
            scratch = Path(folder)
            kit = await gather(brand, svc.store, scratch, logo=True)
            example = await _clip(by, svc) or await _drawn(by, svc, scratch)
            path = scratch / "sheet.jpg"
            width, height = await make_sheet(kit, look, example, path, svc.settings)
            key = f"brand/{await sha256_of(path)}.jpg"
            await svc.store.put(path, key)
            return MediaOut("picture", key, "brand.jpg", path.stat().st_size, width, height)
    except (FfmpegFailed, Told, FileNotFoundError) as wrong:
        log.warning("brand.no_picture", kind=type(wrong).__name__, why=str(wrong)[:300])
        return None


async def _clip(by: Asker, svc: Services) -> Example | None:
    """The last clip of the workspace, where its video lies at hand."""
    async with svc.db.read() as tx:
        source = await _sources.last(tx, by)
        every = await _sources.clips_of_source(tx, source) if source else ()
        clip = next((c for c in every if c.state == "ready" and c.render), None)
        if source is None or source.facts is None or clip is None or clip.render is None:
            return None
        subtitles = (await videos.cut(tx, clip.cut_id)).subtitles_sha256
        analysis = await videos.stored_analysis(tx, source.id, subtitles)
    path, made = svc.store.local_path(source.media_key), clip.render.rendered
    if path is None or analysis is None or not made.plan.layouts:
        return None
    words = clip.render.words or words_inside(analysis.words, clip.line)
    video = Video(path, source.sha256, source.facts)
    return Example(video, clip.line, made.plan, made.faces, tuple(words[:6]))


async def _drawn(by: Asker, svc: Services, folder: Path) -> Example:
    words = svc.catalog.text(say("brand.sample"), by.language).split()
    return await drawn_example(words, folder, svc.settings)
