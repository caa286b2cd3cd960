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
from core.captions.look import Look
from core.captions.style import load_style
from core.framing.plan import FaceAt, Layout, Plan, Window
from core.media.facts import FORMATS, Format, Video
from core.media.ffmpeg import find, run
from core.media.inputs import file_arg
from core.media.probe import probe
from core.render.ends import End, shown, with_ends
from core.render.logo import logo_spot
from core.render.picture import drawn
from core.render.place import places
from core.render.rate import beat
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
    ass = _captions(kit, look, example, fmt)
    at_s = min(_moment(example.words), LATEST_S)
    span = beat(example.video.facts, _beginning(example.line, at_s + 0.1))
    _, ends = with_ends(span, kit)
    spot = logo_spot(kit.logo, example.plan, example.faces, ass) if kit.logo else None
    logo = (kit.logo, spot) if kit.logo and spot else None
    with tempfile.TemporaryDirectory(prefix="clipdesk-") as folder:
        work = Work(example.video, span, Path(folder), exe, ends, logo)
        graph, inputs, other = await drawn(work, example.plan, fmt, work.letters(ass, kit.own))
        graph, count = _side_by_side(graph, work, fmt, first=inputs.count("-i"))
        args = [*inputs, *ends.inputs(), "-filter_complex", graph, "-map", "[sheet]"]
        made = ["-frames:v", "1", "-q:v", "3", "-f", "image2", "-update", "1", file_arg(into)]
        await run([*args, *made, *other], exe=exe, timeout_s=60, cwd=work.scratch)
    return count * _width(fmt.width / fmt.height), HEIGHT_PX


def _captions(kit: Kit, look: Look, example: Example, fmt: Format) -> str:
    """A whole ASS file of the words of the example."""
    style = dressed(load_style(look.style), kit.brand)
    return captions_ass(
        example.words,
        fmt,
        style,
        until_s=example.words[-1].end_s if example.words else None,
        middles=places(example.plan, example.faces, fmt, style),
        own=kit.own,
    )


def _side_by_side(graph: str, work: Work, fmt: Format, *, first: int) -> tuple[str, int]:
    """A graph from `[v]` on to `[sheet]`, and how many pictures stand on it; `first` is the number
    of the first input of the ends."""
    parts, names = [graph, f"[v]{_still(max(0, work.beat.frames - 2))}[own]"], ["[own]"]
    for number, end in enumerate(work.ends.every, start=first):
        name = "intro" if end is work.ends.intro else "outro"
        parts += [*shown(name, number, end, fmt)]
        parts.append(f"[{name}]{_still(_middle(end))}[{name}still]")
        names.insert(0 if name == "intro" else len(names), f"[{name}still]")
    beside = f"hstack=inputs={len(names)}," if len(names) > 1 else ""
    parts.append(f"{''.join(names)}{beside}format=yuvj420p[sheet]")
    return ";".join(parts), len(names)


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
