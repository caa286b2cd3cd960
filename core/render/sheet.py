"""How clips look in a brand, as one picture: intro, clip, outro, from the graphs that make clips.

await make_sheet(kit, look, Example(video, plan, faces, words), into, settings)
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.analysis.model import Spell, Word
from core.analysis.timeline import Timeline
from core.brand.colours import dressed
from core.brand.kit import Kit
from core.captions.ass import captions_ass
from core.captions.fonts import link_fonts
from core.captions.look import Look
from core.captions.style import load_style
from core.framing.plan import FaceAt, Layout, Plan, Window
from core.media.facts import FORMATS, Video
from core.media.ffmpeg import find, run
from core.media.inputs import file_arg
from core.media.probe import probe
from core.render.ends import End, shown, with_ends
from core.render.graph import picture_graph
from core.render.logo import logo_spot, stamped
from core.render.place import places
from core.render.rate import beat
from core.render.scaling import has_zimg, picture_of
from core.render.work import Work
from core.settings import Settings

HEIGHT_PX = 960
LATEST_S = 2.0
"""What is shown is looked for in the first seconds of a clip: whoever asked waits for it."""


@dataclass(frozen=True, slots=True)
class Example:
    """A clip to show it on; words, faces and plan are in its time."""

    video: Video
    line: Timeline
    plan: Plan
    faces: tuple[FaceAt, ...]
    words: tuple[Word, ...]


async def drawn_example(words: Sequence[str], folder: Path, settings: Settings) -> Example:
    """A calm ground for a workspace that has no clip yet."""
    path = folder / "ground.mp4"
    ground = "gradients=s=54x96:r=30:d=1.2:c0=0x30566B:c1=0x86A89A:x0=0:y0=0:x1=54:y1=96"
    args = ["-f", "lavfi", "-i", f"{ground}:seed=1:speed=0.00001", "-vf", "scale=1080:1920"]
    coded = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
    await run([*args, *coded, file_arg(path)], exe=find(settings), timeout_s=60)
    window = Window(0, 0, 0, 1080, 1920)
    # So close that what is shown is among the first few frames.
    said = tuple(Word(w, k * 0.1, k * 0.1 + 0.1) for k, w in enumerate(words))
    plan = Plan("9:16", (Layout(0, 1.2, "track", (window,)),))
    return Example(Video(path, "", await probe(path)), Timeline.whole(0, 1.2), plan, (), said)


async def make_sheet(
    kit: Kit, look: Look, example: Example, into: Path, settings: Settings
) -> tuple[int, int]:
    """Write it as a JPEG; its size. Raises FfmpegFailed or Told when it cannot be drawn."""
    fmt, exe = FORMATS[example.plan.format], find(settings)
    style = dressed(load_style(look.style), kit.brand)
    ass = captions_ass(
        example.words,
        fmt,
        style,
        until_s=example.words[-1].end_s if example.words else None,
        middles=places(example.plan, example.faces, fmt, style),
        own=kit.own,
    )
    at_s = min(_moment(example.words), LATEST_S)
    span = beat(example.video.facts, _beginning(example.line, at_s + 0.1))
    _, ends = with_ends(span, kit)
    with tempfile.TemporaryDirectory(prefix="clipdesk-") as folder:
        work = Work(example.video, span, Path(folder), exe)
        (work.scratch / "captions.ass").write_text(ass, encoding="utf-8")
        link_fonts(work.scratch / "fonts", kit.own)
        facts = example.video.facts
        graph = picture_graph(
            example.plan,
            span,
            picture_of(facts, zimg=await has_zimg(exe)),
            fmt,
            captions="ass=captions.ass:fontsdir=fonts",
            source=facts.stream,
        )
        inputs, other = work.alone("picture")
        spot = logo_spot(kit.logo, example.plan, example.faces, ass) if kit.logo else None
        if kit.logo and spot:
            graph = stamped(graph, spot, span, number=1)
            inputs = [*inputs, "-f", "png_pipe", "-i", file_arg(kit.logo)]
        last = max(0, span.frames - 2)
        parts = [graph, f"[v]{_still(last)}[own]"]
        names = ["[own]"]
        for number, end in enumerate(ends.every, start=inputs.count("-i")):
            name = "intro" if end is ends.intro else "outro"
            parts += [*shown(name, number, end, fmt)]
            parts.append(f"[{name}]{_still(_middle(end))}[{name}still]")
            names.insert(0 if name == "intro" else len(names), f"[{name}still]")
        beside = f"hstack=inputs={len(names)}," if len(names) > 1 else ""
        parts.append(f"{''.join(names)}{beside}format=yuvj420p[sheet]")
        args = [*inputs, *ends.inputs(), "-filter_complex", ";".join(parts), "-map", "[sheet]"]
        made = ["-frames:v", "1", "-q:v", "3", "-f", "image2", "-update", "1", file_arg(into)]
        await run([*args, *made, *other], exe=exe, timeout_s=60, cwd=work.scratch)
    return len(names) * _width(fmt.width / fmt.height), HEIGHT_PX


def _beginning(line: Timeline, length_s: float) -> Timeline:
    """As much of the clip as that."""
    spans = []
    for span in line.spans:
        if length_s > 0:
            spans.append(Spell(span.start_s, min(span.end_s, span.start_s + length_s)))
        length_s -= span.length_s
    return Timeline(tuple(spans))


def _moment(words: Sequence[Word]) -> float:
    """In the middle of the second word: one is said already, one is lit."""
    word = next(iter(words[1:2] or words[:1]), None)
    return (word.start_s + word.end_s) / 2 if word else 0.5


def _middle(end: End) -> int:
    return end.beat.frames // 2


def _width(ratio: float) -> int:
    return round(HEIGHT_PX * ratio / 2) * 2


def _still(frame: int) -> str:
    """One frame, small."""
    one = f"trim=start_frame={frame}:end_frame={frame + 1},setpts=0"
    return f"{one},scale=-2:{HEIGHT_PX}:flags=area,setsar=1"
