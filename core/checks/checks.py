"""Checks of a finished clip, measured on the file itself and not on what was meant.

| name | holds when | must |
|---|---|---|
| `container` `moov_first` `edit_list` `streams` | MP4 that plays while it loads, no edit list, one picture and one sound | yes |
| `video_codec` `pixel_format` `colour` `size` `sample_aspect` | H.264 High, yuv420p, BT.709, the size asked for, square pixels | yes |
| `frame_rate` `constant_rate` `gop` `bitrate` | 23–60 even frames a second, closed groups ≤ 2 s, ≤ 12 Mbit/s | yes |
| `audio` | AAC-LC, 48 kHz, stereo | yes |
| `duration` | as planned ± 0.2 s | yes |
| `sync_start` `sync_end` | sound and picture begin and end within 80 ms | yes |
| `decodes` | no decoding errors, to the end | yes |
| `black` `freeze` | no black ≥ 0.5 s and nothing frozen ≥ 2 s that the source does not show | when the source clearly moves |
| `black_source` `freeze_source` | (only there to be told) the source itself is so | |
| `silence` | no silence ≥ 1.5 s at the edges or ≥ 3 s inside | when the source is not silent there |
| `loudness` `true_peak` | −14 ± 0.5 LUFS, ≤ −1 dBTP | no |
| `cleaned` | (only there to be told) what hum and noise were taken out (`check_mix.py`) | |
| `music` | the music is at least 15 LU under the speech while somebody speaks | no |
| `word_start` `word_end` | no edge in the middle of a word that is heard there | no |
| `join_word` `join_click` `join_sync` | where something was taken out no word is cut and nothing clicks, and sound and picture go on at the same frame | no, no, yes |
| `captions` `captions_area` | sampled pictures show the letters, inside the free area | yes |
| `face` `blind` `reversals` | the face stays in the window, people are shown, the window does not dither | no |

What must hold and fails makes a clip unfit to post; the rest is told (`check_words.py`). An intro
and an outro are part of the file, its length and its loudness; what is seen, said and written is
asked of the clip between them.
"""  # noqa: E501

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

from core.analysis.model import Analysis, Spell
from core.analysis.timeline import Timeline, shown
from core.captions.fonts import Font, link_fonts
from core.checks.captions import caption_checks, firsts, moments, predict
from core.checks.check import Check
from core.checks.file import FileFacts, read_file
from core.checks.framing import framing_checks
from core.checks.joins import join_checks, meet
from core.checks.picture import Seen, look, picture_checks
from core.checks.sound import between, listen, sound_checks
from core.checks.spec import spec_checks
from core.framing.plan import FaceAt, Plan
from core.media.facts import Format, Video
from core.media.ffmpeg import FfmpegFailed, find
from core.settings import Settings


async def check(
    file: Path,
    *,
    video: Video,
    analysis: Analysis,
    line: Timeline,
    plan: Plan,
    faces: Sequence[FaceAt],
    fmt: Format,
    captioned: bool,
    ass: str | None,
    settings: Settings,
    own: Font | None = None,
    around: tuple[float, float] = (0.0, 0.0),
) -> tuple[Check, ...]:
    """Measure a finished clip. A file that cannot be decoded fails its checks. `around` are the
    lengths of intro and outro, `own` the font of the workspace."""
    facts = await asyncio.to_thread(read_file, file)
    exe, captions = find(settings), ass if captioned else None
    # Of the source only what the clip shows counts, in the time of the clip.
    clip, length_s = shown(analysis, line), line.length_s
    async with asyncio.TaskGroup() as all_:
        heard = all_.create_task(_heard(file, facts, video, clip, exe, around))
        seen = all_.create_task(_seen(file, facts, clip, fmt, captions, exe, own, around))
        joined = all_.create_task(_joined(file, facts, video, analysis, line, plan, exe, around))
    return (
        *spec_checks(facts, fmt, sum(around) + length_s),
        *heard.result(),
        *joined.result(),
        *seen.result(),
        *framing_checks(plan, faces, clip, 0.0, length_s),
    )


async def _heard(
    file: Path,
    facts: FileFacts,
    video: Video,
    clip: Analysis,
    exe: str,
    around: tuple[float, float],
) -> list[Check]:
    if not facts.sound:
        return []  # said by `streams`
    try:
        heard = await listen(file, exe=exe, timeout_s=_patience_s(clip.duration_s))
    except FfmpegFailed as wrong:
        return [Check("silence", False, str(wrong)[:80], "the sound can be decoded")]
    expected = video.facts.sound is not None
    heard = between(heard, *around)
    return [*sound_checks(heard, clip, 0.0, clip.duration_s, expected=expected)]


async def _joined(
    file: Path,
    facts: FileFacts,
    video: Video,
    analysis: Analysis,
    line: Timeline,
    plan: Plan,
    exe: str,
    around: tuple[float, float],
) -> list[Check]:
    """Nothing is measured where nothing was taken out."""
    if not line.joins or not facts.picture or not facts.picture.packets:
        return []
    packets, timeout_s = facts.picture.packets, _patience_s(line.length_s)
    rate = len(packets) / max(p.pts_s + p.length_s for p in packets)
    try:
        met = await meet(
            file, video, line, plan, rate, begin_s=around[0], exe=exe, timeout_s=timeout_s
        )
    except FfmpegFailed as wrong:
        return [Check("join_sync", False, str(wrong)[:80], "the file can be decoded")]
    return [*join_checks(met, analysis, line)]


async def _seen(
    file: Path,
    facts: FileFacts,
    clip: Analysis,
    fmt: Format,
    ass: str | None,
    exe: str,
    own: Font | None,
    around: tuple[float, float],
) -> list[Check]:
    """One decode of the picture, then one small drawing of the captions that were met in it."""
    if not facts.picture or not facts.picture.packets:
        return [Check("decodes", False, "no picture", "no errors, to the end")]
    length_s = max((p.pts_s + p.length_s for p in facts.picture.packets), default=0.0)
    timeout_s = _patience_s(length_s)
    shape = Format(fmt.name, facts.picture.width, facts.picture.height)
    wanted = moments(ass, length_s - sum(around)) if ass else []
    begin_s = around[0]
    later = [Spell(m.start_s + begin_s, m.end_s + begin_s) for m in wanted]
    with tempfile.TemporaryDirectory(prefix="clipdesk-") as folder:
        scratch = Path(folder)
        try:
            seen = await look(file, shape, later, scratch=scratch, exe=exe, timeout_s=timeout_s)
        except FfmpegFailed as wrong:
            return [Check("decodes", False, str(wrong)[:80], "no errors, to the end")]
        made = [
            *picture_checks(
                seen,
                facts.picture.packets,
                clip,
                0.0,
                captioned=ass is not None,
                around=around,
            )
        ]
        if ass is None:
            return made
        chosen = firsts(seen.full_s, later)
        times_s = [seen.full_s[n] - begin_s for n in chosen]
        link_fonts(scratch / "fonts", own)
        drawn = await predict(ass, times_s, shape, scratch=scratch, exe=exe, timeout_s=timeout_s)
    kept = Seen(seen.small, seen.full[chosen], tuple(times_s), seen.errors)
    return [*made, *caption_checks(kept, drawn, len(wanted), shape)]


def _patience_s(length_s: float) -> float:
    """Generous: decoding runs some ten times faster than the clip plays."""
    return 60 + 10 * length_s
