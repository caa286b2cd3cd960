"""The sound of a clip, beside its picture: measured, levelled, encoded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.analysis.model import Analysis
from core.media.inputs import file_arg
from core.render.encode import file_args, sound_args, sound_graph
from core.render.loudness import METER, Gain, Level, find_gain, mended, read_level, right
from core.render.mix import Mix, SoundWish
from core.render.work import Work

SOUND = "sound.mp4"
LEVEL_TRIES = 3


@dataclass(frozen=True, slots=True)
class _Desk:
    """The span's sound on its way through the filters."""

    work: Work

    def command(self, last: Sequence[str], *output: str) -> list[str]:
        """One run of the graph; `last` are the filters behind everything else."""
        work, sound = self.work, self.work.video.facts.sound
        graph = sound_graph(f"0:{sound.stream}" if sound else None, work.beat, last)
        source, other = work.alone("sound") if sound else ([], [])
        return [*source, "-filter_complex", graph, "-map", "[a]", *output, *other]

    async def level(self, last: Sequence[str]) -> Level | None:
        args = self.command([*last, METER], "-f", "null", "-")
        return read_level(await self.work.ffmpeg(args))


async def make_sound(work: Work, analysis: Analysis, wish: SoundWish, known: Mix | None) -> Mix:
    """Measure, level and encode; should the encoder lift a peak, once more. What is `known` of
    another version that sounds the same is taken as it is. Gives what it was made with in the
    end."""
    desk, made = _Desk(work), file_arg(work.scratch / SOUND)
    silent = work.video.facts.sound is None
    gain = known.gain if known else Gain() if silent else await find_gain(desk.level)
    for _ in range(LEVEL_TRIES):
        await work.ffmpeg(desk.command(gain.filters(), *sound_args(), *file_args(), made))
        if known or silent:
            break
        got = read_level(await work.ffmpeg(["-i", made, "-af", METER, "-f", "null", "-"]))
        if got is None or right(gain, got):
            break
        gain = mended(gain, got)
    return Mix(gain)
