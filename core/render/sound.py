"""The sound of a clip, beside its picture: measured, cleaned where it helps, with music under it if
that is wished, levelled, encoded."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from core.analysis.model import Analysis, Spell
from core.media.ffmpeg import FfmpegFailed
from core.media.inputs import file_arg
from core.render.encode import file_args, sound_args, sound_graph
from core.render.ends import Ends, joined_sound, levelled
from core.render.splice import spliced
from core.render.work import Work
from core.sound.bed import make_bed
from core.sound.cleaning import Cleaned, Cleaning, judged, plans
from core.sound.loudness import METER, Gain, Level, find_gain, mended, read_level, right
from core.sound.mix import Mix, SoundWish
from core.sound.noise import MOST_S, Samples, measure, worse
from core.sound.spoken import spoken

SOUND, BED = "sound.mp4", "bed.wav"
LEVEL_TRIES = 3


@dataclass(frozen=True, slots=True)
class _Desk:
    """The span's sound on its way through the filters."""

    work: Work
    cleaned: Cleaned | None = None
    bed: Path | None = None
    ends: Ends = field(default_factory=Ends)
    joined: tuple[str, ...] = ()
    """The arguments that open it, when it was put together of several stretches."""

    def command(self, last: Sequence[str], *output: str) -> list[str]:
        """One run of the graph; `last` are the filters behind everything else."""
        work, sound = self.work, self.work.video.facts.sound
        clean = self.cleaned.filters() if self.cleaned else []
        source, other = work.alone("sound") if sound else ([], [])
        stream, bed, beat = f"0:{sound.stream}" if sound else None, None, work.beat
        if self.joined:
            stream, beat, source, other = "0:0", replace(beat, lead=0), [*self.joined], []
        if self.bed:
            bed = f"{source.count('-i')}:0"
            source = [*source, "-i", file_arg(self.bed)]
        graph = sound_graph(stream, beat, last, own=clean, bed=bed)
        graph = joined_sound(graph, self.ends, first=source.count("-i"))
        source = [*source, *self.ends.inputs()]
        return [*source, "-filter_complex", graph, "-map", "[a]", *output, *other]

    async def level(self, last: Sequence[str]) -> Level | None:
        args = self.command([*last, METER], "-f", "null", "-")
        return read_level(await self.work.ffmpeg(args))

    async def samples(self) -> Samples:
        """Both channels, side by side; of a long clip its beginning."""
        raw = await self.work.read(self.command([f"atrim=end={MOST_S}"], "-f", "f32le", "pipe:1"))
        return np.frombuffer(raw[: len(raw) // 8 * 8], np.float32).reshape(-1, 2)


async def make_sound(work: Work, analysis: Analysis, wish: SoundWish, known: Mix | None) -> Mix:
    """Measure, clean, level and encode; should the encoder lift a peak, once more. What is `known`
    of another version that sounds the same is taken as it is. Gives what it was made with in the
    end. `analysis` is of the clip, in its time."""
    said = spoken(analysis, work.beat.length_s)
    desk, mix = await _at_the_desk(work, said, wish, known)
    silent, made = work.video.facts.sound is None and not desk.bed, file_arg(work.scratch / SOUND)
    gain = known.gain if known else Gain() if silent else await find_gain(desk.level)
    desk = replace(desk, ends=await levelled(work.ends, gain.wished_lufs, work.ffmpeg))
    for _ in range(LEVEL_TRIES):
        await work.ffmpeg(desk.command(gain.filters(), *sound_args(), *file_args(), made))
        if known or silent:
            break
        got = read_level(await work.ffmpeg(["-i", made, "-af", METER, "-f", "null", "-"]))
        if got is None or right(gain, got):
            break
        gain = mended(gain, got)
    return replace(mix, gain=gain)


async def _at_the_desk(
    work: Work, said: Sequence[Spell], wish: SoundWish, known: Mix | None
) -> tuple[_Desk, Mix]:
    """Everything but the level."""
    mix, desk = known or Mix(), _Desk(work)
    if work.beat.kept and work.video.facts.sound is not None:
        desk = replace(desk, joined=await spliced(work))
    if known:
        desk = replace(desk, cleaned=known.cleaned)
    elif work.video.facts.sound is not None:
        desk = await _cleaned(desk, said, wish.cleaning)
        mix = replace(mix, cleaned=desk.cleaned)
    if wish.music is None:
        return desk, mix
    if not known and work.video.facts.sound is not None:
        own = await desk.level(())
        mix = replace(mix, own_lufs=own.lufs if own else None)
    bed = work.scratch / BED
    under = await make_bed(wish.music, said, work.beat.length_s, mix.own_lufs, work.exe, bed)
    return replace(desk, bed=bed), replace(mix, music_under_lu=under)


async def _cleaned(desk: _Desk, said: Sequence[Spell], wish: Cleaning) -> _Desk:
    """With the first of the filters that could help that was measured to help."""
    if wish == "leave" or not said:
        return desk
    both = await desk.samples()
    channel = worse(both)
    before = np.ascontiguousarray(both[:, channel])
    heard = await asyncio.to_thread(measure, before, said)
    for plan in plans(heard, wish):
        tried = replace(desk, cleaned=plan)
        try:
            after = np.ascontiguousarray((await tried.samples())[:, channel])
        except FfmpegFailed:  # one of another make, without these filters
            return desk
        done = await asyncio.to_thread(judged, plan, heard, before, after)
        if done is not None:
            return replace(desk, cleaned=done)
    return desk
