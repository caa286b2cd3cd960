"""A long talking video at 1080p30, joined and scaled from the recordings (or from our sample)."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

from core.media.ffmpeg import find
from core.media.sample import make_sample
from core.settings import Settings

ROOT = Path(__file__).parents[2]
RECORDINGS = (
    "talk_debate_two_speakers_wide_30s_1080p.mp4",
    "talk_single_office_34s_720p.mp4",
)
PIECE_S = 60


def _run(exe: str, *args: object) -> None:
    subprocess.run([exe, "-y", "-v", "error", *map(str, args)], check=True)


def _piece(settings: Settings, folder: Path) -> Path:
    """One minute of 1080p30 talk."""
    piece = folder / "piece.mp4"
    if piece.exists():
        return piece
    exe = str(find(settings))
    media = ROOT.parent / "shared" / "media"
    found = [media / name for name in RECORDINGS if (media / name).exists()]
    if not found:
        found = [asyncio.run(make_sample(folder / "sample.mp4", settings=settings))]
    inputs = [arg for path in found for arg in ("-i", path)]
    shaped = "".join(
        f"[{i}:v]scale=1920:1080:force_original_aspect_ratio=decrease,"
        f"pad=1920:1080:(ow-iw)/2:(oh-ih)/2,fps=30,setsar=1[v{i}];"
        f"[{i}:a]aresample=48000,aformat=channel_layouts=stereo[a{i}];"
        for i in range(len(found))
    )
    joined = "".join(f"[v{i}][a{i}]" for i in range(len(found)))
    graph = f"{shaped}{joined}concat=n={len(found)}:v=1:a=1[v][a]"
    _run(
        exe,
        *inputs,
        *("-filter_complex", graph, "-map", "[v]", "-map", "[a]", "-t", PIECE_S),
        *("-c:v", "libx264", "-preset", "veryfast", "-b:v", "6M", "-g", "250"),
        *("-c:a", "aac", "-b:a", "128k", piece),
    )
    return piece


def talk(settings: Settings, folder: Path, minutes: int) -> Path:
    """That many minutes, by joining the piece with itself without encoding it again."""
    folder.mkdir(parents=True, exist_ok=True)
    out = folder / f"talk-{minutes}min.mp4"
    if out.exists():
        return out
    piece = _piece(settings, folder)
    times = folder / f"list-{minutes}.txt"
    times.write_text(f"file '{piece.resolve()}'\n" * minutes)
    exe = str(find(settings))
    _run(exe, "-f", "concat", "-safe", 0, "-i", times, "-c", "copy", out)
    return out
