"""`clipdesk clip VIDEO --out DIR`: the main job without any chat.

Progress goes to stderr. With `--json` one object goes to stdout (its shape is fixed, see the
README). Exit codes: 0 clips were made, 2 the input is no usable video, 3 nothing worth cutting,
1 a fault of ours.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import json
import math
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from core.analysis.analyse import analyse
from core.analysis.model import Analysis
from core.clips.base import Picked, Span, Wish
from core.clips.registry import provider
from core.clips.wish import checked, read_wish
from core.errors import NothingToCut, NotUsable, Told
from core.framing.plan import Layout
from core.i18n.catalog import Catalog
from core.media.disk import tell_if_full
from core.media.facts import FORMATS, Video
from core.media.ffmpeg import find, version
from core.media.probe import probe
from core.media.receive import safe_name, sha256_of
from core.media.settle import settled
from core.render.make import make_clip
from core.render.rendered import Rendered
from core.say import Say, say
from core.settings import Settings
from core.tell import Stage

NOT_USABLE, NOTHING = 2, 3
SCRATCH = "clipdesk-"


class Progress:
    """A `Tell` that writes one line per stage and tenth to stderr, and every note once."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._shown: dict[str, int] = {}
        self._noted: set[Say] = set()

    def __call__(self, stage: Stage, done: float, *, note: Say | None = None) -> None:
        if note is not None and note not in self._noted:
            self._noted.add(note)
            sys.stderr.write(f"{self._catalog.text(note)}\n")
        tenth = int(done * 10)
        if self._shown.get(stage) != tenth:
            self._shown[stage] = tenth
            sys.stderr.write(f"{stage} {done:.0%}\n")
            sys.stderr.flush()

    def begin(self, what: str) -> None:
        self._shown.clear()
        sys.stderr.write(f"{what}\n")


@dataclass(slots=True)
class Made:
    """Everything the run found and made."""

    source: Video
    video: Video
    """The source, or a working copy of it in a container one can seek in."""
    analysis: Analysis
    picked: Picked
    clips: list[tuple[int, Span, Rendered]]
    failed: list[tuple[int, Say]]
    stages_s: dict[str, float]
    provider: str


async def cut_file(args: argparse.Namespace, settings: Settings) -> int:
    """Cut one file. The exit code says how it went."""
    catalog = Catalog.load()
    _stop_politely()
    try:
        made = await _cut(args, settings, Progress(catalog))
    except NotUsable as told:
        sys.stderr.write(f"{catalog.text(told.say)}\n")
        return NOT_USABLE
    except NothingToCut as told:
        sys.stderr.write(f"{catalog.text(told.say)}\n")
        return NOTHING
    except OSError as wrong:
        tell_if_full(wrong)
        where = _shown(wrong.filename or args.video)
        raise Told("clip_command.files", path=where, why=wrong.strerror or str(wrong)) from wrong
    for rank, why in made.failed:
        sys.stderr.write(f"{catalog.text(say('clip_command.failed', rank=rank, why=why))}\n")
    how = (made.picked.how,) if made.picked.how else ()
    for note in (*made.picked.unmet, *how):
        sys.stderr.write(f"{catalog.text(note)}\n")
    if args.json:
        # Plain ASCII: a name need not be text, and a terminal need not be UTF-8.
        sys.stdout.write(json.dumps(as_json(made, catalog)) + "\n")
    else:
        _list(made, catalog)
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


def _shown(path: object) -> str:
    """A path on one line, whatever characters it holds."""
    return "".join(c if c.isprintable() else " " for c in str(path))


def _wish(args: argparse.Namespace, duration_s: float | None = None) -> Wish:
    """The words of the wish, with what the flags say on top. Raises Told when they contradict."""
    wish = read_wish(args.wish, duration_s=duration_s)
    flags = {"count": args.count, "min_s": args.min_s, "max_s": args.max_s}
    given = {name: value for name, value in flags.items() if value is not None}
    captions = wish.captions and args.captions == "auto"
    return checked(replace(wish, captions=captions, **given))


async def _cut(args: argparse.Namespace, settings: Settings, tell: Progress) -> Made:
    path: Path = args.video
    for needed in (path, args.subtitles):
        _refuse_no_file(needed)
    _wish(args)  # what cannot be meant is told before the work
    _refuse_overwriting(path, args.out)
    finder, exe = provider(settings.clip_provider, settings), find(settings)
    await version(exe)
    stages: dict[str, float] = {}
    with _timed(stages, "probe"):
        facts = await probe(path)
        name = Path(safe_name(path.name)).stem
        source = Video(path.resolve(), await sha256_of(path), facts, name=name)
    with _out_folder(args.out) as making, tempfile.TemporaryDirectory(prefix=SCRATCH) as scratch:
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
        made = Made(source, video, found, picked, [], [], stages, finder.name)
        with _timed(stages, "render"):
            await _render_all(made, wish, making, settings, tell)
    return made


def _refuse_no_file(path: Path | None) -> None:
    if path is None:
        return
    if not path.is_file():
        what = "not_a_file" if path.exists() else "no_file"
        raise NotUsable(f"clip_command.{what}", path=_shown(path))
    if not os.access(path, os.R_OK):
        raise NotUsable("clip_command.not_readable", path=_shown(path))


def _refuse_overwriting(path: Path, out: Path) -> None:
    """A clip of an earlier run, cut again into the same folder, would be replaced by its clip."""
    if path.resolve().parent == out.resolve() and re.fullmatch(r"clip-\d+\.mp4", path.name):
        raise Told("clip_command.same_file", path=_shown(path))


@contextmanager
def _out_folder(out: Path) -> Iterator[Path]:
    """A hidden folder inside `out` to work in. Where no clip came of it, `out` vanishes again."""
    new = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        try:
            out.mkdir(parents=True, exist_ok=True)
            _clear_killed(out)
            scratch = tempfile.TemporaryDirectory(dir=out, prefix=f".{SCRATCH}")
        except OSError as wrong:
            tell_if_full(wrong)
            why = wrong.strerror or ""
            raise Told("clip_command.out", path=_shown(out), why=why) from wrong
        with scratch as making, _held(Path(making)):
            yield Path(making)
    finally:
        for folder in new:
            with contextlib.suppress(OSError):  # it holds clips, or was never made
                folder.rmdir()


@contextmanager
def _held(folder: Path) -> Iterator[bool]:
    """A lock on a folder that ends with this process, however it ends; False: another has it."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            free = True
        except BlockingIOError:
            free = False
        yield free
    finally:
        os.close(fd)


def _clear_killed(out: Path) -> None:
    """Throw away the working folders of runs that were killed; those of running ones are held."""
    for left in out.glob(f".{SCRATCH}*"):
        with contextlib.suppress(OSError), _held(left) as free:
            if free:
                shutil.rmtree(left)


async def _render_all(
    made: Made, wish: Wish, making: Path, settings: Settings, tell: Progress
) -> None:
    """One clip after the other; one that fails costs only itself."""
    captions = wish.captions and bool(made.analysis.words)
    for rank, span in enumerate(made.picked.spans, start=1):
        tell.begin(f"clip {rank} of {len(made.picked.spans)}")
        burnt = captions and made.analysis.has_captions(span.start_s, span.end_s)
        if burnt:
            tell("render", 0.0, note=say("edit.burnt"))
        try:
            clip = await make_clip(
                made.video,
                made.analysis,
                span.start_s,
                span.end_s,
                fmt=FORMATS[wish.format],
                captions=captions and not burnt,
                into=making / str(rank),
                settings=settings,
                tell=tell,
            )
        except Told as told:
            made.failed.append((rank, told.say))
            if told.say.key == "media.disk_full":
                return  # and it stays full for the others
            continue
        made.clips.append((rank, span, await asyncio.to_thread(_keep, clip, making.parent, rank)))


def _keep(clip: Rendered, out: Path, rank: int) -> Rendered:
    file, cover = out / f"clip-{rank:02d}.mp4", out / f"clip-{rank:02d}.jpg"
    clip.file.replace(file)
    clip.cover.replace(cover)
    return replace(clip, file=file.resolve(), cover=cover.resolve())


def as_json(made: Made, catalog: Catalog) -> dict[str, Any]:
    """The object of `--json`."""
    facts, found = made.source.facts, made.analysis
    return {
        "source": {
            "path": str(made.source.path),
            "sha256": made.source.sha256,
            "duration_s": facts.duration_s,
            "width": facts.width,
            "height": facts.height,
            "fps": facts.fps,
        },
        "provider": made.provider,
        "stages_s": {
            name: made.stages_s.get(name, 0.0)
            for name in ("probe", "video", "audio", "words", "pick", "render")
        },
        "words": [{"start_s": w.start_s, "end_s": w.end_s, "text": w.text} for w in found.words],
        "shots_s": list(found.shots_s),
        "clips": [_clip_json(*clip, catalog) for clip in made.clips],
    }


def _clip_json(rank: int, span: Span, clip: Rendered, catalog: Catalog) -> dict[str, Any]:
    return {
        "rank": rank,
        "start_s": span.start_s,
        "end_s": span.end_s,
        "score": span.score,
        "reasons": [catalog.text(r) for r in span.reasons],
        "title": span.title,
        "caption": span.caption,
        "tags": list(span.tags),
        "file": str(clip.file),
        "cover": str(clip.cover),
        "width": clip.width,
        "height": clip.height,
        "duration_s": clip.duration_s,
        "layouts": [_layout_json(layout) for layout in clip.plan.layouts],
        "faces": [asdict(face) for face in clip.faces],
        "checks": [
            {"name": c.name, "ok": c.ok, "value": _finite(c.value), "limit": c.limit}
            for c in clip.checks
        ],
    }


def _layout_json(layout: Layout) -> dict[str, Any]:
    """`path` alone, as the shape is fixed; of a split it is the upper window."""
    fields = asdict(layout)
    return {name: fields[name] for name in ("start_s", "end_s", "kind", "path")}


def _finite(value: float | str | None) -> float | str | None:
    """JSON has no infinity: the loudness of silence is null."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _list(made: Made, catalog: Catalog) -> None:
    for rank, span, clip in made.clips:
        reasons = ", ".join(catalog.text(r) for r in span.reasons)
        sys.stdout.write(
            f"{rank}. {span.title}  ({span.start_s:.1f}-{span.end_s:.1f} s, "
            f"score {span.score:.0f}: {reasons})\n   {clip.file}\n"
        )
