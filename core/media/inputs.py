"""How files are named to ffmpeg so that they are files, and nothing but files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

DEMUXERS = (
    *("mov", "matroska", "avi", "flv", "mpegts", "mpeg", "asf", "ogg", "mxf", "gif", "rm", "nut"),
    *("ivf", "dv", "wtv", "wav", "w64", "aiff", "caf", "flac", "mp3", "aac", "ac3", "eac3", "amr"),
)
"""What a video or its sound may come in. None of these opens a second file; those that do (hls,
dash, concat, image2, sdp, rtsp, imf …) are left out on purpose."""
_FORCED_ONLY = frozenset(
    {"lavfi", "rawvideo", "s16le", "f32le", "ffmetadata", "srt", "png_pipe", "jpeg_pipe"}
)
"""Allowed beside those for one input when a command of ours forces it with `-f`."""


def file_arg(path: Path) -> str:
    """A path as ffmpeg takes it literally: no protocol, no option and no pattern in its name."""
    return f"file:{path.absolute()}"


def safe_args(args: Sequence[str]) -> list[str]:
    """The command with every input tied to local files and to harmless demuxers."""
    safe: list[str] = []
    forced = ""
    for i, arg in enumerate(args):
        if arg == "-f":
            forced = args[i + 1]
        elif arg == "-i":
            safe += _tied(args[i + 1], forced)
            forced = ""
        safe.append(arg)
    return safe


def _tied(source: str, forced: str) -> list[str]:
    """The options before one `-i`."""
    if forced != "lavfi" and not source.startswith(("file:", "pipe:")):
        raise ValueError(f"an input is given by file_arg() or as a pipe, not as {source!r}")
    own = [forced] if forced in _FORCED_ONLY else []
    allowed = ",".join([*DEMUXERS, *own])
    return ["-protocol_whitelist", "file,pipe", "-format_whitelist", allowed]
