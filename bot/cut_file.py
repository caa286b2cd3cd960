"""`clipdesk clip VIDEO --out DIR`: the main job without any chat.

Progress goes to stderr. With `--json` one object goes to stdout (its shape is fixed, see the
README). Exit codes: 0 clips were made, 2 the input is no usable video, 3 nothing worth cutting,
1 a fault of ours.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from operator import itemgetter
from pathlib import Path

from bot.cut_folder import SCRATCH, out_folder, refuse_overwriting, shown
from bot.cut_progress import Progress
from bot.cut_report import Made, as_json, show
from core.analysis.analyse import analyse
from core.analysis.side_by_side import side_by_side
from core.brand.kit import Kit, read_kit
from core.captions.look import Look
from core.captions.style import load_style
from core.clips.base import Span, Wish
from core.clips.cover_words import cover_text
from core.clips.registry import provider
from core.clips.tight import Tight
from core.clips.wish import checked, read_wish, tight_of
from core.errors import NothingToCut, NotUsable, Told
from core.i18n.catalog import Catalog
from core.media.disk import tell_if_full
from core.media.facts import FORMATS, Video
from core.media.ffmpeg import find, version
from core.media.probe import probe
from core.media.receive import safe_name, sha256_of
from core.media.settle import settled
from core.media.turns import in_line
from core.render.make import make_clip
from core.render.rendered import Rendered
from core.render.taken import taken_out
from core.say import say
from core.settings import Settings
from core.sound.bed import check_music
from core.sound.mix import SoundWish

NOT_USABLE, NOTHING = 2, 3
AT_ONCE = 2
"""While the picture of one clip is encoded, the next is framed and the one before is checked."""


async def cut_file(args: argparse.Namespace, settings: Settings) -> int:
    """Cut one file. The exit code says how it went."""
    catalog = Catalog.load()
    _stop_politely()
    try:
        made = await _cut(args, settings, tell := Progress(catalog))
    except NotUsable as told:
        sys.stderr.write(f"{catalog.text(told.say)}\n")
        return NOT_USABLE
    except NothingToCut as told:
        sys.stderr.write(f"{catalog.text(told.say)}\n")
        return NOTHING
    except OSError as wrong:
        tell_if_full(wrong)
        where = shown(wrong.filename or args.video)
        raise Told("clip_command.files", path=where, why=wrong.strerror or str(wrong)) from wrong
    failed = (say("clip_command.failed", rank=rank, why=why) for rank, why in made.failed)
    how = (made.picked.how,) if made.picked.how else ()
    for note in (*failed, *made.picked.unmet, *how):
        tell.note(note)
    if args.json:
        # Plain ASCII: a name need not be text, and a terminal need not be UTF-8.
        sys.stdout.write(json.dumps(as_json(made, tell.notes, catalog)) + "\n")
    else:
        show(made, catalog)
    return 0 if made.clips else 1


@contextmanager
def _timed(stages: dict[str, float], name: str) -> Iterator[None]:
    began = time.monotonic()
    try:
        yield
    finally:
        stages[name] = round(stages.get(name, 0.0) + time.monotonic() - began, 3)


def _stop_politely() -> None:
    """`kill` and a time limit end it like Ctrl-C does: nothing half-made stays."""
    task = asyncio.current_task()
    if task is not None:
        with contextlib.suppress(NotImplementedError):  # Windows has no such handlers
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def _wish(args: argparse.Namespace, duration_s: float | None = None) -> Wish:
    """The words of the wish, with what the flags say on top. Raises Told when they contradict."""
    wish = read_wish(args.wish, duration_s=duration_s)
    flags = {"count": args.count, "min_s": args.min_s, "max_s": args.max_s}
    given = {name: value for name, value in flags.items() if value is not None}
    captions = wish.captions and args.captions == "auto"
    if args.tighten:
        what = args.tighten
        tight = Tight(pauses=what in ("pauses", "both"), fillers=what in ("fillers", "both"))
        wish = replace(wish, tight=tight)
    return checked(replace(wish, captions=captions, **given))


async def _cut(args: argparse.Namespace, settings: Settings, tell: Progress) -> Made:
    path: Path = args.video
    for needed in (path, args.subtitles, args.music, args.brand):
        _refuse_no_file(needed)
    _wish(args)  # what cannot be meant is told before the work
    refuse_overwriting(path, args.out)
    finder, exe = provider(settings.clip_provider, settings), find(settings)
    await version(exe)
    if args.music is not None:
        await check_music(args.music, settings)
    stages: dict[str, float] = {}
    with _timed(stages, "probe"):
        facts = await probe(path)
        name = Path(safe_name(path.name)).stem
        source = Video(path.resolve(), await sha256_of(path), facts, name=name)
    with out_folder(args.out) as making, tempfile.TemporaryDirectory(prefix=SCRATCH) as scratch:
        kit = await _kit(args.brand, Path(scratch), exe, tell)
        video = await settled(source, into=Path(scratch), exe=exe)
        found = await analyse(
            video, settings=settings, tell=tell, subtitles=args.subtitles, timings=stages
        )
        with _timed(stages, "pick"):
            wish = _wish(args, facts.duration_s)
            picked = await finder.pick(video, found, wish, tell)
        if not picked.spans:
            raise NothingToCut("clips.nothing")
        if facts.damaged:
            tell("pick", 1.0, note=say("media.damaged_note"))
        made = Made(source, video, found, picked, [], [], stages, finder.name, kit, wish.tight)
        with _timed(stages, "render"):
            await _render_all(made, wish, _sound(args, wish, tell), making, settings, tell)
    return made


async def _kit(toml: Path | None, scratch: Path, exe: str, tell: Progress) -> Kit:
    """The brand to cut in, with what there is to know about it. Raises NotUsable."""
    if toml is None:
        return Kit()
    kit = await read_kit(toml, scratch, load_style(Look().style), exe=exe)
    if kit.logo is not None:
        tell("probe", 0.0, note=say("brand.logo_in_file"))
    return kit


def _refuse_no_file(path: Path | None) -> None:
    if path is None:
        return
    if not path.is_file():
        what = "not_a_file" if path.exists() else "no_file"
        raise NotUsable(f"clip_command.{what}", path=shown(path))
    if not os.access(path, os.R_OK):
        raise NotUsable("clip_command.not_readable", path=shown(path))


def _sound(args: argparse.Namespace, wish: Wish, tell: Progress) -> SoundWish:
    """A wish may leave out the music that was given, and cannot bring one that was not."""
    if wish.music and args.music is None:
        tell("render", 0.0, note=say("clip_command.no_music"))
    return SoundWish(wish.cleaning, None if wish.music is False else args.music)


async def _render_all(
    made: Made,
    wish: Wish,
    sound: SoundWish,
    making: Path,
    settings: Settings,
    tell: Progress,
) -> None:
    """One picture after the other, with the small work of its neighbours beside it. A clip that
    fails costs only itself; a disk that is full stays full for the others."""
    free = asyncio.Semaphore(AT_ONCE)

    async def one(rank: int, span: Span) -> None:
        async with free, in_line("picture"):
            if any(told.key == "media.disk_full" for _, told in made.failed):
                return
            try:
                clip = await _render(made, wish, sound, rank, span, making, settings, tell)
            except Told as told:
                made.failed.append((rank, told.say))
            else:
                if made.kit.logo is not None and not clip.logo:
                    tell("render", 1.0, note=say("brand.no_room", rank=rank))
                kept = await asyncio.to_thread(_keep, clip, making.parent, rank)
                made.clips.append((rank, span, kept))

    await side_by_side(*(one(rank, s) for rank, s in enumerate(made.picked.spans, start=1)))
    made.clips.sort(key=itemgetter(0))
    made.failed.sort(key=itemgetter(0))


async def _render(
    made: Made,
    wish: Wish,
    sound: SoundWish,
    rank: int,
    span: Span,
    making: Path,
    settings: Settings,
    tell: Progress,
) -> Rendered:
    captions = wish.captions and bool(made.analysis.words)
    burnt = captions and made.analysis.has_captions(span.start_s, span.end_s)
    if burnt:
        tell("render", 0.0, note=say("edit.burnt"))
    elif captions and made.analysis.partly_has_captions(span.start_s, span.end_s):
        tell("render", 0.0, note=say("edit.burnt_partly"))
    clip = await make_clip(
        made.video,
        made.analysis,
        span.start_s,
        span.end_s,
        fmt=FORMATS[wish.format],
        captions=captions and not burnt,
        into=making / str(rank),
        settings=settings,
        tell=tell.of(f"clip {rank} of {len(made.picked.spans)}: "),
        sound=sound,
        kit=made.kit,
        tight=tight_of(wish),
        cover=cover_text(wish, span.title),
    )
    if clip.line and (what := taken_out(clip.line, wish.tight)):
        tell("render", 1.0, note=say("clip_command.tightened", rank=rank, what=what))
    return clip


def _keep(clip: Rendered, out: Path, rank: int) -> Rendered:
    file, cover = out / f"clip-{rank:02d}.mp4", out / f"clip-{rank:02d}.jpg"
    clip.file.replace(file)
    clip.cover.replace(cover)
    return replace(clip, file=file.resolve(), cover=cover.resolve())
