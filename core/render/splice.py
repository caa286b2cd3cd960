"""The sound of a clip without what was taken out of it: its stretches behind each other, each join
a short crossfade.

Both sides of a join are quiet places (`tighten.py` looks for them), and the noise of one is not
that of the other: their powers add up, so the fades are those of equal power, sin² and cos². With
straight ones the room would dip by 3 dB at every join, which is heard as a flutter; without any a
step in the middle of a wave clicks. The fade lies around the join and takes no time: what fades out
goes on a little behind it, what fades in begins a little before.

The places are those of picture frames, each rounded to a sample by itself, so that no rounding adds
up: after a hundred joins sound and picture still meet to half a sample.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.media.inputs import file_arg
from core.render.rate import Beat
from core.render.work import Work

RATE_HZ = 48000
FADE_S = 0.012
_FRAME_B = 8
"""Two channels of 32-bit floats: nothing is lost on the way."""
_CHUNK = 1 << 20

Sound = npt.NDArray[np.float32]


async def spliced(work: Work) -> tuple[str, ...]:
    """The arguments that open the sound of the clip; the source must have one."""
    heard, joined = work.scratch / "heard.f32", work.scratch / "joined.f32"
    sound, (source, other) = work.video.facts.sound, work.alone("sound")
    assert sound
    graph = (
        f"[0:{sound.stream}]aresample={RATE_HZ}:async=1:first_pts=0,"
        "aformat=sample_fmts=flt:channel_layouts=stereo,"
        f"atrim=start_sample={round(work.beat.lead_s * RATE_HZ)}[a]"
    )
    out = ("-map", "[a]", "-f", "f32le", file_arg(heard))
    await work.ffmpeg([*source, "-filter_complex", graph, *out, *other])
    await asyncio.to_thread(_join, heard, joined, work.beat)
    heard.unlink()
    return ("-f", "f32le", "-ar", str(RATE_HZ), "-ch_layout", "stereo", "-i", file_arg(joined))


def _join(heard: Path, joined: Path, beat: Beat) -> None:
    """Read and write in place: ten minutes of sound are more than memory should hold."""
    count = heard.stat().st_size // _FRAME_B
    have: Sound = np.memmap(heard, np.float32, "r", shape=(count, 2)) if count else _silence(0)
    with joined.open("wb") as file:
        for a, b in beat.kept:
            begin, end = _sample(a, beat), _sample(b, beat)
            for at in range(begin, end, _CHUNK):
                file.write(_part(have, at, min(end, at + _CHUNK)).tobytes())
        half, at = round(FADE_S * RATE_HZ / 2), 0
        up = np.sin(np.linspace(0, np.pi / 2, 2 * half, dtype=np.float32))[:, None]
        for (a, b), (after, _) in zip(beat.kept, beat.kept[1:], strict=False):
            at += _sample(b, beat) - _sample(a, beat)
            ends, begins = _sample(b, beat), _sample(after, beat)
            mixed = _part(have, ends - half, ends + half) * up[::-1]
            mixed += _part(have, begins - half, begins + half) * up
            file.seek(max(0, at - half) * _FRAME_B)
            file.write(mixed[max(0, half - at) :].tobytes())


def _sample(frame: int, beat: Beat) -> int:
    return round(frame * RATE_HZ / beat.rate)


def _part(have: Sound, begin: int, end: int) -> Sound:
    """Samples of the source; silence where it has none."""
    part = have[max(0, begin) : max(0, min(end, len(have)))]
    before = _silence(min(max(0, -begin), end - begin))
    return np.concatenate([before, part, _silence(end - begin - len(before) - len(part))])


def _silence(count: int) -> Sound:
    return np.zeros((count, 2), np.float32)
