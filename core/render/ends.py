"""An intro and an outro around a clip, in the same graphs that make the clip: nothing is encoded
twice, and the whole keeps one beat and one loudness."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from core.brand.kit import Kit
from core.media.decode import input_args
from core.media.facts import Format, Video
from core.render.encode import sound_graph
from core.render.graph import FINISHED, fitted, on_beat
from core.render.rate import Beat
from core.render.scaling import picture_of, scaled
from core.sound.loudness import METER, Gain, Level, find_gain, read_level

ALIKE = 0.015
"""A shape so near to the clip's is stretched to it; nobody sees that."""


@dataclass(frozen=True, slots=True)
class End:
    """An intro or an outro on the beat of a clip."""

    video: Video
    beat: Beat
    gain: Gain = field(default_factory=Gain)

    @property
    def opened(self) -> list[str]:
        return input_args(self.video)


@dataclass(frozen=True, slots=True)
class Ends:
    """What stands before and behind a clip."""

    intro: End | None = None
    outro: End | None = None

    @property
    def every(self) -> tuple[End, ...]:
        return tuple(e for e in (self.intro, self.outro) if e is not None)

    def inputs(self) -> list[str]:
        """The arguments that open them, in the order of their numbers."""
        return [a for end in self.every for a in end.opened]


def with_ends(beat: Beat, kit: Kit) -> tuple[Beat, Ends]:
    """The beat of the clip with room for the intro and the outro of a kit."""
    intro, outro = (_on(beat, v) if v else None for v in (kit.intro, kit.outro))
    before, after = (e.beat.frames if e else 0 for e in (intro, outro))
    if outro is not None:  # something is in front of it
        outro = replace(outro, beat=replace(outro.beat, before=1))
    return replace(beat, before=before, after=after), Ends(intro, outro)


def _on(beat: Beat, video: Video) -> End:
    frames = max(1, int(video.facts.duration_s * beat.rate + 0.01))
    return End(video, Beat(beat.rate, 0.0, frames, 0.0))


async def levelled(
    ends: Ends, to_lufs: float, ffmpeg: Callable[[Sequence[str]], Awaitable[str]]
) -> Ends:
    """Each brought to the loudness of the clip itself; `ffmpeg` runs a command and gives what it
    wrote."""

    async def one(end: End | None) -> End | None:
        sound = end.video.facts.sound if end else None
        if end is None or sound is None:
            return end

        async def level(last: Sequence[str]) -> Level | None:
            graph = sound_graph(f"0:{sound.stream}", end.beat, [*last, METER])
            made = ["-filter_complex", graph, "-map", "[a]", "-f", "null", "-"]
            return read_level(await ffmpeg([*end.opened, *made]))

        return replace(end, gain=await find_gain(level, target_lufs=to_lufs))

    return Ends(await one(ends.intro), await one(ends.outro))


def joined_picture(graph: str, ends: Ends, fmt: Format, *, first: int) -> str:
    """A graph to `[v]` with the ends around it; `first` is the number of their first input."""
    if not ends.every:
        return graph
    parts = [graph.removesuffix("[v]") + "[clip]"]
    names = ["[clip]"]
    for number, end in enumerate(ends.every, start=first):
        name = "intro" if end is ends.intro else "outro"
        parts += shown(name, number, end, fmt)
        names.insert(0 if name == "intro" else len(names), f"[{name}]")
    parts.append(f"{''.join(names)}concat=n={len(names)}:v=1:a=0[v]")
    return ";".join(parts)


def shown(name: str, number: int, end: End, fmt: Format) -> list[str]:
    """The whole picture of an end in the shape of the clip, over a blurred one where it differs."""
    picture = picture_of(end.video.facts)
    source = f"[{number}:{end.video.facts.stream}]{on_beat(picture, end.beat)}"
    width, height = picture.size
    if abs(width * fmt.height / (height * fmt.width) - 1) <= ALIKE:
        return [
            f"{source},{scaled(picture.size, (fmt.width, fmt.height), picture)},{FINISHED}[{name}]"
        ]
    top = (fmt.height - round(height * fmt.width / width)) // 4 * 2
    made = fitted(name, source, picture, fmt, max(0, top))
    return [*made, f"[made{name}]setsar=1,{FINISHED}[{name}]"]


def joined_sound(graph: str, ends: Ends, *, first: int) -> str:
    """The same for a graph to `[a]`."""
    if not ends.every:
        return graph
    parts, names = [graph.removesuffix("[a]") + "[clip]"], ["[clip]"]
    for number, end in enumerate(ends.every, start=first):
        sound, name = end.video.facts.sound, "intro" if end is ends.intro else "outro"
        source = f"{number}:{sound.stream}" if sound else None
        made = sound_graph(source, end.beat, end.gain.filters())
        parts.append(made.removesuffix("[a]") + f"[{name}]")
        names.insert(0 if name == "intro" else len(names), f"[{name}]")
    formats = "aformat=sample_fmts=fltp:sample_rates=48000:channel_layouts=stereo"
    parts = [p.rsplit("[", 1)[0] + f",{formats}[" + p.rsplit("[", 1)[1] for p in parts]
    parts.append(f"{''.join(names)}concat=n={len(names)}:v=0:a=1[a]")
    return ";".join(parts)
