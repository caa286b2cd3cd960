"""One version of a clip: made by its recipe, with everything taken over that an earlier version
found out already, and kept."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from core.analysis.model import Analysis, Word
from core.analysis.timeline import Timeline, shown, words_inside
from core.brand.kit import Kit
from core.captions.wording import written
from core.clips.llm_wire import LlmSettings
from core.db import videos
from core.db.videos import Clip
from core.edits.translate import translated
from core.errors import Told
from core.media.facts import FORMATS, Video
from core.media.ffmpeg import FfmpegFailed
from core.media.receive import sha256_of
from core.media.store import MediaStore
from core.render.cover import draw_cover
from core.render.cover_text import Cover
from core.render.lettering import faces_in
from core.render.make import Kept, Laid, lay, make_clip
from core.render.recipe import Recipe
from core.render.rendered import Rendered
from core.settings import Settings
from core.sound.mix import Mix, SoundWish
from core.tell import Tell

_EARLY = 0.4
"""Where in a clip its cover is, when it was made before that was noted."""


@dataclass(frozen=True, slots=True)
class Version:
    """What came out."""

    recipe: Recipe
    made: Rendered
    words: tuple[Word, ...]
    keeps: Stored | None = None
    """The file of an earlier version, when only the cover is another one."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Where its files lie."""

    media_key: str
    cover_key: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Making:
    """What a version is made with, besides its recipe: the files it names are at hand."""

    scratch: Path
    settings: Settings
    tell: Tell
    music: Path | None = None
    kit: Kit = field(default_factory=Kit)


async def make_version(
    video: Video, found: Analysis, clip: Clip, recipe: Recipe, making: Making
) -> Version:
    """Raises Told when it cannot be made."""
    if clip.render is not None and recipe.same_but_cover(clip.recipe):
        return await _covered(video, found, clip, recipe, making)
    laid = _laid_before(clip, recipe) or await lay(
        video,
        found,
        recipe.start_s,
        recipe.end_s,
        fmt=FORMATS[recipe.format],
        settings=making.settings,
        other=recipe.other,
        tight=recipe.tight,
    )
    words = await _words(found, clip, recipe, laid.line)
    made = await make_clip(
        video,
        found,
        recipe.start_s,
        recipe.end_s,
        fmt=FORMATS[recipe.format],
        captions=recipe.captions,
        into=making.scratch,
        settings=making.settings,
        tell=making.tell,
        look=recipe.look,
        words=words,
        kept=Kept(laid, _mix_before(clip, recipe, laid.line)),
        over=recipe.burnt,
        sound=SoundWish(recipe.cleaning, making.music),
        kit=making.kit,
        cover=recipe.cover,
    )
    return Version(recipe, made, words)


async def _covered(
    video: Video, found: Analysis, clip: Clip, recipe: Recipe, making: Making
) -> Version:
    """The version that is shown, with another cover."""
    assert clip.render is not None
    made, into = clip.render.rendered, making.scratch / "cover.jpg"
    at_s = _EARLY * made.duration_s if made.cover_s is None else made.cover_s
    look = recipe.look
    try:
        await draw_cover(
            video,
            clip.line.source_s(at_s),
            at_s,
            plan=made.plan,
            seen=faces_in(found, clip.line),
            fmt=FORMATS[recipe.format],
            cover=Cover.of(recipe.cover, look, making.kit, found.language),
            into=into,
            settings=making.settings,
        )
    except FfmpegFailed as wrong:
        raise Told("render.failed", why=wrong.cause) from wrong
    kept = Stored(clip.render.media_key, clip.render.cover_key, clip.render.sha256)
    words = clip.render.words or ()
    return Version(recipe, replace(made, cover=into, cover_s=at_s), words, kept)


async def _words(found: Analysis, clip: Clip, recipe: Recipe, line: Timeline) -> tuple[Word, ...]:
    """What the captions say. A translation is taken over from the version that is shown, with what
    was corrected in it since."""
    said, look = words_inside(found.words, line), recipe.look
    if not look.language:
        return written(said, look)
    was, known = clip.recipe, clip.render.words if clip.render else None
    old = was.look.fixes
    same = was.look.language == look.language and was.same_span(recipe)
    if known and same and not was.look.masked and look.fixes[: len(old)] == old:
        return written(known, replace(look, fixes=look.fixes[len(old) :]))
    own = shown(found, line)
    return written(await translated(said, look.language, own, LlmSettings()), look)


def _laid_before(clip: Clip, recipe: Recipe) -> Laid | None:
    """What the version that is shown has in common with this one: the framing, where it stays the
    same."""
    if clip.render is None or not recipe.same_framing(clip.recipe):
        return None
    before = clip.render.rendered
    return Laid(clip.line, before.plan, before.faces)


def _mix_before(clip: Clip, recipe: Recipe, line: Timeline) -> Mix | None:
    """What its sound was made with, where it sounds the same."""
    if clip.render is None or clip.line != line or not recipe.same_sound(clip.recipe):
        return None
    return clip.render.rendered.mix


async def store_files(store: MediaStore, version: Version) -> Stored:
    """Put what is new in its place. The same file may have several covers, so a cover is named by
    what it shows, too."""
    made, kept = version.made, version.keeps
    sha256 = kept.sha256 if kept else await sha256_of(made.file)
    media_key = kept.media_key if kept else f"clips/{sha256}.mp4"
    cover_key = f"clips/{sha256}-{(await sha256_of(made.cover))[:12]}.jpg"
    if not kept:
        await store.put(made.file, media_key)
    await store.put(made.cover, cover_key)
    return Stored(media_key, cover_key, sha256)


async def keep_version(
    tx: AsyncSession, clip_id: int, version: Version, stored: Stored, took_s: float, now: datetime
) -> int:
    """Its row, once the files are where it says."""
    return await videos.keep_render(
        tx,
        clip_id,
        version.made,
        format=version.recipe.format,
        media_key=stored.media_key,
        cover_key=stored.cover_key,
        sha256=stored.sha256,
        took_s=took_s,
        now=now,
        recipe=version.recipe,
        words=version.words,
    )
