"""The encoder's arguments: what both platforms take, once and without a second generation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.render.rate import Beat

GOP_S = 2.0
"""A key frame at least this often; both platforms ask for closed groups of 2 s at most. At 29.97
frames a second sixty of them are longer."""
PRIMING = 1024
"""Samples an AAC encoder puts in front. Without an edit list a player hears them, so as many of the
clip are left out there: sound and picture then meet to the millisecond (measured: 21 ms late)."""
FADE_S = 0.012
"""A sound cut in mid-wave clicks; this is too short to hear as a fade."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """One way to make the picture; `args` choose and tune it."""

    name: str
    args: tuple[str, ...]
    device: tuple[str, ...] = ()
    """Options that open its device, before the first input."""
    upload: str = ""
    """Filters that bring a frame to it."""


SOFTWARE = Encoder(
    "x264",
    (
        *("-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-pix_fmt", "yuv420p"),
        *("-crf", "20", "-maxrate", "12M", "-bufsize", "24M"),
    ),
)


def picture_args(beat: Beat, encoder: Encoder = SOFTWARE) -> list[str]:
    """H.264 High, BT.709, closed groups."""
    gop = int(GOP_S * beat.rate)
    return [
        *encoder.args,
        # The graph counts them too, but from anew where a source changes its size.
        *("-frames:v", str(beat.whole)),
        *("-g", str(gop), "-flags:v", "+cgop+bitexact", "-fps_mode", "cfr"),
        *("-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709"),
        *("-color_range", "tv"),
    ]


def sound_args() -> list[str]:
    """AAC-LC, 48 kHz, stereo."""
    return [
        *("-c:a", "aac", "-profile:a", "aac_low", "-b:a", "128k", "-ar", "48000", "-ac", "2"),
        *("-flags:a", "+bitexact"),
    ]


def file_args() -> list[str]:
    """MP4 that can be played while it loads, without edit lists and without anybody's data.

    Without an edit list, pictures that are decoded early would make the video start late; negative
    composition offsets keep both streams at 0.
    """
    return [
        *("-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact"),
        *("-movflags", "+faststart+negative_cts_offsets", "-use_editlist", "0"),
        *("-f", "mp4"),
    ]


def sound_filters(beat: Beat) -> list[str]:
    """The clip's sound as 48 kHz stereo of exactly this length, with its edges rounded off; holes
    in the source are filled with silence, so that it stays in step with the picture."""
    primed = 0 if beat.before else PRIMING  # an intro in front of it makes room for that
    kept_s = beat.length_s - primed / 48000
    skipped = primed + round(beat.lead_s * 48000)
    return [
        "aresample=48000:async=1:first_pts=0",
        "aformat=sample_fmts=fltp:channel_layouts=stereo",
        f"atrim=start_sample={skipped},asetpts=PTS-STARTPTS",
        f"apad=whole_dur={kept_s:.6f},atrim=end={kept_s:.6f}",
        f"afade=t=in:d={FADE_S},afade=t=out:st={max(0.0, kept_s - FADE_S):.6f}:d={FADE_S}",
    ]


def silence(beat: Beat) -> str:
    """The sound of a clip that has none: platforms and players expect a track."""
    primed = 0 if beat.before else PRIMING
    return f"anullsrc=r=48000:cl=stereo,atrim=end={beat.length_s - primed / 48000:.6f}"


def sound_graph(
    source: str | None,
    beat: Beat,
    last: Sequence[str],
    *,
    own: Sequence[str] = (),
    bed: str | None = None,
) -> str:
    """The graph to `[a]`; `source` names the stream, None for a video without sound. `own` are
    filters of the clip's own sound, `last` those behind everything; `bed` names the stream of a
    music that lies under it."""
    said = silence(beat) if source is None else ",".join(sound_filters(beat))
    first = f"[{source}]" if source else ""
    if bed is None:
        return f"{first}{','.join([said, *own, *last])}[a]"
    both = ",".join(["[own][bed]amix=inputs=2:duration=first:normalize=0", *last])
    return f"{first}{','.join([said, *own])}[own];[{bed}]aformat=sample_fmts=fltp[bed];{both}[a]"
