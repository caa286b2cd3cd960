"""Is this a video that can be cut, and what is it like?

    facts = await probe(path)      # raises NotUsable with the reason in words

The looking is done by `looking.py` in a child that is tied down; here it is judged. Size, length
and damage are what was found, never what a header says.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import structlog

from core.errors import NotUsable
from core.media.child import Limits, confined, tail_of
from core.media.decode import MAX_PIXELS, rotation_of, upright_size
from core.media.facts import SoundFacts, SubtitleFacts, VideoFacts
from core.media.inputs import DEMUXERS
from core.say import Seconds

log = structlog.get_logger()

MIN_S = 0.95
"""One second, give or take a frame. Shorter there is nothing to choose from."""
MAX_S = 6 * 3600.0
"""Longer than any talk or stream we have tried; an analysis runs at about 20 times real time."""
MIN_SIDE = 64
"""Below that no face and no letter can be told."""
MAX_SIDE = 8192
"""8K video is 7680 wide; the H.264 levels end at 8192."""
PROBE_S = 60.0
PROBE_LIMITS = Limits(memory_b=2 << 30, cpu_s=60, file_b=0, nice=0)

_UNEVEN = 0.01
"""More than one distance in a hundred that is not the usual one: a variable rate. Dropped frames of
a steady recording stay below."""
_TOO_NEW = frozenset({"vvc", "evc", "lcevc", "apv"})
"""Codecs that an ffmpeg of the last years need not have (VVC came with 7.1)."""
_PRIMARIES = {1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020", 11: "smpte431", 12: "smpte432"}
_TRANSFERS = {
    **{1: "bt709", 4: "gamma22", 5: "gamma28", 6: "smpte170m", 8: "linear", 13: "iec61966-2-1"},
    **{14: "bt2020-10", 15: "bt2020-12", 16: "smpte2084", 18: "arib-std-b67"},
}
_MATRICES = {0: "gbr", 1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020nc", 10: "bt2020c"}
# The three above: ITU-T H.273 code points by their names in ffmpeg.
_SCRIPTS = ("#EXTM3U", "ffconcat", "<MPD", "[playlist]", "[Reference]", "v=0", "<smil", "<ASX")
"""How files begin that only name other files or addresses."""


async def probe(path: Path) -> VideoFacts:
    """What the video is like. Raises NotUsable; the file is only read."""
    size_b = path.stat().st_size
    if not size_b:
        raise NotUsable("media.empty")
    try:
        seen = await _look(path.absolute())
    except TimeoutError:
        raise NotUsable("media.too_hard") from None
    facts = _judge(seen, size_b)
    log.info("media.probed", codec=facts.codec, s=round(facts.duration_s, 2), damaged=facts.damaged)
    return facts


async def _look(path: Path) -> dict[str, Any]:
    """Run the child. What it prints is data of a hostile origin: plain JSON, and not much of it."""
    program = str(Path(__file__).with_name("looking.py"))
    with tempfile.TemporaryDirectory(prefix="clipdesk-") as scratch:
        # The child never sees the name: it may hold anything, and the type is not told by it.
        (Path(scratch) / "source").symlink_to(path)
        argv = [sys.executable, "-I", program, "source", str(MAX_PIXELS), ",".join(DEMUXERS)]
        async with (
            asyncio.timeout(PROBE_S),
            confined(argv, cwd=Path(scratch), limits=PROBE_LIMITS, stdout=PIPE) as child,
        ):
            answer, said = await asyncio.gather(tail_of(child.stdout), tail_of(child.stderr))
            code = await child.wait()
    if code == 0:
        return dict(json.loads(answer))
    log.warning("media.probe_died", code=code, said=said[-500:])
    return {"failed": "died", "head": ""}


def _judge(seen: dict[str, Any], size_b: int) -> VideoFacts:
    """From what was seen to facts, or to the reason why not."""
    _refuse_unreadable(seen)
    picture, packets, decoded = seen["picture"], seen.get("packets"), seen.get("decoded")
    _refuse_size(picture["width"], picture["height"])
    if picture["codec"] in _TOO_NEW or not picture["codec"]:
        raise NotUsable("media.codec", codec=picture["codec"].upper() or "?")
    assert packets and decoded  # there is always something to count when the size is right
    if packets["encrypted"]:
        raise NotUsable("media.encrypted")
    if packets["count"] <= 1 and not decoded["errors"]:
        raise NotUsable("media.still")
    if not decoded["frames"]:
        raise NotUsable("media.broken")
    facts = _facts(seen, size_b)
    _refuse_length(facts, shown_s=_end_s(seen) - _shown_from_s(seen), promised_s=_promised_s(seen))
    return facts


def _refuse_unreadable(seen: dict[str, Any]) -> None:
    head = seen["head"].lstrip("\xef\xbb\xbf \r\n\t")
    if seen.get("failed"):
        if head.startswith(_SCRIPTS) or ("<MPD" in head and head.startswith("<?xml")):
            raise NotUsable("media.playlist")
        if seen["failed"] in ("died", "memory"):
            raise NotUsable("media.too_hard")
        known = head[4:8] == "ftyp" or head.startswith("\x1aE\xdf\xa3") or "moov" in head[:64]
        raise NotUsable("media.incomplete" if known else "media.not_video")
    if "picture" not in seen:
        if "#EXTM3U" in head:
            raise NotUsable("media.playlist")
        kinds = seen["kinds"]
        if "audio" in kinds:
            raise NotUsable("media.no_picture")
        raise NotUsable("media.still" if "video" in kinds else "media.not_video")


def _refuse_size(width: int, height: int) -> None:
    if not (width and height):
        raise NotUsable("media.broken")
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise NotUsable("media.too_big_picture", width=width, height=height, limit=MAX_SIDE)
    if min(width, height) < MIN_SIDE:
        raise NotUsable("media.too_small_picture", width=width, height=height, limit=MIN_SIDE)


def _refuse_length(facts: VideoFacts, *, shown_s: float, promised_s: float) -> None:
    hardly_any = shown_s < MIN_S or shown_s < 5 < promised_s / 10
    if facts.damaged and hardly_any and promised_s > shown_s + 1:
        raise NotUsable("media.cut_off", left=Seconds(shown_s), promised=Seconds(promised_s))
    if shown_s < MIN_S:
        raise NotUsable("media.too_short", length=Seconds(shown_s))
    if facts.duration_s > MAX_S:
        raise NotUsable("media.too_long", length=Seconds(facts.duration_s), limit=Seconds(MAX_S))


def _facts(seen: dict[str, Any], size_b: int) -> VideoFacts:
    picture, packets, decoded = seen["picture"], seen["packets"], seen["decoded"]
    look = decoded["look"]
    aspect = _sane_aspect(picture["aspect"])
    rotation = rotation_of(look["turn"])
    width, height = upright_size(look["width"], look["height"], aspect, rotation)
    frames, fps = _frames(seen)
    color = _color(look["color"])
    return VideoFacts(
        size_b=size_b,
        container=seen["container"],
        duration_s=_end_s(seen) - seen["start_s"],
        stream=picture["stream"],
        codec=picture["codec"],
        pixel_format=look["pixel_format"],
        width=width,
        height=height,
        coded_width=look["width"],
        coded_height=look["height"],
        fps=fps,
        frames=frames,
        start_s=picture["start_s"],
        rotation=rotation,
        sample_aspect=aspect,
        variable_rate=packets["gaps"] > _UNEVEN,
        interlaced=decoded["interlaced"] > decoded["frames"] / 2,
        hdr={"smpte2084": "pq", "arib-std-b67": "hlg"}.get(color[1]),  # type: ignore[arg-type]
        color=color,
        bits=look["bits"],
        sound=_sound(seen.get("sound")),
        subtitles=tuple(
            SubtitleFacts(s["stream"], s["codec"], _tongue(s)) for s in seen["subtitles"]
        ),
        entries_s=tuple(round(t - seen["start_s"], 5) for t in packets["entries"]),
        damaged=_damaged(seen),
    )


def _shown_from_s(seen: dict[str, Any]) -> float:
    """Of the first frame that decodes: a stream cut out of another begins with some that do not."""
    first_s = seen["decoded"]["first_s"]
    return float(seen["packets"]["first_s"] if first_s is None else first_s)


def _end_s(seen: dict[str, Any]) -> float:
    """Where the picture really ends, on the container's clock."""
    lit_until_s = seen["decoded"]["lit_until_s"]
    return float(seen["packets"]["end_s"] if lit_until_s is None else lit_until_s)


def _promised_s(seen: dict[str, Any]) -> float:
    """Length of the picture as the header has it; 0 where it does not say."""
    if seen["picture"]["header_s"]:
        return float(seen["picture"]["header_s"])
    return float(seen["header_s"])


def _damaged(seen: dict[str, Any]) -> bool:
    decoded, promised_s = seen["decoded"], _promised_s(seen)
    end_s = _end_s(seen)
    if not seen["picture"]["header_s"] and "sound" in seen:  # then the header speaks of the longest
        end_s = max(end_s, seen["sound"]["end_s"])
    shown_s = end_s - _shown_from_s(seen)
    lost = promised_s - shown_s > max(1.0, promised_s * 0.03)
    dark = decoded["lit_until_s"] is not None
    return bool(lost or dark or decoded["errors"] or decoded["corrupt"])


def _frames(seen: dict[str, Any]) -> tuple[int, float]:
    """How many, and how many a second. Where fields are packets of their own, two make a frame."""
    decoded, count = seen["decoded"], seen["packets"]["count"]
    length_s = max(0.001, seen["packets"]["end_s"] - seen["packets"]["first_s"])
    told = seen["picture"]["rate"]
    if decoded["interlaced"] and abs(count / length_s / 2 - told) < 0.03 * told:
        count //= 2
    if decoded["whole"] and not decoded["errors"]:
        count = decoded["frames"] if count < 1.5 * decoded["frames"] else count
    mean = count / length_s
    exact = abs(mean - told) < 0.02 * mean and seen["packets"]["gaps"] <= _UNEVEN
    return count, told if exact else mean


def _sane_aspect(raw: list[int]) -> tuple[int, int]:
    """Shape of a pixel. Nonsense counts as square, and so does what nobody would see (640:639)."""
    wide, high = raw
    sane = wide > 0 and high > 0 and 0.1 <= wide / high <= 10
    return (wide, high) if sane and abs(wide / high - 1) > 0.005 else (1, 1)


def _color(raw: list[int]) -> tuple[str, str, str]:
    names = (_PRIMARIES, _TRANSFERS, _MATRICES)
    first, second, third = (n.get(r, "") for n, r in zip(names, raw, strict=True))
    return first, second, third


def _sound(raw: dict[str, Any] | None) -> SoundFacts | None:
    if not raw:
        return None
    kept = {k: raw[k] for k in ("stream", "codec", "rate_hz", "channels", "start_s")}
    return SoundFacts(**kept, language=_tongue(raw))


def _tongue(raw: dict[str, Any]) -> str | None:
    """The language of a stream; `und` and what is longer than a code say nothing."""
    said = str(raw.get("language") or "und").lower()
    return said if said != "und" and len(said) <= 8 else None
