"""Where something was taken out of a clip: is a word cut there, does it click, and do sound and
picture go on at the same frame?

Nothing is believed here either. The sound of the finished file is laid over that of the source,
stretch by stretch, and says itself where it comes from; the picture shows where it jumps.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.analysis.model import Analysis, Word
from core.analysis.timeline import Join, Timeline
from core.checks.check import Check
from core.checks.sound import LOUD_DB, WITHIN_S
from core.framing.plan import Plan
from core.media.decode import input_args
from core.media.facts import Video
from core.media.ffmpeg import start
from core.media.inputs import file_arg

CLICK_DB = 12.0
"""A click is so much sharper than what is around it; noise alone differs by 6 dB."""
AUDIBLE = 10 ** (-66 / 20)
"""Of full scale: a sharper edge than this is not heard under anything."""
_CLIP_HZ, _LOW_HZ = 48000, 8000
_LOOK_S = 0.008
_AROUND_S = 0.06
_EDGE_S = 0.02
_HEAR_S = 4.0
_LAG_S = 0.2
_ALIKE = 0.5
"""Correlation from which a stretch was surely found in the source."""
_LOOKS = 12
_AHEAD = 5
"""Frames that are looked at on each side of a join."""
_CLEAR = 2.0
"""A jump is seen when it is this many times what moves around it."""
_SMALL = (90, 160)

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Met:
    """What was heard and seen at the joins of a file."""

    sound: Samples
    """48 kHz, mono; empty where the source has none."""
    lags_s: tuple[float | None, ...]
    """How much later each stretch is heard than it should be; None where it could not be told."""
    jumps: tuple[int | None, ...]
    """For each join: how many frames late the picture jumps; None where no jump is seen."""
    rate: float


async def meet(
    file: Path,
    video: Video,
    line: Timeline,
    plan: Plan,
    rate: float,
    *,
    begin_s: float,
    exe: str,
    timeout_s: float,
) -> Met:
    """Listen to the file and to the source, and look at the frames around each join. The clip
    itself begins at `begin_s` of the file."""
    shape = f"aformat=sample_fmts=flt:channel_layouts=mono,aresample={_CLIP_HZ}"
    heard = ["-i", file_arg(file), "-map", "0:a", "-af", shape, "-f", "f32le", "pipe:1"]
    async with asyncio.TaskGroup() as all_:
        seen = all_.create_task(_jumps(file, line, plan, rate, begin_s, exe, timeout_s))
        sound = np.frombuffer(await _read(heard, exe, timeout_s), np.float32)
        sound = sound[round(begin_s * _CLIP_HZ) :]
        lags: tuple[float | None, ...] = (None,) * len(line.spans)
        if video.facts.sound:
            own = await _source(video, line, exe, timeout_s)
            lags = await asyncio.to_thread(_lags, sound, own, line)
    return Met(sound if video.facts.sound else sound[:0], lags, seen.result(), rate)


async def _read(args: Sequence[str], exe: str, timeout_s: float) -> bytes:
    async with start(args, exe=exe, timeout_s=timeout_s, reads=True) as running:
        assert running.out
        raw = await asyncio.to_thread(running.out.read)
        await running.wait()
    return raw


async def _source(video: Video, line: Timeline, exe: str, timeout_s: float) -> Samples:
    """The source from `_LAG_S` before the clip on, small."""
    sound = video.facts.sound
    assert sound
    begin_s = max(0.0, line.start_s - _LAG_S)
    opened = input_args(
        video, start_s=begin_s, length_s=line.end_s - begin_s + _LAG_S, reads="sound"
    )
    shape = f"aresample={_LOW_HZ}:async=1:first_pts=0,aformat=sample_fmts=flt:channel_layouts=mono"
    args = [*opened, "-map", f"0:{sound.stream}", "-af", shape, "-f", "f32le", "pipe:1"]
    raw: Samples = np.frombuffer(await _read(args, exe, timeout_s), np.float32)
    missing = round((_LAG_S - (line.start_s - begin_s)) * _LOW_HZ)
    return np.concatenate([np.zeros(missing, np.float32), raw])


def _lags(sound: Samples, own: Samples, line: Timeline) -> tuple[float | None, ...]:
    step = _CLIP_HZ // _LOW_HZ
    low = sound[: len(sound) // step * step].reshape(-1, step).mean(axis=1)
    found: list[float | None] = []
    for span in line.spans:
        length_s = min(_HEAR_S, span.length_s - 2 * _EDGE_S)
        # Of the first one the end, of the others the beginning: as near to a join as can be.
        begin_s = span.start_s + _EDGE_S if found else span.end_s - _EDGE_S - length_s
        a = round(line.clip_s(begin_s) * _LOW_HZ)
        b = round((begin_s - line.start_s) * _LOW_HZ)
        count, reach = round(length_s * _LOW_HZ), round(_LAG_S * _LOW_HZ)
        found.append(_lag(low[a : a + count], own[b : b + count + 2 * reach], reach))
    return tuple(found)


def _lag(part: Samples, around: Samples, reach: int) -> float | None:
    """Where in `around` a part lies, in seconds behind its place at `reach`."""
    if len(around) < len(part) + 2 * reach or len(part) < _LOW_HZ // 4:
        return None
    size = 1 << (len(around) - 1).bit_length()
    product = np.fft.rfft(around, size) * np.conj(np.fft.rfft(part, size))
    match = np.fft.irfft(product, size)[: 2 * reach + 1]
    energy = np.concatenate([[0.0], np.cumsum(around.astype(np.float64) ** 2)])
    there = energy[len(part) : len(part) + 2 * reach + 1] - energy[: 2 * reach + 1]
    norm = np.sqrt(np.maximum(there * float((part.astype(np.float64) ** 2).sum()), 1e-12))
    alike = match / norm
    best = int(alike.argmax())
    return (reach - best) / _LOW_HZ if alike[best] >= _ALIKE else None


async def _jumps(
    file: Path,
    line: Timeline,
    plan: Plan,
    rate: float,
    begin_s: float,
    exe: str,
    timeout_s: float,
) -> tuple[int | None, ...]:
    """Of joins that must be seen, being hidden by another window or lying on a shot edge. Only what
    is around them is decoded, and of very many the picture is looked at at some."""
    at = [round((begin_s + j.at_s) * rate) for j in line.joins]
    begins = {round((begin_s + layout.start_s) * rate) for layout in plan.layouts[1:]}
    able = [n for n in at if n in begins]
    wanted = able[:: -(-len(able) // _LOOKS)] if able else []
    if not wanted:
        return (None,) * len(at)
    small = f"scale={_SMALL[0]}:{_SMALL[1]}:flags=fast_bilinear,format=gray"
    args, graph = [], []
    for k, n in enumerate(wanted):
        around = ("-ss", f"{(n - _AHEAD - 0.5) / rate:.6f}", "-t", f"{(2 * _AHEAD + 5) / rate:.6f}")
        args += ["-skip_loop_filter", "all", *around, "-i", file_arg(file)]
        graph.append(f"[{k}:v]trim=end_frame={2 * _AHEAD},{small},setpts=PTS-STARTPTS[p{k}]")
    names = "".join(f"[p{k}]" for k in range(len(wanted)))
    graph.append(f"{names}concat=n={len(wanted)}:v=1:a=0[v]")
    args += ["-filter_complex", ";".join(graph), "-map", "[v]"]
    args += ["-fps_mode", "passthrough", "-f", "rawvideo", "pipe:1"]
    raw, shape = await _read(args, exe, timeout_s), (len(wanted), 2 * _AHEAD, _SMALL[0] * _SMALL[1])
    if len(raw) != np.prod(shape):  # frames are missing; `duration` says so
        return (None,) * len(at)
    frames = np.frombuffer(raw, np.uint8).reshape(shape)
    seen = {n: _jump(part) for n, part in zip(wanted, frames, strict=True)}
    return tuple(seen.get(n) for n in at)


def _jump(frames: npt.NDArray[np.uint8]) -> int | None:
    """How many frames behind the middle the picture jumps."""
    steps = np.abs(np.diff(frames.astype(np.int16), axis=0)).mean(axis=1)
    most, second = np.sort(steps)[::-1][:2]
    return int(steps.argmax()) - (_AHEAD - 1) if most >= _CLEAR * max(float(second), 0.1) else None


def join_checks(met: Met, analysis: Analysis, line: Timeline) -> Iterator[Check]:
    """Hold what was met against the plan; the worst of all joins is told."""
    if len(met.sound):
        yield _word(met, analysis, line)
        yield _click(met, line)
    yield _sync(met)


def _word(met: Met, analysis: Analysis, line: Timeline) -> Check:
    """An inner edge inside a word that is also loud there."""
    worst = -90.0
    for join in line.joins:
        loud = _db(met.sound, join.at_s)
        worst = max(worst, loud)
        cut = _cut(analysis.words, join, line)
        if cut is not None and loud > LOUD_DB:
            return Check("join_word", False, cut.text, "between words", must=False)
    return Check("join_word", True, round(worst, 1), "between words", must=False)


def _cut(words: Sequence[Word], join: Join, line: Timeline) -> Word | None:
    edges = (join.from_s, join.to_s)
    inside = (w for w in words for t in edges if w.start_s + WITHIN_S < t < w.end_s - WITHIN_S)
    return next((w for w in inside if not line.drops(w)), None)


def _db(sound: Samples, at_s: float) -> float:
    part = _part(sound, at_s - _EDGE_S, at_s + _EDGE_S)
    rms = float(np.sqrt((part.astype(np.float64) ** 2).mean())) if len(part) else 0.0
    return 20 * float(np.log10(max(rms, 10**-4.5)))


def _part(sound: Samples, begin_s: float, end_s: float) -> Samples:
    return sound[max(0, round(begin_s * _CLIP_HZ)) : max(0, round(end_s * _CLIP_HZ))]


def _click(met: Met, line: Timeline) -> Check:
    """How much sharper the wave bends at a join than beside it: a step in a wave does that, a
    crossfade does not."""
    bends = np.abs(np.diff(met.sound, 2))
    worst = -90.0
    for join in line.joins:
        t = join.at_s
        here = _most(_part(bends, t - _LOOK_S, t + _LOOK_S))
        sides = ((t - _AROUND_S, t - _LOOK_S), (t + _LOOK_S, t + _AROUND_S))
        beside = max(_most(_part(bends, *side)) for side in sides)
        if here > AUDIBLE:
            worst = max(worst, 20 * float(np.log10(here / max(beside, AUDIBLE))))
    limit = f"≤ {CLICK_DB:g} dB over what is beside it"
    return Check("join_click", worst <= CLICK_DB, round(worst, 1), limit, must=False)


def _most(part: Samples) -> float:
    return float(part.max()) if len(part) else 0.0


def _sync(met: Met) -> Check:
    """The sound of both stretches and the jump between them, against where they belong."""
    offs = []
    for k, jump in enumerate(met.jumps):
        seen_s = (jump or 0) / met.rate
        offs += [seen_s - lag for lag in met.lags_s[k : k + 2] if lag is not None]
        offs += [seen_s] if jump is not None else []
    worst = max(offs, key=abs, default=None)
    limit = f"± {1000 / met.rate:.0f} ms, a frame"
    ok = worst is None or abs(worst) <= 1 / met.rate + 1e-6
    return Check("join_sync", ok, None if worst is None else round(worst, 4), limit)
